"""Where members are reached: their WeChat, their mail (unsealed only here), and the zone of where they are posted."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.notify.channel import Member as Key
from server.notify.channel import Recipient
from server.org.models import County, Member, Posting, Station
from server.org.reach import EMAIL_OF
from server.sealing import CannotOpen, Sealer

log = structlog.get_logger()
_HOME = ZoneInfo("Asia/Shanghai")  # whose date tells where somebody is posted; a zone apart it is right but for hours


class Recipients:
    """Finds them; `sealer` opens what is sealed."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def find(self, session: Session, members: Sequence[Key], now: datetime) -> Mapping[Key, Recipient]:
        """Those of these members that were not removed, in one question."""
        today = now.astimezone(_HOME).date()
        in_force = (Posting.starts_on <= today) & or_(Posting.ends_on.is_(None), Posting.ends_on >= today)
        rows = session.execute(
            select(
                Member.county_id,
                Member.id,
                Member.openid,
                Member.email_sealed,
                func.coalesce(Station.tz, County.tz).label("tz"),
            )
            .join(County, County.id == Member.county_id)
            .outerjoin(Posting, (Posting.county_id == Member.county_id) & (Posting.member_id == Member.id) & in_force)
            .outerjoin(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
            .where(
                Member.county_id.in_({county for county, _ in members}),
                Member.id.in_([member for _, member in members]),
                Member.removed_at.is_(None),
            )
        )
        return {
            (row.county_id, row.id): Recipient(row.openid, self._email(row.id, row.email_sealed), row.tz)
            for row in rows
        }

    def _email(self, member_id: uuid.UUID, sealed: str | None) -> str | None:
        if sealed is None:
            return None
        try:
            return self._sealer.open(sealed, EMAIL_OF.format(member_id))
        except CannotOpen:  # a key was lost: the operator reads it in the log, the notice goes another way
            log.warning("email_cannot_be_opened")
            return None
