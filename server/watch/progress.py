"""The month's pace by unit or squad: what was earned up to each date, beside what the calendar would have by then."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, text, true
from sqlalchemy.orm import Session

from server.org.models import Member, Posting, Squad, Unit
from server.org.scope import Caller, watched_members
from server.tally import policy
from server.tally.county import roles_held
from server.tally.models import SiteDay
from server.tally.month_fold import fold_month, is_daily, month_end
from server.tally.monthly import days_of, is_whole, posted_on
from server.tally.rules import Rulebook
from server.tally.types import DayHalves, Held, MonthInputs, Posted


@dataclass(frozen=True, slots=True)
class Pace:
    """One unit's or squad's month: days earned up to each date (confirmed, waiting and excused together), and what is
    asked of its members in the whole month."""

    id: uuid.UUID
    name: str
    people: int
    target: float
    by_date: tuple[float, ...]
    pending: float

    @property
    def have(self) -> float:
        return self.by_date[-1] if self.by_date else 0.0

    @property
    def percent(self) -> float:
        """Of the target, today."""
        return round(100 * self.have / self.target, 1) if self.target else 0.0

    def share(self) -> list[float]:
        """Of the target, in per cent, up to each date."""
        return [round(100 * days / self.target, 1) if self.target else 0.0 for days in self.by_date]


@dataclass(frozen=True, slots=True)
class Progress:
    """dates: from the first of the month to today; line: the calendar's share of each of these, in per cent."""

    dates: tuple[date, ...]
    line: tuple[float, ...]
    groups: tuple[Pace, ...]

    @property
    def due(self) -> float:
        """What the calendar has today, in per cent."""
        return self.line[-1] if self.line else 0.0


def progress(
    session: Session, caller: Caller, month: date, whose: ColumnElement[bool] | None = None, by_squad: bool = False
) -> Progress:
    """The month (its first day) up to the caller's today, of the squads fulfilling `whose` (a condition on Squad), by
    unit or by squad. Six statements, however large the county is."""
    asked = _Asked(session, caller, month, true() if whose is None else whose, Squad.id if by_squad else Squad.unit_id)
    book = policy.rulebook(session, caller.county_id)
    last = min(caller.today, month_end(month))
    dates = tuple(month + timedelta(days=n) for n in range((last - month).days + 1))
    targets, people = _targets(asked, book)
    earned, pending = _earned(asked, last)
    groups = [
        Pace(
            id=group,
            name=name,
            people=people[group],
            target=targets[group],
            by_date=_added_up(earned.get(group, {}), dates),
            pending=pending.get(group, 0) / 2,
        )
        for group, name in _names(asked, Squad if by_squad else Unit)
        if group in people
    ]
    return Progress(dates, _line(book, month, dates), tuple(groups))


def targets(
    session: Session, caller: Caller, month: date, whose: ColumnElement[bool] | None = None, by_squad: bool = False
) -> Mapping[uuid.UUID, float]:
    """The target of each unit or squad, in days, as `progress` has it."""
    asked = _Asked(session, caller, month, true() if whose is None else whose, Squad.id if by_squad else Squad.unit_id)
    return _targets(asked, policy.rulebook(session, caller.county_id))[0]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose month, and `group`: the column of Squad that it is told apart by."""

    session: Session
    caller: Caller
    month: date
    whose: ColumnElement[bool]
    group: Any


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


def _names(asked: _Asked, table: Any) -> list[tuple[uuid.UUID, str]]:
    statement = select(table.id, table.name).where(table.county_id == asked.caller.county_id).order_by(table.name)
    return [(row.id, row.name) for row in asked.session.execute(statement)]


def _earned(asked: _Asked, last: date) -> tuple[Mapping[uuid.UUID, Mapping[date, int]], Mapping[uuid.UUID, int]]:
    """Half days by group and date, with the group posted with on it, as in the month's table; and those waiting."""
    county_id, watched = asked.caller.county_id, watched_members(asked.caller)
    whole = is_whole(watched) and is_whole(asked.whose)
    postings = (
        select(Posting.county_id, Posting.member_id, Posting.starts_on, Posting.ends_on, asked.group.label("group"))
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .where(Posting.county_id == county_id, watched, asked.whose)
    )
    posted = (postings.offset(0) if whole else postings).subquery("posted")  # as `days_of` does, for the same reason
    days = days_of(county_id, asked.month, last, whole)
    day, group = days.c, posted.c.group
    sums = [func.sum(of) for of in (day.confirmed_halves, day.pending_halves, day.excused_halves)]
    columns: list[Any] = [group, day.on_date, *sums]
    on_the_day = posted_on(day, county_id, posted.c)
    statement = select(*columns).join_from(days, posted, on_the_day).group_by(group, day.on_date)
    found: dict[uuid.UUID, dict[date, int]] = defaultdict(dict)
    waiting: dict[uuid.UUID, int] = defaultdict(int)
    for group, on, sure, hoped, excused in asked.session.execute(statement):
        found[group][on] = int(sure + hoped + excused)
        waiting[group] += int(hoped)
    return found, waiting


def _targets(asked: _Asked, book: Rulebook) -> tuple[Mapping[uuid.UUID, float], Mapping[uuid.UUID, int]]:
    """By group, what the month asks of the members posted with it, and how many they are; of who moved, the group of
    the last days has both. Where the county asks for nothing by the day, nothing is asked here."""
    postings, last = _postings(asked)
    whole = [asked.month + timedelta(days=n) for n in range(month_end(asked.month).day)]
    by_role = any(book.on(on).rules.role_targets for on in whole)
    roles, lowered = _roles(asked) if by_role else {}, _lowered(asked)
    known: dict[Any, float] = {}
    sums: dict[uuid.UUID, list[float]] = {}
    for who, theirs in postings.items():
        held = roles.get(who, ()) if roles else ()
        less = lowered.get(who, ()) if lowered else ()
        key = (tuple(theirs), held, less)
        if key not in known:  # most are posted alike
            inputs = MonthInputs(dict(less), theirs, held)
            known[key] = fold_month(asked.month, asked.caller.today, book, inputs, asked_from=asked.month).target
        group = sums.setdefault(last[who], [0.0, 0])
        group[0] += known[key]
        group[1] += 1
    return {group: target for group, (target, _) in sums.items()}, {group: int(n) for group, (_, n) in sums.items()}


def _postings(asked: _Asked) -> tuple[Mapping[uuid.UUID, list[Posted]], Mapping[uuid.UUID, uuid.UUID]]:
    """As far as they bear on the month, without the squad, so that most are alike; and the group of the last one."""
    last = month_end(asked.month)
    statement = (
        select(Posting.member_id, Posting.starts_on, Posting.ends_on, Squad.unit_id, asked.group.label("group"))
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .where(
            *(Posting.county_id == asked.caller.county_id, Posting.starts_on <= last),
            or_(Posting.ends_on.is_(None), Posting.ends_on >= asked.month),
            *(watched_members(asked.caller), asked.whose),
        )
        .order_by(Posting.starts_on)
    )
    found: dict[uuid.UUID, list[Posted]] = defaultdict(list)
    groups: dict[uuid.UUID, uuid.UUID] = {}
    for row in asked.session.execute(statement):
        ends_on = None if row.ends_on is None or row.ends_on > last else row.ends_on
        found[row.member_id].append(Posted(max(row.starts_on, asked.month), ends_on, row.unit_id))
        groups[row.member_id] = row.group
    return found, groups


def _roles(asked: _Asked) -> Mapping[uuid.UUID, tuple[Held, ...]]:
    """As far as they bear on the month, so that most are alike."""
    month, last = asked.month, month_end(asked.month)

    def within(h: Held) -> Held:
        return Held(h.role, max(h.valid_from, month), None if h.valid_to is None or h.valid_to > last else h.valid_to)

    found = roles_held(asked.session, asked.caller.county_id, month, true())
    return {who: tuple(sorted(map(within, held), key=str)) for who, held in found.items()}


def _lowered(asked: _Asked) -> Mapping[uuid.UUID, tuple[tuple[date, DayHalves], ...]]:
    """The days that leave takes off the target."""
    rows = asked.session.execute(
        select(SiteDay.member_id, SiteDay.on_date, SiteDay.lowers_target_halves)
        .where(
            SiteDay.county_id == asked.caller.county_id,
            SiteDay.on_date.between(asked.month, month_end(asked.month)),
            text("lowers_target_halves > 0"),  # as the partial index has it
        )
        .order_by(SiteDay.on_date)
    )
    found: dict[uuid.UUID, list[tuple[date, DayHalves]]] = defaultdict(list)
    for row in rows:
        found[row.member_id].append((row.on_date, DayHalves(0, 0, 0, row.lowers_target_halves)))
    return {who: tuple(days) for who, days in found.items()}
