"""拍摄凭证: issued before a capture, so that the server knows the earliest moment a photo can be of."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from server.checkins.models import Ticket
from server.db import columns
from server.errors import conflict
from server.org.scope import Caller

# A few are kept ahead on the phone for places without signal; more than this is not a person taking photos.
MOST_UNUSED = 10

_T = columns(Ticket)
_USE = (
    update(Ticket.__table__)  # type: ignore[arg-type]
    .where(
        _T.county_id == bindparam("county"),
        _T.id == bindparam("ticket"),
        _T.member_id == bindparam("member"),
        (_T.used_by.is_(None)) | (_T.used_by == bindparam("checkin")),
    )
    .values(used_by=bindparam("checkin"))
    .returning(_T.issued_at, _T.expires_at)
)


@dataclass(frozen=True, slots=True)
class UsedTicket:
    """A ticket that this check-in may lean on."""

    id: uuid.UUID
    issued_at: datetime
    expires_at: datetime


def issue(session: Session, caller: Caller, now: datetime, ttl_h: int) -> Ticket:
    """A ticket bound to the caller. 409 `too_many_tickets` when ten unused ones are still valid."""
    unused = session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.county_id == caller.county_id,
            Ticket.member_id == caller.member_id,
            Ticket.used_by.is_(None),
            Ticket.expires_at > now,
        )
    )
    if (unused or 0) >= MOST_UNUSED:
        raise conflict("too_many_tickets", "手机里还有未用的拍摄凭证，请先用掉。", most=MOST_UNUSED)
    ticket = Ticket(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        member_id=caller.member_id,
        issued_at=now,
        expires_at=now + timedelta(hours=ttl_h),
    )
    session.add(ticket)
    return ticket


def use(session: Session, caller: Caller, ticket_id: uuid.UUID, checkin_id: uuid.UUID) -> UsedTicket | None:
    """Take the ticket for this check-in; a repeat of the same check-in may take it again.

    None when there is no such ticket of this member: another's, made up, or spent on another check-in. The check-in
    is then judged as one without a ticket: weaker, not refused.
    """
    row = session.execute(
        _USE,
        {"county": caller.county_id, "ticket": ticket_id, "member": caller.member_id, "checkin": checkin_id},
    ).first()
    return UsedTicket(ticket_id, row.issued_at, row.expires_at) if row else None
