"""PURE: the month's table as a county publishes it: who of which group was out, how long, where; zeros named."""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from server.tally.month_fold import posting_on
from server.tally.types import FULL_DAY, DayHalves, Posted

_ADDED = (
    *("people", "people_asked", "people_missing", "people_out", "days", "half_days"),
    *("pending_days", "excused_days", "lowered_days", "year_days"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """A squad with the unit that owns it."""

    id: uuid.UUID
    name: str
    unit_id: uuid.UUID
    unit: str


@dataclass
class _Sums:
    """What a row adds up: half days, and people by id, since one may have been with two groups."""

    people: set[uuid.UUID] = field(default_factory=set)
    asked: Counter[uuid.UUID] = field(default_factory=Counter)  # half days
    away: Counter[uuid.UUID] = field(default_factory=Counter)  # half days on leave or away for the county
    waiting: set[uuid.UUID] = field(default_factory=set)
    out: set[uuid.UUID] = field(default_factory=set)
    cities: set[str] = field(default_factory=set)  # of the days
    posted_to: set[str] = field(default_factory=set)
    confirmed: int = 0
    half_days: int = 0
    pending: int = 0
    excused: int = 0
    lowered: int = 0
    year: int = 0

    def row(self) -> dict[str, Any]:
        """Numbers of days and people, ready to be stored. A day alone asks for nobody. Missing is who was not there,
        has nothing that waits, and was away for less than half of what was asked."""
        asked = {who for who, halves in self.asked.items() if halves > FULL_DAY}
        excused = {who for who in asked if self.away[who] * 2 >= self.asked[who]}
        return {
            "people": len(self.people),
            "people_asked": len(asked),
            "people_missing": len(asked - excused - self.waiting - self.out),
            "people_out": len(self.out),
            "days": self.confirmed / 2,
            "half_days": self.half_days,
            "pending_days": self.pending / 2,
            "excused_days": self.excused / 2,
            "lowered_days": self.lowered / 2,
            "year_days": self.year / 2,
            "cities": sorted(self.cities),
            "posted_to": sorted(self.posted_to),
        }


_NOWHERE = Posted(date.min, None)


class Table:
    """Adds up members one at a time, so that a large county needs no more memory than its groups."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self._groups = sorted(groups, key=lambda g: (g.unit, g.name))
        self._sums = {group.id: _Sums() for group in self._groups}
        self._unposted = 0  # half days on dates without a posting: counted for the member, for no group

    def add(
        self,
        member_id: uuid.UUID,
        postings: Sequence[Posted],
        days: Mapping[date, DayHalves],
        asked: Callable[[Posted], float] = lambda _: 20.0,
    ) -> None:
        """One member's postings and days of the month; a day is the group's that the member was posted with on it.
        asked: how many days were asked of the member with a posting."""
        for p in postings:
            self.add_posted(member_id, p.squad_id, p.city, asked(p))
        for on, day in days.items():
            p = posting_on(postings, on) or _NOWHERE
            self.add_earned(member_id, p.squad_id, p.city, day, day.confirmed == 1)

    def add_posted(self, member_id: uuid.UUID, squad_id: uuid.UUID | None, city: str, asked_days: float) -> None:
        """One posting that touches the month, and how many days were asked with it."""
        if squad_id is not None and squad_id in self._sums:
            self._sums[squad_id].people.add(member_id)
            self._sums[squad_id].asked[member_id] += int(asked_days * 2)
            self._sums[squad_id].posted_to.add(city)

    def add_earned(
        self, member_id: uuid.UUID, squad_id: uuid.UUID | None, city: str, earned: DayHalves, half_days: int
    ) -> None:
        """What a day with a group in a city came to, or several together, `half_days` of them halves; None: on dates
        without a posting."""
        if squad_id is None or squad_id not in self._sums:
            self._unposted += earned.confirmed
            return
        sums = self._sums[squad_id]
        sums.confirmed += earned.confirmed
        sums.pending += earned.pending
        sums.excused += earned.excused
        sums.lowered += earned.lowers_target
        sums.half_days += half_days
        sums.away[member_id] += earned.excused + earned.lowers_target
        if earned.pending:
            sums.waiting.add(member_id)
        if earned.confirmed:
            sums.out.add(member_id)
            sums.cities.add(city)

    def confirmed(self) -> dict[uuid.UUID, int]:
        """The confirmed half days of each group that has some."""
        return {group_id: sums.confirmed for group_id, sums in self._sums.items() if sums.confirmed}

    def result(self, month: date, ranking: bool, year_halves: Mapping[uuid.UUID, int]) -> dict[str, Any]:
        """The table, ready to be stored. `year_halves`: confirmed half days of each group from January to this month's
        end."""
        for group_id, own in self._sums.items():
            own.year = year_halves.get(group_id, 0)
        units: dict[uuid.UUID, dict[str, Any]] = {}
        unit_sums: dict[uuid.UUID, list[_Sums]] = {}
        for group in (g for g in self._groups if self._sums[g.id].people or self._sums[g.id].year):
            unit = units.setdefault(group.unit_id, {"id": str(group.unit_id), "unit": group.unit, "groups": []})
            unit["groups"].append({"id": str(group.id), "group": group.name, **self._sums[group.id].row()})
            unit_sums.setdefault(group.unit_id, []).append(self._sums[group.id])
        for unit_id, sums in unit_sums.items():
            units[unit_id] |= _added(sums).row()
        zero, waiting, spared = _without_days(units.values())
        totals = {
            "units": len(units),
            "groups": sum(bool(sums.people) for sums in self._sums.values()),
            **_added(list(self._sums.values())).row(),
            "unposted_days": self._unposted / 2,
        }
        return {
            "month": f"{month:%Y-%m}",
            "units": list(units.values()),
            "zero_groups": zero,
            "waiting_groups": waiting,
            "spared_groups": spared,
            "totals": totals,
            "summary": _summary(month, totals, zero, waiting, spared),
            "ranking": self._ranking() if ranking else None,
        }

    def _ranking(self) -> list[dict[str, Any]]:
        """Groups by days a person; equal ones share a place."""
        each = [(g, self._sums[g.id]) for g in self._groups if self._sums[g.id].people]
        share = {g.id: s.confirmed / 2 / len(s.people) for g, s in each}
        return [
            {
                "place": 1 + sum(other > share[g.id] for other in share.values()),
                "group": g.name,
                "unit": g.unit,
                "days": s.confirmed / 2,
                "days_a_person": round(share[g.id], 2),
            }
            for g, s in sorted(each, key=lambda row: (-share[row[0].id], row[0].name))
        ]


def _added(sums: Sequence[_Sums]) -> _Sums:
    whole = _Sums()
    for s in sums:
        whole.people |= s.people
        whole.asked.update(s.asked)
        whole.away.update(s.away)
        whole.waiting |= s.waiting
        whole.out |= s.out
        whole.cities |= s.cities
        whole.posted_to |= s.posted_to
        whole.confirmed += s.confirmed
        whole.half_days += s.half_days
        whole.pending += s.pending
        whole.excused += s.excused
        whole.lowered += s.lowered
        whole.year += s.year
    return whole


def _without_days(units: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str], list[str]]:
    """Groups with people posted and no confirmed day, by name: those that were not there; those of whom something still
    waits for a decision; and those of whom nothing was to be expected: on leave or away for the county, or nobody had
    been asked for more than a day (just posted, no daily check-ins, no consent, no target)."""
    rows = [group for unit in units for group in unit["groups"] if group["people"] and not group["days"]]
    waiting = [row["group"] for row in rows if row["pending_days"]]
    spared = [row["group"] for row in rows if not row["pending_days"] and _is_spared(row)]
    return [row["group"] for row in rows if row["group"] not in {*waiting, *spared}], waiting, spared


def _is_spared(row: Mapping[str, Any]) -> bool:
    """Nobody of whom days were asked is without an account of themselves. Months closed before November 2026 do not say
    how many those are."""
    return not row["people_missing"] if "people_missing" in row else bool(row["excused_days"])


def _summary(
    month: date, totals: Mapping[str, Any], zero: Sequence[str], waiting: Sequence[str], spared: Sequence[str]
) -> str:
    """The circular's first paragraph."""
    said = (
        f"{month.year}年{month.month}月，全县 {totals['groups']} 个招商小分队外出驻点 {totals['people_out']} 人、"
        f"{totals['days']:g} 天（含 {totals['half_days']} 个半天），涉及 {len(totals['cities'])} 个城市；"
        f"今年累计 {totals['year_days']:g} 天。"
    )
    if zero:
        said += f"驻点 0 天的小分队 {len(zero)} 个：{'、'.join(zero)}。"
    elif not waiting and not spared:
        said += "每个小分队都有在岗天数。"
    if waiting:
        said += f"尚待核定的小分队 {len(waiting)} 个：{'、'.join(waiting)}。"
    return said + (f"请假、公出、刚派驻或未要求打卡的小分队 {len(spared)} 个：{'、'.join(spared)}。" if spared else "")


def part_of(table: Mapping[str, Any], units: Collection[str], groups: Collection[str] | None = None) -> dict[str, Any]:
    """A stored table as far as these units (ids) go, and of them these groups; the county's totals and its ranking are
    left out."""
    shown = [unit for unit in table["units"] if unit["id"] in units]
    if groups is not None:
        shown = [_with_groups(unit, [g for g in unit["groups"] if g["id"] in groups]) for unit in shown]
        shown = [unit for unit in shown if unit["groups"]]
    zero, waiting, spared = _without_days(shown)
    said = [
        f"{unit['unit']}：外出驻点 {unit['people_out']} 人、{unit['days']:g} 天，今年累计 {unit['year_days']:g} 天。"
        for unit in shown
    ]
    return {
        "month": table["month"],
        "units": shown,
        "zero_groups": zero,
        "waiting_groups": waiting,
        "spared_groups": spared,
        "totals": None,
        "summary": "".join(said),
        "ranking": None,
    }


def _with_groups(unit: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A unit with some of its groups, and their sums as its own: who was with two of these is counted with each."""
    sums = {name: sum(group.get(name, 0) for group in groups) for name in _ADDED}
    lists = {name: sorted({one for group in groups for one in group[name]}) for name in ("cities", "posted_to")}
    return {**unit, "groups": list(groups), **sums, **lists}
