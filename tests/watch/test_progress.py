"""The month's pace: days by unit and date beside the calendar; the numbers are the month's table's."""

from datetime import date, timedelta

import pytest
from sqlalchemy import true

from server.db import Database
from server.org.models import Posting
from server.tally.models import Policy
from server.tally.monthly import table_so_far
from server.tally.rules import PolicyRules
from server.watch.progress import Pace, progress
from tests.cast import JOINED, Cast
from tests.conftest import NOON
from tests.watch.given import TODAY, Counted, add_member, caller, site_day

NOV = date(2026, 11, 1)


def paces(db: Database, cast: Cast, who: str = "bureau") -> dict[str, Pace]:
    with db.reading() as session:
        return {unit.name: unit for unit in progress(session, caller(db, cast, who), NOV).groups}


def adopt(db: Database, rules: PolicyRules) -> None:
    with db.transaction() as session:
        stored = rules.model_dump(mode="json")
        session.add(Policy(county_id=1, version=2, starts_on=JOINED, rules=stored, created_at=NOON))


def test_days_add_up_by_date_confirmed_waiting_and_excused_alike(db: Database, cast: Cast) -> None:
    site_day(db, cast, "chen", 2, 0, 0, 0, on=date(2026, 11, 1))
    site_day(db, cast, "chen", 1, 1, 0, 0, on=date(2026, 11, 3))
    site_day(db, cast, "colleague", 0, 0, 2, 0, on=date(2026, 11, 3))
    site_day(db, cast, "neighbour", 1, 0, 0, 0, on=TODAY)
    found = paces(db, cast)
    assert found["east"].by_date[:4] == (1.0, 1.0, 3.0, 3.0)
    assert (found["east"].have, found["east"].pending, found["east"].people) == (3.0, 0.5, 3)
    assert (len(found["east"].by_date), found["west"].have) == (24, 0.5)
    assert (found["east"].target, found["west"].target) == (60.0, 40.0)
    assert found["east"].share()[-1] == 5.0


def test_the_calendar_goes_by_the_dates_that_count(db: Database, cast: Cast) -> None:
    with db.reading() as session:
        assert progress(session, caller(db, cast, "bureau"), NOV).due == 80.0
    adopt(db, PolicyRules(burden_mode="daily", legal_basis="测试", countable_days="workdays"))
    with db.reading() as session:
        line = progress(session, caller(db, cast, "bureau"), NOV).line
    assert (line[0], line[1], round(line[-1])) == (
        0.0,
        round(100 / 21, 1),
        81,
    )  # the 1st is a Sunday; 17 of 21 workdays


def test_where_nobody_is_asked_by_the_day_there_is_no_target_and_no_line(db: Database, cast: Cast) -> None:
    adopt(db, PolicyRules())
    site_day(db, cast, "chen", 2, 0, 0, 0)
    with db.reading() as session:
        found = progress(session, caller(db, cast, "bureau"), NOV)
    assert (found.due, {unit.target for unit in found.groups}, found.groups[0].have) == (0.0, {0.0}, 1.0)


def test_a_role_and_a_unit_have_targets_of_their_own(db: Database, cast: Cast) -> None:
    targets = {"unit_targets": {str(cast.units["west"]): 10}, "role_targets": {"squad_leader": 5}}
    adopt(db, PolicyRules(burden_mode="daily", legal_basis="测试", **targets))
    found = paces(db, cast)
    assert (found["east"].target, found["west"].target) == (45.0, 15.0)


@pytest.mark.parametrize(
    ("who", "sees"),
    [("supervisor", {"east": 3}), ("other_leader", {"west": 2}), ("chen", {"east": 1}), ("far_bureau", {"far": 2})],
)
def test_each_sees_the_own_subtree(db: Database, cast: Cast, who: str, sees: dict[str, int]) -> None:
    for one in ("chen", "neighbour", "outsider"):
        site_day(db, cast, one, 2, 0, 0, 0)
    found = paces(db, cast, who)
    assert {name: unit.people for name, unit in found.items()} == sees
    assert all(unit.have == 1.0 for unit in found.values())


def test_days_are_the_tables(db: Database, cast: Cast) -> None:
    """Also of who moved: each day with the unit posted with on it, the target with the last."""
    with db.transaction() as session:
        session.query(Posting).filter_by(member_id=cast["chen"].id).update({"ends_on": date(2026, 11, 10)})
        squad, station = cast.squads["west-1"], cast.stations["west-1"]
        moved = {"member_id": cast["chen"].id, "squad_id": squad, "station_id": station}
        session.add(Posting(county_id=1, starts_on=date(2026, 11, 11), **moved))
    for on in range(5, 17):
        site_day(db, cast, "chen", 2, 0, 0, 0, on=date(2026, 11, on))
    found = paces(db, cast)
    with db.reading() as session:
        table = table_so_far(session, 1, NOV, true())
    assert {row["unit"]: row["days"] for row in table["units"]} == {n: u.have for n, u in found.items()}
    assert ({n: u.have for n, u in found.items()}, found["west"].people) == ({"east": 6.0, "west": 6.0}, 3)


def test_more_members_cost_no_more_statements(db: Database, cast: Cast) -> None:
    who = caller(db, cast, "bureau")

    def asks() -> int:
        with db.reading() as session, Counted(db) as counted:
            progress(session, who, NOV)
        return counted.number

    few = asks()
    with db.transaction() as session:
        for number in range(60):
            add_member(session, cast, f"队员{number}")
    assert (asks(), few <= 7) == (few, True)


def test_a_month_that_is_over_goes_to_its_end(db: Database, cast: Cast) -> None:
    with db.reading() as session:
        found = progress(session, caller(db, cast, "bureau"), date(2026, 10, 1))
    assert (found.dates[-1], found.due) == (date(2026, 11, 1) - timedelta(days=1), 100.0)
