"""Who has which check-in before them: for five minutes nobody else is given it, so that two reviewers never collide.

A claim only spares work: whether a decision stands is checked when it is taken (review.py).
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, delete, exists, or_, select
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn, ReviewClaim
from server.db import dialect_of, upsert
from server.org.models import Member
from server.org.scope import Caller

LASTS = timedelta(minutes=5)


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


def holder(session: Session, caller: Caller, checkin_id: uuid.UUID, now: datetime) -> str | None:
    """The name of somebody else who has it before them."""
    return session.scalar(
        select(Member.name)
        .join(ReviewClaim, (ReviewClaim.county_id == Member.county_id) & (ReviewClaim.reviewer_id == Member.id))
        .where(
            ReviewClaim.county_id == caller.county_id,
            ReviewClaim.checkin_id == checkin_id,
            ReviewClaim.reviewer_id != caller.member_id,
            ReviewClaim.until > now,
        )
    )


def forget_old(session: Session, before: datetime) -> None:
    """Delete what was over before `before`."""
    session.execute(delete(ReviewClaim).where(ReviewClaim.until < before))
