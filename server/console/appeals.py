"""申诉: what the member says beside the evidence, answered by whoever took no part in it."""

import uuid
from typing import Any, cast

from flask import Response, url_for

from server.api import appeals as api
from server.api.paging import PageQuery
from server.api.photos import link_to
from server.api.services import reading
from server.api.session import caller
from server.checkins.appeals import DECIDING
from server.checkins.models import CheckIn
from server.console.face import done, face, form, page, query
from server.console.rail import BUREAU
from server.org.scope import county as in_county


@face.get("/review/appeals")
def review_appeals() -> Response:
    caller().require(*DECIDING)
    found = cast(dict[str, Any], api.list_appeals(query(PageQuery)))
    ids = [uuid.UUID(one["checkin"]["id"]) for one in found["items"]]
    with reading() as session:
        stored = session.scalars(in_county(caller(), CheckIn).where(CheckIn.id.in_(ids))).all()
    photos = {str(c.id): link_to(c.photo_id, caller(), "preview") for c in stored if c.erased_at is None}
    return page("appeals.html", found=found, photos=photos, is_reviewer=caller().has(BUREAU))


@face.post("/review/appeals/<uuid:appeal_id>")
def review_appeals_answer(appeal_id: uuid.UUID) -> Response:
    """Uphold or deny, with a sentence that the member reads."""
    body = form(api.AppealDecisionBody)
    api.decide_appeal(api.AppealPath(appeal_id=appeal_id), body)
    said = "申诉成立，打卡已改为通过，天数已重新计算。" if body.upheld else "已答复，维持驳回；队员会看到答复。"
    return done(said, url_for("desk.review_appeals"))
