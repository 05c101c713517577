"""What a policy says: one frozen typed object, every field with the default of the speech that started the project.

A row stored years ago must still be readable, so the type refuses only what has no meaning at all; what a county may
newly adopt is asked of objections.py.
"""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from server.evidence.ruleset import RULESET, Ruleset, adjusted
from server.evidence.types import Window
from server.org.consent import KEPT_MONTHS
from server.tally.types import COUNTED_AS, FULL_DAY
from server.tally.workdays import is_workday

LeaveEffect = Literal["excused", "lowers_target", "present", "none"]
LeaveKind = Literal[
    "training", "recall", "official_trip", "sick", "maternity", "annual", "public_holiday", "personal", "make_up"
]
Role = Literal["member", "squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader"]
Decider = Literal["squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # by date.weekday()
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Days = Annotated[float, Field(ge=0, le=31, multiple_of=0.5)]

# Each field as people say it.
NAMES = {
    "target_days": "每月目标天数",
    "unit_targets": "单位目标",
    "role_targets": "角色目标",
    "windows": "打卡时段",
    "weekday_windows": "各周日的打卡时段",
    "full_day": "一天的要求",
    "counted_kinds": "计入的打卡类型",
    "countable_days": "计入的日子",
    "proration": "目标折算",
    "leave_effects": "请假的效果",
    "fence_radius_m": "围栏半径",
    "accuracy_ceiling_m": "定位误差上限",
    "upload_limit_h": "上传时限",
    "ticket_ttl_h": "拍摄凭证有效期",
    "evidence_months": "照片和位置的保存月数",
    "spot_answer_min": "抽查应答时限",
    "spot_month_cap": "每月抽查上限",
    "spot_unanswered_weight": "未应答后的抽中权重",
    "spot_from": "抽查从几点起",
    "spot_to": "抽查到几点止",
    "spot_a_day": "每天自动抽查人数",
    "evidence_limits": "核验阈值",
    "machine_may_reject": "机器可否驳回",
    "approvers": "审批级别",
    "make_up_days": "每月补卡天数",
    "make_up_within_days": "补卡时限",
    "appeal_within_days": "申诉时限",
    "complaint_within_days": "意见答复期限",
    "lead_respond_days": "线索首次跟进期限",
    "lead_judge_days": "线索研判期限",
    "lead_answer_days": "答复企业期限",
    "lead_report_days": "线索跟进间隔",
    "lead_claim_days": "首报保留期限",
    "fit_industry_weight": "契合度：产业契合",
    "fit_chain_weight": "契合度：补链作用",
    "fit_investment_weight": "契合度：投资强度",
    "fit_energy_weight": "契合度：能耗",
    "fit_environment_weight": "契合度：环保",
    "fit_dense_wan_per_mu": "投资强度要求",
    "reminder_before_min": "提醒提前量",
    "month_close_day": "结账日",
    "month_close_deadline_day": "结账截止日",
    "ranking": "排名",
    "escalation": "预警处置",
    "burden_mode": "打卡方式",
    "legal_basis": "每日打卡的依据",
    "legal_basis_decided_by": "依据由谁决定",
    "legal_basis_decided_on": "依据的决定日期",
}
# Training, recall and official trips are work elsewhere; illness and public leave shrink what is asked; a made-up day
# was spent on site and only not recorded.
LEAVE_EFFECTS: dict[LeaveKind, LeaveEffect] = {
    "training": "excused",
    "recall": "excused",
    "official_trip": "excused",
    "sick": "lowers_target",
    "maternity": "lowers_target",
    "annual": "lowers_target",
    "public_holiday": "lowers_target",
    "personal": "none",
    "make_up": "present",
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WindowRule(_Part):
    """A span of the local day in which accepted check-ins earn `halves` half days."""

    start: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
    halves: int = Field(2, ge=1, le=2)

    def as_window(self) -> Window:
        """In the engine's own type, minutes after local midnight."""
        return Window(minutes_of(self.start), minutes_of(self.end), self.halves)


Windows = Annotated[tuple[WindowRule, ...], Field(max_length=6)]  # a day's sentence names those that are empty


class FullDay(_Part):
    """What a whole day asks beyond its windows; with less of it, what was earned is half a day."""

    checkins: int = Field(1, ge=1, le=6)
    min_gap_min: int = Field(0, ge=0, le=720)  # between two check-ins that both count


class Proration(_Part):
    """How a month's target is fitted to a member's month; a transfer is always counted date by date."""

    by_posting: bool = True  # joining, leaving and gaps: the target is shared out over the posted dates
    absence: Literal["day_for_day", "share"] = "day_for_day"  # what a day of leave that lowers the target takes off
    rounding: Literal["down", "nearest", "up"] = "down"  # to half a day; down is in the member's favour


class Approver(_Part):
    """Who decides on leave of up to so many days (None: of any length); a higher role always may."""

    up_to_days: int | None = Field(None, ge=1, le=366)
    role: Decider


class LadderStep(_Part):
    """One step of the escalation. Only a reminder is the machine's; every other one a named person decides."""

    step: Literal["remind", "talk", "circular", "replace"]
    after_days: int = Field(0, ge=0, le=366)  # a flag has stood for so long before this step may follow
    missed_months: int = Field(0, ge=0, le=12)  # and so many closed months of the last twelve were missed
    decided_by: tuple[Decider, ...] = ()  # () the machine
    after_hearing: bool = True  # the member is heard first


LADDER = (
    LadderStep(step="remind", after_hearing=False),
    LadderStep(step="talk", after_days=3, decided_by=("squad_leader", "unit_supervisor", "bureau_supervisor")),
    LadderStep(step="circular", after_days=7, missed_months=1, decided_by=("bureau_supervisor",)),
    LadderStep(step="replace", after_days=14, missed_months=2, decided_by=("bureau_supervisor", "county_leader")),
)


class PolicyRules(_Part):
    """The content of a policy row."""

    # the count
    target_days: Days = 20
    unit_targets: dict[str, Days] = Field(default={})  # by the unit's id; of the unit whose squad one is posted with
    role_targets: dict[Role, Days] = Field(default={})  # before a unit's; of several roles held, the lowest
    windows: Windows = (WindowRule(start="06:00", end="23:00", halves=2),)
    weekday_windows: dict[Weekday, Windows] = Field(default={})  # instead of `windows` on these
    full_day: FullDay = FullDay()
    counted_kinds: tuple[Literal["station", "visit", "spot"], ...] = ("station", "visit", "spot")
    countable_days: Literal["calendar", "workdays"] = "calendar"
    proration: Proration = Proration()
    leave_effects: dict[LeaveKind, LeaveEffect] = Field(default=LEAVE_EFFECTS)

    # what is asked of a check-in
    fence_radius_m: int | None = Field(None, ge=20, le=5_000)  # None: each station's own
    accuracy_ceiling_m: float = Field(200, gt=0, le=5_000)
    upload_limit_h: int = Field(24, ge=1, le=168)
    ticket_ttl_h: int = Field(24, ge=1, le=168)
    evidence_months: int = Field(KEPT_MONTHS, ge=3, le=KEPT_MONTHS)  # of photos, positions and device facts
    # spot checks: the time to answer, how often a member a month, how much likelier after one that was not answered,
    # the working hours at the station within which they come, and how many the schedule draws a workday by itself
    spot_answer_min: int = Field(30, ge=5, le=240)
    spot_month_cap: int = Field(2, ge=1, le=30)
    spot_unanswered_weight: int = Field(2, ge=1, le=10)
    spot_from: str = Field("09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    spot_to: str = Field("17:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    spot_a_day: int = Field(0, ge=0, le=50)
    evidence_limits: dict[str, float] = Field(default={})  # thresholds of the signals, by the names in evidence.BOUNDS
    machine_may_reject: bool = False  # people reject; a county may let the machine, and then only on two groups' word

    # what people ask for and decide
    approvers: tuple[Approver, ...] = (
        Approver(up_to_days=3, role="unit_supervisor"),
        Approver(role="bureau_supervisor"),
    )
    make_up_days: Days = 2  # a month
    make_up_within_days: int = Field(3, ge=0, le=31)  # after the day that was not recorded
    appeal_within_days: int = Field(7, ge=1, le=366)  # after the rejection
    complaint_within_days: int = Field(7, ge=1, le=60)  # a complaint or suggestion is answered
    # the leads; the first three in workdays (a published rule: 1 to respond, 3 to judge, 7 to answer, 14 to report)
    lead_respond_days: int = Field(1, ge=1, le=30)
    lead_judge_days: int = Field(3, ge=1, le=60)
    lead_answer_days: int = Field(7, ge=1, le=90)
    lead_report_days: int = Field(14, ge=1, le=180)
    lead_claim_days: int = Field(30, ge=7, le=365)  # without any progress a claim goes back to the pool
    # 契合度: what each part weighs, and the 万元 an 亩 that earn the whole of the investment's
    fit_industry_weight: int = Field(30, ge=1, le=100)
    fit_chain_weight: int = Field(25, ge=0, le=100)
    fit_investment_weight: int = Field(20, ge=0, le=100)
    fit_energy_weight: int = Field(10, ge=0, le=100)
    fit_environment_weight: int = Field(15, ge=0, le=100)
    fit_dense_wan_per_mu: int = Field(200, ge=1, le=10_000)
    reminder_before_min: int = Field(90, ge=5, le=600)
    month_close_day: int = Field(5, ge=1, le=28)  # month M is closed from this local day of month M+1 on …
    month_close_deadline_day: int = Field(10, ge=1, le=28)  # … once nothing of it is under review, or from this day on
    ranking: bool = False  # of the published month's table
    escalation: tuple[LadderStep, ...] = LADDER

    # 国办函〔2026〕12号: daily check-ins need a basis, and somebody who decided it
    burden_mode: Literal["daily", "spot_check_only", "voluntary"] = "spot_check_only"
    legal_basis: str = Field("", max_length=300, pattern=_PLAIN)
    legal_basis_decided_by: str = Field("", max_length=60, pattern=_PLAIN)
    legal_basis_decided_on: date | None = None

    @field_validator("evidence_limits")
    @classmethod
    def _within_bounds(cls, limits: dict[str, float]) -> dict[str, float]:
        try:
            adjusted(RULESET, limits)
        except ValueError as error:
            raise PydanticCustomError("limit_refused", "{said}", {"said": str(error)}) from None
        return limits

    @model_validator(mode="after")
    def _spot_hours_forward(self) -> Self:
        if self.spot_from >= self.spot_to:
            raise PydanticCustomError("spot_hours", "抽查的时间须从早到晚。")
        return self

    @model_validator(mode="before")
    @classmethod
    def _known_leave(cls, given: Any) -> Any:
        """A kind of leave that a row does not name has its default."""
        if isinstance(given, dict) and isinstance(given.get("leave_effects"), dict):
            return given | {"leave_effects": LEAVE_EFFECTS | given["leave_effects"]}
        return given

    def windows_on(self, on: date) -> tuple[Window, ...]:
        """The windows of a local date."""
        rules = self.weekday_windows.get(WEEKDAYS[on.weekday()], self.windows)
        return tuple(rule.as_window() for rule in rules)

    def approver_of(self, days: float) -> Decider:
        """The role that decides on leave of so many days."""
        fits = (a for a in self.approvers if a.up_to_days is None or days <= a.up_to_days)
        return next(fits, Approver(role="bureau_supervisor")).role

    def with_changes(self, changes: dict[str, Any]) -> Self:
        """These rules with some fields replaced, validated anew."""
        return self.model_validate(self.model_dump(mode="json") | changes)


def minutes_of(clock: str) -> int:
    """Of HH:MM, after midnight."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that hold on a date, with the version a day is explained by."""

    version: int
    rules: PolicyRules
    week: tuple[tuple[Window, ...], ...]  # the windows of Monday to Sunday
    ruleset: Ruleset  # with the county's own limits
    gives: tuple[int, ...]  # the half days that Monday's to Sunday's windows give at most

    def windows_on(self, on: date) -> tuple[Window, ...]:
        """The windows of a local date."""
        return self.week[on.weekday()]

    def leave_effect(self, kind: str, undecided: bool = False, counted_as: int = COUNTED_AS) -> str:
        """What leave of this kind does to a day (types.LeaveInput); until somebody decides, that is open. Where no days
        are asked for there is no target to lower."""
        effect = self.rules.leave_effects.get(kind, "none")  # type: ignore[call-overload]
        if counted_as >= 3 and effect == "lowers_target" and self.rules.burden_mode != "daily":
            return "none"
        if counted_as >= 3 and undecided and effect == "present":
            return "undecided_presence"
        return "undecided" if undecided and effect != "none" else effect

    def can_count(self, on: date) -> bool | None:
        """Whether a local date may earn anything; None when nobody knows yet whether it is a workday."""
        return True if self.rules.countable_days == "calendar" else is_workday(on)


def in_force(version: int, rules: PolicyRules) -> InForce:
    """Rules made ready to count by."""
    week = tuple(rules.windows_on(MONDAY + timedelta(days=i)) for i in range(7))
    gives = tuple(min(FULL_DAY, sum(window.halves for window in day)) for day in week)
    return InForce(version, rules, week, adjusted(RULESET, rules.evidence_limits), gives)


class Rulebook:
    """A county's versions by date: which of them holds on a local date. Of one start date the newest holds."""

    def __init__(self, versions: Iterable[tuple[date, InForce]]) -> None:
        found = sorted(versions, key=lambda version: (version[0], version[1].version))
        self._starts = [starts_on for starts_on, _ in found]
        self._rules = [rules for _, rules in found]

    def on(self, on: date) -> InForce:
        """The rules on a local date. Before the first version the defaults hold, as version 0."""
        at = bisect.bisect_right(self._starts, on)
        return self._rules[at - 1] if at else DEFAULT

    def within(self, first: date, last: date) -> list[tuple[date, InForce]]:
        """The rules from `first` to `last`, each with the first date of that span on which they hold."""
        later = [i for i, starts_on in enumerate(self._starts) if first < starts_on <= last]
        spans = [(first, self.on(first)), *((self._starts[i], self._rules[i]) for i in later)]
        return [span for span, after in zip(spans, [*spans[1:], None], strict=True) if not after or after[0] > span[0]]


MONDAY = date(2026, 1, 5)
DEFAULT = in_force(0, PolicyRules())
