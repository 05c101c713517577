"""A member's dates: each in one state, by what was asked of them and what came of it."""

from datetime import date, timedelta

from sqlalchemy import delete

from server.db import Database
from server.org.models import Consent, Posting
from server.tally.models import Policy
from server.tally.rules import PolicyRules
from server.watch.calendar import MonthMarks, calendar, months_back
from tests.cast import JOINED, Cast
from tests.conftest import NOON
from tests.watch.given import TODAY, away, caller, site_day

NOV = date(2026, 11, 1)


def month(db: Database, cast: Cast, first: date = NOV) -> MonthMarks:
    with db.reading() as session:
        (found,) = calendar(session, caller(db, cast, "bureau"), cast["chen"].id, [first])
    return found


def states(db: Database, cast: Cast, first: date = NOV) -> dict[int, str]:
    return {mark.on.day: mark.state for mark in month(db, cast, first).marks}


def test_each_date_is_what_came_of_it(db: Database, cast: Cast) -> None:
    for day, halves in {2: (2, 0, 0, 0), 3: (1, 0, 0, 0), 4: (0, 2, 0, 0), 5: (0, 0, 0, 2), 6: (0, 0, 2, 0)}.items():
        site_day(db, cast, "chen", *halves, on=NOV.replace(day=day))
    found = states(db, cast)
    assert [found[n] for n in range(1, 8)] == ["none", "accepted", "half", "review", "rejected", "excused", "none"]
    assert {found[n] for n in range(25, 31)} == {"future"}
    shown = month(db, cast)
    assert (shown.confirmed, shown.pending, shown.excused, shown.blanks) == (1.5, 1.0, 1.0, 6)
    weeks = shown.weeks()
    assert (len(weeks), {len(week) for week in weeks}, weeks[0][6].on) == (6, {7}, NOV)


def test_leave_is_leave_whatever_it_does_to_the_target(db: Database, cast: Cast) -> None:
    away(db, cast, "chen")
    assert states(db, cast)[TODAY.day] == "excused"


def test_before_the_posting_nothing_was_asked(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        session.query(Posting).filter_by(member_id=cast["chen"].id).update({"starts_on": date(2026, 11, 10)})
    found = states(db, cast)
    assert (found[9], found[10], month(db, cast, date(2026, 9, 1)).is_empty) == ("idle", "none", True)


def test_without_consent_or_on_other_days_nothing_was_asked(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        stored = PolicyRules(burden_mode="daily", legal_basis="测试", countable_days="workdays").model_dump(mode="json")
        session.add(Policy(county_id=1, version=2, starts_on=JOINED, rules=stored, created_at=NOON))
    assert (states(db, cast)[21], states(db, cast)[23]) == ("idle", "none")
    with db.transaction() as session:
        session.execute(delete(Consent).where(Consent.member_id == cast["chen"].id))
    assert states(db, cast)[23] == "idle"


def test_twelve_months_back() -> None:
    found = months_back(date(2026, 3, 17), 4)
    assert found == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert months_back(NOV, 12)[0] == NOV - timedelta(days=335)
