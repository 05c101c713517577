"""抽查: draws with their proof, what was answered and explained, the stations to be called, and a month's results."""

import uuid
from datetime import datetime, time
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from flask import Response, request, url_for
from pydantic import BaseModel, Field

from server.api import draws
from server.api import spot_checks as api
from server.api.checkin_replies import MemberRef
from server.api.fields import Day, Remark
from server.api.paging import PageQuery
from server.api.services import now, reading
from server.api.session import caller
from server.api.spot_replies import CallOutcome, Kind
from server.console.exports import export, of_api
from server.console.face import done, face, form, page, query
from server.console.workbook import Column
from server.errors import invalid
from server.org.scope import WATCHING_COUNTY, watched_member
from server.spotchecks import asking
from server.spotchecks.models import CALL_OUTCOMES, DECISIONS, KINDS
from server.tally import policy
from server.watch import members

STATES = (
    *(("all", "全部"), ("undecided", "等您裁定"), ("unexplained", "等待说明"), ("open", "等待应答")),
    *(("answered", "按时应答"), ("unanswered", "未应答"), ("undelivered", "没有送达")),
)
_COLUMNS = (
    *(
        Column("方式", 10),
        Column("队员", 12),
        Column("小分队", 16),
        Column("驻点", 18),
        Column("发出时间", 18, "moment"),
    ),
    *(Column("应答期限", 18, "moment"), Column("状态", 12), Column("应答时间", 18, "moment"), Column("指定", 6)),
    *(Column("说明", 40), Column("裁定", 12), Column("裁定理由", 30), Column("裁定人", 12)),
)


class AskForm(BaseModel):
    """A draw as the page asks for it; a window by the county's clock."""

    id: uuid.UUID
    kind: Kind
    among: str = ""
    count: int = Field(1, ge=1, le=200)
    answer_min: int | None = None
    when: Literal["now", "window"] = "now"
    on: Day | None = None
    starts: time | None = None
    ends: time | None = None
    aimed_at: uuid.UUID | None = None
    reason: Remark = Field("", max_length=300)

    def body(self, tz: str) -> draws.DrawBody:
        among, _, id_ = self.among.partition(":")
        window: dict[str, Any] = {}
        if self.when == "window":
            if self.on is None or self.starts is None or self.ends is None:
                raise invalid("window_incomplete", "请填写抽查时段的日期、开始和结束。")
            zone = ZoneInfo(tz)
            window = {
                "starts_at": datetime.combine(self.on, self.starts, zone),
                "ends_at": datetime.combine(self.on, self.ends, zone),
            }
        wanted = self.model_dump(include={"id", "kind", "count", "answer_min", "aimed_at", "reason"})
        if among in ("unit", "squad"):
            wanted[among] = id_ or "?"  # refused as any other that is no id
        return form(draws.DrawBody, {key: value for key, value in (wanted | window).items() if value is not None})


class CallForm(BaseModel):
    id: uuid.UUID
    outcome: CallOutcome
    who: Remark = Field("", max_length=40)
    note: Remark = Field("", max_length=300)


class SpotsQuery(PageQuery):
    member: uuid.UUID | None = None


class MonthQuery(BaseModel):
    month: str = Field("", pattern=r"^(20[0-9][0-9]-(0[1-9]|1[0-2]))?$")


@face.get("/spot")
def spots() -> Response:
    """The form of a draw, and those there were. With `member` in the address it is aimed at them."""
    caller().require(*asking.ASKING)
    asked = query(SpotsQuery)
    found = cast(dict[str, Any], draws.list_draws(asked))
    with reading() as session:
        units, squads = members.choices(session, caller())
        answer_min = policy.in_force(session, caller().county_id, caller().today).rules.spot_answer_min
        aim = watched_member(session, caller(), asked.member) if asked.member else None
        aimed = MemberRef(id=aim.id, name=aim.name) if aim else None
    return page(
        "spots.html",
        found=found,
        kinds=KINDS,
        whole="全县" if _is_county() else "本单位" if len(units) == 1 else None,  # of several one is to be chosen
        units=units if _is_county() or len(units) > 1 else [],
        squads=squads,
        aimed=aimed,
        fresh_id=uuid.uuid4(),
        fresh_call_id=uuid.uuid4(),
        answer_min=answer_min,
        tabs=_tabs(),
    )


@face.post("/spot")
def spots_ask() -> Response:
    made = cast(tuple[dict[str, Any], int], draws.ask_for_draw(form(AskForm).body(caller().tz)))[0]
    return done("已登记，几秒后抽签。", url_for("desk.spots_draw", draw_id=made["id"]))


@face.get("/spot/draws/<uuid:draw_id>")
def spots_draw(draw_id: uuid.UUID) -> Response:
    """One draw as it stands; it asks again every few seconds while something is under way."""
    shown = cast(dict[str, Any], draws.read_draw(draws.DrawPath(draw_id=draw_id)))
    under_way = shown["state"] == "announced" or shown["waiting"]
    proof = None
    if shown["seed"]:
        proof = cast(dict[str, Any], draws.verify_draw(draws.DrawPath(draw_id=draw_id)))
    template = "_spot_draw.html" if request.args.get("part") else "spot_draw.html"
    return page(template, draw=shown, under_way=under_way, proof=proof, tabs=_tabs())


@face.get("/spot/checks")
def spots_checks() -> Response:
    """Those of one's squads, the latest first; what was not answered is decided here."""
    caller().require(*asking.ASKING)
    asked = query(api.SpotCheckQuery)
    found = cast(dict[str, Any], api.list_spot_checks(asked))
    return page("spot_checks.html", found=found, asked=asked, states=STATES, decisions=DECISIONS, tabs=_tabs())


@face.get("/spot/checks/list.xlsx")
def spots_checks_sheet() -> Response:
    caller().require(*asking.ASKING)
    asked = query(api.SpotCheckQuery)
    filters = {"状态": dict(STATES).get(asked.state, asked.state), "方式": KINDS[asked.kind] if asked.kind else None}
    return export("抽查", "spot-checks", _COLUMNS, filters, of_api(api.list_spot_checks, asked, _cells))


def _cells(one: dict[str, Any]) -> tuple[Any, ...]:
    said = "；".join(part for part in (one["excuse_word"], one["explanation"]) if part)
    return (
        *(one["kind_word"], one["member"]["name"] if one["member"] else "", one["squad"], one["station"]),
        *(one["issues_at"], one["due_at"], one["state_word"], one["answered_at"], "是" if one["aimed"] else ""),
        *(said, one["decision_word"] or "", one["reason"], one["decided_by"] or ""),
    )


@face.post("/spot/checks/<uuid:check_id>/decision")
def spots_decide(check_id: uuid.UUID) -> Response:
    api.decide_spot_check(api.SpotCheckPath(check_id=check_id), form(api.SpotDecisionBody))
    return done("已裁定，本人会收到消息。", url_for("desk.spots_checks", state="undecided"))


@face.get("/spot/calls")
def spots_calls() -> Response:
    """The call sheet: whom to call, and what came of it."""
    found = cast(dict[str, Any], api.read_call_sheet())
    return page(
        "spot_calls.html",
        found=found,
        outcomes=CALL_OUTCOMES,
        fresh=[uuid.uuid4() for _ in found["items"]],
        tabs=_tabs(),
    )


@face.post("/spot/calls/<uuid:check_id>")
def spots_call(check_id: uuid.UUID) -> Response:
    given = form(CallForm)
    body = api.CallBody(id=given.id, outcome=given.outcome, called_at=now(), who=given.who, note=given.note)
    row, _status = cast(tuple[dict[str, Any], int], api.log_spot_call(api.SpotCheckPath(check_id=check_id), body))
    said = (
        "已记下。10 分钟后再打一次，仍无人接听才算数。" if row["state"] == "open" else f"已记下：{row['state_word']}。"
    )
    return done(said, url_for("desk.spots_calls"))


@face.get("/spot/results")
def spots_results() -> Response:
    month = query(MonthQuery).month or f"{caller().today:%Y-%m}"
    found = cast(dict[str, Any], api.read_spot_results(api.ResultQuery(month=month)))
    return page("spot_results.html", found=found, month=month, tabs=_tabs())


def _tabs() -> list[tuple[str, str]]:
    return [
        ("desk.spots", "抽签"),
        ("desk.spots_checks", "应答和说明"),
        ("desk.spots_calls", "电话抽查"),
        ("desk.spots_results", "月度结果"),
    ]


def _is_county() -> bool:
    return caller().has(*WATCHING_COUNTY)
