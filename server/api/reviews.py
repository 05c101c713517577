"""复核 and 申诉 over HTTP: people decide beside the machine, the member may object, somebody else answers."""

import uuid
from datetime import timedelta
from typing import Literal

from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field

from server.api.checkin_replies import (
    AppealReply,
    CheckInRow,
    ReviewReply,
    appeal_reply,
    member_name,
    review_reply,
    row_reply,
)
from server.api.checkins import CheckInPath
from server.api.counts import DayReply, MonthReply, recount, standing
from server.api.fields import Remark, Sentence
from server.api.services import Reply, now, transaction
from server.api.session import SIGNED_IN, caller
from server.checkins import review
from server.errors import invalid
from server.tally import policy
from server.tally.addenda import Cause

bp = APIBlueprint("reviews", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="复核")], abp_security=SIGNED_IN)


class ReviewBody(BaseModel):
    decision: Literal["accepted", "rejected"]
    reason: Remark = Field("", max_length=300, description="needed for a rejection; the member reads it")


class ReviewedReply(BaseModel):
    checkin: CheckInRow
    review: ReviewReply
    day: DayReply
    month: MonthReply


class AppealBody(BaseModel):
    statement: Sentence = Field(min_length=1, max_length=500)


class AppealPath(BaseModel):
    appeal_id: uuid.UUID


class AppealDecisionBody(BaseModel):
    upheld: bool
    answer: Sentence = Field(min_length=1, max_length=500, description="the member reads it")


@bp.post("/checkins/<uuid:checkin_id>/reviews", responses={201: ReviewedReply})
def review_checkin(path: CheckInPath, body: ReviewBody) -> Reply:
    """Accept or reject. The day is recounted and the member is told."""
    if body.decision == "rejected" and not body.reason:
        raise invalid("reason_required", "驳回须写明理由，队员会看到。")
    with transaction() as session:
        checkin, done, news = review.review(session, caller(), path.checkin_id, body.decision, body.reason, now())
        cause = Cause("review", done.id, caller().member_id)
        whose = (checkin.member_id, checkin.on_date)
        reply = ReviewedReply(
            checkin=row_reply(checkin, member_name(session, checkin.member_id)),
            review=review_reply(done, caller().name),
            **(recount(session, caller(), *whose, cause, now()) if news else standing(session, caller(), *whose)),
        )
    return reply.model_dump(mode="json"), 201


@bp.post("/checkins/<uuid:checkin_id>/appeals", responses={201: AppealReply})
def appeal_checkin(path: CheckInPath, body: AppealBody) -> Reply:
    """Object to a rejection of one's own check-in."""
    with transaction() as session:
        days = policy.in_force(session, caller().county_id, caller().today).rules.appeal_within_days
        made = review.appeal(session, caller(), path.checkin_id, body.statement, timedelta(days=days), now())
    return appeal_reply(made).model_dump(mode="json"), 201


@bp.post("/appeals/<uuid:appeal_id>/decision", responses={200: AppealReply})
def decide_appeal(path: AppealPath, body: AppealDecisionBody) -> Reply:
    """Answer an appeal, by someone who took no part in the review; upheld accepts the check-in."""
    with transaction() as session:
        checkin, made = review.decide_appeal(session, caller(), path.appeal_id, body.upheld, body.answer, now())
        cause = Cause("appeal", made.id, caller().member_id)
        recount(session, caller(), checkin.member_id, checkin.on_date, cause, now())
    return appeal_reply(made).model_dump(mode="json")
