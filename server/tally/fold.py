"""PURE: from one local day's inputs to a site day, and from site days to a month. The same inputs give the same answer
in any order."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
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


@dataclass(frozen=True, slots=True)
class DayHalves:
    """A site day as numbers of half days."""

    confirmed: int
    pending: int
    excused: int
    lowers_target: int


@dataclass(frozen=True, slots=True)
class MonthInputs:
    """What a month is made of: its site days by date, and the postings that overlap it (first date, last or None)."""

    days: Mapping[date, DayHalves]
    postings: Sequence[tuple[date, date | None]]


@dataclass(frozen=True, slots=True)
class MonthCount:
    """Days as numbers of days (halves allowed). `remaining_days`: dates from `today` on that can still earn one."""

    month: date
    confirmed: float
    pending: float
    excused: float
    target: float
    remaining_days: int
    posted_days: int  # dates of the month with a posting
    elapsed_days: int  # of these, the ones before `today`
    target_explanation: str
    policy_version: int

    @property
    def missing(self) -> float:
        """Days still to be earned when every pending one is confirmed; never negative."""
        return max(0.0, self.target - self.confirmed - self.pending - self.excused)


def fold_month(
    month: date,
    today: date,
    target_days: float,
    policy_version: int,
    inputs: MonthInputs,
    asked_from: date | None = None,
) -> MonthCount:
    """Count one member's month on the local date `today`; `month` is its first day.

    `asked_from` leaves out the posted dates before it: for flags, which must not hold against a person the days
    before they had agreed to check in.
    """
    last = month_end(month)
    days = inputs.days.values()
    posted = _posted_dates(max(month, asked_from or month), last, inputs.postings)
    lowered = sum(d.lowers_target for d in days)
    target, why = prorate(target_days, len(posted), last.day, lowered)
    taken = {on for on, d in inputs.days.items() if d.confirmed + d.pending + d.excused + d.lowers_target >= FULL_DAY}
    return MonthCount(
        month=month,
        confirmed=sum(d.confirmed for d in days) / 2,
        pending=sum(d.pending for d in days) / 2,
        excused=sum(d.excused for d in days) / 2,
        target=target,
        remaining_days=sum(1 for d in posted if d >= today and d not in taken),
        posted_days=len(posted),
        elapsed_days=sum(1 for d in posted if d < today),
        target_explanation=why,
        policy_version=policy_version,
    )


def month_end(month: date) -> date:
    """The last date of the month that holds `month`."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def prorate(target_days: float, posted: int, calendar_days: int, lowered_halves: int) -> tuple[float, str]:
    """The month's target in days: the policy's, shared out over the posted dates, less leave that lowers it.

    Rounded to half a day in the member's favour (down). Returns the number and the arithmetic in Chinese.
    """
    shared = target_days if posted == calendar_days else int(target_days * posted * 2 / calendar_days) / 2
    target = max(0.0, shared - lowered_halves / 2)
    why = f"目标 {target_days:g} 天"
    if posted != calendar_days:
        why += f"，本月派驻 {posted}/{calendar_days} 天，折算 {shared:g} 天"
    if lowered_halves:
        why += f"，请假减少 {lowered_halves / 2:g} 天"
    return float(target), why + f"，应驻 {target:g} 天。"


def _posted_dates(first: date, last: date, postings: Sequence[tuple[date, date | None]]) -> set[date]:
    posted: set[date] = set()
    for starts_on, ends_on in postings:
        day, end = max(first, starts_on), min(last, ends_on or last)
        while day <= end:
            posted.add(day)
            day += timedelta(days=1)
    return posted
