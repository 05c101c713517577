"""Compares each member's month with what is still possible, raises flags with their numbers, closes mended ones."""

import uuid
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import lock
from server.flags.models import Flag
from server.notify.outbox import enqueue
from server.org import consent
from server.org.models import Consent, County, Member, Posting
from server.tally import policy
from server.tally.closed import is_closed
from server.tally.month import MonthCount, month_count

# A pace of up to this many days below the even line is ordinary life, not a warning.
SLACK_DAYS = 2.0


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What should be flagged: the kind, one Chinese sentence, and the numbers."""

    kind: str
    message: str
    facts: dict[str, Any]


def assess(count: MonthCount, today: date, closed: bool) -> Shortfall | None:
    """PURE: the one flag a member-month deserves on the local date `today`, or None.

    missed: the month is closed and even pending days would not reach the target. unreachable: fewer dates are left
    than days are missing. behind: what is there lies more than two days below the even line to the target. Pending
    days speak for the member throughout.
    """
    have = count.confirmed + count.pending + count.excused
    facts: dict[str, Any] = {
        "confirmed": count.confirmed,
        "pending": count.pending,
        "excused": count.excused,
        "target": count.target,
        "missing": count.missing,
        "remaining_days": count.remaining_days,
        "on": today.isoformat(),
    }
    month = f"{count.month.month}月"
    if count.missing <= 0:
        return None
    if closed:
        return Shortfall(
            "missed", f"{month}在岗 {have:g} 天，目标 {count.target:g} 天，差 {count.missing:g} 天。", facts
        )
    if count.missing > count.remaining_days:
        said = f"{month}还差 {count.missing:g} 天，剩余可用日 {count.remaining_days} 天，已无法达标；请与队长说明情况。"
        return Shortfall("unreachable", said, facts)
    # The even line to the target runs over the dates of the posting: nobody is behind before they were sent out.
    line = count.target * count.elapsed_days / max(1, count.posted_days)
    if have < line - SLACK_DAYS:
        said = f"{month}再驻点 {count.missing:g} 天即可达标，剩余 {count.remaining_days} 个可用日。"
        return Shortfall("behind", said, facts | {"line": round(line, 1)})
    return None


def run_nightly(session: Session, county_id: int, today: date, now: datetime) -> tuple[int, int]:
    """Bring the flags of one county up to date: this month's, and last month's once it is closed.

    Returns (raised, closed). Idempotent: running it again on the same facts changes nothing and tells nobody.
    Two at the same instant (an operator's `flags` beside the worker's night) go one after the other.
    """
    lock(session, f"flags:{county_id}")
    raised = closed = 0
    tz = session.scalar(select(County.tz).where(County.id == county_id)) or "Asia/Shanghai"
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    for month in (last_month, this_month):
        rules = policy.in_force(session, county_id, _last_day(month)).rules
        month_closed = is_closed(session, county_id, month)
        if rules.burden_mode != "daily" or (month == last_month and not month_closed):
            continue
        open_flags = _open_flags(session, county_id, month)
        for member_id, agreed_at in _flaggable(session, county_id, month):
            asked_from = agreed_at.astimezone(ZoneInfo(tz)).date()
            count = month_count(session, county_id, member_id, month, today, asked_from)
            due = assess(count, today, month_closed)
            standing = open_flags.pop(member_id, [])
            raised += _raise(session, county_id, member_id, month, due, standing, now)
            closed += _close(session, [f for f in standing if due is None or f.kind != due.kind], now)
        for orphaned in open_flags.values():  # no longer posted, or consent withdrawn: the cause is gone
            closed += _close(session, orphaned, now)
    return raised, closed


def _raise(
    session: Session,
    county_id: int,
    member_id: uuid.UUID,
    month: date,
    due: Shortfall | None,
    standing: list[Flag],
    now: datetime,
) -> int:
    if due is None:
        return 0
    same = next((f for f in standing if f.kind == due.kind), None)
    if same is not None:
        same.message, same.facts = due.message, due.facts
        return 0
    flag = Flag(
        county_id=county_id,
        id=uuid.uuid4(),
        member_id=member_id,
        month=month,
        kind=due.kind,
        message=due.message,
        facts=due.facts,
        raised_at=now,
    )
    session.add(flag)
    session.flush()
    record(session, county_id, None, "flag.raised", member_id, {"flag": str(flag.id), "kind": due.kind}, now)
    # Once a kind and month: a flag that closes and comes back is shown again, but nobody is told twice.
    key = f"flag:{member_id}:{month:%Y-%m}:{due.kind}"
    enqueue(session, county_id, member_id, f"flag_{due.kind}", key, due.facts | {"month": f"{month:%Y-%m}"}, now)
    return 1


def _close(session: Session, flags: list[Flag], now: datetime) -> int:
    for flag in flags:
        flag.closed_at = now
        record(session, flag.county_id, None, "flag.closed", flag.member_id, {"flag": str(flag.id)}, now)
    return len(flags)


def _open_flags(session: Session, county_id: int, month: date) -> dict[uuid.UUID, list[Flag]]:
    found: dict[uuid.UUID, list[Flag]] = {}
    rows = session.scalars(
        select(Flag).where(Flag.county_id == county_id, Flag.month == month, Flag.closed_at.is_(None))
    )
    for flag in rows:
        found.setdefault(flag.member_id, []).append(flag)
    return found


def _flaggable(session: Session, county_id: int, month: date) -> list[tuple[uuid.UUID, datetime]]:
    """Members posted in the month whose consent stands and was given before its end, with when it was given.

    Refusing to be photographed never raises a flag, nor do the days before somebody agreed.
    """
    rows = session.execute(
        select(Member.id, Consent.given_at)
        .join(Consent, (Consent.county_id == Member.county_id) & (Consent.member_id == Member.id))
        .where(
            Member.county_id == county_id,
            Member.removed_at.is_(None),
            Consent.version == consent.CURRENT_VERSION,
            Consent.withdrawn_at.is_(None),
            Consent.given_at < datetime.combine(_last_day(month) + timedelta(days=1), time(), tzinfo=UTC),
            Member.id.in_(
                select(Posting.member_id).where(
                    Posting.county_id == county_id,
                    Posting.starts_on <= _last_day(month),
                    or_(Posting.ends_on.is_(None), Posting.ends_on >= month),
                )
            ),
        )
        .order_by(Member.id)
    )
    return [(row.id, row.given_at) for row in rows]


def _last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])
