"""意见: what members complain of and suggest, answered in place within the term."""

import uuid
from typing import Any, cast

from flask import Response, url_for

from server.api import complaints as api
from server.console.face import done, face, form, page, query

_STATES = (("open", "待答复"), ("answered", "已答复"), ("all", "全部"))


@face.get("/complaints")
def complaints() -> Response:
    asked = query(api.ComplaintQuery)
    found = cast(dict[str, Any], api.list_complaints(asked))
    return page("complaints.html", found=found, state=asked.state, states=_STATES)


@face.post("/complaints/<uuid:complaint_id>/answer")
def complaints_answer(complaint_id: uuid.UUID) -> Response:
    """Answer one; the member is told."""
    api.answer_complaint(api.ComplaintPath(complaint_id=complaint_id), form(api.ComplaintAnswerBody))
    return done("已答复，本人会收到消息。", url_for("desk.complaints"))
