"""Whether somebody can be held to a spot check: who is on leave, posted elsewhere, gone, or has not agreed, is not."""

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from server.leaves.models import Leave
from server.org import consent
from server.org.models import Consent, Member, Posting, Station
from server.spotchecks.models import SpotCheck


def local_day(session: Session, check: SpotCheck) -> date:
    """The date at the station when it was sent out."""
    station = session.get_one(Station, (check.county_id, check.station_id))
    return check.issues_at.astimezone(ZoneInfo(station.tz)).date()


def why_not(session: Session, check: SpotCheck, on: date) -> str | None:
    """Of models.VOIDED, why nobody is held to it on this date; None: somebody is."""
    if is_on_leave(session, check, on):
        return "on_leave"
    if check.member_id is None:
        return None
    if not session.scalar(select(exists().where(*_posted(check, on), Posting.member_id == check.member_id))):
        return "gone"
    member = session.get_one(Member, (check.county_id, check.member_id))
    if member.removed_at is not None:
        return "gone"
    return None if _has_consented(session, check) else "no_consent"


def is_on_leave(session: Session, check: SpotCheck, on: date) -> bool:
    """Whether leave is approved of the member for this date; of a call, of everybody who is posted at the station."""
    if check.member_id is not None:
        return bool(session.scalar(select(exists().where(*_away(check, on), Leave.member_id == check.member_id))))
    away = exists().where(*_away(check, on), Leave.member_id == Posting.member_id)
    there = and_(*_posted(check, on), Posting.station_id == check.station_id, ~away)
    return not session.scalar(select(exists().where(there)))


def _away(check: SpotCheck, on: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Leave.county_id == check.county_id,
        Leave.state == "approved",
        Leave.kind != "make_up",  # a day that was spent there, and only not recorded
        Leave.starts_on <= on,
        Leave.ends_on >= on,
    )


def _posted(check: SpotCheck, on: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Posting.county_id == check.county_id,
        Posting.squad_id == check.squad_id,
        Posting.starts_on <= on,
        or_(Posting.ends_on.is_(None), Posting.ends_on >= on),
    )


def _has_consented(session: Session, check: SpotCheck) -> bool:
    standing = exists().where(
        Consent.county_id == check.county_id,
        Consent.member_id == check.member_id,
        Consent.withdrawn_at.is_(None),
        Consent.version == consent.CURRENT_VERSION,
    )
    return bool(session.scalar(select(standing)))
