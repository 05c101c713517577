"""待复核 brought to mind: once a day those who review are told what waits for them, not once for each check-in."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, select
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
        if oldest := [waiting.oldest for waiting in (reviews, appeals) if waiting.oldest]:
            facts = {
                "reviews": reviews.number,
                "appeals": appeals.number,
                "oldest": min(oldest).isoformat(),
                "on": today.isoformat(),
            }
            letters.append(Letter(who, "review_asked", f"review_asked:{who}:{today}", facts, now + _WORTH))
    outbox.enqueue_all(session, county_id, letters, now)


@dataclass(frozen=True, slots=True)
class _Waiting:
    number: int
    oldest: date | None


def _reviews(session: Session, county_id: int, who: uuid.UUID) -> _Waiting:
    """What is under review and was compared; of a month that is closed, too: it can still be added."""
    found = session.execute(
        select(func.count(), func.min(CheckIn.on_date)).where(
            CheckIn.county_id == county_id,
            CheckIn.member_id != who,
            func.coalesce(CheckIn.decision, CheckIn.verdict) == "review",
            CheckIn.comparing.is_(False),
            CheckIn.erased_at.is_(None),
        )
    ).one()
    return _Waiting(*found)


def _appeals(session: Session, county_id: int, who: uuid.UUID) -> _Waiting:
    reviewed = exists().where(
        Review.county_id == Appeal.county_id, Review.checkin_id == Appeal.checkin_id, Review.reviewer_id == who
    )
    found = session.execute(
        select(func.count(), func.min(CheckIn.on_date))
        .select_from(Appeal)
        .join(CheckIn, (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id))
        .where(Appeal.county_id == county_id, Appeal.state == "open", Appeal.member_id != who, ~reviewed)
    ).one()
    return _Waiting(*found)
