"""留言 over HTTP: what leaders and supervisors have to say on a check-in, for everybody who may see it."""

from flask_openapi import Tag
from pydantic import BaseModel, Field

from server.api.checkin_replies import CommentReply, comment_reply, comments_reply
from server.api.checkins import CheckInPath
from server.api.described import Described
from server.api.fields import Sentence
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.checkins import comments, review

bp = Described("comments", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="复核")], abp_security=SIGNED_IN)


class CommentBody(BaseModel):
    text: Sentence = Field(min_length=1, max_length=300, description="the member reads it, and who wrote it")


class CommentsReply(BaseModel):
    items: list[CommentReply]


@bp.get("/checkins/<uuid:checkin_id>/comments", responses={200: CommentsReply})
def list_comments(path: CheckInPath) -> Reply:
    """What was said on a check-in, oldest first."""
    with reading() as session:
        checkin = review.visible(session, caller(), path.checkin_id)
        items = comments_reply(session, checkin.id)
    return CommentsReply(items=items).model_dump(mode="json")


@bp.post("/checkins/<uuid:checkin_id>/comments", responses={201: CommentReply})
def comment(path: CheckInPath, body: CommentBody) -> Reply:
    """Say something on somebody else's check-in; it decides nothing."""
    with transaction() as session:
        made = comments.add(session, caller(), path.checkin_id, body.text, now())
    return comment_reply(made, caller().name).model_dump(mode="json"), 201
