"""How the rules are spoken of on a page: each value in words, and which of them a form asks for."""

from dataclasses import dataclass
from typing import Any

from server.leaves.models import KIND_WORDS
from server.org.models import ROLE_NAMES
from server.tally.rules import NAMES

CHOICES: dict[str, dict[str, str]] = {
    "burden_mode": {"daily": "每日打卡", "spot_check_only": "只抽查", "voluntary": "自愿打卡"},
    "countable_days": {"calendar": "每一天", "workdays": "只算工作日"},
    "absence": {"day_for_day": "请一天少一天", "share": "按比例折算"},
    "rounding": {"down": "向下取半天（对队员有利）", "nearest": "四舍五入到半天", "up": "向上取半天"},
    "kind": {"station": "驻点打卡", "visit": "外出走访", "spot": "抽查"},
    "effect": {"excused": "计为公出", "lowers_target": "减少目标", "present": "计为在岗", "none": "不计"},
    "halves": {"2": "一天", "1": "半天"},
    "step": {"remind": "提醒", "talk": "约谈", "circular": "通报", "replace": "调整"},
}
_WEEKDAYS = {"mon": "周一", "tue": "周二", "wed": "周三", "thu": "周四", "fri": "周五", "sat": "周六", "sun": "周日"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One plain field of the form: a number, a choice, yes or no, a text or a date; `hint` says what it does."""

    name: str
    kind: str
    unit: str = ""
    hint: str = ""
    step: str = "1"

    @property
    def word(self) -> str:
        return NAMES[self.name]

    @property
    def choices(self) -> dict[str, str]:
        return CHOICES.get(self.name, {})


SECTIONS: tuple[tuple[str, tuple[Asked, ...]], ...] = (
    (
        "打卡方式和依据",
        (
            Asked("burden_mode", "choice", hint="每日打卡须有依据，并由有权的人决定（国办函〔2026〕12号）"),
            Asked("legal_basis", "text"),
            Asked("legal_basis_decided_by", "text"),
            Asked("legal_basis_decided_on", "date"),
        ),
    ),
    (
        "天数",
        (
            Asked("target_days", "number", "天", step="0.5"),
            Asked("countable_days", "choice"),
            Asked("make_up_days", "number", "天", "每人每月最多补几天", "0.5"),
            Asked("make_up_within_days", "number", "天", "漏打后几天内可以补"),
        ),
    ),
    (
        "打卡和核验",
        (
            Asked("fence_radius_m", "number", "米", "空着：用每个驻点自己的"),
            Asked("accuracy_ceiling_m", "number", "米", "误差更大的转人工"),
            Asked("upload_limit_h", "number", "小时", "没网时，最晚多久传上来"),
            Asked("ticket_ttl_h", "number", "小时"),
            Asked("evidence_months", "number", "个月", "到期自动删除，最多 13 个月"),
            Asked("machine_may_reject", "yes", hint="默认只有人能驳回"),
        ),
    ),
    (
        "抽查",
        (
            Asked("spot_answer_min", "number", "分钟", "通知发出后多久内应答"),
            Asked("spot_month_cap", "number", "次", "每人每月最多几次"),
            Asked("spot_unanswered_weight", "number", "倍", "上次没有应答的，抽中的可能是别人的几倍"),
            Asked("spot_from", "time", hint="按驻点当地时间，只在工作日"),
            Asked("spot_to", "time"),
            Asked("spot_a_day", "number", "人", "工作日由系统自动抽几个；0 为不自动抽"),
        ),
    ),
    (
        "期限和公布",
        (
            Asked("appeal_within_days", "number", "天"),
            Asked("complaint_within_days", "number", "天"),
            Asked("reminder_before_min", "number", "分钟", "打卡时段结束前多久提醒"),
            Asked("month_close_day", "number", "日", "次月这一天起可以结账"),
            Asked("month_close_deadline_day", "number", "日", "到这一天还有待核也结账"),
            Asked("ranking", "yes", hint="会增加基层负担，默认不排名"),
        ),
    ),
    (
        "线索",
        (
            Asked("lead_respond_days", "number", "个工作日", "报送后多久写第一次跟进"),
            Asked("lead_judge_days", "number", "个工作日", "报送后多久判断是否往下谈"),
            Asked("lead_answer_days", "number", "个工作日", "报送后多久给企业答复"),
            Asked("lead_report_days", "number", "天", "至少多久写一次跟进"),
            Asked("lead_claim_days", "number", "天", "没有进展满这么多天，首报回到公共池"),
        ),
    ),
    (
        "线索契合度",
        (
            Asked("fit_industry_weight", "number", "份", "五项按份数加权；资料不全的一项不算"),
            Asked("fit_chain_weight", "number", "份", "环节还没有签约企业的，分高"),
            Asked("fit_investment_weight", "number", "份"),
            Asked("fit_energy_weight", "number", "份"),
            Asked("fit_environment_weight", "number", "份", "按环评类别：登记表、报告表、报告书"),
            Asked("fit_dense_wan_per_mu", "number", "万元/亩", "达到的得满分"),
        ),
    ),
)


_UNITS = {asked.name: asked.unit for _, section in SECTIONS for asked in section}


def spoken(name: str, value: Any) -> str:
    """One rule's value in words."""
    if value is None or value in ("", [], {}, ()):
        return "未设" if name != "fence_radius_m" else "用每个驻点自己的"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str) and name in CHOICES:
        return CHOICES[name][value]
    if name in _SPOKEN:
        return str(_SPOKEN[name](value))
    unit = _UNITS.get(name, "")
    said = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{said} {unit}" if unit else said


def _windows(rows: list[dict[str, Any]]) -> str:
    return "；".join(f"{r['start']}–{r['end']} 计{CHOICES['halves'][str(r['halves'])]}" for r in rows) or "不打卡"


def _approvers(rows: list[dict[str, Any]]) -> str:
    return "；".join(
        f"{r['up_to_days']} 天以内：{ROLE_NAMES[r['role']]}" if r["up_to_days"] else f"更长：{ROLE_NAMES[r['role']]}"
        for r in rows
    )


def _ladder(rows: list[dict[str, Any]]) -> str:
    return "；".join(
        CHOICES["step"][r["step"]]
        + (f"（满 {r['after_days']} 天" if r["after_days"] else "（")
        + (f"，未达标 {r['missed_months']} 个月" if r["missed_months"] else "")
        + ("，" if r["after_days"] or r["missed_months"] else "")
        + ("、".join(ROLE_NAMES[who] for who in r["decided_by"]) or "系统")
        + "）"
        for r in rows
    )


_SPOKEN: dict[str, Any] = {
    "windows": _windows,
    "weekday_windows": lambda days: "；".join(f"{_WEEKDAYS[day]} {_windows(rows)}" for day, rows in days.items()),
    "full_day": lambda rule: (
        f"{rule['checkins']} 次打卡" + (f"，间隔至少 {rule['min_gap_min']} 分钟" if rule["min_gap_min"] else "")
    ),
    "counted_kinds": lambda kinds: "、".join(CHOICES["kind"][kind] for kind in kinds),
    "proration": lambda rule: "；".join(
        (
            "按派驻日数折算" if rule["by_posting"] else "不按派驻日数折算",
            CHOICES["absence"][rule["absence"]],
            CHOICES["rounding"][rule["rounding"]],
        )
    ),
    "leave_effects": lambda effects: "；".join(
        f"{KIND_WORDS[kind]}{CHOICES['effect'][effect]}" for kind, effect in effects.items()
    ),
    "role_targets": lambda targets: "；".join(f"{ROLE_NAMES[role]} {days:g} 天" for role, days in targets.items()),
    "unit_targets": lambda targets: f"{len(targets)} 个单位另有目标",
    "approvers": _approvers,
    "escalation": _ladder,
    "evidence_limits": lambda limits: "；".join(f"{name} {value:g}" for name, value in limits.items()),
}
