"""培训: what a member was sent to learn, over the years; each is a leave that excuses its days."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.leaves.models import Leave

MOST = 100


def attended(session: Session, county_id: int, member_id: uuid.UUID) -> Sequence[Leave]:
    """The approved ones, the latest first, MOST at most."""
    statement = select(Leave).where(
        *(Leave.county_id == county_id, Leave.member_id == member_id),
        *(Leave.kind == "training", Leave.state == "approved"),
    )
    return session.scalars(statement.order_by(Leave.starts_on.desc(), Leave.id).limit(MOST)).all()
