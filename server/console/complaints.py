"""意见: what members complain of and suggest, answered in place within the term."""

import uuid
from typing import Any, cast

from flask import Response, url_for

from server.api import complaints as api
from server.console.exports import export, of_api
from server.console.face import done, face, form, page, query
from server.console.workbook import Column

_STATES = (("open", "待答复"), ("answered", "已答复"), ("all", "全部"))

_COLUMNS = (
    *(Column("谁提的", 12), Column("类型", 10), Column("内容", 50), Column("提出时间", 18, "moment")),
    *(Column("答复期限", 12, "date"), Column("超过期限", 10), Column("答复", 50), Column("答复人", 12)),
    Column("答复时间", 18, "moment"),
)


@face.get("/complaints")
def complaints() -> Response:
    asked = query(api.ComplaintQuery)
    found = cast(dict[str, Any], api.list_complaints(asked))
    return page("complaints.html", found=found, state=asked.state, states=_STATES)


@face.get("/complaints/list.xlsx")
def complaints_sheet() -> Response:
    """What the page lists with these filters."""
    asked = query(api.ComplaintQuery)
    filters = {"状态": dict(_STATES)[asked.state]}
    return export("意见", "complaints", _COLUMNS, filters, of_api(api.list_complaints, asked, _cells))


def _cells(one: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(one["member"]["name"], one["word"], one["text"], one["created_at"], one["due_on"]),
        *("是" if one["late"] else "", one["answer"] or "", one["answered_by"] or "", one["answered_at"]),
    )


@face.post("/complaints/<uuid:complaint_id>/answer")
def complaints_answer(complaint_id: uuid.UUID) -> Response:
    """Answer one; the member is told."""
    api.answer_complaint(api.ComplaintPath(complaint_id=complaint_id), form(api.ComplaintAnswerBody))
    return done("已答复，本人会收到消息。", url_for("desk.complaints"))
