"""The one way a day is counted: from stored check-ins, attestations and leave, under a lock on the member."""

import uuid
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn
from server.db import lock, member_lock
from server.tally import inputs, policy
from server.tally.fold import CheckInInput, DayCount, DayHalves, MonthCount, MonthInputs, fold_day
from server.tally.inputs import DayInputs
from server.tally.models import SiteDay
from server.tally.month import counted
from server.together import Answers, Rows, insert_together


def recompute(session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime) -> DayCount:
    """Count the member's local day anew and store it; two phones at once give the same day as one after the other.

    Every check-in, review, appeal and attestation ends here; so must every change of leave or policy.
    """
    return _recompute(session, county_id, member_id, on, now)[0]


def recount(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, today: date, now: datetime
) -> tuple[DayCount, MonthCount]:
    """`recompute`, and the month of that day as it is then on the local date `today`, for no further question."""
    day, month = _recompute(session, county_id, member_id, on, now)
    return day, _month_with(session, county_id, on, today, day, month)


def count_with(
    session: Session, checkin: CheckIn, answers: Answers, today: date, now: datetime
) -> tuple[DayCount, MonthCount, Rows]:
    """`recount` for a check-in that is about to be stored: its day with it, the month, and the day's row to store
    with the check-in. `answers` to inputs.QUESTIONS were asked under the member's lock."""
    county_id, member_id, on = checkin.county_id, checkin.member_id, checkin.on_date
    rules = policy.in_force(session, county_id, on)
    given = inputs.day_of(answers, on, rules.rules.leave_effects)
    new = CheckInInput(str(checkin.id), checkin.kind, checkin.minute_of_day, checkin.verdict, False, checkin.addendum)
    day = _count(rules, on, replace(given, checkins=[*given.checkins, new]))
    month = _month_with(session, county_id, on, today, day, given.month)
    return day, month, _row(county_id, member_id, on, day, rules.version, now)


def _recompute(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime
) -> tuple[DayCount, MonthInputs]:
    """The day as it is stored now, and its month as it was before."""
    lock(session, member_lock(county_id, member_id))
    rules = policy.in_force(session, county_id, on)
    given = inputs.of_day(session, county_id, member_id, on, rules.rules.leave_effects)
    day = _count(rules, on, given)
    if day.sources:
        insert_together(session, _row(county_id, member_id, on, day, rules.version, now))
    else:
        session.execute(
            delete(SiteDay).where(SiteDay.county_id == county_id, SiteDay.member_id == member_id, SiteDay.on_date == on)
        )
    return day, given.month


def _count(rules: policy.InForce, on: date, given: DayInputs) -> DayCount:
    return fold_day(rules.windows_on(on), rules.rules.counted_kinds, given.checkins, given.attestations, given.leaves)


def _month_with(
    session: Session, county_id: int, on: date, today: date, day: DayCount, stored: MonthInputs
) -> MonthCount:
    """The month as `stored`, but with this count of the day `on`."""
    new = {on: DayHalves(day.confirmed, day.pending, day.excused, day.lowers_target)}
    return counted(session, county_id, on.replace(day=1), today, MonthInputs({**stored.days, **new}, stored.postings))


def _row(county_id: int, member_id: uuid.UUID, on: date, day: DayCount, policy_version: int, now: datetime) -> Rows:
    """The day as it is to be stored, in place of what it was."""
    values = {
        "county_id": county_id,
        "member_id": member_id,
        "on_date": on,
        "confirmed_halves": day.confirmed,
        "pending_halves": day.pending,
        "excused_halves": day.excused,
        "lowers_target_halves": day.lowers_target,
        "explanation": day.explanation,
        "sources": day.sources,
        "policy_version": policy_version,
        "computed_at": now,
    }
    return Rows(SiteDay, [values], if_taken="renew")
