"""留言: a leader or supervisor says what they know of a check-in; the member reads it. It decides nothing."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins.models import CheckInComment
from server.checkins.review import visible
from server.errors import forbidden
from server.org.models import Member
from server.org.scope import Caller


def add(session: Session, caller: Caller, checkin_id: uuid.UUID, text: str, now: datetime) -> CheckInComment:
    """Say something on a check-in that one may see. 403 `own_checkin` on one's own: there is the appeal for that."""
    checkin = visible(session, caller, checkin_id)
    if checkin.member_id == caller.member_id:
        raise forbidden("own_checkin", "不能在自己的打卡上留言；对结果有异议，可以申诉。")
    made = CheckInComment(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        checkin_id=checkin.id,
        author_id=caller.member_id,
        text=text,
        created_at=now,
    )
    session.add(made)
    session.flush()
    record(session, caller.county_id, caller.member_id, "checkin.commented", checkin.id, {"comment": str(made.id)}, now)
    return made


def said_of(session: Session, county_id: int, checkin_id: uuid.UUID) -> list[tuple[CheckInComment, str]]:
    """The comments with their authors' names, oldest first."""
    rows = session.execute(
        select(CheckInComment, Member.name)
        .join(Member, (Member.county_id == CheckInComment.county_id) & (Member.id == CheckInComment.author_id))
        .where(CheckInComment.county_id == county_id, CheckInComment.checkin_id == checkin_id)
        .order_by(CheckInComment.created_at, CheckInComment.id)
    )
    return [(row[0], row[1]) for row in rows]
