"""What waits for a decision raises no flag and ends none: neither over nor to be raised again before it is decided."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from server.db import Database
from server.leaves.models import Leave
from server.tally import close
from server.tally.addenda import Cause
from server.tally.recompute import recompute_span
from server.tally.rules import PolicyRules
from tests.cast import Cast, add_policy
from tests.flags.test_nightly import NOV, Rows, night, open_flags, present, told

FLAGS = "SELECT kind, message, raised_at, closed_at FROM flags WHERE closed_at IS NULL ORDER BY raised_at"


def ask_for_leave(db: Database, cast: Cast, first: int, last: int, now: datetime) -> uuid.UUID:
    """Chen asks to be away for the county from one day of November to another."""
    with db.transaction() as session:
        leave = Leave(
            county_id=1, id=uuid.uuid4(), member_id=cast["chen"].id, kind="official_trip", reason="招商洽谈",
            starts_on=NOV.replace(day=first), ends_on=NOV.replace(day=last), created_at=now,
        )  # fmt: skip
        session.add(leave)
        session.flush()
        _recount(session, leave, Cause("asked", leave.id, leave.member_id), now)
        return leave.id


def decide_on_leave(db: Database, cast: Cast, leave_id: uuid.UUID, state: str, now: datetime) -> None:
    with db.transaction() as session:
        leave = session.get_one(Leave, (1, leave_id))
        leave.state, leave.decided_by, leave.decided_at = state, cast["supervisor"].id, now
        session.flush()
        _recount(session, leave, Cause("leave", leave.id, cast["supervisor"].id), now)


def _recount(session: Session, leave: Leave, cause: Cause, now: datetime) -> None:
    recompute_span(session, 1, leave.member_id, leave.starts_on, leave.ends_on, now, cause)


@pytest.mark.parametrize("answer", ["approved", "rejected"])
def test_what_only_waits_holds_a_flag_back_until_it_is_decided(
    db: Database, cast: Cast, rows: Rows, only_chen: None, answer: str
) -> None:
    """Nothing is over, so nobody is told that it is; refused, the flag stands as it did, since when it did."""
    present(db, cast, "chen", 4)
    night(db, date(2026, 11, 18))
    ((kind, message, raised_at, _),) = rows(FLAGS)
    assert (kind, "已无法达标" in message) == ("unreachable", True)
    leave = ask_for_leave(db, cast, 5, 17, datetime(2026, 11, 18, 15, tzinfo=UTC))
    for on in (19, 20):
        assert night(db, date(2026, 11, on)) == (0, 0)
    ((kind, message, since, _),) = rows(FLAGS)
    assert (kind, since) == ("unreachable", raised_at)
    held = "截至11月20日，11月在岗 4 天、待核 13 天，目标 20 天。"
    assert (message, rows("SELECT waits FROM flags")) == (held, [(True,)])
    decide_on_leave(db, cast, leave, answer, datetime(2026, 11, 20, 15, tzinfo=UTC))
    assert night(db, date(2026, 11, 21)) == ((0, 1) if answer == "approved" else (0, 0))
    over = [("chen", "flag_closed")] if answer == "approved" else []
    assert told(rows) == [("chen", "flag_unreachable"), *over]
    if answer == "rejected":
        ((kind, message, since, _),) = rows(FLAGS)
        assert (kind, since, "已无法达标" in message) == ("unreachable", raised_at, True)
    else:
        ended = rows("SELECT message, waits FROM flags WHERE closed_at IS NOT NULL")
        assert ended == [(held, False)], "nothing waits any more"


def test_days_ahead_that_are_asked_for_would_be_open_again(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    """She was behind and has caught up; a trip that nobody has decided on keeps no flag that is mended either way."""
    present(db, cast, "chen", 6)
    night(db, date(2026, 11, 15))
    assert open_flags(rows) == {("chen", "behind")}
    present(db, cast, "chen", 9, NOV + timedelta(days=6))
    ask_for_leave(db, cast, 17, 30, datetime(2026, 11, 15, 15, tzinfo=UTC))
    assert night(db, date(2026, 11, 16)) == (0, 1)
    assert told(rows) == [("chen", "flag_behind"), ("chen", "flag_closed")]


def test_what_waits_for_the_calendar_alone_holds_nothing_back(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    """The workdays of 2027 are not published: what she earns there is pending, and she has caught up."""
    january = date(2027, 1, 1)
    with db.transaction() as session:
        rules = PolicyRules(burden_mode="daily", legal_basis="测试", countable_days="workdays")
        add_policy(session, 1, rules, datetime(2026, 12, 1, tzinfo=UTC), version=2)
    present(db, cast, "chen", 5, january)
    night(db, date(2027, 1, 18))
    mine = "SELECT kind FROM flags f JOIN members m ON m.id = f.member_id WHERE m.name = 'chen' AND f.closed_at IS NULL"
    in_january = f"{mine} AND f.month = '2027-01-01'"
    assert len(rows(in_january)) == 1
    present(db, cast, "chen", 20, january + timedelta(days=5))
    night(db, date(2027, 1, 28))
    assert rows(in_january) == []


def test_nothing_is_raised_for_what_waits(db: Database, cast: Cast, rows: Rows, only_chen: None) -> None:
    present(db, cast, "chen", 4)
    ask_for_leave(db, cast, 5, 20, datetime(2026, 11, 5, tzinfo=UTC))
    assert night(db, date(2026, 11, 21)) == (0, 0)
    assert rows("SELECT count(*) FROM flags") == [(0,)]


def test_a_month_that_was_closed_meanwhile_is_missed_once_it_is_refused(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    present(db, cast, "chen", 4)
    night(db, date(2026, 11, 18))
    leave = ask_for_leave(db, cast, 5, 30, datetime(2026, 11, 18, 15, tzinfo=UTC))
    with db.transaction() as session:
        while close.close_due(session, 1, date(2026, 12, 10), datetime(2026, 12, 9, 16, 30, tzinfo=UTC)):
            pass
    night(db, date(2026, 12, 10))
    assert [row[0] for row in rows(FLAGS) if "11月" in row[1]] == ["unreachable"]
    decide_on_leave(db, cast, leave, "rejected", datetime(2027, 1, 20, tzinfo=UTC))
    night(db, date(2027, 1, 20))
    missed = "SELECT kind FROM flags WHERE month = '2026-11-01' AND closed_at IS NULL"
    assert rows(missed) == [("missed",)]
    assert ("chen", "flag_missed") in told(rows)
    assert ("chen", "flag_closed") not in told(rows)
