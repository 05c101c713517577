"""保存期限: where a 跟进 was written and its pictures go with the evidence of the days; what was said stays."""

import uuid
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from server.checkins.retention import IS_OPEN, erase_photos, term_begins
from server.leads.models import LeadPhoto, LeadUpdate
from server.leads.pictures import LOOSE_FOR
from server.org.models import DeletionRequest
from server.photos.models import Photo


def forget(session: Session, county_id: int, tz: str, today: date, months: int, now: datetime) -> None:
    """Erase the places and pictures older than the county's term, and those of who asked for deletion; and the pictures
    that no update has named."""
    begins = datetime.combine(term_begins(today, months), time(), ZoneInfo(tz)).astimezone(UTC)
    asked = select(DeletionRequest.member_id).where(DeletionRequest.county_id == county_id, IS_OPEN)
    over = or_(LeadUpdate.happened_at < begins, LeadUpdate.member_id.in_(asked))
    placed = (LeadUpdate.county_id == county_id) & LeadUpdate.lat.is_not(None)
    session.execute(update(LeadUpdate).where(placed, over).values(lat=None, lng=None, accuracy_m=None))
    erase_photos(session, county_id, _pictures(session, county_id, over))
    unnamed = LeadPhoto.update_id.is_(None) & or_(Photo.received_at < now - LOOSE_FOR, Photo.member_id.in_(asked))
    loose = _pictures(session, county_id, unnamed)
    session.execute(delete(LeadPhoto).where(LeadPhoto.county_id == county_id, LeadPhoto.photo_id.in_(loose)))
    session.execute(delete(Photo).where(Photo.county_id == county_id, Photo.id.in_(loose)))


def _pictures(session: Session, county_id: int, which: ColumnElement[bool]) -> list[uuid.UUID]:
    """The photos, not erased yet, of the pictures for which that holds."""
    by = (LeadUpdate.county_id == LeadPhoto.county_id) & (LeadUpdate.id == LeadPhoto.update_id)
    statement = (
        select(Photo.id)
        .join(LeadPhoto, (LeadPhoto.county_id == Photo.county_id) & (LeadPhoto.photo_id == Photo.id))
        .outerjoin(LeadUpdate, by)
        .where(Photo.county_id == county_id, Photo.sha256 != "", which)
    )
    return list(session.scalars(statement))
