"""申诉: the member objects to a rejection; somebody who took no part in it decides: a bureau supervisor, or, where none
is left, a county leader."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from server.audit.journal import record
from server.checkins.attest import vouched_by
from server.checkins.models import Appeal, CheckIn, Review
from server.checkins.retention import require_evidence
from server.checkins.review import held, tell
from server.errors import conflict, forbidden, not_found
from server.org.models import Member, RoleGrant
from server.org.scope import Caller
from server.org.scope import county as in_county

# Who may decide on appeals at all.
DECIDING = ("bureau_supervisor", "county_leader")
MOST_APPEALS = 2  # of one check-in; while one is open its day is pending, and each answer uses up somebody uninvolved


def appeal(
    session: Session, caller: Caller, checkin_id: uuid.UUID, statement: str, within: timedelta, now: datetime
) -> Appeal:
    """The member objects to a rejection of their own check-in, `within` so long of it; one open appeal at a time, and
    two in all."""
    checkin = held(session, caller, checkin_id)
    if checkin.member_id != caller.member_id:
        raise forbidden("not_own_checkin", "只能对自己的打卡提出申诉。")
    require_evidence(checkin)
    if (checkin.decision or checkin.verdict) != "rejected":
        raise conflict("nothing_to_appeal", "这次打卡没有被驳回，不需要申诉。")
    open_one = session.scalar(in_county(caller, Appeal).where(Appeal.checkin_id == checkin.id, Appeal.state == "open"))
    if open_one is not None:
        raise conflict("appeal_open", "申诉已提交，正在处理，请耐心等待。")
    denied = in_county(caller, Appeal).where(Appeal.checkin_id == checkin.id, Appeal.state == "denied")
    if (session.scalar(denied.with_only_columns(func.count())) or 0) >= MOST_APPEALS:
        raise conflict(
            "appeals_used",
            f"对这次打卡已经申诉过 {MOST_APPEALS} 次，结论不再改变；可以请同事或监督人员证明，或申请补卡。",
            most=MOST_APPEALS,
        )
    if now > _rejected_at(session, checkin) + within:
        raise conflict("appeal_too_late", f"申诉须在驳回后 {within.days} 天内提出。", most_days=within.days)
    made = Appeal(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        checkin_id=checkin.id,
        member_id=caller.member_id,
        statement=statement,
        state="open",
        created_at=now,
    )
    session.add(made)
    session.flush()
    record(session, caller.county_id, caller.member_id, "appeal.made", checkin.id, {"appeal": str(made.id)}, now)
    return made


def decide(
    session: Session, caller: Caller, appeal_id: uuid.UUID, upheld: bool, answer: str, now: datetime
) -> tuple[CheckIn, Appeal]:
    """Whoever may decide it (`open_to`) answers the appeal; upheld accepts the check-in."""
    made = session.scalar(in_county(caller, Appeal).where(Appeal.id == appeal_id))
    if made is None:
        raise not_found()
    checkin = held(session, caller, made.checkin_id)
    session.refresh(made)
    caller.require(*DECIDING)
    if made.state != "open":
        raise conflict("appeal_decided", "这个申诉已经处理过了。")
    this = in_county(caller, Appeal).with_only_columns(Appeal.id).join(CheckIn, _of_it()).where(Appeal.id == made.id)
    if session.scalar(this.where(is_involved(caller.member_id))):
        raise forbidden("involved", "申诉须由没有参与过这次复核的人处理。")
    if session.scalar(this.where(_is_for(caller))) is None:
        raise forbidden("bureau_decides", "还有没参与过这次复核的招商局监督人员，申诉由他们处理。")
    made.state = "upheld" if upheld else "denied"
    made.decided_by, made.decided_at, made.answer = caller.member_id, now, answer
    if upheld:
        checkin.decision = "accepted"
    session.flush()
    facts = {"appeal": str(made.id), "state": made.state}
    record(session, caller.county_id, caller.member_id, "appeal.decided", checkin.id, facts, now)
    tell(session, checkin, f"appeal:{made.id}", "accepted" if upheld else "rejected", answer, now)
    return checkin, made


def open_to(caller: Caller) -> Select[Any]:
    """The open appeals that the caller may decide, each with its check-in and its member's name: a bureau supervisor
    those that they took no part in, a county leader those of which that is true of no bureau supervisor."""
    return (
        in_county(caller, Appeal)
        .add_columns(CheckIn, Member.name)
        .join(CheckIn, _of_it())
        .join(Member, (Member.county_id == Appeal.county_id) & (Member.id == Appeal.member_id))
        .where(Appeal.state == "open", _is_for(caller))
    )


def for_leaders(today: date) -> ColumnElement[bool]:
    """The condition on Appeal and its CheckIn: no bureau supervisor of that local date is left who took no part."""
    return ~_has_uninvolved("bureau_supervisor", today)


def is_stuck(today: date) -> ColumnElement[bool]:
    """The condition on Appeal and its CheckIn: it is open, and nobody is left who may decide it."""
    return (Appeal.state == "open") & for_leaders(today) & ~_has_uninvolved("county_leader", today)


def stuck(caller: Caller) -> Select[Any]:
    """The ids of the county's appeals that nobody can decide until another supervisor is registered."""
    return in_county(caller, Appeal).with_only_columns(Appeal.id).join(CheckIn, _of_it()).where(is_stuck(caller.today))


def _is_for(caller: Caller) -> ColumnElement[bool]:
    uninvolved = ~is_involved(caller.member_id)
    if caller.has("bureau_supervisor"):
        return uninvolved
    return uninvolved & for_leaders(caller.today) if caller.has("county_leader") else false()


def _has_uninvolved(role: str, today: date) -> ColumnElement[bool]:
    grant, holder = aliased(RoleGrant), aliased(Member)
    return (
        exists()
        .where(
            *(grant.county_id == Appeal.county_id, grant.role == role, grant.valid_from <= today),
            or_(grant.valid_to.is_(None), grant.valid_to >= today),
            *(holder.county_id == grant.county_id, holder.id == grant.member_id, holder.removed_at.is_(None)),
            ~is_involved(grant.member_id),
        )
        .correlate_except(grant, holder)
    )


def is_involved(member_id: uuid.UUID | InstrumentedAttribute[uuid.UUID]) -> ColumnElement[bool]:
    """The condition on Appeal and its CheckIn: it is this person's own, or they reviewed it, vouched for that day, or
    answered an earlier appeal against it."""
    earlier = aliased(Appeal)
    reviewed = exists().where(
        Review.county_id == Appeal.county_id,
        Review.checkin_id == Appeal.checkin_id,
        Review.reviewer_id == member_id,
    )
    answered = exists().where(
        earlier.county_id == Appeal.county_id,
        earlier.checkin_id == Appeal.checkin_id,
        earlier.decided_by == member_id,
    )
    took_part = (reviewed.correlate_except(Review), answered.correlate_except(earlier), vouched_by(member_id))
    return or_(Appeal.member_id == member_id, *took_part)


def _of_it() -> ColumnElement[bool]:
    return (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id)


def _rejected_at(session: Session, checkin: CheckIn) -> datetime:
    """When the rejection that holds was spoken last: by a review, by the answer to an appeal, else by the machine."""
    reviewed = select(func.max(Review.created_at)).where(
        Review.county_id == checkin.county_id,
        Review.checkin_id == checkin.id,
        Review.decision == "rejected",
        Review.is_second.is_(False),
        Review.withdrawn_at.is_(None),
    )
    answered = select(func.max(Appeal.decided_at)).where(
        Appeal.county_id == checkin.county_id, Appeal.checkin_id == checkin.id, Appeal.state == "denied"
    )
    spoken = [at for at in (session.scalar(reviewed), session.scalar(answered)) if at]
    return max(spoken, default=checkin.received_at)
