"""Who has which check-in before them: for five minutes nobody else is given it, so that two reviewers never collide.

A claim only spares work: whether a decision stands is checked when it is taken (review.py).
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn, ReviewClaim
from server.db import dialect_of, upsert
from server.org.models import Member
from server.org.scope import Caller

LASTS = timedelta(minutes=5)


def claim(session: Session, caller: Caller, checkin_id: uuid.UUID, now: datetime) -> bool:
    """Take it, or keep it for longer; False when somebody else has it. One statement: of two at once one gets it."""
    row = {"reviewer_id": caller.member_id, "until": now + LASTS}
    taken = (
        upsert(dialect_of(session), ReviewClaim)
        .values(county_id=caller.county_id, checkin_id=checkin_id, **row)
        .on_conflict_do_update(
            index_elements=["county_id", "checkin_id"],
            set_=row,
            where=or_(ReviewClaim.until <= now, ReviewClaim.reviewer_id == caller.member_id),
        )
        .returning(ReviewClaim.checkin_id)
    )
    return session.execute(taken).first() is not None


def release(session: Session, caller: Caller, *checkin_ids: uuid.UUID) -> None:
    """Leave them to others; what somebody else has is theirs."""
    session.execute(
        delete(ReviewClaim).where(
            ReviewClaim.county_id == caller.county_id,
            ReviewClaim.checkin_id.in_(checkin_ids),
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
