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
    """One notice to each who reviews, if something waits that they may decide; to a county leader, if it is an appeal
    that no bureau supervisor may."""
    letters = []
    reviewers = holders(session, county_id, "bureau_supervisor", today)
    leaders = [who for who in holders(session, county_id, "county_leader", today) if who not in reviewers]
    for who in (*reviewers, *leaders):
        reviews, first = (
            queue.counted(session, county_id, who, queue.EVERYTHING, now) if who in reviewers else (0, None)
        )
        objections, second = _appeals(session, county_id, who, None if who in reviewers else today)
        if oldest := [on for on in (first, second) if on]:
            facts = {
                "reviews": reviews,
                "appeals": objections,
                "oldest": min(oldest).isoformat(),
                "on": today.isoformat(),
            }
            letters.append(Letter(who, "review_asked", f"review_asked:{who}:{today}", facts, now + _WORTH))
    outbox.enqueue_all(session, county_id, letters, now)


def _appeals(session: Session, county_id: int, who: uuid.UUID, as_leader_on: date | None) -> tuple[int, date | None]:
    for_them = ~appeals.is_involved(who)
    if as_leader_on:
        for_them &= appeals.for_leaders(as_leader_on)
    number, oldest = session.execute(
        select(func.count(), func.min(CheckIn.on_date))
        .select_from(Appeal)
        .join(CheckIn, (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id))
        .where(Appeal.county_id == county_id, Appeal.state == "open", for_them)
    ).one()
    return number, oldest
