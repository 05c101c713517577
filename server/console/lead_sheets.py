"""产业链、目标企业和线索: what each sheet of the directory's workbook writes."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from server.api.companies import CompanyBody
from server.api.fields import Day, Name, Remark, word_for
from server.api.lead_filters import Wan
from server.console.import_sheets import Kind, Reading, Refusal, Row, one_by_one
from server.errors import invalid
from server.leads import chains, report
from server.leads.models import CHANNELS, SIDES, SIZES, STAGES, Company
from server.progress import each

_MOST_LEADS = 500
_SIDES = {word: code for code, word in SIDES.items()}
_SIZES = {word: code for code, word in SIZES.items()}
_CHANNELS = {word: code for code, word in CHANNELS.items()}
_STAGES = {word: code for code, word in STAGES.items() if code != "signed"}


class NodeLine(BaseModel):
    industry: Name = Field(max_length=40)
    side: Annotated[str, word_for(_SIDES)]
    name: Name = Field(max_length=40)


class TargetLine(CompanyBody):
    node: Name = Field(max_length=40)
    industry: Name = Field(max_length=40)
    size: Annotated[str, word_for(_SIZES)] | None = None  # type: ignore[assignment]
    source: Remark | None = Field(None, max_length=60)


def _node(to: Reading, row: Row) -> object:
    line = NodeLine(**row)
    return chains.add_node(to.session, to.caller, line.industry, line.side, line.name, to.now)


def _targets(to: Reading, rows: Sequence[Row]) -> Sequence[Refusal | None]:
    """All of them at once: a directory of thousands, row by row, took minutes."""
    read = [_target(row) for row in each(rows, "已检查", "行")]
    listed = [one for one in read if isinstance(one, chains.Target)]
    entered = iter(chains.add_targets(to.session, to.caller, to.sealer, listed, to.now))
    tried = (next(entered) if isinstance(one, chains.Target) else one for one in read)
    return [None if isinstance(one, Company) else one for one in tried]


def _target(row: Row) -> chains.Target | Refusal:
    try:
        line = TargetLine(**row)
    except ValidationError as why:
        return why
    return chains.Target(line.as_new(), line.industry, line.node, line.source)


class LeadLine(CompanyBody):
    squad: Name = Field(max_length=40)
    owner: Name = Field(max_length=40)
    channel: Annotated[str, word_for(_CHANNELS)] = "other"
    stage: Annotated[str, word_for(_STAGES, f"：{'、'.join(_STAGES)}（已签约的不用导入）")] = "lead"
    intent: Remark = Field("", max_length=500)
    investment_wan: Wan | None = None
    next_action: Remark = Field("", max_length=200)
    next_on: Day | None = None


def _leads(to: Reading, rows: Sequence[Row]) -> Sequence[Refusal | None]:
    """Each by itself, as a report is: some milliseconds each, so that there is an end to how many."""
    if len(rows) > _MOST_LEADS:
        return [invalid("too_many_leads", f"一次最多导入 {_MOST_LEADS} 条线索，请分几次。")] * len(rows)
    return one_by_one(_lead)(to, rows)


def _lead(to: Reading, row: Row) -> object:
    line = LeadLine(**row)
    entry = report.Entry(
        company=line.as_new(),
        squad=line.squad,
        owner=line.owner,
        channel=line.channel,
        stage=line.stage,
        intent=line.intent,
        investment_wan=line.investment_wan,
        next_action=line.next_action,
        next_on=line.next_on,
    )
    return report.enter(to.session, to.caller, to.sealer, entry, to.now)


# In the order in which they are written: a company names the node that the first sheet brings.
KINDS = (
    Kind(
        "产业链",
        {"产业": "industry", "上下游": "side", "环节": "name"},
        ("新能源", "上游", "正极材料"),
        one_by_one(_node),
    ),
    Kind(
        "目标企业",
        {
            **{"企业名称": "name", "产业": "industry", "环节": "node", "统一社会信用代码": "uscc", "规模": "size"},
            **{"所在城市": "home_city", "电话": "phone", "出处": "source"},
        },
        ("示例新能源材料股份有限公司", "新能源", "正极材料", "", "大型", "苏州", "", "全国100强名录"),
        _targets,
    ),
    Kind(
        "线索",
        {
            **{"企业名称": "name", "统一社会信用代码": "uscc", "小分队": "squad", "负责人": "owner", "来源": "channel"},
            **{"阶段": "stage", "意向": "intent", "意向投资（万元）": "investment_wan", "下一步": "next_action"},
            "下一步日期": "next_on",
        },
        (
            "示例精密制造有限公司",
            "",
            "驻苏州招商小分队",
            "张三",
            "商会协会",
            "接触",
            "拟建二期",
            "12000",
            "送用地方案",
            "",
        ),
        _leads,
    ),
)
