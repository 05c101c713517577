"""Why a county may not adopt some rules: each reason a Chinese sentence. Stored rules are never asked."""

import math
from datetime import date, timedelta
from itertools import pairwise

from server.evidence.types import Window
from server.tally.rules import MONDAY, WEEKDAYS, LadderStep, PolicyRules, Weekday, WindowRule


def objections(rules: PolicyRules, today: date) -> list[str]:
    """Why nobody may adopt these rules on the local date `today`; empty when they may."""
    return [
        *_of_windows(rules.windows, "打卡时段"),
        *(line for day, windows in rules.weekday_windows.items() for line in _of_windows(windows, _ZH[day])),
        *_of_days(rules),
        *_of_leave(rules),
        *_of_close(rules),
        *_of_evidence(rules),
        *_of_ladder(rules.escalation),
        *_of_burden(rules, today),
    ]


_ZH: dict[Weekday, str] = dict(
    zip(WEEKDAYS, ("周一时段", "周二时段", "周三时段", "周四时段", "周五时段", "周六时段", "周日时段"), strict=True)
)


def _of_windows(rules: tuple[WindowRule, ...], name: str) -> list[str]:
    windows = sorted((rule.as_window() for rule in rules), key=lambda w: w.start_min)
    said = [f"{name}的结束时间须晚于开始时间。" for w in windows if w.end_min <= w.start_min]
    if any(a.end_min > b.start_min for a, b in pairwise(windows)):
        said.append(f"{name}不能互相重叠。")
    return said


def _of_days(rules: PolicyRules) -> list[str]:
    """A week on which nothing can be earned, or never a whole day, is a slip."""
    week = [sorted(rules.windows_on(MONDAY + timedelta(days=i)), key=lambda w: w.start_min) for i in range(7)]
    if not any(week):
        return ["一周里至少要有一天设打卡时段，否则谁也不能打卡计天数。"]
    whole, gap = [day for day in week if sum(w.halves for w in day) >= 2], rules.full_day.min_gap_min
    if whole and not any(_most_checkins(day, gap) >= rules.full_day.checkins for day in whole):
        return [f"打卡时段里容不下一天要求的 {rules.full_day.checkins} 次、间隔 {gap} 分钟的打卡，谁也计不满一天。"]
    return []


def _most_checkins(windows: list[Window], gap: int) -> float:
    """The most check-ins so far apart that fit into a day's windows: each as early as it can be."""
    count, earliest = 0, 0
    for window in windows:
        minute = max(window.start_min, earliest)
        while minute < window.end_min:
            if not gap:
                return math.inf
            count, minute = count + 1, minute + gap
            earliest = minute
    return count


def _of_leave(rules: PolicyRules) -> list[str]:
    said = []
    if rules.leave_effects["make_up"] not in ("present", "none"):
        said.append("补卡只能计为在岗，或不计。")
    if any(effect == "present" for kind, effect in rules.leave_effects.items() if kind != "make_up"):
        said.append("只有补卡可以计为在岗；请假、公出和培训应选公出计入、减少目标或都不。")
    limits = [a.up_to_days for a in rules.approvers]
    if not limits or limits[-1] is not None or None in limits[:-1]:
        said.append("审批规则的最后一级（且只有最后一级）不限天数。")
    elif sorted(set(known := [days for days in limits if days is not None])) != known:
        said.append("审批规则应按天数从短到长排列。")
    return said


def _of_close(rules: PolicyRules) -> list[str]:
    said = []
    if rules.month_close_day < 2:
        said.append("结账日不能早于次月2日：1日境外驻点的当月可能还没有过完。")
    if rules.month_close_deadline_day < rules.month_close_day:
        said.append("月度结果的截止日不能早于结账日。")
    return said


def _of_evidence(rules: PolicyRules) -> list[str]:
    if rules.appeal_within_days > 28 * rules.evidence_months:
        return ["申诉时限不能长于照片和位置的保存期限，否则申诉时已没有证据可看。"]
    return []


def _of_ladder(steps: tuple[LadderStep, ...]) -> list[str]:
    said = []
    if not steps or steps[0].step != "remind" or steps[0].after_days or steps[0].missed_months:
        said.append("预警处置的第一步是当天由系统提醒，不能去掉，也不能推迟。")
    order = [("remind", "talk", "circular", "replace").index(step.step) for step in steps]
    if order != sorted(set(order)):
        said.append("预警处置须按提醒、约谈、通报、撤换的顺序，每一步至多一次。")
    if any(step.step != "remind" and not step.decided_by for step in steps):
        said.append("提醒以外的每一步都须由人决定，请写明由谁决定。")
    if any(step.step != "remind" and not step.after_hearing for step in steps):
        said.append("提醒以外的每一步都须先听取本人说明。")
    return said


def _of_burden(rules: PolicyRules, today: date) -> list[str]:
    recorded = rules.legal_basis and rules.legal_basis_decided_by and rules.legal_basis_decided_on
    if rules.burden_mode == "daily" and not recorded:
        return ["每日打卡须登记依据：写明文件、由谁决定、何时决定（国办函〔2026〕12号）。"]
    if rules.legal_basis_decided_on and rules.legal_basis_decided_on > today:
        return ["依据的决定日期还没有到，请核对；作出决定后再登记。"]
    return []
