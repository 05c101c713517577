"""The month's pace by unit: what has been earned up to each date, beside what the calendar would have by then."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from server.org.models import Member, Posting, RoleGrant, Squad, Unit
from server.org.scope import Caller, watched_members
from server.tally import policy
from server.tally.models import SiteDay
from server.tally.month_fold import fold_month, is_daily, month_end, posting_on
from server.tally.rules import Rulebook
from server.tally.types import DayHalves, Held, MonthInputs, Posted


@dataclass(frozen=True, slots=True)
class Pace:
    """One unit's month: days earned up to each date (confirmed, waiting and excused together), and what is asked of
    its members in the whole month."""

    unit_id: uuid.UUID
    unit: str
    people: int
    target: float
    by_date: tuple[float, ...]
    pending: float

    @property
    def have(self) -> float:
        return self.by_date[-1] if self.by_date else 0.0

    def share(self) -> list[float]:
        """Of the target, in per cent, up to each date."""
        return [round(100 * days / self.target, 1) if self.target else 0.0 for days in self.by_date]


@dataclass(frozen=True, slots=True)
class Progress:
    """dates: from the first of the month to today; line: the calendar's share of each of these, in per cent."""

    dates: tuple[date, ...]
    line: tuple[float, ...]
    units: tuple[Pace, ...]

    @property
    def due(self) -> float:
        """What the calendar has today, in per cent."""
        return self.line[-1] if self.line else 0.0


def progress(session: Session, caller: Caller, month: date, whose: ColumnElement[bool] | None = None) -> Progress:
    """The month (its first day) up to the caller's today, of the squads fulfilling `whose` (a condition on Squad). Six
    statements, however large the county is."""
    whose = true() if whose is None else whose
    book = policy.rulebook(session, caller.county_id)
    last = min(caller.today, month_end(month))
    dates = tuple(month + timedelta(days=n) for n in range((last - month).days + 1))
    targets, people = _targets(session, caller, month, book, whose)
    earned, pending = _earned(session, caller, month, last, whose)
    units = [
        Pace(
            unit_id=unit_id,
            unit=name,
            people=people.get(unit_id, 0),
            target=targets.get(unit_id, 0.0),
            by_date=_added_up(earned.get(unit_id, {}), dates),
            pending=pending.get(unit_id, 0) / 2,
        )
        for unit_id, name in _units(session, caller)
        if unit_id in people
    ]
    return Progress(dates, _line(book, month, dates), tuple(units))


def _line(book: Rulebook, month: date, dates: Sequence[date]) -> tuple[float, ...]:
    """Of the dates that can count and on which check-ins are asked for, the share that has passed with each."""
    whole = [month + timedelta(days=n) for n in range(month_end(month).day)]
    counting = {on for on in whole if is_daily(book.on(on)) and book.on(on).can_count(on) is not False}
    passed, line = 0, []
    for on in dates:
        passed += on in counting
        line.append(round(100 * passed / len(counting), 1) if counting else 0.0)
    return tuple(line)


def _added_up(halves: Mapping[date, int], dates: Sequence[date]) -> tuple[float, ...]:
    so_far, found = 0, []
    for on in dates:
        so_far += halves.get(on, 0)
        found.append(so_far / 2)
    return tuple(found)


def _units(session: Session, caller: Caller) -> list[tuple[uuid.UUID, str]]:
    rows = session.execute(select(Unit.id, Unit.name).where(Unit.county_id == caller.county_id).order_by(Unit.name))
    return [(row.id, row.name) for row in rows]


def _earned(
    session: Session, caller: Caller, month: date, last: date, whose: ColumnElement[bool]
) -> tuple[Mapping[uuid.UUID, Mapping[date, int]], Mapping[uuid.UUID, int]]:
    """Half days by unit and date, each with the unit posted with on it, as in the month's table; and those waiting."""
    confirmed, pending = func.sum(SiteDay.confirmed_halves), func.sum(SiteDay.pending_halves)
    statement = (
        select(Squad.unit_id, SiteDay.on_date, confirmed, pending, func.sum(SiteDay.excused_halves))
        .select_from(SiteDay)
        .join(Member, (Member.county_id == SiteDay.county_id) & (Member.id == SiteDay.member_id))
        .join(
            Posting,
            (Posting.county_id == SiteDay.county_id)
            & (Posting.member_id == SiteDay.member_id)
            & (Posting.starts_on <= SiteDay.on_date)
            & or_(Posting.ends_on.is_(None), Posting.ends_on >= SiteDay.on_date),
        )
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .where(
            *(SiteDay.county_id == caller.county_id, SiteDay.on_date.between(month, last)),
            *(watched_members(caller), whose),
        )
        .group_by(Squad.unit_id, SiteDay.on_date)
    )
    found: dict[uuid.UUID, dict[date, int]] = defaultdict(dict)
    waiting: dict[uuid.UUID, int] = defaultdict(int)
    for unit_id, on, sure, hoped, excused in session.execute(statement):
        found[unit_id][on] = int(sure + hoped + excused)
        waiting[unit_id] += int(hoped)
    return found, waiting


def _targets(
    session: Session, caller: Caller, month: date, book: Rulebook, whose: ColumnElement[bool]
) -> tuple[Mapping[uuid.UUID, float], Mapping[uuid.UUID, int]]:
    """By unit, what the month asks of the members posted with it, and how many they are; of who moved, the unit of the
    last day has both. Where the county asks for nothing by the day, nothing is asked here."""
    postings = _postings(session, caller, month, whose)
    roles, lowered = _roles(session, caller, month), _lowered(session, caller, month)
    known: dict[Any, float] = {}
    targets: dict[uuid.UUID, float] = defaultdict(float)
    people: dict[uuid.UUID, int] = defaultdict(int)
    for who, theirs in postings.items():
        held, less = tuple(sorted(roles.get(who, ()), key=str)), tuple(sorted(lowered.get(who, {}).items()))
        key = (tuple(theirs), held, less)
        if key not in known:  # most are posted alike
            inputs = MonthInputs(dict(less), theirs, held)
            known[key] = fold_month(month, caller.today, book, inputs, asked_from=month).target
        last = posting_on(theirs, month_end(month)) or theirs[-1]
        if last.unit_id:
            targets[last.unit_id] += known[key]
            people[last.unit_id] += 1
    return targets, people


def _postings(
    session: Session, caller: Caller, month: date, whose: ColumnElement[bool]
) -> Mapping[uuid.UUID, list[Posted]]:
    """As far as they bear on the month."""
    last = month_end(month)
    statement = (
        select(Posting.member_id, Posting.starts_on, Posting.ends_on, Squad.unit_id)
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .where(
            Posting.county_id == caller.county_id,
            Posting.starts_on <= last,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= month),
            watched_members(caller),
            whose,
        )
        .order_by(Posting.starts_on)
    )
    found: dict[uuid.UUID, list[Posted]] = defaultdict(list)
    for row in session.execute(statement):
        ends_on = None if row.ends_on is None or row.ends_on > last else row.ends_on
        found[row.member_id].append(Posted(max(row.starts_on, month), ends_on, row.unit_id))
    return found


def _roles(session: Session, caller: Caller, month: date) -> Mapping[uuid.UUID, list[Held]]:
    last = month_end(month)
    rows = session.execute(
        select(RoleGrant.member_id, RoleGrant.role, RoleGrant.valid_from, RoleGrant.valid_to).where(
            RoleGrant.county_id == caller.county_id,
            RoleGrant.valid_from <= last,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= month),
        )
    )
    found: dict[uuid.UUID, list[Held]] = defaultdict(list)
    for row in rows:
        ends_on = None if row.valid_to is None or row.valid_to > last else row.valid_to
        found[row.member_id].append(Held(row.role, max(row.valid_from, month), ends_on))
    return found


def _lowered(session: Session, caller: Caller, month: date) -> Mapping[uuid.UUID, dict[date, DayHalves]]:
    """The days that leave takes off the target."""
    rows = session.execute(
        select(SiteDay.member_id, SiteDay.on_date, SiteDay.lowers_target_halves).where(
            SiteDay.county_id == caller.county_id,
            SiteDay.on_date.between(month, month_end(month)),
            SiteDay.lowers_target_halves > 0,
        )
    )
    found: dict[uuid.UUID, dict[date, DayHalves]] = defaultdict(dict)
    for row in rows:
        found[row.member_id][row.on_date] = DayHalves(0, 0, 0, row.lowers_target_halves)
    return found
