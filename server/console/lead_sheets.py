"""产业链和目标企业: what each sheet of the directory's workbook writes."""

from collections.abc import Sequence

from pydantic import BaseModel, Field, ValidationError

from server.api.companies import CompanyBody
from server.api.fields import Name, Remark
from server.console.import_sheets import Kind, Reading, Refusal, Row, one_by_one
from server.errors import invalid
from server.leads import chains
from server.leads.models import SIDES, SIZES, Company

_SIDES = {word: code for code, word in SIDES.items()}
_SIZES = {word: code for code, word in SIZES.items()}


class NodeLine(BaseModel):
    industry: Name = Field(max_length=40)
    side: str
    name: Name = Field(max_length=40)


class TargetLine(CompanyBody):
    node: Name = Field(max_length=40)
    industry: Name = Field(max_length=40)
    source: Remark | None = Field(None, max_length=60)


def _node(to: Reading, row: Row) -> object:
    line = NodeLine(**row)
    if line.side not in _SIDES:
        raise invalid("side_unknown", f"上下游须写：{'、'.join(_SIDES)}。")
    return chains.add_node(to.session, to.caller, line.industry, _SIDES[line.side], line.name, to.now)


def _targets(to: Reading, rows: Sequence[Row]) -> Sequence[Refusal | None]:
    """All of them at once: a directory of thousands, row by row, took minutes."""
    read = [_target(row) for row in rows]
    listed = [one for one in read if isinstance(one, chains.Target)]
    entered = iter(chains.add_targets(to.session, to.caller, to.sealer, listed, to.now))
    tried = (next(entered) if isinstance(one, chains.Target) else one for one in read)
    return [None if isinstance(one, Company) else one for one in tried]


def _target(row: Row) -> chains.Target | Refusal:
    size = row.pop("size", None)
    if size is not None and size not in _SIZES:
        return invalid("size_unknown", f"规模须写：{'、'.join(_SIZES)}。")
    try:
        line = TargetLine(**row | ({"size": _SIZES[size]} if size else {}))
    except ValidationError as why:
        return why
    return chains.Target(line.as_new(), line.industry, line.node, line.source)


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
)
