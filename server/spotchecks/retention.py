"""保存期限: what was said freely of a spot check goes with the evidence of its day; states and decisions stay."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from server.checkins.retention import IS_OPEN, term_begins
from server.org.models import DeletionRequest
from server.spotchecks.models import SpotCall, SpotCheck


def forget(session: Session, county_id: int, tz: str, today: date, months: int) -> None:
    """Empty the explanations, what was to be shown, and who answered a telephone: of the time before the county's term,
    and of who asked for deletion, once somebody has decided."""
    begins = datetime.combine(term_begins(today, months), time(), ZoneInfo(tz)).astimezone(UTC)
    asked = select(DeletionRequest.member_id).where(DeletionRequest.county_id == county_id, IS_OPEN)
    theirs = or_(SpotCheck.member_id.in_(asked), SpotCheck.explained_by.in_(asked)) & (
        SpotCheck.explained_at.is_(None) | SpotCheck.decided_at.is_not(None)
    )
    over = (SpotCheck.county_id == county_id) & or_(SpotCheck.issues_at < begins, theirs)
    said = or_(SpotCheck.explanation != "", SpotCheck.challenge.is_not(None))
    session.execute(update(SpotCheck).where(over, said).values(explanation="", challenge=None))
    old = (SpotCall.county_id == county_id) & (SpotCall.called_at < begins)
    session.execute(update(SpotCall).where(old, or_(SpotCall.who != "", SpotCall.note != "")).values(who="", note=""))
