"""The one way a day is counted: from stored check-ins, attestations and leave, while the member is held.

A day of a closed month is not counted anew: what it would be now is added to the published result, dated.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn
from server.db import hold_member
from server.tally import addenda, closed, inputs, policy
from server.tally.addenda import Cause
from server.tally.fold import fold_day
from server.tally.inputs import DayInputs
from server.tally.models import SiteDay
from server.tally.month_fold import fold_month, posting_on
from server.tally.rules import InForce
from server.tally.types import CheckInInput, DayCount, MonthCount, MonthInputs, halves_of
from server.together import Answers, Rows, insert_together


@dataclass(frozen=True, slots=True)
class Counted:
    """A day as it counts now and its month's inputs with it."""

    day: DayCount
    month: MonthInputs
    addendum: bool = False  # the month was closed: the day stands as published


def recompute(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime, cause: Cause | None = None
) -> DayCount:
    """Count the member's local day anew and store it; two phones at once give the same day as one after the other.

    Every check-in, review, appeal, attestation, leave, posting and policy change ends here. `cause`: what an addendum
    to a closed month names; without one a closed month raises 409 `month_closed`.
    """
    return _recompute(session, county_id, member_id, on, now, cause).day


def recount(
    session: Session,
    county_id: int,
    member_id: uuid.UUID,
    on: date,
    today: date,
    now: datetime,
    cause: Cause | None = None,
) -> tuple[DayCount, MonthCount]:
    """`recompute`, and the month of that day as it is then on the local date `today`, for no further question."""
    counted = _recompute(session, county_id, member_id, on, now, cause)
    book = policy.rulebook(session, county_id)
    return counted.day, fold_month(on.replace(day=1), today, book, counted.month)


def recompute_span(
    session: Session,
    county_id: int,
    member_id: uuid.UUID,
    first: date,
    last: date,
    now: datetime,
    cause: Cause | None = None,
) -> None:
    """`recompute` for each local day from `first` to `last`: after leave was decided on."""
    hold_member(session, county_id, member_id)
    answers = inputs.ask(session, county_id, member_id, first, last)
    for i in range((last - first).days + 1):
        _store(session, county_id, member_id, first + timedelta(days=i), now, cause, answers)


def recompute_stored(session: Session, county_id: int, member_id: uuid.UUID, first: date, now: datetime) -> None:
    """`recompute` for the days from `first` on that there is anything about, leave to come included: after a posting
    was changed."""
    hold_member(session, county_id, member_id)
    stored = select(SiteDay.on_date).where(
        SiteDay.county_id == county_id, SiteDay.member_id == member_id, SiteDay.on_date >= first
    )
    for on in session.scalars(stored.order_by(SiteDay.on_date)).all():
        recompute(session, county_id, member_id, on, now)


def count_with(
    session: Session, checkin: CheckIn, answers: Answers, today: date, now: datetime
) -> tuple[DayCount, MonthCount, Rows]:
    """`recount` for a check-in that is about to be stored: its day with it, the month, and the day's row (or the
    addendum's) to store with the check-in. `answers` to inputs.QUESTIONS were asked while the member was held."""
    county_id, member_id, on = checkin.county_id, checkin.member_id, checkin.on_date
    rules = policy.in_force(session, county_id, on)
    given = inputs.day_of(answers, on, rules)
    new = CheckInInput(str(checkin.id), checkin.kind, checkin.minute_of_day, checkin.verdict, False, checkin.addendum)
    given = replace(given, checkins=[*given.checkins, new])
    day = count(rules, on, given)
    month = fold_month(on.replace(day=1), today, policy.rulebook(session, county_id), _with(given.month, on, day))
    if not checkin.addendum:
        return day, month, _row(county_id, member_id, on, day, rules.version, now)
    cause = Cause("checkin", checkin.id, member_id)
    rows = addenda.rows(session, county_id, member_id, on, cause, count(rules, on, given.as_corrected()), now)
    return day, month, rows


def count(rules: InForce, on: date, given: DayInputs) -> DayCount:
    """One local day by the rules that hold on it."""
    posted = posting_on(given.month.postings, on) is not None
    return fold_day(policy.day_terms(rules, on, posted), given.checkins, given.attestations, given.leaves)


def _recompute(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime, cause: Cause | None
) -> Counted:
    hold_member(session, county_id, member_id)
    answers = inputs.ask(session, county_id, member_id, on, on)
    return _store(session, county_id, member_id, on, now, cause, answers)


def _store(
    session: Session,
    county_id: int,
    member_id: uuid.UUID,
    on: date,
    now: datetime,
    cause: Cause | None,
    answers: Answers,
) -> Counted:
    """The day as it is stored now, with its month; or the addendum to it."""
    rules = policy.in_force(session, county_id, on)
    given = inputs.day_of(answers, on, rules)
    if closed.is_closed(session, county_id, on):
        if cause is None:
            closed.require_open(session, county_id, on)
        else:
            corrected = count(rules, on, given.as_corrected())
            insert_together(session, addenda.rows(session, county_id, member_id, on, cause, corrected, now))
        return Counted(addenda.published(session, county_id, member_id, on), given.month, addendum=True)
    day = count(rules, on, given)
    if day.sources:
        insert_together(session, _row(county_id, member_id, on, day, rules.version, now))
    else:
        session.execute(
            delete(SiteDay).where(SiteDay.county_id == county_id, SiteDay.member_id == member_id, SiteDay.on_date == on)
        )
    return Counted(day, _with(given.month, on, day))


def _with(month: MonthInputs, on: date, day: DayCount) -> MonthInputs:
    """The month as stored, but with this count of the day `on`."""
    return replace(month, days={**month.days, on: halves_of(day)})


def _row(county_id: int, member_id: uuid.UUID, on: date, day: DayCount, policy_version: int, now: datetime) -> Rows:
    """The day as it is to be stored, in place of what it was."""
    return day_rows(county_id, [(member_id, on, day, policy_version)], now)


def day_rows(county_id: int, days: Sequence[tuple[uuid.UUID, date, DayCount, int]], now: datetime) -> Rows:
    """Days (member, date, count, policy version) as they are to be stored, in place of what they were."""
    values = [
        {
            "county_id": county_id,
            "member_id": member_id,
            "on_date": on,
            "confirmed_halves": day.confirmed,
            "pending_halves": day.pending,
            "excused_halves": day.excused,
            "lowers_target_halves": day.lowers_target,
            "rejected_halves": day.rejected,
            "explanation": day.explanation,
            "sources": day.sources,
            "policy_version": policy_version,
            "computed_at": now,
        }
        for member_id, on, day, policy_version in days
    ]
    return Rows(SiteDay, values, if_taken="renew")
