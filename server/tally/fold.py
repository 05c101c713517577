"""PURE: from one local day's inputs to a site day. The same inputs give the same answer in any order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from server.evidence.types import Window

FULL_DAY = 2  # half days


@dataclass(frozen=True, slots=True)
class CheckInInput:
    """One check-in of the day. `holds` is the verdict that holds; `by_person` when a person decided it."""

    checkin_id: str
    kind: str
    minute_of_day: int
    holds: str  # accepted | review | rejected
    by_person: bool
    addendum: bool


@dataclass(frozen=True, slots=True)
class AttestationInput:
    attestation_id: str
    halves: int
    attester: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeaveInput:
    leave_id: str
    kind: str
    halves: int
    effect: str  # excused | lowers_target | none


@dataclass(frozen=True, slots=True)
class DayCount:
    """What one day is worth, in half days, with the sources that earned it and one Chinese sentence why."""

    confirmed: int = 0
    pending: int = 0
    excused: int = 0
    lowers_target: int = 0
    explanation: str = "当天没有打卡或证明。"
    sources: list[dict[str, Any]] = field(default_factory=list)


def fold_day(
    windows: tuple[Window, ...],
    counted_kinds: Iterable[str],
    checkins: Iterable[CheckInInput],
    attestations: Iterable[AttestationInput] = (),
    leaves: Iterable[LeaveInput] = (),
) -> DayCount:
    """Count one member's local day.

    Each window earns its half days once, by an accepted check-in or by an attestation; a check-in outside every
    window earns the first one still free when a person accepted it. Review is pending, never counted against anyone.
    Leave fills only what presence left open.
    """
    sources: list[dict[str, Any]] = []
    confirmed, pending = _by_window(windows, set(counted_kinds), sorted(checkins, key=_order), sources)
    for attestation in sorted(attestations, key=lambda a: a.attestation_id):
        confirmed += attestation.halves
        sources.append(_attestation_source(attestation))
    confirmed = min(confirmed, FULL_DAY)
    pending = min(pending, FULL_DAY - confirmed)
    excused = lowers = 0
    for leave in sorted(leaves, key=lambda item: (item.effect, item.leave_id)):
        open_halves = FULL_DAY - confirmed - pending - excused - lowers
        granted = min(leave.halves, max(0, open_halves))
        excused += granted if leave.effect == "excused" else 0
        lowers += granted if leave.effect == "lowers_target" else 0
        sources.append({"type": "leave", "id": leave.leave_id, "kind": leave.kind, "effect": leave.effect})
    return DayCount(
        confirmed, pending, excused, lowers, _explain(confirmed, pending, excused, lowers, sources), sources
    )


def _order(c: CheckInInput) -> tuple[int, str]:
    return (c.minute_of_day, c.checkin_id)


def _by_window(
    windows: tuple[Window, ...], kinds: set[str], checkins: list[CheckInInput], sources: list[dict[str, Any]]
) -> tuple[int, int]:
    """Half days earned and half days still waiting, over the day's windows; appends one source a check-in."""
    earned: set[int] = set()
    waiting: set[int] = set()
    outside: list[CheckInInput] = []
    for checkin in checkins:
        at = [i for i, w in enumerate(windows) if w.start_min <= checkin.minute_of_day < w.end_min]
        counts = checkin.kind in kinds and not checkin.addendum
        sources.append(_checkin_source(checkin, bool(at)))
        if not counts or checkin.holds == "rejected":
            continue
        if not at:
            outside.append(checkin)
        else:
            (earned if checkin.holds == "accepted" else waiting).update(at)
    # First what is decided, then what waits: a check-in under review must never take a window from an accepted one.
    for checkin in outside:
        if checkin.holds == "accepted" and checkin.by_person:
            earned.update([i for i in range(len(windows)) if i not in earned][:1])
    for checkin in outside:
        if checkin.holds == "review":
            waiting.update([i for i in range(len(windows)) if i not in earned | waiting][:1])
    value = sum(windows[i].halves for i in earned)
    return value, sum(windows[i].halves for i in waiting - earned)


def _checkin_source(c: CheckInInput, inside: bool) -> dict[str, Any]:
    return {
        "type": "checkin",
        "id": c.checkin_id,
        "holds": c.holds,
        "by": "person" if c.by_person else "machine",
        "minute_of_day": c.minute_of_day,
        "inside_window": inside,
        "addendum": c.addendum,
    }


def _attestation_source(a: AttestationInput) -> dict[str, Any]:
    return {"type": "attestation", "id": a.attestation_id, "halves": a.halves, "by": a.attester, "reason": a.reason}


def _explain(confirmed: int, pending: int, excused: int, lowers: int, sources: list[dict[str, Any]]) -> str:
    parts = []
    if confirmed:
        attested = any(s["type"] == "attestation" for s in sources)
        parts.append(f"确认{words(confirmed)}" + ("（含同事或监督人员证明）" if attested else ""))
    if pending:
        parts.append(f"待核{words(pending)}，不计为缺勤")
    if excused:
        parts.append(f"公出或培训{words(excused)}，计入完成")
    if lowers:
        parts.append(f"请假{words(lowers)}，相应减少当月目标")
    if parts:
        return "；".join(parts) + "。"
    if any(s.get("addendum") for s in sources):
        return "月度结果已公布，这次打卡记入补充说明，不改动原结果。"
    if any(s.get("holds") == "rejected" for s in sources):
        return "当天的打卡被驳回，可以申诉。"
    if any(s["type"] == "checkin" for s in sources):
        return "当天的打卡不在规定时段内。"
    return "当天没有打卡或证明。"


def words(halves: int) -> str:
    """Half days as people say them: 1 → 半天, 2 → 1天, 3 → 1.5天."""
    return "半天" if halves == 1 else f"{halves / 2:g}天"
