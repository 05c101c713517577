"""请假: what waits for an answer, and what was answered; decided by whoever the length asks for."""

import uuid
from typing import Any, Literal, cast

from flask import Response, url_for

from server.api import leaves as api
from server.console.exports import export, of_api
from server.console.face import done, face, form, page, query
from server.console.workbook import Column

_WORDS = {"approved": "已同意", "rejected": "未同意", "withdrawn": "已撤回", "revoked": "已撤销"}
_STATES = (("pending", "待审批"), *_WORDS.items(), ("all", "全部"))


_COLUMNS = (
    *(Column("队员", 12), Column("类型", 12), Column("第一天", 12, "date"), Column("最后一天", 12, "date")),
    *(Column("每天算（天）", 9, "days"), Column("理由", 36), Column("申请时间", 18, "moment"), Column("状态", 10)),
    *(Column("审批人", 12), Column("审批时间", 18, "moment"), Column("答复", 36)),
)


class Query(api.LeaveQuery):
    """The page begins with what waits."""

    state: Literal["pending", "approved", "rejected", "withdrawn", "revoked", "all"] = "pending"


@face.get("/leaves")
def leaves() -> Response:
    asked = query(Query)
    found = cast(dict[str, Any], api.list_leaves(asked))
    return page("leaves.html", found=found, state=asked.state, states=_STATES, words=_WORDS)


@face.get("/leaves/list.xlsx")
def leaves_sheet() -> Response:
    """What the page lists with these filters."""
    asked = query(Query)
    filters = {"状态": dict(_STATES)[asked.state], "队员编号": str(asked.member or "")}
    return export("请假", "leaves", _COLUMNS, filters, of_api(api.list_leaves, asked, _cells))


def _cells(one: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(one["member"]["name"], one["word"], one["starts_on"], one["ends_on"], one["value"], one["reason"]),
        *(one["created_at"], dict(_STATES)[one["state"]], one["decided_by"] or "", one["decided_at"], one["answer"]),
    )


@face.post("/leaves/<uuid:leave_id>/decision")
def leaves_decide(leave_id: uuid.UUID) -> Response:
    """Approve or refuse one; a refusal says why."""
    body = form(api.LeaveDecisionBody)
    api.decide_on_leave(api.LeavePath(leave_id=leave_id), body)
    return done(
        "已同意，天数已重新计算。" if body.approved else "已回复不同意，队员会看到理由。", url_for("desk.leaves")
    )


@face.post("/leaves/<uuid:leave_id>/revocation")
def leaves_revoke(leave_id: uuid.UUID) -> Response:
    """Undo an approved one; says why."""
    api.revoke_leave(api.LeavePath(leave_id=leave_id), form(api.RevocationBody))
    return done("已撤销，天数已重新计算，队员会看到理由。", url_for("desk.leaves", state="approved"))
