"""拍摄凭证: issued before a capture, so that the server knows the earliest moment a photo can be of."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Exists, bindparam, delete, exists, select
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn, Ticket
from server.db import short
from server.org.models import Member
from server.org.scope import Caller
from server.rate_limits import spend

# A few are kept ahead on the phone for places without signal; of more than this the oldest ends.
MOST_UNUSED = 10
_MOST_ENDED_AN_HOUR = 60  # whoever lets so many lapse is not a person taking photos
GESTURES = ("竖起拇指", "比个胜利手势", "手掌摊开", "握拳举起", "一手指天", "双手抱拳")

_TICKET, _CHECKIN = short(Ticket, "t"), short(CheckIn, "c")
_T, _C = _TICKET.c, _CHECKIN.c
# The member's own ticket, and the check-in that took it. That a second one cannot is held by the key of `checkins`.
HELD = (
    select(_T.id, _T.issued_at, _T.expires_at, _T.challenge, _T.due_at, _C.id.label("used_by"))
    .select_from(_TICKET)
    .outerjoin(_CHECKIN, (_C.county_id == _T.county_id) & (_C.ticket_id == _T.id))
    .where(_T.county_id == bindparam("county"), _T.id == bindparam("ticket"), _T.member_id == bindparam("member"))
)


@dataclass(frozen=True, slots=True)
class UsedTicket:
    """A ticket that this check-in may lean on."""

    id: uuid.UUID
    issued_at: datetime
    expires_at: datetime
    challenge: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Spot:
    """The spot check that a ticket is for: what to show, and until when."""

    id: uuid.UUID
    challenge: str
    due_at: datetime


def issue(session: Session, caller: Caller, now: datetime, ttl_h: int, *, spot: Spot | None = None) -> Ticket:
    """A ticket bound to the caller, and to the spot check that it answers: of that there is one, however often its
    camera opens, so that nobody runs out of them.
    """
    if spot and (kept := _kept(session, caller, now, spot.id)):
        return kept
    if not spot:
        _make_room(session, caller, now)
    ticket = Ticket(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        member_id=caller.member_id,
        issued_at=now,
        expires_at=now + timedelta(hours=ttl_h),
        spot_check_id=spot.id if spot else None,
        challenge=spot.challenge if spot else None,
        due_at=spot.due_at if spot else None,
    )
    session.add(ticket)
    return ticket


def _make_room(session: Session, caller: Caller, now: datetime) -> None:
    """End what is unused from before the WeChat was bound that is bound now, and the oldest where there are too many;
    spot checks' tickets are apart.

    The server does not know which a phone still has: a lost one has taken its own with it, and a refusal would shut the
    new one out for a day. To end is to expire now, not to be void: a photo taken before, which waits for signal, is
    bounded by its ticket as it would have been, and only one taken later is left to a person. The oldest goes first,
    because it says least of when a photo was taken, and a phone takes its newest. 429 for whoever asks without end.
    """
    unused = session.execute(
        select(Ticket, Member.bound_at)
        .join(Member, (Member.county_id == Ticket.county_id) & (Member.id == Ticket.member_id))
        .where(
            Ticket.county_id == caller.county_id,
            Ticket.member_id == caller.member_id,
            Ticket.spot_check_id.is_(None),
            Ticket.expires_at > now,
            ~_is_used(),
        )
        .order_by(Ticket.issued_at.desc(), Ticket.id)
    ).all()
    if len(unused) >= MOST_UNUSED:
        key = f"tickets:{caller.county_id}:{caller.member_id}"
        spend(session, key, limit=_MOST_ENDED_AN_HOUR, window_s=3600, now=now)
    for at, (ticket, bound_at) in enumerate(unused, start=1):
        if at >= MOST_UNUSED or (bound_at and ticket.issued_at < bound_at):
            ticket.expires_at = now


def _kept(session: Session, caller: Caller, now: datetime, spot_id: uuid.UUID) -> Ticket | None:
    """The caller's of this spot check that is still good."""
    mine = select(Ticket).where(
        Ticket.county_id == caller.county_id, Ticket.member_id == caller.member_id, Ticket.spot_check_id == spot_id
    )
    return session.scalar(mine.where(Ticket.expires_at > now, ~_is_used()).limit(1))


def challenge() -> str:
    """One of the gestures, or four digits, each of all of them equally likely to be asked."""
    drawn = secrets.randbelow(2 * len(GESTURES))
    return GESTURES[drawn] if drawn < len(GESTURES) else f"{secrets.randbelow(10_000):04}"


def forget_old(session: Session, before: datetime) -> None:
    """Delete the tickets that expired unused before `before`."""
    session.execute(delete(Ticket).where(Ticket.expires_at < before, ~_is_used()))


def _is_used() -> Exists:
    return exists().where(CheckIn.county_id == Ticket.county_id, CheckIn.ticket_id == Ticket.id)


def usable(held: Sequence[Any], checkin_id: uuid.UUID) -> UsedTicket | None:
    """The ticket among the rows of HELD that this check-in may take; a repeat of the same check-in may again.

    None when there is no such ticket of this member: another's, made up, or spent on another check-in. The check-in
    is then judged as one without a ticket: weaker, not refused.
    """
    if held and held[0].used_by in (None, checkin_id):
        return UsedTicket(held[0].id, held[0].issued_at, held[0].expires_at, held[0].challenge, held[0].due_at)
    return None
