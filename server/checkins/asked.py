"""待复核 brought to mind: once a day those who review are told what waits for them, not once for each check-in."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from server.checkins.models import Appeal, CheckIn, Review
from server.notify import outbox
from server.notify.outbox import Letter
from server.org.scope import holders

_WORTH = timedelta(hours=24)  # tomorrow there is another


def remind(session: Session, county_id: int, today: date, now: datetime) -> None:
    """One notice to each who reviews, if something waits that they may decide: not their own check-ins, nor appeals
    against what they reviewed themselves."""
    letters = []
    for who in holders(session, county_id, "bureau_supervisor", today):
        reviews, appeals = _reviews(session, county_id, who), _appeals(session, county_id, who)
        if waiting := [row for row in (reviews, appeals) if row.count]:
            facts = {
                "reviews": reviews.count,
                "appeals": appeals.count,
                "oldest": min(row.oldest for row in waiting).isoformat(),
                "on": today.isoformat(),
            }
            letters.append(Letter(who, "review_asked", f"review_asked:{who}:{today}", facts, now + _WORTH))
    outbox.enqueue_all(session, county_id, letters, now)


def _reviews(session: Session, county_id: int, who: uuid.UUID) -> Row[Any]:
    """What is under review and was compared; of a month that is closed, too: it can still be added."""
    return session.execute(
        select(func.count().label("count"), func.min(CheckIn.on_date).label("oldest")).where(
            CheckIn.county_id == county_id,
            CheckIn.member_id != who,
            func.coalesce(CheckIn.decision, CheckIn.verdict) == "review",
            CheckIn.comparing.is_(False),
            CheckIn.erased_at.is_(None),
        )
    ).one()


def _appeals(session: Session, county_id: int, who: uuid.UUID) -> Row[Any]:
    reviewed = exists().where(
        Review.county_id == Appeal.county_id, Review.checkin_id == Appeal.checkin_id, Review.reviewer_id == who
    )
    return session.execute(
        select(func.count().label("count"), func.min(CheckIn.on_date).label("oldest"))
        .join(CheckIn, (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id))
        .where(Appeal.county_id == county_id, Appeal.state == "open", Appeal.member_id != who, ~reviewed)
    ).one()
