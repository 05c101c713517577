"""What happened to a lead, as its history says it."""

from collections.abc import Callable, Mapping
from typing import Any

from server.leads.models import DEAD_ENDS, STAGES

FIELDS = {
    "intent": "意向",
    "investment_wan": "意向投资",
    "currency": "币种",
    "land_mu": "用地",
    "energy_tce": "能耗",
    "environment": "环保情况",
    "eia": "环评类别",
    "channel": "来源",
    "next_action": "下一步",
    "next_on": "下一步日期",
    "name": "企业名称",
    "uscc": "统一社会信用代码",
    "phone": "企业电话",
    "industry": "产业",
    "size": "规模",
    "home_city": "所在城市",
}
Facts = Mapping[str, Any]
_TOLD: Mapping[str, Callable[[Facts], str]] = {
    "claimed": lambda f: f"{f['squad']}首报",
    "taken": lambda f: f"{f['squad']}从公共池接手",
    "expired": lambda _f: "长期没有进展，回到公共池",
    "handed_over": lambda f: f"由{f['from']}移交给{f['to']}（{f['squad']}）",
    "joined": lambda f: f"{f['squad']}加入",
    "contested": lambda f: f"首报改由{f['squad']}负责",
    "stage": lambda f: f"{STAGES[f['from']]} → {STAGES[f['to']]}",
    "changed": lambda f: "修改了" + "、".join(word for name, word in FIELDS.items() if name in f),
    "close_asked": lambda f: f"申请终止：{DEAD_ENDS[f['code']]}",
    "close_refused": lambda _f: "终止申请没有同意",
    "closed": lambda f: f"已终止：{DEAD_ENDS[f['code']]}",
    "reopened": lambda _f: "重新打开",
    "escort_asked": lambda f: f"提请{f['leader']}一同拜访",
    "escort_accepted": lambda f: f"{f['leader']}答应一同拜访",
    "escort_declined": lambda f: f"{f['leader']}这次不能同往",
    "escort_called_off": lambda _f: "一同拜访已取消",
    "escort_done": lambda _f: "县领导一同拜访",
}


def told(event: Mapping[str, Any]) -> str:
    """One line of the history, as the API gives it."""
    return _TOLD[event["what"]](event["facts"])
