"""How days and months are spoken of in replies; shared by every route that answers with a count."""

import uuid
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.org.scope import Caller
from server.tally import closed, recompute
from server.tally.addenda import Cause
from server.tally.models import SiteDay
from server.tally.month import month_count, published
from server.tally.types import DayCount, MonthCount


class DayReply(BaseModel):
    on: date
    value: float = Field(description="0, 0.5 or 1 confirmed day")
    counted: bool = Field(description="whether any part of the day is confirmed")
    pending: float
    excused: float
    rejected: float = Field(0, description="what rejected check-ins would have earned")
    explanation: str


class MonthReply(BaseModel):
    month: str = Field(description="YYYY-MM")
    confirmed: float
    pending: float
    excused: float
    rejected: float
    lowered: float = Field(description="by leave, of the target")
    target: float
    remaining_days: float = Field(description="days that the dates from today on can still earn; half days count .5")
    target_explanation: str
    sum_explanation: str
    policy_version: int


def day_reply(on: date, day: DayCount) -> DayReply:
    return DayReply(
        on=on,
        value=day.confirmed / 2,
        counted=day.confirmed > 0,
        pending=day.pending / 2,
        excused=day.excused / 2,
        rejected=day.rejected / 2,
        explanation=day.explanation,
    )


def stored_day_reply(day: SiteDay) -> DayReply:
    return DayReply(
        on=day.on_date,
        value=day.confirmed_halves / 2,
        counted=day.confirmed_halves > 0,
        pending=day.pending_halves / 2,
        excused=day.excused_halves / 2,
        rejected=day.rejected_halves / 2,
        explanation=day.explanation,
    )


def month_reply(count: MonthCount) -> MonthReply:
    return MonthReply(
        month=f"{count.month:%Y-%m}",
        confirmed=count.confirmed,
        pending=count.pending,
        excused=count.excused,
        rejected=count.rejected,
        lowered=count.lowered,
        target=count.target,
        remaining_days=count.remaining_days,
        target_explanation=count.target_explanation,
        sum_explanation=count.sum_explanation,
        policy_version=count.policy_version,
    )


def recount(
    session: Session, caller: Caller, member_id: uuid.UUID, on: date, cause: Cause, now: datetime
) -> dict[str, Any]:
    """Recompute a day after whatever changed it, and answer with that day and its month; a month that is closed stays
    as it was published, and gets an addendum."""
    day, month = recompute.recount(session, caller.county_id, member_id, on, caller.today, now, cause)
    if closed.is_closed(session, caller.county_id, on):
        return {"day": day_reply(on, day), "month": month_of(session, caller, member_id, on)}
    return {"day": day_reply(on, day), "month": month_reply(month)}


def standing(session: Session, caller: Caller, member_id: uuid.UUID, on: date) -> dict[str, Any]:
    """The day and its month as they stand: for a retry, which must not count for something that came later."""
    return {
        "day": stored_day(session, caller.county_id, member_id, on),
        "month": month_of(session, caller, member_id, on),
    }


def month_of(session: Session, caller: Caller, member_id: uuid.UUID, on: date) -> MonthReply:
    """The count of the month that holds `on`: as it was published, or as it stands."""
    county_id, month = caller.county_id, on.replace(day=1)
    if closed.is_closed(session, county_id, month):
        then = published(session, county_id, month, [member_id])
        if member_id in then:
            return month_reply(then[member_id])
    return month_reply(month_count(session, county_id, member_id, month, caller.today))


def stored_day(session: Session, county_id: int, member_id: uuid.UUID, on: date) -> DayReply:
    """The day as it stands, for answers that change nothing."""
    day = session.get(SiteDay, (county_id, member_id, on))
    return stored_day_reply(day) if day else day_reply(on, DayCount())
