"""提请县领导: what was asked, the lead on one page that prints, the answer, and what came of it."""

import uuid
from datetime import datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Response, url_for
from pydantic import BaseModel, Field

from server.api import escorts as api
from server.api.fields import Day, Sentence
from server.api.leads import LeadPath
from server.api.session import caller
from server.console.exports import export, of_api
from server.console.face import done, face, form, page, query
from server.console.workbook import Column
from server.errors import invalid
from server.leads.models import ESCORT_STATES

STATES = (("all", "全部"), *ESCORT_STATES.items())
_COLUMNS = (
    *(Column("企业", 30), Column("小分队", 16), Column("请哪位领导", 12), Column("状态", 10), Column("时间", 26)),
    *(Column("地点", 24), Column("事由", 40), Column("答复", 30), Column("结果", 40), Column("提请人", 12)),
    Column("提请时间", 18, "moment"),
)


class AskForm(BaseModel):
    """A wish as a page asks for it: days and times by the county's clock."""

    id: uuid.UUID
    leader: uuid.UUID
    purpose: Sentence = Field(max_length=500)
    place: Sentence = Field(max_length=100)
    on1: Day
    from1: time
    to1: time
    on2: Day | None = None
    from2: time | None = None
    to2: time | None = None
    on3: Day | None = None
    from3: time | None = None
    to3: time | None = None

    def body(self, tz: str) -> api.EscortBody:
        """As the API takes it. Raises 422 for a day without its times, or times without a day."""
        slots = [self._slot(number, ZoneInfo(tz)) for number in (1, 2, 3)]
        return api.EscortBody(
            id=self.id,
            leader=self.leader,
            slots=[slot for slot in slots if slot],
            purpose=self.purpose,
            place=self.place,
        )

    def _slot(self, number: int, zone: ZoneInfo) -> api.SlotBody | None:
        on, starts, ends = (getattr(self, f"{part}{number}") for part in ("on", "from", "to"))
        if on is None and starts is None and ends is None:
            return None
        if on is None or starts is None or ends is None:
            raise invalid("slot_incomplete", "每个时间都要填日期、开始和结束。")
        made = (datetime.combine(on, at, zone) for at in (starts, ends))
        return api.SlotBody(starts_at=next(made), ends_at=next(made))


@face.get("/leads/escorts")
def leads_escorts() -> Response:
    """Those of the leads one may see, the latest first."""
    asked = query(api.EscortQuery)
    found = cast(dict[str, Any], api.list_escorts(asked))
    return page("escorts.html", found=found, state=asked.state, states=STATES)


@face.get("/leads/escorts/list.xlsx")
def leads_escorts_sheet() -> Response:
    asked = query(api.EscortQuery)
    filters = {"状态": dict(STATES)[asked.state] if asked.state != "all" else None}
    return export("提请县领导", "escorts", _COLUMNS, filters, of_api(api.list_escorts, asked, _cells))


def _cells(one: dict[str, Any]) -> tuple[Any, ...]:
    when = one["chosen"]["word"] if one["chosen"] else "；".join(slot["word"] for slot in one["slots"])
    return (
        *(one["company"], one["squad"], one["leader"]["name"], one["state_word"], when, one["place"], one["purpose"]),
        *(one["answer"] or one["off_reason"], one["outcome"], one["asked_by"]["name"], one["asked_at"]),
    )


@face.get("/leads/escorts/<uuid:escort_id>")
def leads_escorts_brief(escort_id: uuid.UUID) -> Response:
    """The lead on a page, for whoever goes there; with the answer beside it, which does not print."""
    return page("escort.html", one=api.read_escort(api.EscortPath(escort_id=escort_id)))


@face.post("/leads/<uuid:lead_id>/escorts")
def leads_escorts_ask(lead_id: uuid.UUID) -> Response:
    api.ask_for_escort(LeadPath(lead_id=lead_id), form(AskForm).body(caller().tz))
    return done("已提请，领导会收到消息。", url_for("desk.leads_file", lead_id=lead_id))


@face.post("/leads/escorts/<uuid:escort_id>/answer")
def leads_escorts_answer(escort_id: uuid.UUID) -> Response:
    made = cast(dict[str, Any], api.answer_escort(api.EscortPath(escort_id=escort_id), form(api.AnswerBody)))
    said = "已约定，小分队会收到消息。" if made["state"] == "accepted" else "已谢绝，小分队会收到消息。"
    return done(said, url_for("desk.leads_escorts_brief", escort_id=escort_id))


@face.post("/leads/escorts/<uuid:escort_id>/call-off")
def leads_escorts_call_off(escort_id: uuid.UUID) -> Response:
    api.call_escort_off(api.EscortPath(escort_id=escort_id), form(api.CallOffBody))
    return done("已取消，相关的人会收到消息。", url_for("desk.leads_escorts_brief", escort_id=escort_id))


@face.post("/leads/escorts/<uuid:escort_id>/outcome")
def leads_escorts_finish(escort_id: uuid.UUID) -> Response:
    api.finish_escort(api.EscortPath(escort_id=escort_id), form(api.OutcomeBody))
    return done("结果已记下。", url_for("desk.leads_escorts_brief", escort_id=escort_id))
