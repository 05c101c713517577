"""请假、公出、培训、补卡 over HTTP: asked for, decided on, withdrawn, revoked; the days follow at once."""

import uuid
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Literal

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session, aliased

from server.api.checkin_replies import MemberRef
from server.api.described import Described
from server.api.fields import Day, Remark, Sentence
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.errors import invalid
from server.leaves import service
from server.leaves.limits import NewLeave
from server.leaves.models import KIND_WORDS, Leave
from server.org.models import Member
from server.org.scope import county as in_county
from server.org.scope import watched_members
from server.tally import policy
from server.tally.addenda import Cause
from server.tally.recompute import recompute_span
from server.tally.rules import LeaveKind

bp = Described("leaves", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="请假")], abp_security=SIGNED_IN)


class LeaveBody(BaseModel):
    kind: LeaveKind
    starts_on: Day
    ends_on: Day | None = Field(None, description="the last day; left out, the first is the only one")
    value: float = Field(1, description="1 whole days, 0.5 half of one day", json_schema_extra={"enum": [0.5, 1]})
    reason: Sentence = Field(min_length=1, max_length=300)


class LeavePath(BaseModel):
    leave_id: uuid.UUID


class LeaveQuery(PageQuery):
    state: Literal["pending", "approved", "rejected", "withdrawn", "revoked", "all"] = "all"
    member: uuid.UUID | None = Field(None, description="one member the caller may see")


class LeaveDecisionBody(BaseModel):
    approved: bool
    reason: Remark = Field("", max_length=300, description="needed for a refusal, else 同意; the member reads it")


class WithdrawalBody(BaseModel):
    reason: Sentence = Field(min_length=1, max_length=300)


class RevocationBody(BaseModel):
    reason: Sentence = Field(min_length=1, max_length=300, description="the member reads it")


class LeaveRow(BaseModel):
    id: uuid.UUID
    member: MemberRef
    kind: LeaveKind
    word: str = Field(description="the kind in Chinese")
    starts_on: date
    ends_on: date
    value: float
    reason: str
    state: Literal["pending", "approved", "rejected", "withdrawn", "revoked"]
    decided_by: str | None
    decided_at: AwareDatetime | None
    answer: str
    created_at: AwareDatetime
    may: list[service.Act] = Field(description="what the caller may do about it; their own they only withdraw")
    why_not: str = Field(description="of one that waits, why the caller may not approve it; else empty")


class LeavePage(BaseModel):
    items: list[LeaveRow]
    next_cursor: str | None


@bp.post("/leaves", responses={201: LeaveRow})
def ask_for_leave(body: LeaveBody) -> Reply:
    """Ask for leave, an official trip, training, or to have a day made up that was not recorded. Until somebody decides
    its days are pending, so that nobody falls short for having to wait."""
    if body.value not in (0.5, 1):
        raise invalid("value_invalid", "只能申请半天或整天。")
    new = NewLeave(body.kind, body.starts_on, body.ends_on or body.starts_on, int(body.value * 2), body.reason)
    with transaction() as session:
        terms_on = partial(policy.leave_terms, session, caller().county_id)
        leave = service.request(session, caller(), new, terms_on, now())
        _recount(session, leave, "asked")
        reply = _reply(session, leave)
    return reply.model_dump(mode="json"), 201


@bp.get("/leaves", responses={200: LeavePage})
def list_leaves(query: LeaveQuery) -> Reply:
    """Leave of the members the caller may see, newest request first."""
    decider = aliased(Member)
    statement = (
        in_county(caller(), Leave, Member)
        .join(Member, (Member.county_id == Leave.county_id) & (Member.id == Leave.member_id))
        .outerjoin(decider, (decider.county_id == Leave.county_id) & (decider.id == Leave.decided_by))
        .add_columns(decider.name.label("decider"))
        .where(watched_members(caller()))
    )
    if query.state != "all":
        statement = statement.where(Leave.state == query.state)
    if query.member:
        statement = statement.where(Leave.member_id == query.member)
    with reading() as session:
        rows = session.execute(newest_first(statement, Leave.created_at, Leave.id, query)).all()
        about = {row.Leave.id: (row.Member, row.decider) for row in rows}
        page, cursor = cut([row.Leave for row in rows], query, "created_at")
        asked = [(leave, about[leave.id][0]) for leave in page]
        answers = _answers(session, asked)
    items = [_row(leave, member.name, about[leave.id][1], answers[leave.id]) for leave, member in asked]
    return LeavePage(items=items, next_cursor=cursor).model_dump(mode="json")


@bp.post("/leaves/<uuid:leave_id>/decision", responses={200: LeaveRow})
def decide_on_leave(path: LeavePath, body: LeaveDecisionBody) -> Reply:
    """Approve or refuse, by the role that the length asks for or a higher one; never one's own. Approved days count at
    once; those of a closed month become addenda."""
    if not body.approved and not body.reason:
        raise invalid("reason_required", "不同意须写明理由，队员会看到。")
    with transaction() as session:
        terms_on = partial(policy.leave_terms, session, caller().county_id)
        leave, news = service.decide(
            session, caller(), path.leave_id, body.approved, body.reason or "同意", terms_on, now()
        )
        if news:
            _recount(session, leave, "leave")
        reply = _reply(session, leave)
    return reply.model_dump(mode="json")


@bp.post("/leaves/<uuid:leave_id>/withdrawal", responses={200: LeaveRow})
def withdraw_leave(path: LeavePath, body: WithdrawalBody) -> Reply:
    """Take back one's own request; what was approved no longer counts."""
    with transaction() as session:
        terms_on = partial(policy.leave_terms, session, caller().county_id)
        leave, news = service.withdraw(session, caller(), path.leave_id, body.reason, terms_on, now())
        if news:
            _recount(session, leave, "withdrawal")
        reply = _reply(session, leave)
    return reply.model_dump(mode="json")


@bp.post("/leaves/<uuid:leave_id>/revocation", responses={200: LeaveRow})
def revoke_leave(path: LeavePath, body: RevocationBody) -> Reply:
    """Undo what was approved, by whoever may decide on it; never one's own. Its days no longer count."""
    with transaction() as session:
        terms_on = partial(policy.leave_terms, session, caller().county_id)
        leave, news = service.revoke(session, caller(), path.leave_id, body.reason, terms_on, now())
        if news:
            _recount(session, leave, "withdrawal")
        reply = _reply(session, leave)
    return reply.model_dump(mode="json")


def _recount(session: Session, leave: Leave, kind: Literal["asked", "leave", "withdrawal"]) -> None:
    cause = Cause(kind, leave.id, caller().member_id)
    recompute_span(session, leave.county_id, leave.member_id, leave.starts_on, leave.ends_on, now(), cause)


def _answers(session: Session, leaves: Sequence[tuple[Leave, Member]]) -> dict[uuid.UUID, service.Answers]:
    return service.answers(session, caller(), leaves, partial(policy.leave_terms, session, caller().county_id))


def _reply(session: Session, leave: Leave) -> LeaveRow:
    """One as it stands now."""
    member = session.get_one(Member, (leave.county_id, leave.member_id))
    decider = session.get_one(Member, (leave.county_id, leave.decided_by)) if leave.decided_by else None
    answers = _answers(session, [(leave, member)])
    return _row(leave, member.name, decider.name if decider else None, answers[leave.id])


def _row(leave: Leave, member_name: str, decided_by: str | None, answers: service.Answers) -> LeaveRow:
    return LeaveRow(
        id=leave.id,
        member=MemberRef(id=leave.member_id, name=member_name),
        kind=leave.kind,
        word=KIND_WORDS[leave.kind],
        starts_on=leave.starts_on,
        ends_on=leave.ends_on,
        value=leave.halves / 2,
        reason=leave.reason,
        state=leave.state,
        decided_by=decided_by,
        decided_at=leave.decided_at,
        answer=leave.answer,
        created_at=leave.created_at,
        may=list(answers.may),
        why_not=answers.why_not,
    )
