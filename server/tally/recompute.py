"""The one way a day is counted: from stored check-ins, attestations and leave, under a lock on the member."""

import uuid
from datetime import date, datetime
from functools import cache

from sqlalchemy import Executable, delete
from sqlalchemy.orm import Session

from server.db import dialect_of, lock, member_lock, upsert
from server.tally import inputs, policy
from server.tally.fold import DayCount, DayHalves, MonthCount, MonthInputs, fold_day
from server.tally.models import SiteDay
from server.tally.month import counted


def recompute(session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime) -> DayCount:
    """Count the member's local day anew and store it; two phones at once give the same day as one after the other.

    Every check-in, review, appeal and attestation ends here; so must every change of leave or policy.
    """
    return _recompute(session, county_id, member_id, on, now)[0]


def recount(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, today: date, now: datetime
) -> tuple[DayCount, MonthCount]:
    """`recompute`, and the month of that day as it is then on the local date `today`, for no further question."""
    day, stored = _recompute(session, county_id, member_id, on, now)
    others = {other: halves for other, halves in stored.days.items() if other != on}
    new = {on: DayHalves(day.confirmed, day.pending, day.excused, day.lowers_target)}
    month = MonthInputs(others | new, stored.postings)
    return day, counted(session, county_id, on.replace(day=1), today, month)


def _recompute(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime
) -> tuple[DayCount, MonthInputs]:
    """The day as it is stored now, and its month as it was before."""
    lock(session, member_lock(county_id, member_id))
    rules = policy.in_force(session, county_id, on)
    given = inputs.of_day(session, county_id, member_id, on, rules.rules.leave_effects)
    day = fold_day(rules.windows, rules.rules.counted_kinds, given.checkins, given.attestations, given.leaves)
    if not day.sources:
        session.execute(
            delete(SiteDay).where(SiteDay.county_id == county_id, SiteDay.member_id == member_id, SiteDay.on_date == on)
        )
        return day, given.month
    values = {
        "confirmed_halves": day.confirmed,
        "pending_halves": day.pending,
        "excused_halves": day.excused,
        "lowers_target_halves": day.lowers_target,
        "explanation": day.explanation,
        "sources": day.sources,
        "policy_version": rules.version,
        "computed_at": now,
    }
    key = {"county_id": county_id, "member_id": member_id, "on_date": on}
    session.execute(_store(dialect_of(session)), key | values)
    return day, given.month


@cache
def _store(dialect: str) -> Executable:
    """Insert the day or replace what it was."""
    insert = upsert(dialect, SiteDay)
    kept = ("county_id", "member_id", "on_date")
    renewed = {c.name: insert.excluded[c.name] for c in SiteDay.__table__.columns if c.name not in kept}
    return insert.on_conflict_do_update(index_elements=list(kept), set_=renewed)
