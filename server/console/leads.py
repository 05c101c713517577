"""线索: what the squads are after, stage by stage; one lead with its history; what is asked about one, decided here."""

import uuid
from typing import Any, cast

from flask import Response, redirect, url_for

from server.api import chains as chains_api
from server.api import escorts as escorts_api
from server.api import leads as api
from server.api.services import reading
from server.api.session import caller
from server.console import lead_sheets, lead_words
from server.console.exports import export, of_api
from server.console.face import done, face, form, page, query
from server.console.import_sheets import taken, template
from server.console.workbook import Column, download
from server.errors import not_found
from server.leads import chains, escorts, handover, see
from server.leads.models import DEAD_ENDS, SIDES, STAGES
from server.watch import members

_STATES = (("open", "跟进中"), ("pooled", "公共池"), ("signed", "已签约"), ("dead_end", "已终止"))
_COLUMNS = (
    *(Column("企业", 30), Column("统一社会信用代码", 20), Column("阶段", 10), Column("小分队", 14)),
    *(Column("负责人", 12), Column("意向投资（万）", 14, "count"), Column("币种", 8), Column("下一步", 30)),
    *(Column("下一步日期", 12, "date"), Column("最近进展", 18, "moment"), Column("逾期", 24)),
    *(Column("契合度", 8, "count"), Column("契合度资料已知（%）", 16, "count")),
)


@face.get("/leads")
def leads() -> Response:
    asked = query(api.LeadQuery)
    found = cast(dict[str, Any], api.list_leads(asked))
    with reading() as session:
        _units, squads = members.choices(session, caller())
        counts = see.by_stage(session, caller())
    return page(
        "leads.html",
        found=found,
        asked=asked,
        states=_STATES,
        stages=STAGES,
        counts=counts,
        squads=squads,
        waiting=_waiting(),
        may_see_chains=caller().has(*chains.READING),
    )


@face.get("/leads/list.xlsx")
def leads_sheet() -> Response:
    """What the page lists with these filters; commercial secrets, so audited and under the exporter's name."""
    asked = query(api.LeadQuery)
    with reading() as session:
        _units, squads = members.choices(session, caller())
    filters = {
        "状态": dict(_STATES).get(asked.state),
        "阶段": STAGES[asked.stage] if asked.stage else None,
        "小分队": next((squad.name for squad in squads if squad.id == asked.squad), None),
    }
    return export("线索", "leads", _COLUMNS, filters, of_api(api.list_leads, asked, _cells))


def _cells(one: dict[str, Any]) -> tuple[Any, ...]:
    late = "、".join(f"{owed['word']}逾期{owed['days_late']}天" for owed in one["owed"] if owed["days_late"])
    owner = one["owner"]["name"] if one["owner"] else ""
    return (
        *(one["company"]["name"], one["company"]["uscc"] or "", one["stage_word"], one["squad"] or "", owner),
        *(one["investment_wan"], one["currency"], one["next_action"], one["next_on"], one["moved_at"], late),
        *(one["fit"], one["fit_known_percent"]),
    )


@face.get("/leads/<uuid:lead_id>")
def leads_file(lead_id: uuid.UUID) -> Response:
    """One lead: what is known, what was done, and by whom."""
    shown = cast(dict[str, Any], api.read_lead(api.LeadPath(lead_id=lead_id)))
    asked = cast(dict[str, Any], escorts_api.list_escorts(escorts_api.EscortQuery(lead=lead_id, limit=20)))
    with reading() as session:
        takers = handover.takers(session, caller()) if shown["may_hand_over"] else []
        leaders = escorts.leaders(session, caller()) if shown["may_edit"] else []
    return page(
        "lead.html",
        lead=shown,
        stages=STAGES,
        ends=DEAD_ENDS,
        told=lead_words.told,
        takers=takers,
        escorts=asked["items"],
        leaders=leaders,
        fresh_id=uuid.uuid4(),
    )


@face.get("/leads/<uuid:lead_id>/photos/<uuid:photo_id>")
def leads_photo(lead_id: uuid.UUID, photo_id: uuid.UUID) -> Response:
    """One picture of an update, by a link of now: the page may lie open for longer than a link lives."""
    shown = cast(dict[str, Any], api.read_lead(api.LeadPath(lead_id=lead_id)))
    links = {photo["id"]: photo["url"] for update in shown["updates"] for photo in update["photos"]}
    if str(photo_id) not in links:
        raise not_found("没有这张照片，或已过保存期限。")
    return cast(Response, redirect(links[str(photo_id)]))


@face.post("/leads/<uuid:lead_id>/stage")
def leads_move(lead_id: uuid.UUID) -> Response:
    api.move_lead(api.LeadPath(lead_id=lead_id), form(api.StageBody))
    return done("阶段已更新。", url_for("desk.leads_file", lead_id=lead_id))


@face.post("/leads/<uuid:lead_id>/reopen")
def leads_reopen(lead_id: uuid.UUID) -> Response:
    api.reopen_lead(api.LeadPath(lead_id=lead_id), form(api.ReopenBody))
    return done("已重新打开，负责人会收到消息。", url_for("desk.leads_file", lead_id=lead_id))


@face.post("/leads/handover/<uuid:member_id>")
def leads_hand_over(member_id: uuid.UUID) -> Response:
    """All open leads of one person to another."""
    made = cast(dict[str, Any], api.hand_leads_over(api.GiverPath(member_id=member_id), form(api.HandoverBody)))
    return done(f"已移交 {made['handed_over']} 条线索，接手的人会收到消息。", url_for("desk.leads"))


@face.get("/leads/chains")
def leads_chains() -> Response:
    """Where the county has somebody to talk to, where only names, and where nobody."""
    found = cast(dict[str, Any], chains_api.read_chains())
    may_import = caller().has(*chains.KEEPING)
    return page("chains.html", industries=found["industries"], sides=SIDES, may_import=may_import)


@face.get("/leads/chains/<uuid:node_id>")
def leads_node(node_id: uuid.UUID) -> Response:
    """The companies at one node, and whose they are."""
    found = cast(dict[str, Any], chains_api.read_node(chains_api.NodePath(node_id=node_id)))
    return page("_chain_node.html", companies=found["items"])


@face.get("/leads/import")
def leads_import() -> Response:
    caller().require(*chains.KEEPING)
    return page("lead_import.html", kinds=lead_sheets.KINDS)


@face.get("/leads/import/template.xlsx")
def leads_import_template() -> Response:
    caller().require(*chains.KEEPING)
    return download(template(lead_sheets.KINDS), "产业链和目标企业.xlsx")


@face.post("/leads/import")
def leads_import_try() -> Response:
    """Each row's error in place; all of it is written, or nothing."""
    caller().require(*chains.KEEPING)
    return taken(lead_sheets.KINDS, url_for("desk.leads_chains"))


@face.get("/leads/requests")
def leads_requests() -> Response:
    """What waits for the caller's decision: joining, a contested claim, a dead end."""
    asked = query(api.RequestQuery)
    found = cast(dict[str, Any], api.list_lead_requests(asked))
    return page(
        "lead_requests.html", found=found, state=asked.state, states=(("open", "待决定"), ("decided", "已决定"))
    )


@face.post("/leads/requests/<uuid:request_id>/decision")
def leads_decide(request_id: uuid.UUID) -> Response:
    api.decide_lead_request(api.LeadRequestPath(request_id=request_id), form(api.DecisionBody))
    return done("已回复，提出的人会收到消息。", url_for("desk.leads_requests"))


def _waiting() -> int:
    """How many requests wait for the caller."""
    return len(cast(dict[str, Any], api.list_lead_requests(api.RequestQuery(limit=100)))["items"])
