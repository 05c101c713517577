"""保存期限: where a 跟进 was written goes with the evidence of the days; what was done and said stays."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from server.checkins.retention import IS_OPEN, term_begins
from server.leads.models import LeadUpdate
from server.org.models import DeletionRequest


def forget_places(session: Session, county_id: int, tz: str, today: date, months: int) -> None:
    """Erase the places older than the county's term, and those of who asked for deletion."""
    begins = datetime.combine(term_begins(today, months), time(), ZoneInfo(tz)).astimezone(UTC)
    asked = select(DeletionRequest.member_id).where(DeletionRequest.county_id == county_id, IS_OPEN)
    session.execute(
        update(LeadUpdate)
        .where(
            LeadUpdate.county_id == county_id,
            LeadUpdate.lat.is_not(None),
            or_(LeadUpdate.happened_at < begins, LeadUpdate.member_id.in_(asked)),
        )
        .values(lat=None, lng=None, accuracy_m=None)
    )
