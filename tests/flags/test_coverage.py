"""A unit with a squad out and no main leader away: the union of all leaders' intervals, and what is not known."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from server.db import Database
from server.flags.coverage import uncovered_since
from server.flags.nightly import run_nightly
from server.leaves.models import Leave
from server.org.models import Posting
from tests.cast import Cast

Rows = Callable[..., list]
D = date(2026, 11, 15)
FIRST = D - timedelta(days=20)


def days(first: int, last: int | None) -> tuple[date, date | None]:
    """Days of November 2026."""
    return date(2026, 11, first), None if last is None else date(2026, 11, last)


@pytest.mark.parametrize(
    ("rule", "intervals", "since"),
    [
        ("nobody ever", [], FIRST),
        ("away today", [days(15, 15)], None),
        ("away since, with no end", [days(1, None)], None),
        ("back since the tenth", [days(1, 9)], date(2026, 11, 10)),
        ("not away yet", [days(1, 9), days(16, 20)], date(2026, 11, 10)),
        ("one after the other is the union", [days(1, 8), days(9, 14), days(14, 15)], None),
        ("the last to come back counts", [days(1, 12), days(3, 5)], date(2026, 11, 13)),
        ("before we look back is as long ago", [(date(2026, 1, 1), date(2026, 1, 31))], FIRST),
    ],
)
def test_since_when(rule: str, intervals: list, since: date | None) -> None:
    assert uncovered_since(intervals, FIRST, D) == since


SPANS = st.tuples(st.integers(-30, 20), st.integers(0, 15)).map(
    lambda of: (D + timedelta(days=of[0]), D + timedelta(days=of[0] + of[1]))
)


@given(st.lists(SPANS, max_size=8))
def test_it_is_what_a_calendar_shows(intervals: list) -> None:
    def covered(on: date) -> bool:
        return any(starts <= on <= ends for starts, ends in intervals)

    expected, on = None, D
    while on >= FIRST and not covered(on):
        expected, on = on, on - timedelta(days=1)
    assert uncovered_since(intervals, FIRST, D) == expected
    assert uncovered_since(intervals[::-1], FIRST, D) == expected


def trip(db: Database, cast: Cast, who: str, first: int, last: int, state: str = "approved") -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with db.transaction() as session:
        session.add(
            Leave(
                county_id=1, id=uuid.uuid4(), member_id=cast[who].id, kind="official_trip", reason="外出招商",
                starts_on=date(2026, 11, first), ends_on=date(2026, 11, last), state=state,
                decided_by=cast["bureau"].id, decided_at=now, created_at=now,
            )
        )  # fmt: skip


def night(db: Database, day: int) -> None:
    with db.transaction() as session:
        run_nightly(session, 1, date(2026, 11, day), datetime(2026, 11, day, 13, 30, tzinfo=UTC))


def uncovered(rows: Rows) -> list[tuple[str, bool]]:
    """(unit, whether it is over) of each flag, the oldest first."""
    found = rows(
        "SELECT u.name, f.closed_at FROM flags f JOIN units u ON u.id = f.unit_id ORDER BY f.raised_at, u.name"
    )
    return [(name, closed is not None) for name, closed in found]


def test_where_nothing_is_recorded_nobody_is_uncovered(db: Database, cast: Cast, rows: Rows) -> None:
    night(db, 12)
    assert uncovered(rows) == []


def test_it_is_raised_on_the_first_day_and_closes_when_somebody_goes(db: Database, cast: Cast, rows: Rows) -> None:
    trip(db, cast, "supervisor", 2, 9)
    trip(db, cast, "other_supervisor", 1, 30)
    night(db, 9)
    assert uncovered(rows) == []
    night(db, 10)
    night(db, 11)
    assert uncovered(rows) == [("east", False)]
    trip(db, cast, "supervisor", 12, 13)
    night(db, 12)
    assert uncovered(rows) == [("east", True)]


def test_each_gap_is_told_once_to_the_units_leaders(db: Database, cast: Cast, rows: Rows) -> None:
    trip(db, cast, "supervisor", 2, 9)
    trip(db, cast, "supervisor", 12, 13)
    trip(db, cast, "other_supervisor", 1, 30)
    for day in (10, 11, 12, 14, 15):
        night(db, day)
    told = rows(
        "SELECT m.name, n.dedupe_key FROM notices n JOIN members m ON m.id = n.member_id"
        " WHERE n.kind = 'flag_uncovered' ORDER BY n.dedupe_key"
    )
    assert [(name, key.split(":")[3]) for name, key in told] == [
        ("supervisor", "2026-11-10"),
        ("supervisor", "2026-11-14"),
    ]
    assert rows("SELECT m.name FROM notices n JOIN members m ON m.id = n.member_id WHERE n.kind = 'flag_closed'") == [
        ("supervisor",)
    ]
    # what stands open tells the days so far, not what its first night said
    (said,) = rows("SELECT message FROM flags WHERE unit_id IS NOT NULL AND closed_at IS NULL")
    assert said == ("east到11月15日已有 2 天没有主要领导在外招商。请安排一位主要领导外出；已经外出的，请补登记公出。",)


def test_a_gap_is_no_longer_than_the_squad_has_been_out(db: Database, cast: Cast, rows: Rows) -> None:
    trip(db, cast, "other_supervisor", 1, 30)
    with db.transaction() as session:
        session.execute(update(Posting).values(starts_on=date(2026, 11, 8)))
    night(db, 10)
    ((said,),) = rows("SELECT message FROM flags WHERE unit_id IS NOT NULL")
    assert said.startswith("east到11月10日已有 3 天")


def test_a_trip_nobody_approved_covers_nothing(db: Database, cast: Cast, rows: Rows) -> None:
    trip(db, cast, "other_supervisor", 1, 30)
    trip(db, cast, "supervisor", 1, 30, state="rejected")
    night(db, 10)
    assert uncovered(rows) == [("east", False)]


def test_what_waits_raises_nothing_and_ends_nothing(db: Database, cast: Cast, rows: Rows) -> None:
    """A trip that nobody has decided on speaks for its leader; refused, the flag stands since when it did."""
    trip(db, cast, "other_supervisor", 1, 30)
    trip(db, cast, "supervisor", 2, 9)
    night(db, 10)
    trip(db, cast, "supervisor", 11, 12, state="pending")
    night(db, 11)
    assert uncovered(rows) == [("east", False)]
    with db.transaction() as session:
        session.execute(update(Leave).where(Leave.state == "pending").values(state="rejected"))
    night(db, 12)
    assert uncovered(rows) == [("east", False)]
    theirs = "SELECT n.kind FROM notices n JOIN members m ON m.id = n.member_id WHERE m.name = 'supervisor'"
    assert rows(theirs) == [("flag_uncovered",)]
    with db.transaction() as session:
        session.execute(update(Leave).where(Leave.state == "rejected").values(state="approved"))
    night(db, 12)
    assert uncovered(rows) == [("east", True)]


def test_nothing_is_raised_while_a_trip_waits(db: Database, cast: Cast, rows: Rows) -> None:
    trip(db, cast, "other_supervisor", 1, 30)
    trip(db, cast, "supervisor", 2, 9)
    trip(db, cast, "supervisor", 10, 12, state="pending")
    night(db, 10)
    assert uncovered(rows) == []


def test_what_waits_is_all_that_is_known_of_anybody(db: Database, cast: Cast, rows: Rows) -> None:
    trip(db, cast, "other_supervisor", 10, 10, state="pending")
    night(db, 11)
    assert uncovered(rows) == [("east", False), ("west", False)]
    trip(db, cast, "supervisor", 12, 12, state="pending")
    night(db, 12)
    assert uncovered(rows) == [("east", False), ("west", False)]
