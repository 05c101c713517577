"""PURE: what a month asks of one member, date by date, with the arithmetic shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from server.tally.rules import PolicyRules
from server.tally.types import FULL_DAY, DayHalves, Held, Posted


@dataclass(frozen=True, slots=True)
class Asked:
    """What one posted date stands under: a whole month's target in half days, and whose target that is."""

    halves: int
    whose: str = "目标"


def asked_on(rules: PolicyRules, on: date, posting: Posted, roles: Sequence[Held]) -> Asked:
    """The target of a date: of the roles held the lowest override, else the unit's, else the county's."""
    held = [r.role for r in roles if r.valid_from <= on and (r.valid_to is None or on <= r.valid_to)]
    by_role = [days for role, days in rules.role_targets.items() if role in held]
    if by_role:
        return Asked(int(min(by_role) * 2), "按角色目标")
    by_unit = rules.unit_targets.get(str(posting.unit_id))
    if by_unit is not None:
        return Asked(int(by_unit * 2), "按单位目标")
    return Asked(int(rules.target_days * 2))


def target_of(
    rules: PolicyRules, asked: Mapping[date, Asked], countable: Collection[date], days: Mapping[date, DayHalves]
) -> tuple[float, str]:
    """The month's target in days, and the arithmetic in Chinese.

    `asked`: the posted dates that can count; `countable`: all dates of the month that can. Each posted date adds its
    share, so that a transfer neither loses nor doubles a day. `rules` say how a share is rounded and what leave does.
    """
    if not asked:
        return 0.0, "本月没有派驻，应驻 0 天。"
    of = len(countable) if rules.proration.by_posting else len(asked)
    lowered = {on: days[on].lowers_target for on in asked if on in days and days[on].lowers_target}
    by_share = rules.proration.absence == "share"
    weight = {on: FULL_DAY - (lowered.get(on, 0) if by_share else 0) for on in asked}
    halves = _rounded(sum(a.halves * weight[on] for on, a in asked.items()), of * FULL_DAY, rules.proration.rounding)
    off = 0 if by_share else sum(lowered.values())
    target = max(0, halves - off) / 2
    shared = len(asked) != of or len(set(asked.values())) > 1 or (by_share and bool(lowered))
    why = _spans(asked, weight, of, halves) if shared else f"{asked[min(asked)].whose} {halves / 2:g} 天"
    if off:
        why += f"，请假减少 {off / 2:g} 天"
    return target, why + f"，应驻 {target:g} 天。"


def _rounded(numerator: int, denominator: int, how: str) -> int:
    """Whole half days."""
    if how == "up":
        return -(-numerator // denominator)
    return (numerator + (denominator // 2 if how == "nearest" else 0)) // denominator


def _spans(asked: Mapping[date, Asked], weight: Mapping[date, int], of: int, halves: int) -> str:
    """目标 20 天，本月派驻 15/30 天，折算 10 天; with several targets each span is named."""
    spans = [(a, list(dates)) for a, dates in groupby(sorted(asked), key=lambda on: asked[on])]
    if len(spans) == 1:
        ((only, dates),) = spans
        counted = sum(weight[on] for on in dates) / FULL_DAY
        return f"{only.whose} {only.halves / 2:g} 天，本月派驻 {counted:g}/{of} 天，折算 {halves / 2:g} 天"
    said = "＋".join(
        f"{a.whose} {a.halves / 2:g} 天×{sum(weight[on] for on in dates) / FULL_DAY:g}/{of}（{_dates(dates)}）"
        for a, dates in spans
    )
    return f"{said}，折算 {halves / 2:g} 天"


def _dates(dates: list[date]) -> str:
    first, last = dates[0], dates[-1]
    return f"{first.month}月{first.day}日" + (f"至{last.day}日" if last != first else "")
