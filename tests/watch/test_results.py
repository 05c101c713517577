"""月度 as far as one may read it: the county, a unit, a squad; the members behind it; 404 for what is not theirs."""

from datetime import date, timedelta
from typing import Any

import pytest

from server.db import Database
from server.errors import AppError
from server.watch import results
from tests.cast import SHANGHAI, Cast
from tests.client import Api
from tests.conftest import NOON, StoppedClock
from tests.watch.given import caller, site_day

NOV = date(2026, 11, 1)


def groups(table: dict[str, Any]) -> list[tuple[str, str, float]]:
    return [(unit["unit"], group["group"], group["days"]) for unit in table["units"] for group in unit["groups"]]


def read(db: Database, cast: Cast, who: str, unit: str = "", squad: str = "") -> tuple[dict[str, Any], list[Any]]:
    with db.reading() as session:
        me = caller(db, cast, who)
        part = results.narrowed(session, me, cast.units.get(unit), cast.squads.get(squad))
        table, _ = results.table_of(session, me, NOV, part)
        return table, results.members_of(session, me, NOV, part, NOON)


@pytest.fixture
def worked(db: Database, cast: Cast) -> None:
    for who, halves in (("chen", 2), ("colleague", 1), ("neighbour", 2), ("outsider", 2)):
        site_day(db, cast, who, halves, 0, 0, 0)


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize(
    ("who", "unit", "squad", "sees"),
    [
        ("bureau", "", "", [("east", "east-1", 1.5), ("west", "west-1", 1.0)]),
        ("bureau", "west", "", [("west", "west-1", 1.0)]),
        ("county_leader", "", "east-1", [("east", "east-1", 1.5)]),
        ("supervisor", "", "", [("east", "east-1", 1.5)]),
        ("leader", "", "", [("east", "east-1", 1.5)]),
        ("leader", "east", "east-1", [("east", "east-1", 1.5)]),
    ],
)
def test_each_reads_the_own_part(
    db: Database, cast: Cast, api: Api, clock: StoppedClock, closed: bool, who: str, unit: str, squad: str, sees: Any
) -> None:
    if closed:
        clock.advance(days=16)
        api.close_month()
    table, people = read(db, cast, who, unit, squad)
    if closed:  # counted anew from what is stored: these days have no check-in behind them
        assert [row[:2] for row in groups(table)] == [row[:2] for row in sees]
    else:
        assert groups(table) == sees
        assert sum(one.here for one in people) == sum(row[2] for row in sees)
    assert (table["totals"] is None) == bool(who not in ("bureau", "county_leader") or unit or squad)


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    ("who", "unit", "squad"),
    [
        ("supervisor", "west", ""),
        ("supervisor", "", "west-1"),
        ("leader", "", "west-1"),
        ("other_leader", "east", ""),
        ("bureau", "far", ""),
        ("bureau", "west", "east-1"),
        ("far_bureau", "east", ""),
    ],
)
def test_what_is_not_theirs_is_not_there(db: Database, cast: Cast, who: str, unit: str, squad: str) -> None:
    with pytest.raises(AppError) as refused:
        read(db, cast, who, unit, squad)
    assert refused.value.status == 404


@pytest.mark.parametrize("who", ["chen", "admin"])
def test_who_watches_nobody_reads_no_table(db: Database, cast: Cast, who: str) -> None:
    with pytest.raises(AppError) as refused:
        read(db, cast, who)
    assert refused.value.status == 403


@pytest.mark.usefixtures("worked")
def test_members_have_their_month_and_what_of_it_was_here(db: Database, cast: Cast) -> None:
    _, people = read(db, cast, "supervisor")
    assert [(one.name, one.month.confirmed, one.month.missing, one.here, one.may_open) for one in people] == [
        ("chen", 1.0, 19.0, 1.0, True),
        ("colleague", 0.5, 19.5, 0.5, True),
        ("leader", 0.0, 20.0, 0.0, True),
    ]


def test_the_year_goes_on_from_the_last_close(db: Database, cast: Cast, api: Api, clock: StoppedClock) -> None:
    today = clock.at
    clock.at = today - timedelta(days=25)  # in October
    assert api.check_in("chen").status_code == 201
    clock.at = today
    assert api.check_in("chen", lat=str(SHANGHAI[0] + 0.0004)).status_code == 201

    def year() -> list[float]:
        table, _ = read(db, cast, "bureau")
        return [unit["year_days"] for unit in table["units"]]

    assert year() == [2.0, 0.0]
    api.close_month("2026-10")
    assert year() == [2.0, 0.0]
