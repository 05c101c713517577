"""PURE: the month's circular for a county's group: sums of units, and of none so small that a sum is somebody's own."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.notify.fit import month_word
from server.notify.group_text import parts

FEWEST = 3  # people in a sum: of two, one knows the other's part


def circular(table: Mapping[str, Any]) -> list[str]:
    """The messages. table: of a closed month (server.tally.table). Units with fewer people than three are added up;
    what is still too few is left out, of the whole too, since a difference would tell it."""
    units: list[Mapping[str, Any]] = [unit for unit in table["units"] if unit["people"]]
    large = [unit for unit in units if unit["people"] >= FEWEST]
    small = [unit for unit in units if unit["people"] < FEWEST]
    shown = [*large]
    if _people(small) >= FEWEST:
        shown.append({"unit": f"其余 {len(small)} 个单位", **_sum(small)})
        small = []
    whole = _sum(shown)
    head = f"**{month_word(table['month'])}驻点情况**"
    if not shown:  # a sum of nought would be untrue where somebody was left out
        return [f"{head}\n{'派驻人数较少，不列数字。' if small else '本月无人派驻。'}"]
    rows = [f"合计：{_line(whole)}", *(f"> {unit['unit']}：{_line(unit)}" for unit in shown)]
    left_out = f"另有 {len(small)} 个单位人数较少，未列出，也未计入合计。" if small else ""
    return parts(head, rows, left_out)


def _people(units: Sequence[Mapping[str, Any]]) -> int:
    return sum(unit["people"] for unit in units)


def _sum(units: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: sum(unit[name] for unit in units) for name in ("people", "people_out", "days")}


def _line(unit: Mapping[str, Any]) -> str:
    return f"派驻 {unit['people']} 人，在岗 {unit['people_out']} 人、{unit['days']:g} 天"
