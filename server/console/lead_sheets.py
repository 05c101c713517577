"""产业链和目标企业: what each sheet of the directory's workbook writes."""

from typing import Any

from pydantic import BaseModel, Field

from server.api.companies import CompanyBody
from server.api.fields import Name, Remark
from server.console.import_sheets import Kind, Reading
from server.errors import invalid
from server.leads import chains
from server.leads.models import SIDES, SIZES

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


def _node(to: Reading, row: dict[str, Any]) -> object:
    line = NodeLine(**row)
    if line.side not in _SIDES:
        raise invalid("side_unknown", f"上下游须写：{'、'.join(_SIDES)}。")
    return chains.add_node(to.session, to.caller, line.industry, _SIDES[line.side], line.name, to.now)


def _target(to: Reading, row: dict[str, Any]) -> object:
    size = row.pop("size", None)
    if size is not None and size not in _SIZES:
        raise invalid("size_unknown", f"规模须写：{'、'.join(_SIZES)}。")
    line = TargetLine(**row | ({"size": _SIZES[size]} if size else {}))
    new = chains.Target(line.as_new(), line.industry, line.node, line.source)
    return chains.add_target(to.session, to.caller, to.sealer, new, to.now)


# In the order in which they are written: a company names the node that the first sheet brings.
KINDS = (
    Kind("产业链", {"产业": "industry", "上下游": "side", "环节": "name"}, ("新能源", "上游", "正极材料"), _node),
    Kind(
        "目标企业",
        {
            **{"企业名称": "name", "产业": "industry", "环节": "node", "统一社会信用代码": "uscc", "规模": "size"},
            **{"所在城市": "home_city", "电话": "phone", "出处": "source"},
        },
        ("示例新能源材料股份有限公司", "新能源", "正极材料", "", "大型", "苏州", "", "全国100强名录"),
        _target,
    ),
)
