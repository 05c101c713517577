"""请假、公出、培训与补卡: asked for by the member, decided by somebody else, withdrawn by the member or revoked."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import hold_member
from server.errors import conflict, forbidden, not_found
from server.leaves.approvers import ASKED_OR_APPROVED, RANKS, Absences, deciders, length_days, ranks_over
from server.leaves.limits import MOST_ASKED, MOST_DAYS_BACK, LeaveTerms, NewLeave, check
from server.leaves.models import KIND_WORDS, Leave
from server.notify.outbox import Letter, enqueue, settle
from server.org.models import ROLE_NAMES, Member
from server.org.scope import Caller, watched_members
from server.org.scope import county as in_county
from server.rate_limits import spend

Act = Literal["approve", "refuse", "revoke"]
# The states of other leave that makes one longer when this is done; a refusal makes nothing longer.
_BESIDE: Mapping[Act, Sequence[str]] = {"approve": ASKED_OR_APPROVED, "refuse": (), "revoke": ("approved",)}
_OF_PENDING: tuple[Act, ...] = ("approve", "refuse")
_OWN = "不能审批自己的申请，请由他人审批。"


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody may do about a leave; and of one that waits, why they may not approve it, in a sentence."""

    may: tuple[Act, ...] = ()
    why_not: str = ""


def request(
    session: Session, caller: Caller, new: NewLeave, terms_on: Callable[[date], LeaveTerms], now: datetime
) -> Leave:
    """Ask for leave of one's own; see `limits.check` for what is refused. 429 beyond so many a day. Whoever may decide
    is told."""
    hold_member(session, caller.county_id, caller.member_id)
    check(session, caller, new, terms_on(new.starts_on), now)
    spend(session, f"leave:{caller.county_id}:{caller.member_id}", limit=MOST_ASKED, window_s=86_400, now=now)
    leave = Leave(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        member_id=caller.member_id,
        kind=new.kind,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        halves=new.halves,
        reason=new.reason,
        state="pending",
        created_at=now,
    )
    session.add(leave)
    session.flush()
    facts = _facts(leave) | {"reason": new.reason}
    record(session, caller.county_id, caller.member_id, "leave.asked", caller.member_id, facts, now)
    _tell_deciders(session, leave, _member(session, leave), terms_on, caller.today, now)
    return leave


def decide(
    session: Session,
    caller: Caller,
    leave_id: uuid.UUID,
    approved: bool,
    answer: str,
    terms_on: Callable[[date], LeaveTerms],
    now: datetime,
) -> tuple[Leave, bool]:
    """Approve or reject; and whether it is news. Nobody decides on their own; the length says which role it takes, of a
    refusal only its own, since it makes nothing longer. The same decision again by the same person is a retry; anything
    else finds it decided."""
    leave = _held(session, caller, leave_id)
    member = _member(session, leave)
    _require_decider(session, caller, leave, member, terms_on, "approve" if approved else "refuse")
    state = "approved" if approved else "rejected"
    if (leave.state, leave.decided_by, leave.answer) == (state, caller.member_id, answer):
        return leave, False
    if leave.state != "pending":
        raise conflict("leave_decided", "这个申请已经处理过了。", state=leave.state)
    leave.state, leave.answer = state, answer
    leave.decided_by, leave.decided_at = caller.member_id, now
    session.flush()
    facts = _facts(leave) | {"answer": answer}
    record(session, caller.county_id, caller.member_id, f"leave.{state}", leave.member_id, facts, now)
    settle(session, caller.county_id, *_asking(leave))
    word = "已同意" if approved else "未同意"
    _tell(session, leave, member, leave.member_id, "leave_decided", word, answer, now)
    if not approved:
        _tell_deciders(session, leave, member, terms_on, caller.today, now)
    return leave, True


def revoke(
    session: Session,
    caller: Caller,
    leave_id: uuid.UUID,
    reason: str,
    terms_on: Callable[[date], LeaveTerms],
    now: datetime,
) -> tuple[Leave, bool]:
    """Undo what was approved and turned out otherwise, by whoever may decide on an absence as long as was approved; and
    whether it is news, which the same again by the same person is not. The member may ask for the dates anew. 409
    `leave_long_over`, and `leave_not_approved` for anything else."""
    leave = _held(session, caller, leave_id)
    member = _member(session, leave)
    _require_decider(session, caller, leave, member, terms_on, "revoke")
    if (leave.state, leave.decided_by, leave.answer) == ("revoked", caller.member_id, reason):
        return leave, False
    if leave.state != "approved":
        raise conflict("leave_not_approved", "只能撤销已经同意的申请。", state=leave.state)
    if _is_long_over(leave, caller):
        said = f"这次请假已经过去超过 {MOST_DAYS_BACK} 天，不能再撤销。"
        raise conflict("leave_long_over", said, most_days=MOST_DAYS_BACK)
    facts = _facts(leave) | {"reason": reason, "approved_by": str(leave.decided_by)}
    leave.state, leave.answer = "revoked", reason
    leave.decided_by, leave.decided_at = caller.member_id, now
    session.flush()
    record(session, caller.county_id, caller.member_id, "leave.revoked", leave.member_id, facts, now)
    settle(session, caller.county_id, f"leave_ending:{leave.id}:")
    _tell(session, leave, member, leave.member_id, "leave_decided", "已撤销", reason, now)
    _tell_deciders(session, leave, member, terms_on, caller.today, now)
    return leave, True


def withdraw(
    session: Session,
    caller: Caller,
    leave_id: uuid.UUID,
    reason: str,
    terms_on: Callable[[date], LeaveTerms],
    now: datetime,
) -> tuple[Leave, bool]:
    """Take back one's own request, decided or not; and whether that is news. Again changes nothing."""
    leave = _held(session, caller, leave_id)
    if leave.member_id != caller.member_id:
        raise forbidden("not_own_leave", "只能撤回自己的申请。")
    if leave.state == "withdrawn":
        return leave, False
    if leave.state in ("rejected", "revoked"):
        raise conflict("leave_decided", "这个申请没有获得同意，或已被撤销，不需要撤回。", state=leave.state)
    member = _member(session, leave)
    needed = terms_on(leave.starts_on).approver_of(length_days(session, leave))
    told = [leave.decided_by] if leave.decided_by else deciders(session, needed, member, caller.today)
    leave.state, leave.withdrawn_at = "withdrawn", now
    session.flush()
    facts = _facts(leave) | {"reason": reason}
    record(session, caller.county_id, caller.member_id, "leave.withdrawn", caller.member_id, facts, now)
    settle(session, caller.county_id, *_asking(leave), f"leave_ending:{leave.id}:")
    for who in told:
        _tell(session, leave, member, who, "leave_withdrawn", "已撤回", reason, now)
    _tell_deciders(session, leave, member, terms_on, caller.today, now)
    return leave, True


def answers(
    session: Session, caller: Caller, leaves: Sequence[tuple[Leave, Member]], terms_on: Callable[[date], LeaveTerms]
) -> dict[uuid.UUID, Answers]:
    """What the caller may do about each of these, as `decide` and `revoke` would have it."""
    absences = Absences(session, [leave for leave, _ in leaves])
    ranks = ranks_over(session, caller, [member for _, member in leaves])

    def of(leave: Leave) -> Answers:
        if leave.state == "pending":
            if leave.member_id == caller.member_id:
                return Answers((), _OWN)
            above = {act: _above(ranks, absences, leave, act, terms_on) for act in _OF_PENDING}
            why_not = _too_long(leave, *above["approve"]) if above["approve"] else ""
            return Answers(tuple(act for act in _OF_PENDING if not above[act]), why_not)
        if leave.state != "approved" or _is_long_over(leave, caller):
            return Answers()
        return Answers() if _above(ranks, absences, leave, "revoke", terms_on) else Answers(("revoke",))

    return {leave.id: of(leave) for leave, _ in leaves}


def _held(session: Session, caller: Caller, leave_id: uuid.UUID) -> Leave:
    """The leave, if the caller may watch its member, as it stands once everybody else is done with the member."""
    leave = session.scalar(
        in_county(caller, Leave)
        .join(Member, (Member.county_id == Leave.county_id) & (Member.id == Leave.member_id))
        .where(Leave.id == leave_id, watched_members(caller))
    )
    if leave is None:
        raise not_found()
    hold_member(session, caller.county_id, leave.member_id)
    session.refresh(leave)
    return leave


def _require_decider(
    session: Session,
    caller: Caller,
    leave: Leave,
    member: Member,
    terms_on: Callable[[date], LeaveTerms],
    act: Act,
) -> None:
    if leave.member_id == caller.member_id:
        raise forbidden("own_leave", _OWN)
    ranks = ranks_over(session, caller, [member])
    if above := _above(ranks, Absences(session, [leave]), leave, act, terms_on):
        days, needed = above
        raise forbidden("approver_required", _too_long(leave, days, needed), role=needed, days=days)


def _above(
    ranks: Mapping[uuid.UUID, int], absences: Absences, leave: Leave, act: Act, terms_on: Callable[[date], LeaveTerms]
) -> tuple[float, str] | None:
    """How long the absence is and which role that asks for, if the caller does not stand so high over the member."""
    days = absences.length_days(leave, _BESIDE[act])
    needed = terms_on(leave.starts_on).approver_of(days)
    return None if ranks.get(leave.member_id, -1) >= RANKS.index(needed) else (days, needed)


def _is_long_over(leave: Leave, caller: Caller) -> bool:
    return leave.ends_on < caller.today - timedelta(days=MOST_DAYS_BACK)


def _too_long(leave: Leave, days: float, needed: str) -> str:
    joined = f"连同相邻的请假共 {days:g} 天，" if days > leave.days else ""
    return f"{joined}须由{ROLE_NAMES[needed]}审批。"


def _tell_deciders(
    session: Session, leave: Leave, member: Member, terms_on: Callable[[date], LeaveTerms], today: date, now: datetime
) -> None:
    """Ask for a decision on this one, if it waits, and on what waits beside it: an absence that grew or shrank may have
    become another's to approve. Who was asked before is not asked again."""
    block = Absences(session, [leave]).block(leave)
    absences = Absences(session, block)
    for one in block:
        if one.state == "pending":
            needed = terms_on(one.starts_on).approver_of(absences.length_days(one))
            for who in deciders(session, needed, member, today):
                _tell(session, one, member, who, "leave_asked", "待审批", one.reason, now)


def _member(session: Session, leave: Leave) -> Member:
    return session.get_one(Member, (leave.county_id, leave.member_id))


def _facts(leave: Leave) -> dict[str, object]:
    return {
        "leave": str(leave.id),
        "kind": leave.kind,
        "starts_on": leave.starts_on.isoformat(),
        "ends_on": leave.ends_on.isoformat(),
        "halves": leave.halves,
    }


def _asking(leave: Leave) -> tuple[str, ...]:
    """How the keys begin of what asks for a decision."""
    return f"leave_asked:{leave.id}:", f"leave_waiting:{leave.id}:"


def _tell(
    session: Session, leave: Leave, member: Member, who: uuid.UUID, notice: str, result: str, reason: str, now: datetime
) -> None:
    facts = _facts(leave) | {"kind": KIND_WORDS[leave.kind], "member": member.name, "result": result, "reason": reason}
    key = f"{notice}:{leave.id}:{who}" + (":revoked" if leave.state == "revoked" else "")
    enqueue(session, leave.county_id, Letter(who, notice, key, facts), now)
