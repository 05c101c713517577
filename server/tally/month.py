"""The month: confirmed + pending + excused of target, with the arithmetic and each day's explanation."""

import uuid
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import bindparam, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from server.db import columns
from server.org.models import Posting
from server.tally import policy
from server.tally.fold import FULL_DAY
from server.tally.models import SiteDay


@dataclass(frozen=True, slots=True)
class MonthCount:
    """Days as numbers of days (halves allowed). `remaining_days`: dates from `today` on that can still earn one."""

    month: date
    confirmed: float
    pending: float
    excused: float
    target: float
    remaining_days: int
    posted_days: int  # dates of the month with a posting
    elapsed_days: int  # of these, the ones before `today`
    target_explanation: str
    policy_version: int

    @property
    def missing(self) -> float:
        """Days still to be earned when every pending one is confirmed; never negative."""
        return max(0.0, self.target - self.confirmed - self.pending - self.excused)


# The month's site days and the postings that overlap it, in one question: two dates, and four numbers of a day.
_D, _P = columns(SiteDay), columns(Posting)
_PARTS = union_all(
    select(
        literal_column("'day'").label("part"),
        _D.on_date.label("first"),
        _D.on_date.label("last"),
        _D.confirmed_halves.label("confirmed"),
        _D.pending_halves.label("pending"),
        _D.excused_halves.label("excused"),
        _D.lowers_target_halves.label("lowers"),
    ).where(
        _D.county_id == bindparam("county"),
        _D.member_id == bindparam("member"),
        _D.on_date.between(bindparam("first"), bindparam("last")),
    ),
    select(literal_column("'posting'"), _P.starts_on, _P.ends_on, *[literal_column("0")] * 4).where(
        _P.county_id == bindparam("county"),
        _P.member_id == bindparam("member"),
        _P.starts_on <= bindparam("last"),
        or_(_P.ends_on.is_(None), _P.ends_on >= bindparam("first")),
    ),
)


def month_count(
    session: Session, county_id: int, member_id: uuid.UUID, month: date, today: date, asked_from: date | None = None
) -> MonthCount:
    """The member's month on the local date `today`; `month` is its first day.

    `asked_from` leaves out the posted dates before it: for flags, which must not hold against a person the days
    before they had agreed to check in.
    """
    first, last = month, month.replace(day=monthrange(month.year, month.month)[1])
    of_month = {"county": county_id, "member": member_id, "first": first, "last": last}
    parts = session.execute(_PARTS, of_month).all()
    days = [part for part in parts if part.part == "day"]
    rules = policy.in_force(session, county_id, last)
    postings = [(part.first, part.last) for part in parts if part.part == "posting"]
    posted = _posted_dates(max(first, asked_from or first), last, postings)
    lowered = sum(d.lowers for d in days)
    target, why = prorate(rules.rules.target_days, len(posted), (last - first).days + 1, lowered)
    taken = {d.first for d in days if d.confirmed + d.pending + d.excused + d.lowers >= FULL_DAY}
    return MonthCount(
        month=first,
        confirmed=sum(d.confirmed for d in days) / 2,
        pending=sum(d.pending for d in days) / 2,
        excused=sum(d.excused for d in days) / 2,
        target=target,
        remaining_days=sum(1 for d in posted if d >= today and d not in taken),
        posted_days=len(posted),
        elapsed_days=sum(1 for d in posted if d < today),
        target_explanation=why,
        policy_version=rules.version,
    )


def prorate(target_days: int, posted: int, calendar_days: int, lowered_halves: int) -> tuple[float, str]:
    """The month's target in days: the policy's, shared out over the posted dates, less leave that lowers it.

    Rounded to half a day in the member's favour (down). Returns the number and the arithmetic in Chinese.
    """
    shared = target_days if posted == calendar_days else int(target_days * posted * 2 / calendar_days) / 2
    target = max(0.0, shared - lowered_halves / 2)
    why = f"目标 {target_days} 天"
    if posted != calendar_days:
        why += f"，本月派驻 {posted}/{calendar_days} 天，折算 {shared:g} 天"
    if lowered_halves:
        why += f"，请假减少 {lowered_halves / 2:g} 天"
    return float(target), why + f"，应驻 {target:g} 天。"


def _posted_dates(first: date, last: date, postings: list[tuple[date, date | None]]) -> set[date]:
    posted: set[date] = set()
    for starts_on, ends_on in postings:
        day, end = max(first, starts_on), min(last, ends_on or last)
        while day <= end:
            posted.add(day)
            day += timedelta(days=1)
    return posted


def site_days(session: Session, county_id: int, member_id: uuid.UUID, month: date) -> list[SiteDay]:
    """The stored days of a month in order, each with its explanation and sources."""
    last = month.replace(day=monthrange(month.year, month.month)[1])
    return list(
        session.scalars(
            select(SiteDay)
            .where(
                SiteDay.county_id == county_id,
                SiteDay.member_id == member_id,
                SiteDay.on_date.between(month, last),
            )
            .order_by(SiteDay.on_date)
        )
    )
