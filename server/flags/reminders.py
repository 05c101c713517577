"""Before a window closes, whoever still needs the day is reminded once; a reminder is worthless after the window."""

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.evidence.types import Window
from server.notify.outbox import enqueue
from server.org import consent
from server.org.models import Consent, Member, Posting, Station
from server.tally import policy
from server.tally.models import SiteDay
from server.tally.month import month_count


def remind(session: Session, county_id: int, now: datetime) -> int:
    """Enqueue the reminders of one county that are due at this instant; returns how many are new."""
    reminded = 0
    for row in _posted_with_consent(session, county_id, now):
        local = now.astimezone(ZoneInfo(row.tz))
        on, minute = local.date(), local.hour * 60 + local.minute
        if not (row.starts_on <= on and (row.ends_on is None or on <= row.ends_on)):
            continue
        in_force = policy.in_force(session, county_id, on)
        window = _closing(in_force.windows_on(on), minute, in_force.rules.reminder_before_min)
        if in_force.rules.burden_mode != "daily" or window is None:
            continue
        day = session.get(SiteDay, (county_id, row.member_id, on))
        if day and day.confirmed_halves + day.pending_halves + day.excused_halves + day.lowers_target_halves >= 2:
            continue
        if _has_enough(session, county_id, row.member_id, on):
            continue
        closes_at = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=window.end_min)
        facts = {
            "station": row.station,
            "on": on.isoformat(),
            "closes": f"{window.end_min // 60:02}:{window.end_min % 60:02}",
        }
        key = f"reminder:{row.member_id}:{on}:{window.end_min}"
        reminded += enqueue(session, county_id, row.member_id, "reminder", key, facts, now, expires_at=closes_at)
    return reminded


def _has_enough(session: Session, county_id: int, member_id: uuid.UUID, on: date) -> bool:
    """Whether the month's target is reached by what is confirmed or excused: then nobody need be reminded."""
    month = month_count(session, county_id, member_id, on.replace(day=1), on)
    return month.confirmed + month.excused >= month.target


def _closing(windows: tuple[Window, ...], minute: int, before_min: int) -> Window | None:
    """The window that ends within the next `before_min` minutes."""
    return next((w for w in windows if w.start_min <= minute < w.end_min <= minute + before_min), None)


def _posted_with_consent(session: Session, county_id: int, now: datetime):  # type: ignore[no-untyped-def]
    """Members posted on the dates around now, with station and zone; without consent nobody asks for a photo."""
    around = now.date()
    return session.execute(
        select(
            Posting.member_id,
            Posting.starts_on,
            Posting.ends_on,
            Station.name.label("station"),
            Station.tz,
        )
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .join(Consent, (Consent.county_id == Posting.county_id) & (Consent.member_id == Posting.member_id))
        .where(
            Posting.county_id == county_id,
            Member.removed_at.is_(None),
            Consent.version == consent.CURRENT_VERSION,
            Consent.withdrawn_at.is_(None),
            Posting.starts_on <= around + timedelta(days=1),
            or_(Posting.ends_on.is_(None), Posting.ends_on >= around - timedelta(days=1)),
        )
    ).all()
