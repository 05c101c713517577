"""请假: what waits for an answer, and what was answered; decided by whoever the length asks for."""

import uuid
from typing import Any, Literal, cast

from flask import Response, url_for

from server.api import leaves as api
from server.console.face import done, face, form, page, query

_WORDS = {"approved": "已同意", "rejected": "未同意", "withdrawn": "已撤回"}
_STATES = (("pending", "待审批"), *_WORDS.items(), ("all", "全部"))


class Query(api.LeaveQuery):
    """The page begins with what waits."""

    state: Literal["pending", "approved", "rejected", "withdrawn", "all"] = "pending"


@face.get("/leaves")
def leaves() -> Response:
    asked = query(Query)
    found = cast(dict[str, Any], api.list_leaves(asked))
    return page("leaves.html", found=found, state=asked.state, states=_STATES, words=_WORDS)


@face.post("/leaves/<uuid:leave_id>/decision")
def leaves_decide(leave_id: uuid.UUID) -> Response:
    """Approve or refuse one; a refusal says why."""
    body = form(api.DecisionBody)
    api.decide_on_leave(api.LeavePath(leave_id=leave_id), body)
    return done(
        "已同意，天数已重新计算。" if body.approved else "已回复不同意，队员会看到理由。", url_for("desk.leaves")
    )
