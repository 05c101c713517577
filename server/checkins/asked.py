"""待复核 brought to mind: once a day those who review are told what waits for them, not once for each check-in."""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.checkins import appeals, queue
from server.checkins.models import Appeal, CheckIn
from server.notify import outbox
from server.notify.outbox import Letter
from server.org.scope import holders

_WORTH = timedelta(hours=24)  # tomorrow there is another


def remind(session: Session, county_id: int, today: date, now: datetime) -> None:
    """One notice to each who reviews, if something waits that they may decide."""
    letters = []
    for who in holders(session, county_id, "bureau_supervisor", today):
        reviews, first = queue.counted(session, county_id, who, queue.EVERYTHING, now)
        objections, second = _appeals(session, county_id, who)
        if oldest := [on for on in (first, second) if on]:
            facts = {
                "reviews": reviews,
                "appeals": objections,
                "oldest": min(oldest).isoformat(),
                "on": today.isoformat(),
            }
            letters.append(Letter(who, "review_asked", f"review_asked:{who}:{today}", facts, now + _WORTH))
    outbox.enqueue_all(session, county_id, letters, now)


def _appeals(session: Session, county_id: int, who: uuid.UUID) -> tuple[int, date | None]:
    number, oldest = session.execute(
        select(func.count(), func.min(CheckIn.on_date))
        .select_from(Appeal)
        .join(CheckIn, (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id))
        .where(Appeal.county_id == county_id, Appeal.state == "open", ~appeals.is_involved(who))
    ).one()
    return number, oldest
