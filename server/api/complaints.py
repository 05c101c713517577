"""意见 over HTTP: a member complains or suggests, reads the answer; the bureau answers within the term."""

import uuid
from datetime import date
from typing import Any, Literal

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Select
from sqlalchemy.orm import aliased

from server.api.checkin_replies import MemberRef
from server.api.described import Described
from server.api.fields import Sentence
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.complaints import service
from server.complaints.models import KIND_WORDS, Complaint
from server.complaints.service import New
from server.org.models import Member
from server.org.scope import county as in_county
from server.tally import policy

bp = Described("complaints", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="意见")], abp_security=SIGNED_IN)


class ComplaintBody(BaseModel):
    id: uuid.UUID = Field(description="made by the phone; the same id with the same words is the same complaint")
    kind: Literal["complaint", "suggestion"]
    text: Sentence = Field(min_length=1, max_length=1000)


class ComplaintPath(BaseModel):
    complaint_id: uuid.UUID


class ComplaintQuery(PageQuery):
    state: Literal["open", "answered", "all"] = "open"


class ComplaintAnswerBody(BaseModel):
    answer: Sentence = Field(min_length=1, max_length=1000, description="the member reads it")


class ComplaintRow(BaseModel):
    id: uuid.UUID
    member: MemberRef
    kind: Literal["complaint", "suggestion"]
    word: str = Field(description="the kind in Chinese")
    text: str
    due_on: date = Field(description="to be answered by then")
    late: bool = Field(description="that date is over, and there is no answer")
    created_at: AwareDatetime
    answer: str | None
    answered_by: str | None
    answered_at: AwareDatetime | None


class ComplaintPage(BaseModel):
    items: list[ComplaintRow]
    next_cursor: str | None


@bp.post("/me/complaints", responses={201: ComplaintRow, 200: ComplaintRow})
def complain(body: ComplaintBody) -> Reply:
    """Complain or suggest. Whoever answers is told, and answers within the county's term."""
    with transaction() as session:
        days = policy.in_force(session, caller().county_id, caller().today).rules.complaint_within_days
        made, new = service.make(session, caller(), New(body.id, body.kind, body.text), days, now())
        reply = _row(made, caller().name, None)
    return reply.model_dump(mode="json"), 201 if new else 200


@bp.get("/me/complaints", responses={200: ComplaintPage})
def my_complaints(query: PageQuery) -> Reply:
    """One's own, newest first, with the answers."""
    return _page(_listed().where(Complaint.member_id == caller().member_id), query)


@bp.get("/complaints", responses={200: ComplaintPage})
def list_complaints(query: ComplaintQuery) -> Reply:
    """The county's, newest first; those without an answer unless asked otherwise."""
    caller().require(*service.ANSWERING)
    statement = _listed()
    if query.state != "all":
        answered = Complaint.answered_at.is_not(None)
        statement = statement.where(answered if query.state == "answered" else ~answered)
    return _page(statement, query)


@bp.post("/complaints/<uuid:complaint_id>/answer", responses={200: ComplaintRow})
def answer_complaint(path: ComplaintPath, body: ComplaintAnswerBody) -> Reply:
    """Answer one; the member is told."""
    with transaction() as session:
        found = service.answer(session, caller(), path.complaint_id, body.answer, now())
        member = session.get_one(Member, (found.county_id, found.member_id))
        reply = _row(found, member.name, caller().name)
    return reply.model_dump(mode="json")


def _listed() -> Select[Any]:
    answerer = aliased(Member)
    return (
        in_county(caller(), Complaint, Member.name)
        .join(Member, (Member.county_id == Complaint.county_id) & (Member.id == Complaint.member_id))
        .outerjoin(answerer, (answerer.county_id == Complaint.county_id) & (answerer.id == Complaint.answered_by))
        .add_columns(answerer.name.label("answerer"))
    )


def _page(statement: Select[Any], query: PageQuery) -> Reply:
    with reading() as session:
        rows = session.execute(newest_first(statement, Complaint.created_at, Complaint.id, query)).all()
    names = {row.Complaint.id: (row.name, row.answerer) for row in rows}
    page, cursor = cut([row.Complaint for row in rows], query, "created_at")
    items = [_row(one, *names[one.id]) for one in page]
    return ComplaintPage(items=items, next_cursor=cursor).model_dump(mode="json")


def _row(one: Complaint, member: str, answerer: str | None) -> ComplaintRow:
    return ComplaintRow(
        id=one.id,
        member=MemberRef(id=one.member_id, name=member),
        kind=one.kind,
        word=KIND_WORDS[one.kind],
        text=one.text,
        due_on=one.due_on,
        late=one.answered_at is None and one.due_on < caller().today,
        created_at=one.created_at,
        answer=one.answer,
        answered_by=answerer,
        answered_at=one.answered_at,
    )
