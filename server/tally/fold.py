"""PURE: from one local day's inputs to a site day. The same inputs give the same answer in any order."""

from collections.abc import Iterable, Sequence
from typing import Any

from server.evidence.types import Window
from server.tally.types import FULL_DAY, AttestationInput, CheckInInput, DayCount, DayTerms, Earned, LeaveInput
from server.tally.why import explain


def fold_day(
    terms: DayTerms,
    checkins: Iterable[CheckInInput],
    attestations: Iterable[AttestationInput] = (),
    leaves: Iterable[LeaveInput] = (),
) -> DayCount:
    """Count one member's local day.

    Each window earns its half days once, by an accepted check-in; a check-in outside every window earns the first one
    still free when a person accepted it. A whole day may ask for several check-ins and a gap between them. Attestations
    and made-up presence add to that. Leave fills only what presence left open, only while one is posted, and never more
    than the date's windows give: it stands for what presence could have earned. What waits is pending: what check-ins
    under review and made-up presence would add, to approved leave as well, if they were accepted; and leave that nobody
    has decided on.
    """
    told = sorted(set(checkins), key=_order)
    vouched = sorted(set(attestations), key=lambda a: a.attestation_id)
    away = sorted(set(leaves), key=lambda leave: (leave.effect == "undecided", leave.effect, leave.leave_id))
    counting = [c for c in told if c.kind in terms.counted_kinds and not c.addendum]
    sure = earn(terms, [c for c in counting if c.holds == "accepted"])
    hoped = earn(terms, [c for c in counting if c.holds != "rejected"])
    every = earn(terms, counting)
    present = sum(a.halves for a in vouched) + sum(leave.halves for leave in away if leave.effect == "present")
    asked_for = sum(leave.halves for leave in away if leave.effect == "undecided_presence")
    confirmed, reviewed = min(sure.halves + present, FULL_DAY), min(hoped.halves + present, FULL_DAY)
    accepted = min(hoped.halves + present + asked_for, FULL_DAY)
    excused, lowers, under_review, asked = _beside(terms, confirmed, accepted, away)
    pending = under_review + asked
    waits = (under_review > 0 and reviewed > confirmed, asked > 0 or (under_review > 0 and accepted > reviewed))
    rejected = min(every.halves - hoped.halves, FULL_DAY - confirmed - under_review)
    sources = _sources(terms, told, vouched, away)
    if terms.can_count is None:
        confirmed, pending = 0, confirmed + pending
    elif not terms.can_count:
        confirmed = pending = excused = lowers = rejected = 0
    said = explain(terms, sure, (confirmed, pending, excused, lowers), waits, sources)
    return DayCount(confirmed, pending, excused, lowers, rejected, said, sources)


def _beside(terms: DayTerms, confirmed: int, accepted: int, leaves: Sequence[LeaveInput]) -> tuple[int, int, int, int]:
    """What approved leave excuses and lowers beside what is confirmed, what waits for a decision on presence, and what
    leave would do that nobody has decided on. `accepted`: confirmed if all that presence were accepted."""
    most = 0 if not terms.posted else terms.gives if terms.counted_as >= 3 else FULL_DAY

    def fills(effect: str, taken: int) -> int:
        return max(0, min(sum(leave.halves for leave in leaves if leave.effect == effect), most - taken))

    def approved(present: int) -> tuple[int, int]:
        excused = fills("excused", present)
        return excused, fills("lowers_target", present + excused)

    then = approved(accepted)
    if terms.counted_as >= 3:
        excused, lowers = approved(confirmed)
        waiting = accepted + sum(then) - confirmed - excused - lowers
    else:
        (excused, lowers), waiting = then, accepted - confirmed
    return excused, lowers, waiting, fills("undecided", confirmed + excused + lowers + waiting)


def earn(terms: DayTerms, checkins: Sequence[CheckInInput]) -> Earned:
    """What these check-ins, in the day's order, earn if they all hold. More of them never earn less.

    One outside every window has to be a person's, or is still to be looked at by one: the machine's word does not do.
    """
    windows: set[int] = set()
    outside: list[CheckInInput] = []
    for checkin in checkins:
        at = _windows_at(terms.windows, checkin.minute_of_day)
        windows.update(at)
        if not at and (checkin.by_person or checkin.holds != "accepted"):
            outside.append(checkin)
    for _ in outside:
        windows.update([i for i in range(len(terms.windows)) if i not in windows][:1])
    halves = min(FULL_DAY, sum(terms.windows[i].halves for i in windows))
    held = [c for c in checkins if c in outside or _windows_at(terms.windows, c.minute_of_day)]
    spaced = _spaced([c.minute_of_day for c in held], terms.min_gap_min)
    if halves == FULL_DAY and spaced < terms.checkins:
        halves = 1
    return Earned(halves, frozenset(windows), spaced)


def _spaced(minutes: Sequence[int], gap: int) -> int:
    """The most of these minutes that lie pairwise at least `gap` apart: taking the earliest each time is best."""
    count, last = 0, None
    for minute in minutes:
        if last is None or minute - last >= gap:
            count, last = count + 1, minute
    return count


def _windows_at(windows: tuple[Window, ...], minute: int) -> list[int]:
    return [i for i, w in enumerate(windows) if w.start_min <= minute < w.end_min]


def _order(c: CheckInInput) -> tuple[int, str]:
    return (c.minute_of_day, c.checkin_id)


def _sources(
    terms: DayTerms, checkins: list[CheckInInput], attestations: list[AttestationInput], leaves: list[LeaveInput]
) -> list[dict[str, Any]]:
    """Everything the day was counted from, each linked by its id."""
    return [
        *(
            {
                "type": "checkin",
                "id": c.checkin_id,
                "kind": c.kind,
                "holds": c.holds,
                "by": "person" if c.by_person else "machine",
                "minute_of_day": c.minute_of_day,
                "inside_window": bool(_windows_at(terms.windows, c.minute_of_day)),
                "addendum": c.addendum,
                **({"appealed": True} if c.appealed else {}),
            }
            for c in checkins
        ),
        *(
            {"type": "attestation", "id": a.attestation_id, "halves": a.halves, "by": a.attester, "reason": a.reason}
            for a in attestations
        ),
        *({"type": "leave", "id": leave.leave_id, "kind": leave.kind, "effect": leave.effect} for leave in leaves),
    ]
