"""线索: what the squads are after, stage by stage; one lead with its history; what is asked about one, decided here."""

import uuid
from dataclasses import dataclass
from typing import Any, cast

from flask import Response, redirect, request, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from server.api import chains as chains_api
from server.api import escorts as escorts_api
from server.api import lead_filters as filters_api
from server.api import leads as api
from server.api.services import reading
from server.api.session import caller
from server.console import lead_sheets, lead_words
from server.console.exports import export, of_api
from server.console.face import done, face, form, is_htmx, page, query
from server.console.import_sheets import taken, template
from server.console.workbook import Column, download
from server.errors import not_found
from server.leads import chains, escorts, handover, see
from server.leads.clocks import WORDS
from server.leads.filter import owners
from server.leads.models import CHANNELS, DEAD_ENDS, SIDES, STAGES
from server.watch import members

_STATES = (("open", "跟进中"), ("pooled", "公共池"), ("signed", "已签约"), ("dead_end", "已终止"), ("all", "全部"))
_A_COLUMN = 30  # cards; the rest is in the table
_LATE = {"any": "任何一项"} | {str(what): word for what, word in WORDS.items()}
_COLUMNS = (
    *(Column("企业", 30), Column("统一社会信用代码", 20), Column("阶段", 10), Column("小分队", 14)),
    *(Column("负责人", 12), Column("意向投资（万）", 14, "count"), Column("币种", 8), Column("下一步", 30)),
    *(Column("下一步日期", 12, "date"), Column("最近进展", 18, "moment"), Column("逾期", 24)),
    *(Column("契合度", 8, "count"), Column("契合度资料已知（%）", 16, "count")),
)


class ChainQuery(BaseModel):
    node: uuid.UUID | None = None


@face.get("/leads")
def leads() -> Response:
    """The table, its filter in the address; the filters one keeps are beside it."""
    asked, who = query(api.LeadQuery), caller()
    found = cast(dict[str, Any], api.list_leads(asked))
    with reading() as session:
        words = _Words.of(session)
        any_stage = api.narrowed(session, asked.model_copy(update={"stage": None}))
        counts = see.by_stage(session, who, *any_stage) if asked.state == "open" else {}
    wanted = _wanted(asked)
    return page(
        "leads.html",
        found=found,
        asked=asked,
        wanted=wanted,
        kept=_kept(),
        states=_STATES,
        stages=STAGES,
        channels=CHANNELS,
        clocks=_LATE,
        counts=counts,
        words=words,
        waiting=_waiting(),
        may_see_chains=who.has(*chains.READING),
    )


@face.get("/leads/board")
def leads_board() -> Response:
    """The open ones as a board, a column a stage, the latest moved on top; by the filter of the table."""
    asked = query(api.LeadQuery).model_copy(update={"state": "open", "cursor": "", "limit": _A_COLUMN})
    with reading() as session:
        counts = see.by_stage(session, caller(), *api.narrowed(session, asked.model_copy(update={"stage": None})))
    columns = [
        (code, word, cast(dict[str, Any], api.list_leads(asked.model_copy(update={"stage": code})))["items"])
        for code, word in STAGES.items()
        if code != "signed"
    ]
    return page("leads_board.html", columns=columns, counts=counts, wanted=_wanted(asked))


@face.get("/leads/list.xlsx")
def leads_sheet() -> Response:
    """What the page lists with these filters; commercial secrets, so audited and under the exporter's name."""
    asked = query(api.LeadQuery)
    with reading() as session:
        told = _Words.of(session).tell(asked)
    return export("线索", "leads", _COLUMNS, told, of_api(api.list_leads, asked, _cells))


@face.post("/leads/filters")
def leads_filter_keep() -> Response:
    """Keep the filter of the page under a name; the form carries both."""
    given = {key: value for key, value in request.form.items() if value}
    name = given.pop("name", "")
    wanted = form(filters_api.LeadFilter, given)
    filters_api.keep_lead_filter(form(filters_api.FilterBody, {"name": name, "wanted": wanted}))
    return done(f"已保存筛选“{name.strip()}”。", url_for("desk.leads", **_wanted(wanted)))


@face.post("/leads/filters/<uuid:filter_id>/name")
def leads_filter_rename(filter_id: uuid.UUID) -> Response:
    body = form(filters_api.FilterNameBody)
    filters_api.rename_lead_filter(filters_api.FilterPath(filter_id=filter_id), body)
    return done("已改名。", url_for("desk.leads"))


@face.post("/leads/filters/<uuid:filter_id>/end")
def leads_filter_forget(filter_id: uuid.UUID) -> Response:
    filters_api.forget_lead_filter(filters_api.FilterPath(filter_id=filter_id))
    return done("已删去这个筛选。", url_for("desk.leads"))


def _kept() -> list[dict[str, Any]]:
    items = cast(dict[str, Any], filters_api.list_lead_filters())["items"]
    return [one | {"wanted": _wanted(filters_api.LeadFilter(**one["wanted"]))} for one in items]


def _wanted(asked: filters_api.LeadFilter) -> dict[str, Any]:
    """A filter as an address carries it: what is asked for and nothing else."""
    return filters_api.LeadFilter(**asked.model_dump()).model_dump(mode="json", exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a filter may name, by id, as the caller sees it."""

    units: dict[uuid.UUID, str]
    squads: dict[uuid.UUID, str]
    owners: dict[uuid.UUID, str]
    nodes: dict[uuid.UUID, str]
    industries: dict[str, str]

    @classmethod
    def of(cls, session: Session) -> "_Words":
        units, squads = members.choices(session, caller())
        nodes = chains.nodes(session, caller())
        return cls(
            units=dict(units),
            squads={squad.id: squad.name for squad in squads},
            owners={row.id: row.name for row in owners(session, caller())},
            nodes={node.id: f"{node.industry} · {node.name}" for node in nodes},
            industries={node.industry: node.industry for node in nodes},
        )

    def tell(self, asked: filters_api.LeadFilter) -> dict[str, str | None]:
        """The filter in words, for the head of the workbook."""
        named = (("小分队", self.squads, asked.squad), ("单位", self.units, asked.unit))
        more = (("负责人", self.owners, asked.owner), ("环节", self.nodes, asked.node))
        coded = (("阶段", STAGES, asked.stage), ("来源", CHANNELS, asked.channel), ("逾期", _LATE, asked.late))
        return {
            "状态": dict(_STATES).get(asked.state),
            **{word: known.get(one, "（看不到）") if one else None for word, known, one in (*named, *more)},
            **{word: known[one] if one else None for word, known, one in coded},
            "只看我负责的": "是" if asked.mine else None,
            "产业": asked.industry,
            "意向投资不少于": f"{asked.invest_from} 万" if asked.invest_from is not None else None,
            "意向投资不多于": f"{asked.invest_to} 万" if asked.invest_to is not None else None,
            "文字": asked.q,
        }


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
    opened = query(ChainQuery).node
    found = cast(dict[str, Any], chains_api.read_chains())
    there = cast(dict[str, Any], chains_api.read_node(chains_api.NodePath(node_id=opened))) if opened else {"items": []}
    return page(
        "chains.html",
        industries=found["industries"],
        sides=SIDES,
        may_import=caller().has(*chains.KEEPING),
        opened=str(opened),
        companies=there["items"],
    )


@face.get("/leads/chains/<uuid:node_id>")
def leads_node(node_id: uuid.UUID) -> Response:
    """The companies at one node, and whose they are; by its address the page with this node open."""
    if not is_htmx():
        to = url_for("desk.leads_chains", node=node_id, _anchor=f"node-{node_id}")
        return redirect(to)  # type: ignore[return-value]
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
    api.decide_lead_request(api.LeadRequestPath(request_id=request_id), form(api.LeadRequestDecisionBody))
    return done("已回复，提出的人会收到消息。", url_for("desk.leads_requests"))


def _waiting() -> int:
    """How many requests wait for the caller."""
    return len(cast(dict[str, Any], api.list_lead_requests(api.RequestQuery(limit=100)))["items"])
