"""复核 and 申诉: a person decides beside the machine; the member may object; somebody else decides on that."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins.models import Appeal, CheckIn, Review
from server.checkins.retention import require_evidence
from server.db import hold_member
from server.errors import conflict, forbidden, not_found
from server.notify.outbox import Letter, enqueue
from server.org.models import Member
from server.org.scope import Caller, watched_members
from server.org.scope import county as in_county

DECISION_WORDS = {"accepted": "通过", "rejected": "驳回"}


def visible(session: Session, caller: Caller, checkin_id: uuid.UUID) -> CheckIn:
    """The check-in, if its member is one the caller may watch; else 404."""
    statement = (
        in_county(caller, CheckIn)
        .join(Member, (Member.county_id == CheckIn.county_id) & (Member.id == CheckIn.member_id))
        .where(CheckIn.id == checkin_id, watched_members(caller))
    )
    checkin = session.scalar(statement)
    if checkin is None:
        raise not_found()
    return checkin


def _held(session: Session, caller: Caller, checkin_id: uuid.UUID) -> CheckIn:
    """The visible check-in as it stands once everybody else who works on this member's check-ins is done.

    The member is held and no row is: whoever held the row while a submission, which holds the member, writes findings
    to it would wait for that submission in `recompute`, and the submission for the row.
    """
    checkin = visible(session, caller, checkin_id)
    hold_member(session, checkin.county_id, checkin.member_id)
    session.refresh(checkin)
    return checkin


def review(
    session: Session, caller: Caller, checkin_id: uuid.UUID, decision: str, reason: str, now: datetime
) -> tuple[CheckIn, Review, bool]:
    """A bureau supervisor accepts or rejects; and whether it is news, not a retry. Nobody decides on themselves. The
    machine's verdict stays as it was."""
    checkin = _held(session, caller, checkin_id)
    caller.require("bureau_supervisor")
    if checkin.member_id == caller.member_id:
        raise forbidden("own_checkin", "不能复核自己的打卡，请由其他监督人员处理。")
    if decision == "rejected":
        require_evidence(checkin)
    if repeated := _same_again(session, caller, checkin.id, decision, reason):
        return checkin, repeated, False
    if session.scalar(in_county(caller, Appeal).where(Appeal.checkin_id == checkin.id, Appeal.state != "denied")):
        raise conflict("appeal_decides", "这次打卡有申诉，由处理申诉的人决定，不能再复核。")
    done = Review(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        checkin_id=checkin.id,
        reviewer_id=caller.member_id,
        decision=decision,
        reason=reason,
        created_at=now,
    )
    session.add(done)
    checkin.decision = decision
    session.flush()
    facts = {"decision": decision, "reason": reason, "review": str(done.id)}
    record(session, caller.county_id, caller.member_id, "checkin.reviewed", checkin.id, facts, now)
    _tell(session, checkin, f"review:{done.id}", decision, reason, now)
    return checkin, done, True


def appeal(
    session: Session, caller: Caller, checkin_id: uuid.UUID, statement: str, within: timedelta, now: datetime
) -> Appeal:
    """The member objects to a rejection of their own check-in, `within` so long of it; one open appeal at a time."""
    checkin = _held(session, caller, checkin_id)
    if checkin.member_id != caller.member_id:
        raise forbidden("not_own_checkin", "只能对自己的打卡提出申诉。")
    require_evidence(checkin)
    if (checkin.decision or checkin.verdict) != "rejected":
        raise conflict("nothing_to_appeal", "这次打卡没有被驳回，不需要申诉。")
    open_one = session.scalar(in_county(caller, Appeal).where(Appeal.checkin_id == checkin.id, Appeal.state == "open"))
    if open_one is not None:
        raise conflict("appeal_open", "申诉已提交，正在处理，请耐心等待。")
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


def decide_appeal(
    session: Session, caller: Caller, appeal_id: uuid.UUID, upheld: bool, answer: str, now: datetime
) -> tuple[CheckIn, Appeal]:
    """A bureau supervisor who reviewed none of it answers the appeal; upheld accepts the check-in."""
    made = session.scalar(in_county(caller, Appeal).where(Appeal.id == appeal_id))
    if made is None:
        raise not_found()
    checkin = _held(session, caller, made.checkin_id)
    session.refresh(made)
    caller.require("bureau_supervisor")
    if made.state != "open":
        raise conflict("appeal_decided", "这个申诉已经处理过了。")
    if caller.member_id in _involved(session, checkin):
        raise forbidden("involved", "申诉须由没有参与过这次复核的人处理。")
    made.state = "upheld" if upheld else "denied"
    made.decided_by, made.decided_at, made.answer = caller.member_id, now, answer
    if upheld:
        checkin.decision = "accepted"
    session.flush()
    facts = {"appeal": str(made.id), "state": made.state}
    record(session, caller.county_id, caller.member_id, "appeal.decided", checkin.id, facts, now)
    _tell(session, checkin, f"appeal:{made.id}", "accepted" if upheld else "rejected", answer, now)
    return checkin, made


def _rejected_at(session: Session, checkin: CheckIn) -> datetime:
    """When the rejection that holds was spoken last: by a review, by the answer to an appeal, else by the machine."""
    reviewed = select(func.max(Review.created_at)).where(
        Review.county_id == checkin.county_id, Review.checkin_id == checkin.id, Review.decision == "rejected"
    )
    answered = select(func.max(Appeal.decided_at)).where(
        Appeal.county_id == checkin.county_id, Appeal.checkin_id == checkin.id, Appeal.state == "denied"
    )
    spoken = [at for at in (session.scalar(reviewed), session.scalar(answered)) if at]
    return max(spoken, default=checkin.received_at)


def _same_again(session: Session, caller: Caller, checkin_id: uuid.UUID, decision: str, reason: str) -> Review | None:
    """The latest word on this check-in, if it is the caller's and this very one: a retry, not a second review."""
    latest = session.scalar(
        in_county(caller, Review).where(Review.checkin_id == checkin_id).order_by(Review.created_at.desc()).limit(1)
    )
    same = latest and (latest.reviewer_id, latest.decision, latest.reason) == (caller.member_id, decision, reason)
    return latest if same else None


def _involved(session: Session, checkin: CheckIn) -> set[uuid.UUID]:
    """The member, whoever reviewed, and whoever answered an earlier appeal."""
    reviewed = select(Review.reviewer_id).where(Review.county_id == checkin.county_id, Review.checkin_id == checkin.id)
    answered = select(Appeal.decided_by).where(
        Appeal.county_id == checkin.county_id, Appeal.checkin_id == checkin.id, Appeal.decided_by.is_not(None)
    )
    return {checkin.member_id, *session.scalars(reviewed), *(who for who in session.scalars(answered) if who)}


def _tell(session: Session, checkin: CheckIn, cause: str, decision: str, reason: str, now: datetime) -> None:
    facts = {
        "checkin": str(checkin.id),
        "on": checkin.on_date.isoformat(),
        "result": DECISION_WORDS[decision],
        "reason": reason,
    }
    enqueue(session, checkin.county_id, Letter(checkin.member_id, "checkin_decided", cause, facts), now)
