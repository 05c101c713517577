"""PURE: what a month asks of one member, date by date, with the arithmetic shown."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from server.tally.rules import PolicyRules
from server.tally.types import FULL_DAY, DayHalves, Held, Posted


class Asked(NamedTuple):
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
    rules: PolicyRules, month: date, asked: Mapping[int, Asked], countable: int, days: Mapping[int, DayHalves]
) -> tuple[float, str]:
    """The month's target in days, and the arithmetic in Chinese.

    `asked`: the posted dates that can count, by the day of the month; `countable`: how many dates of the month can.
    Each posted date adds its share, so that a transfer neither loses nor doubles a day. `rules` say how a share is
    rounded and what leave does.
    """
    if not asked:
        return 0.0, "本月没有派驻，应驻 0 天。"
    of = countable if rules.proration.by_posting else len(asked)
    lowered = {n: day.lowers_target for n, day in days.items() if day.lowers_target and n in asked}
    by_share = rules.proration.absence == "share"
    weight = {n: FULL_DAY - lowered[n] for n in lowered} if by_share else {}
    shares = sum([a.halves * weight.get(n, FULL_DAY) for n, a in asked.items()])
    halves = _rounded(shares, of * FULL_DAY, rules.proration.rounding)
    off = 0 if by_share else sum(lowered.values())
    target = max(0, halves - off) / 2
    if len(asked) == of and not weight and len(set(asked.values())) == 1:
        why = f"{asked[min(asked)].whose} {halves / 2:g} 天"
    else:
        why = _spans(month, asked, weight, of, halves)
    if off:
        why += f"，请假减少 {off / 2:g} 天"
    return target, why + f"，应驻 {target:g} 天。"


def _rounded(numerator: int, denominator: int, how: str) -> int:
    """Whole half days."""
    if how == "up":
        return -(-numerator // denominator)
    return (numerator + (denominator // 2 if how == "nearest" else 0)) // denominator


def _spans(month: date, asked: Mapping[int, Asked], weight: Mapping[int, int], of: int, halves: int) -> str:
    """目标 20 天，本月派驻 15/30 天，折算 10 天; with several targets each span is named."""

    def counted(days: list[int]) -> str:
        return f"{sum(weight.get(n, FULL_DAY) for n in days) / FULL_DAY:g}/{of}"

    spans = [(a, list(days)) for a, days in groupby(sorted(asked), key=lambda n: asked[n])]
    if len(spans) == 1:
        ((only, days),) = spans
        less = "（扣除请假）" if weight else ""
        return f"{only.whose} {only.halves / 2:g} 天，本月派驻 {counted(days)} 天{less}，折算 {halves / 2:g} 天"
    said = "＋".join(f"{a.whose} {a.halves / 2:g} 天×{counted(days)}（{_dates(month, days)}）" for a, days in spans)
    return f"{said}，折算 {halves / 2:g} 天"


def _dates(month: date, days: list[int]) -> str:
    return f"{month.month}月{days[0]}日" + (f"至{days[-1]}日" if days[-1] != days[0] else "")
