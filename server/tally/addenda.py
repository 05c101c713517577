"""补充说明: what became known of a day after its month was published, dated, with half days before and after."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.org.models import Member
from server.tally.models import MonthAddendum, SiteDay
from server.tally.month_fold import month_end
from server.tally.types import DayCount, halves_of
from server.together import Rows


@dataclass(frozen=True, slots=True)
class Cause:
    """What changed a day of a closed month, and who did it (None: the machine). asked: leave or an appeal was asked
    for, which its id then names; what is decided on it comes later, as `leave` or `appeal`."""

    kind: Literal["checkin", "review", "appeal", "attestation", "leave", "withdrawal", "asked"]
    id: uuid.UUID
    by: uuid.UUID | None


def rows(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, cause: Cause, corrected: DayCount, now: datetime
) -> Rows:
    """The addendum to store, or none when it is there already. Ask while the member is held.

    There is one for everything that came after the close, also for what changes no number: so what the result was
    counted from can be told from what came later (tally/county.py), by ids and not by clocks.
    """
    latest = _latest(session, county_id, member_id, on)
    before = dict(latest.after) if latest else asdict(halves_of(published(session, county_id, member_id, on)))
    after = asdict(halves_of(corrected))
    repeated = latest is not None and (latest.cause, latest.cause_id, latest.after) == (cause.kind, cause.id, after)
    values = {
        "county_id": county_id,
        "id": uuid.uuid4(),
        "member_id": member_id,
        "on_date": on,
        "cause": cause.kind,
        "cause_id": cause.id,
        "before": before,
        "after": after,
        "explanation": corrected.explanation,
        "made_by": cause.by,
        # The latest of a day holds: two of one instant, or of a clock that went back, still have an order.
        "made_at": max(now, latest.made_at + timedelta(microseconds=1)) if latest else now,
    }
    return Rows(MonthAddendum, [] if repeated else [values])


def published(session: Session, county_id: int, member_id: uuid.UUID, on: date) -> DayCount:
    """The day as it was published."""
    day = session.get(SiteDay, (county_id, member_id, on), populate_existing=True)
    said = "月度结果已公布，这次变动记入补充说明，不改动原结果。"
    if day is None:
        return DayCount(explanation=said)
    return DayCount(
        day.confirmed_halves,
        day.pending_halves,
        day.excused_halves,
        day.lowers_target_halves,
        day.rejected_halves,
        said,
        day.sources,
    )


def of_month(
    session: Session, county_id: int, month: date, member_id: uuid.UUID | None = None
) -> list[tuple[MonthAddendum, str]]:
    """The addenda to a month with their members' names, oldest first, those of one instant by name and date; of one
    member, or of all."""
    statement = (
        select(MonthAddendum, Member.name)
        .join(Member, (Member.county_id == MonthAddendum.county_id) & (Member.id == MonthAddendum.member_id))
        .where(MonthAddendum.county_id == county_id, MonthAddendum.on_date.between(month, month_end(month)))
    )
    if member_id is not None:
        statement = statement.where(MonthAddendum.member_id == member_id)
    in_order = statement.order_by(MonthAddendum.made_at, Member.name, MonthAddendum.on_date, MonthAddendum.id)
    return [(one, name) for one, name in session.execute(in_order)]


def amends(added: Iterable[MonthAddendum], state: str) -> float:
    """By how many days these addenda, oldest first, change what was published: confirmed, excused, …"""
    before: dict[tuple[uuid.UUID, date], int] = {}
    after: dict[tuple[uuid.UUID, date], int] = {}
    for one in added:
        day = one.member_id, one.on_date
        before.setdefault(day, one.before[state])
        after[day] = one.after[state]
    return sum(after[day] - before[day] for day in after) / 2


def _latest(session: Session, county_id: int, member_id: uuid.UUID, on: date) -> MonthAddendum | None:
    """The latest addendum to the day."""
    return session.scalar(
        select(MonthAddendum)
        .where(MonthAddendum.county_id == county_id, MonthAddendum.member_id == member_id, MonthAddendum.on_date == on)
        .order_by(MonthAddendum.made_at.desc(), MonthAddendum.id.desc())
        .limit(1)
    )
