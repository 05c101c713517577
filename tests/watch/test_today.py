"""今天: who is there, who is asked and missing; by unit; each sees the own subtree; never one statement a member."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete

from server.db import Database
from server.org.models import Consent, Posting
from server.tally.models import Policy
from server.tally.rules import PolicyRules
from server.watch.today import Present, by_unit, today
from tests.cast import JOINED, Cast
from tests.conftest import NOON
from tests.watch.given import TODAY, Counted, add_member, away, caller, site_day


def seen(db: Database, cast: Cast, who: str = "bureau", now: datetime = NOON) -> dict[str, Present]:
    with db.reading() as session:
        return {p.name: p for p in today(session, caller(db, cast, who), now)}


def test_everybody_posted_is_asked_and_who_has_nothing_is_missing(db: Database, cast: Cast) -> None:
    site_day(db, cast, "chen", 2, 0, 0, 0)
    site_day(db, cast, "colleague", 0, 2, 0, 0)
    site_day(db, cast, "leader", 0, 0, 0, 2)
    found = seen(db, cast, now=NOON + timedelta(hours=13))  # 23:00 in Shanghai: the last window has just ended there
    assert {name: (p.state, p.is_missing) for name, p in found.items()} == {
        "chen": ("accepted", False),
        "colleague": ("review", False),
        "leader": ("rejected", True),
        "neighbour": ("none", False),
        "other_leader": ("none", False),
    }
    assert found["neighbour"].is_absent  # in Frankfurt there are seven hours left
    before = seen(db, cast, now=NOON + timedelta(hours=12, minutes=59))
    assert (before["leader"].is_absent, before["leader"].is_missing) == (True, False)
    assert (found["chen"].station, found["chen"].squad) == ("上海驻点", "east-1")


def test_a_day_is_that_of_the_station(db: Database, cast: Cast) -> None:
    """At 01:00 in China it is still yesterday evening in Frankfurt."""
    at = NOON - timedelta(hours=9)
    site_day(db, cast, "neighbour", 2, 0, 0, 0, on=date(2026, 11, 23))
    found = seen(db, cast, now=at)
    assert (found["neighbour"].on, found["neighbour"].state) == (date(2026, 11, 23), "accepted")
    assert (found["chen"].on, found["chen"].state) == (TODAY, "none")


def test_who_is_on_leave_the_whole_day_is_not_asked_but_who_comes_counts(db: Database, cast: Cast) -> None:
    away(db, cast, "chen")
    away(db, cast, "colleague", halves=1)
    away(db, cast, "leader", state="pending")
    away(db, cast, "neighbour")
    site_day(db, cast, "neighbour", 2, 0, 0, 0)
    found = seen(db, cast)
    assert {n: (found[n].state, found[n].asked) for n in ("chen", "colleague", "leader", "neighbour")} == {
        "chen": ("excused", False),
        "colleague": ("none", True),
        "leader": ("none", True),
        "neighbour": ("accepted", False),
    }
    late = seen(db, cast, now=NOON + timedelta(hours=20, minutes=30))  # 23:30 in Frankfurt
    west = next(s for s in by_unit(late.values()) if s.name == "west")
    assert (west.due, west.done, west.more, [p.name for p in west.missing]) == (1, 0, 1, ["other_leader"])


def test_without_consent_nobody_is_asked_for_a_photo(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        session.execute(delete(Consent).where(Consent.member_id == cast["chen"].id))
    assert not seen(db, cast)["chen"].asked


@pytest.mark.parametrize(
    ("rule", "rules", "asked"),
    [
        ("daily", PolicyRules(burden_mode="daily", legal_basis="测试"), True),
        ("spot checks only", PolicyRules(), False),
        ("a workday", PolicyRules(burden_mode="daily", legal_basis="测试", countable_days="workdays"), True),
        ("none on Tuesdays", PolicyRules(burden_mode="daily", legal_basis="测试", weekday_windows={"tue": ()}), False),
    ],
)  # fmt: skip
def test_whom_the_rules_ask(db: Database, cast: Cast, rule: str, rules: PolicyRules, asked: bool) -> None:
    with db.transaction() as session:
        stored = rules.model_dump(mode="json")
        session.add(Policy(county_id=1, version=2, starts_on=JOINED, rules=stored, created_at=NOON))
    assert {p.asked for p in seen(db, cast).values()} == {asked}


def test_a_saturday_is_asked_for_only_where_it_counts(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        stored = PolicyRules(burden_mode="daily", legal_basis="测试", countable_days="workdays").model_dump(mode="json")
        session.add(Policy(county_id=1, version=2, starts_on=JOINED, rules=stored, created_at=NOON))
    assert not any(p.asked for p in seen(db, cast, now=NOON + timedelta(days=4)).values())


def test_of_one_unit_the_squads_are_told_apart(db: Database, cast: Cast) -> None:
    assert [(s.name, s.due) for s in by_unit(seen(db, cast).values())] == [("east", 3), ("west", 2)]
    assert [(s.name, s.due) for s in by_unit(seen(db, cast, "supervisor").values())] == [("east-1", 3)]


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("county_leader", {"chen", "colleague", "leader", "neighbour", "other_leader"}),
        ("supervisor", {"chen", "colleague", "leader"}),
        ("leader", {"chen", "colleague", "leader"}),
        ("other_leader", {"neighbour", "other_leader"}),
        ("chen", {"chen"}),
        ("far_bureau", {"outsider", "far_leader"}),
    ],
)
def test_each_sees_the_own_subtree(db: Database, cast: Cast, who: str, sees: set[str]) -> None:
    assert set(seen(db, cast, who)) == sees


def test_who_was_transferred_today_stands_at_the_new_station_once(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        session.query(Posting).filter_by(member_id=cast["chen"].id).update({"ends_on": TODAY - timedelta(days=1)})
        squad, station = cast.squads["west-1"], cast.stations["west-1"]
        moved = Posting(county_id=1, member_id=cast["chen"].id, squad_id=squad, station_id=station, starts_on=TODAY)
        session.add(moved)
    assert seen(db, cast)["chen"].station == "法兰克福驻点"


def test_more_members_cost_no_more_statements(db: Database, cast: Cast) -> None:
    who = caller(db, cast, "bureau")

    def asks() -> int:
        with db.reading() as session, Counted(db) as counted:
            today(session, who, NOON)
        return counted.number

    few = asks()
    assert few > 0
    with db.transaction() as session:
        for number in range(60):
            add_member(session, cast, f"队员{number}")
    assert asks() == few
