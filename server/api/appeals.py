"""申诉 over HTTP: the member objects, somebody who took no part answers."""

import uuid
from datetime import timedelta

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field

from server.api.checkin_replies import AppealReply, CheckInRow, appeal_reply, row_reply
from server.api.checkins import CheckInPath
from server.api.counts import recount
from server.api.described import Described
from server.api.fields import Sentence
from server.api.paging import PageQuery, cut, oldest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.checkins import appeals
from server.checkins.models import Appeal, CheckIn
from server.tally import policy
from server.tally.addenda import Cause

bp = Described("appeals", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="申诉")], abp_security=SIGNED_IN)


class AppealBody(BaseModel):
    statement: Sentence = Field(min_length=1, max_length=500)


class AppealPath(BaseModel):
    appeal_id: uuid.UUID


class AppealDecisionBody(BaseModel):
    upheld: bool
    answer: Sentence = Field(min_length=1, max_length=500, description="the member reads it")


class OpenAppeal(BaseModel):
    id: uuid.UUID
    statement: str
    created_at: AwareDatetime
    checkin: CheckInRow


class AppealPage(BaseModel):
    items: list[OpenAppeal]
    next_cursor: str | None


@bp.get("/appeals", responses={200: AppealPage})
def list_appeals(query: PageQuery) -> Reply:
    """The open appeals that the caller may decide, the longest waiting first."""
    with reading() as session:
        statement = oldest_first(appeals.open_to(caller()), Appeal.created_at, Appeal.id, query)
        rows = session.execute(statement).all()
    of = {row.Appeal.id: row for row in rows}
    page, cursor = cut([row.Appeal for row in rows], query, "created_at")
    items = [
        OpenAppeal(
            id=one.id,
            statement=one.statement,
            created_at=one.created_at,
            checkin=row_reply(of[one.id].CheckIn, of[one.id].name),
        )
        for one in page
    ]
    return AppealPage(items=items, next_cursor=cursor).model_dump(mode="json")


@bp.post("/checkins/<uuid:checkin_id>/appeals", responses={201: AppealReply})
def appeal_checkin(path: CheckInPath, body: AppealBody) -> Reply:
    """Object to a rejection of one's own check-in; until somebody answers, its day is pending."""
    with transaction() as session:
        days = policy.in_force(session, caller().county_id, caller().today).rules.appeal_within_days
        made = appeals.appeal(session, caller(), path.checkin_id, body.statement, timedelta(days=days), now())
        checkin = session.get_one(CheckIn, (caller().county_id, path.checkin_id))
        cause = Cause("asked", made.id, caller().member_id)
        recount(session, caller(), checkin.member_id, checkin.on_date, cause, now())
        reply = appeal_reply(session, made)
    return reply.model_dump(mode="json"), 201


@bp.post("/appeals/<uuid:appeal_id>/decision", responses={200: AppealReply})
def decide_appeal(path: AppealPath, body: AppealDecisionBody) -> Reply:
    """Answer an appeal, by a bureau supervisor who took no part in the review, or, where none is left, by a county
    leader; upheld accepts the check-in."""
    with transaction() as session:
        checkin, made = appeals.decide(session, caller(), path.appeal_id, body.upheld, body.answer, now())
        cause = Cause("appeal", made.id, caller().member_id)
        recount(session, caller(), checkin.member_id, checkin.on_date, cause, now())
        reply = appeal_reply(session, made)
    return reply.model_dump(mode="json")
