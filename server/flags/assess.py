"""PURE: from a member's month, and how they usually work, to the one flag it deserves, with its numbers."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from server.tally.types import MonthCount

# A pace of up to this many days below the line is ordinary life, not a warning.
SLACK_DAYS = 2.0
# With fewer than this many days to spare, nearly every one that is left is needed.
SPARE_DAYS = 2.0


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What should be flagged: the kind, one Chinese sentence with the next step, and the numbers."""

    kind: str
    message: str
    facts: dict[str, Any]


def assess(count: MonthCount, today: date, closed: bool, usual_left: float | None = None) -> Shortfall | None:
    """The one flag a member-month deserves on the local date `today`, or None.

    usual_left: days the member would still earn by their own weekly pattern (habit.usual_left); None: not known.

    missed: the month is closed below its target. unreachable: the dates left can earn less than is missing. at_risk: it
    can be reached, but hardly a date is to spare, and the pace is below the line. behind: the pace lies more than two
    days below the line. Pending days speak for the member throughout.
    """
    if count.missing <= 0:
        return None
    have = count.confirmed + count.pending + count.excused
    line = _line(count, usual_left)
    if closed:
        kind = "missed"
    elif count.missing > count.remaining_days:
        kind = "unreachable"
    elif count.remaining_days - count.missing < SPARE_DAYS and have < max(line, _even_line(count)):
        kind = "at_risk"
    elif have < line - SLACK_DAYS:
        kind = "behind"
    else:
        return None
    return Shortfall(kind, _sentence(kind, count, have, line, today), _facts(count, today, line, usual_left))


def while_it_waits(count: MonthCount, today: date) -> str:
    """What a flag says while only what waits for a decision covers what is missing."""
    return f"{_as_of(today)}{_held(count)}，目标 {count.target:g} 天。"


def _line(count: MonthCount, usual_left: float | None) -> float:
    """The days that must be there today so that the target is still reached: going on as usual, where that is known,
    else evenly over the dates of the posting (nobody is behind before they were sent out)."""
    return _even_line(count) if usual_left is None else max(0.0, count.target - usual_left)


def _even_line(count: MonthCount) -> float:
    return count.target * count.elapsed_days / max(1, count.posted_days)


def _sentence(kind: str, count: MonthCount, have: float, line: float, today: date) -> str:
    held, as_of = _held(count), _as_of(today)
    days, missing = f"{count.remaining_days:g} 个可用日", f"{count.missing:g} 天"
    if kind == "missed":
        return f"{held}，目标 {count.target:g} 天，差 {missing}。如有出入请核对或申诉。"
    if kind == "unreachable":
        return f"{as_of}{held}，还差 {missing}，只剩 {days}，已无法达标。请与队长说明情况，漏记的可以补证明。"
    if kind == "at_risk":
        return f"{as_of}{held}，还差 {missing}，只剩 {days}。接下来几乎每天都要在岗，有困难请早与队长商量。"
    return f"{as_of}{held}，比能达标的进度少 {line - have:.1f} 天。再驻点 {missing}即可达标，还有 {days}。"


def _as_of(today: date) -> str:
    return f"截至{today.month}月{today.day}日，"


def _held(count: MonthCount) -> str:
    held = f"{count.month.month}月在岗 {count.confirmed:g} 天"
    held += f"、待核 {count.pending:g} 天" if count.pending else ""
    return held + (f"、公出培训 {count.excused:g} 天" if count.excused else "")


def _facts(count: MonthCount, today: date, line: float, usual_left: float | None) -> dict[str, Any]:
    return {
        "confirmed": count.confirmed,
        "pending": count.pending,
        "excused": count.excused,
        "target": count.target,
        "missing": count.missing,
        "remaining_days": count.remaining_days,
        "line": round(line, 1),
        "usual_left": None if usual_left is None else round(usual_left, 1),
        "policy_version": count.policy_version,
        "on": today.isoformat(),
    }
