"""Making a complaint, answering it, and bringing to mind what waits. The bureau and the admins see it; no unit does."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.complaints.models import KIND_WORDS, Complaint
from server.db import hold_member
from server.errors import conflict, forbidden, not_found
from server.notify.outbox import Letter, enqueue, enqueue_all, settle
from server.org.scope import Caller, holders
from server.org.scope import county as in_county
from server.rate_limits import spend

ANSWERING = ("bureau_supervisor", "admin")
_MOST_A_DAY = 20


@dataclass(frozen=True, slots=True)
class New:
    """What a member says; the phone made the id."""

    id: uuid.UUID
    kind: str
    text: str


def make(session: Session, caller: Caller, new: New, within_days: int, now: datetime) -> tuple[Complaint, bool]:
    """Store it and tell whoever answers; and whether it is new. The same id with other words is refused (409)."""
    hold_member(session, caller.county_id, caller.member_id)
    known = session.get(Complaint, (caller.county_id, new.id))
    if known is not None:
        if (known.member_id, known.kind, known.text) != (caller.member_id, new.kind, new.text):
            raise conflict("complaint_differs", "这个编号已经用过，内容不同，没有保存。")
        return known, False
    spend(session, f"complaint:{caller.county_id}:{caller.member_id}", limit=_MOST_A_DAY, window_s=86_400, now=now)
    made = Complaint(
        county_id=caller.county_id,
        id=new.id,
        member_id=caller.member_id,
        kind=new.kind,
        text=new.text,
        due_on=caller.today + timedelta(days=within_days),
        created_at=now,
    )
    session.add(made)
    session.flush()
    record(session, caller.county_id, caller.member_id, "complaint.made", caller.member_id, {"id": str(new.id)}, now)
    for who in _answerers(session, caller.county_id, caller.today):
        if who != caller.member_id:
            facts = {"kind": KIND_WORDS[new.kind], "due": made.due_on.isoformat()}
            enqueue(
                session, caller.county_id, Letter(who, "complaint_made", f"complaint_made:{new.id}:{who}", facts), now
            )
    return made, True


def answer(session: Session, caller: Caller, complaint_id: uuid.UUID, text: str, now: datetime) -> Complaint:
    """Answer one, once; the member is told. Nobody answers their own. The same answer again is a retry."""
    caller.require(*ANSWERING)
    found = session.scalar(in_county(caller, Complaint).where(Complaint.id == complaint_id))
    if found is None:
        raise not_found()
    hold_member(session, caller.county_id, found.member_id)
    session.refresh(found)
    if found.member_id == caller.member_id:
        raise forbidden("own_complaint", "不能答复自己提的意见，请由他人答复。")
    if found.answered_at is not None:
        if (found.answered_by, found.answer) == (caller.member_id, text):
            return found
        raise conflict("complaint_answered", "这条意见已经答复过了。")
    found.answered_by, found.answered_at, found.answer = caller.member_id, now, text
    session.flush()
    record(
        session, caller.county_id, caller.member_id, "complaint.answered", found.member_id, {"id": str(found.id)}, now
    )
    settle(session, caller.county_id, f"complaint_made:{found.id}:", f"complaint_waiting:{found.id}:")
    facts = {"kind": KIND_WORDS[found.kind], "answer": text, "on": caller.today.isoformat()}
    letter = Letter(found.member_id, "complaint_answered", f"complaint_answered:{found.id}", facts)
    enqueue(session, caller.county_id, letter, now)
    return found


def remind(session: Session, county_id: int, today: date, now: datetime) -> None:
    """Once each: whoever answers is told of what is due today or was before and has no answer yet."""
    waiting = select(Complaint).where(
        Complaint.county_id == county_id, Complaint.answered_at.is_(None), Complaint.due_on <= today
    )
    people = _answerers(session, county_id, today)
    letters = [
        Letter(
            who,
            "complaint_waiting",
            f"complaint_waiting:{one.id}:{who}",
            {"kind": KIND_WORDS[one.kind], "due": one.due_on.isoformat()},
        )
        for one in session.scalars(waiting.order_by(Complaint.due_on, Complaint.id))
        for who in people
        if who != one.member_id
    ]
    enqueue_all(session, county_id, letters, now)


def forget_old(session: Session, before: datetime) -> None:
    """Delete what was answered before `before`."""
    session.execute(delete(Complaint).where(Complaint.answered_at < before))


def _answerers(session: Session, county_id: int, on: date) -> list[uuid.UUID]:
    return sorted({who for role in ANSWERING for who in holders(session, county_id, role, on)})
