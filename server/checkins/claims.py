"""Who has which check-in before them: for five minutes nobody else is given it or decides on it, so that two reviewers
never collide. Where nobody has it, whoever reviews may decide without having claimed it.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, delete, exists, or_, select
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn, ReviewClaim
from server.db import dialect_of, upsert
from server.errors import conflict
from server.org.models import Member
from server.org.scope import Caller

LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else's claim: whose, when they were last seen to look at it, and when it ends by itself."""

    name: str
    seen_at: datetime
    until: datetime


def claim(session: Session, caller: Caller, checkin_ids: Iterable[uuid.UUID], now: datetime) -> set[uuid.UUID]:
    """Take them, or keep them for longer; those that are the caller's then: what somebody else has stays theirs.

    In the order of ids, so that two who want the same do not wait for each other in a circle: a transaction claims
    once, all that it wants. Of two at once one gets each.
    """
    row = {"reviewer_id": caller.member_id, "until": now + LASTS}
    taken = (
        upsert(dialect_of(session), ReviewClaim)
        .values(county_id=caller.county_id, checkin_id=bindparam("wanted"), **row)
        .on_conflict_do_update(
            index_elements=["county_id", "checkin_id"],
            set_=row,
            where=or_(ReviewClaim.until <= now, ReviewClaim.reviewer_id == caller.member_id),
        )
        .returning(ReviewClaim.checkin_id)
    )
    asked = sorted(set(checkin_ids))
    return {one for one in asked if session.execute(taken, {"wanted": one}).first() is not None}


def release(session: Session, caller: Caller, *checkin_ids: uuid.UUID) -> None:
    """Leave them to others, in the order of ids as they are claimed; what somebody else has is theirs."""
    for checkin_id in sorted(set(checkin_ids)):
        session.execute(
            delete(ReviewClaim).where(
                ReviewClaim.county_id == caller.county_id,
                ReviewClaim.checkin_id == checkin_id,
                ReviewClaim.reviewer_id == caller.member_id,
            )
        )


def elsewhere(member_id: uuid.UUID, now: datetime) -> ColumnElement[bool]:
    """The condition on CheckIn: somebody else has it before them."""
    return exists().where(
        ReviewClaim.county_id == CheckIn.county_id,
        ReviewClaim.checkin_id == CheckIn.id,
        ReviewClaim.reviewer_id != member_id,
        ReviewClaim.until > now,
    )


def held(session: Session, caller: Caller, checkin_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, Held]:
    """Those of them that somebody else has before them."""
    rows = session.execute(
        select(ReviewClaim.checkin_id, Member.name, ReviewClaim.until)
        .join(Member, (ReviewClaim.county_id == Member.county_id) & (ReviewClaim.reviewer_id == Member.id))
        .where(
            ReviewClaim.county_id == caller.county_id,
            ReviewClaim.checkin_id.in_(checkin_ids),
            ReviewClaim.reviewer_id != caller.member_id,
            ReviewClaim.until > now,
        )
    )
    return {row.checkin_id: Held(row.name, row.until - LASTS, row.until) for row in rows}


def require_unheld(session: Session, caller: Caller, checkin_id: uuid.UUID, now: datetime) -> None:
    """Raise 409 `being_reviewed` while somebody else has it before them."""
    one = held(session, caller, [checkin_id], now).get(checkin_id)
    if one is None:
        return
    seen, until = (f"{at.astimezone(ZoneInfo(caller.tz)):%H:%M}" for at in (one.seen_at, one.until))
    said = f"{one.name}正在看这次打卡（{seen} 还在看），您的结论没有保存；到 {until} 还没有决定的话，您再来决定。"
    facts = {"reviewer": one.name, "seen_at": one.seen_at.isoformat(), "until": one.until.isoformat()}
    raise conflict("being_reviewed", said, **facts)


def forget_old(session: Session, before: datetime) -> None:
    """Delete what was over before `before`."""
    session.execute(delete(ReviewClaim).where(ReviewClaim.until < before))
