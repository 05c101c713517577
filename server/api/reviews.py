"""复核 over HTTP: what waits for the caller, deciding beside the machine, and taking that back within ten seconds."""

import uuid
from typing import Any, Literal

from flask_openapi import Tag
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.api.checkin_replies import CheckInPage, CheckInRow, ReviewReply, member_name, review_reply, row_reply
from server.api.checkins import CheckInPath
from server.api.counts import DayReply, MonthReply, recount, standing
from server.api.described import Described
from server.api.fields import Remark
from server.api.paging import PageQuery, cut, read_cursor
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.checkins import queue, review
from server.checkins.models import CheckIn
from server.checkins.review import Ruling
from server.org.models import Member
from server.org.scope import county as in_county
from server.tally.addenda import Cause

bp = Described("reviews", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="复核")], abp_security=SIGNED_IN)

Code = Literal["not_the_person", "not_there", "reused_photo", "screen_or_edited", "unreadable", "other"]


class QueueFilters(BaseModel):
    unit: uuid.UUID | None = Field(None, description="of this unit")
    squad: uuid.UUID | None = Field(None, description="of this squad")
    finding: str | None = Field(None, max_length=40, description="with a finding of this code that is not clear")
    days: int | None = Field(None, ge=1, le=400, description="waiting for at least so many days")
    weight: float | None = Field(None, ge=0, le=100, allow_inf_nan=False, description="of at least this weight")


class WaitingQuery(PageQuery, QueueFilters):
    """What of the queue, and from where on."""


class ReviewBody(BaseModel):
    decision: Literal["accepted", "rejected"]
    reason: Remark = Field("", max_length=300, description="needed for a rejection; the member reads it")
    code: Code | None = Field(None, description="needed for a rejection: why, to count by")
    beside: uuid.UUID | None = Field(
        None, description="the review by somebody else that was read and is decided anew; without it 409"
    )


class ReviewPath(CheckInPath):
    review_id: uuid.UUID


class ReviewedReply(BaseModel):
    checkin: CheckInRow
    review: ReviewReply
    day: DayReply
    month: MonthReply


class UndoneReply(BaseModel):
    checkin: CheckInRow
    day: DayReply
    month: MonthReply


@bp.get("/reviews/waiting", responses={200: CheckInPage})
def list_waiting(query: WaitingQuery) -> Reply:
    """The queue of the caller: what waits for a person and nobody else has before them, the longest waiting first."""
    after = queue.Item(*read_cursor(query.cursor)) if query.cursor else None
    with reading() as session:
        items = queue.waiting(session, caller(), wanted(query), now(), query.limit + 1, after)
        page, cursor = cut(items, query, "received_at")
        rows = waiting_rows(session, page)
    return CheckInPage(items=rows, next_cursor=cursor).model_dump(mode="json")


@bp.post("/checkins/<uuid:checkin_id>/reviews", responses={201: ReviewedReply})
def review_checkin(path: CheckInPath, body: ReviewBody) -> Reply:
    """Accept or reject. The day is recounted; the member is told ten seconds later, unless it is undone."""
    with transaction() as session:
        ruling = Ruling(body.decision, body.reason, body.code, body.beside)
        reply = reviewed(session, path.checkin_id, ruling)
    return reply.model_dump(mode="json"), 201


def reviewed(session: Session, checkin_id: uuid.UUID, ruling: Ruling) -> ReviewedReply:
    """Decide, count the day anew, and what is answered."""
    checkin, done, news = review.review(session, caller(), checkin_id, ruling, now())
    cause = Cause("review", done.id, caller().member_id)
    # Whoever gave a second opinion is answered as if theirs was the only one.
    shown = row_reply(checkin, member_name(session, checkin.member_id), blind=done.is_second)
    shown.decision = done.decision
    return ReviewedReply(
        checkin=shown,
        review=review_reply(done, caller().name).model_copy(update={"is_second": False}),
        **_counted(session, checkin, cause if news else None),
    )


@bp.delete("/checkins/<uuid:checkin_id>/reviews/<uuid:review_id>", responses={200: UndoneReply})
def undo_review(path: ReviewPath) -> Reply:
    """Take back one's own decision within ten seconds: what held before holds again, and the member is told nothing."""
    with transaction() as session:
        reply = undone(session, path.checkin_id, path.review_id)
    return reply.model_dump(mode="json")


def undone(session: Session, checkin_id: uuid.UUID, review_id: uuid.UUID) -> UndoneReply:
    """Take it back, count the day anew, and what is answered."""
    checkin, done, news = review.undo(session, caller(), checkin_id, review_id, now())
    cause = Cause("withdrawal", done.id, caller().member_id)
    return UndoneReply(
        checkin=row_reply(checkin, member_name(session, checkin.member_id), blind=done.is_second),
        **_counted(session, checkin, cause if news else None),
    )


def wanted(filters: QueueFilters) -> queue.Wanted:
    return queue.Wanted(filters.unit, filters.squad, filters.finding, filters.days, filters.weight)


def waiting_rows(session: Session, items: "list[queue.Item] | Any") -> list[CheckInRow]:
    """Items of the caller's queue as they may be seen: nobody is shown what they are asked about."""
    ids = [item.id for item in items]
    rows = session.execute(
        in_county(caller(), CheckIn, Member.name)
        .join(Member, (Member.county_id == CheckIn.county_id) & (Member.id == CheckIn.member_id))
        .where(CheckIn.id.in_(ids))
    )
    found = {row.CheckIn.id: row for row in rows}
    return [row_reply(found[item.id].CheckIn, found[item.id].name, blind=not item.differs) for item in items]


def _counted(session: Session, checkin: CheckIn, cause: Cause | None) -> dict[str, Any]:
    """The day and its month, counted anew where something changed."""
    whose = (checkin.member_id, checkin.on_date)
    if cause is None:
        return standing(session, caller(), *whose)
    return recount(session, caller(), *whose, cause, now())
