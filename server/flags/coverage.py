"""无主要领导在外: a unit with a squad out and none of its main leaders away on a day; the union of their intervals."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from server.flags import ledger
from server.flags.assess import Shortfall
from server.flags.ledger import NewFlag
from server.flags.models import Flag
from server.leaves.models import Leave
from server.org.models import Member, Posting, RoleGrant, Squad, Unit
from server.tally import policy
from server.tally.models import SiteDay

_LOOKS_BACK = timedelta(days=62)  # how far a gap is followed back
Interval = tuple[date, date | None]


def uncovered_since(intervals: Iterable[Interval], first: date, today: date) -> date | None:
    """PURE: when the gap that holds `today` began, no earlier than `first`; None when somebody is away today.

    intervals: (first date, last date or None) of any leader, in any order, overlapping or not.
    """
    since = first
    for starts_on, ends_on in intervals:
        if starts_on > today:
            continue
        if ends_on is None or ends_on >= today:
            return None
        since = max(since, ends_on + timedelta(days=1))
    return since


def settle(session: Session, *, county_id: int, today: date, now: datetime) -> None:
    """Make the open `uncovered` flags of the county those of the units that no main leader is away for today. What
    waits for a decision speaks for them: nothing is raised; but what stands is not over before it is decided."""
    ledger.hold(session, county_id)
    hoped, certain = _uncovered(session, county_id, today)
    due, unsure = {gap.unit_id: gap for gap in hoped}, {gap.unit_id for gap in certain}
    standing = session.scalars(
        select(Flag).where(Flag.county_id == county_id, Flag.unit_id.is_not(None), Flag.closed_at.is_(None))
    ).all()
    for flag in standing:
        if flag.unit_id in due:
            _tell_on(flag, today)
    ended = [flag for flag in standing if flag.unit_id not in due and flag.unit_id not in unsure]
    ledger.close(session, county_id, ended, now, [flag.id for flag in ended])
    flagged = {flag.unit_id for flag in standing}
    new = [_flag(unit, today) for unit_id, unit in due.items() if unit_id not in flagged]
    ledger.raise_all(session, county_id, new, now)


@dataclass(frozen=True, slots=True)
class Gap:
    """A unit whose main leaders, by their ids, are all at home since this date."""

    unit_id: uuid.UUID
    name: str
    leaders: tuple[uuid.UUID, ...]
    since: date


def _uncovered(session: Session, county_id: int, today: date) -> tuple[list[Gap], list[Gap]]:
    """The gaps that there would be if everything that waits for a decision were accepted, and those if it were refused.
    Where a county keeps no record of its leaders' absences, or a unit names no leader, nothing is known and nobody is
    uncovered."""
    if policy.in_force(session, county_id, today).rules.burden_mode != "daily":
        return [], []
    first = today - _LOOKS_BACK
    leaders = _leaders(session, county_id, today)
    hoped, certain = (_away(session, county_id, first, today, hoped) for hoped in (True, False))
    if not any(who in hoped for of_unit in leaders.values() for who in of_unit):
        return [], []
    units = [unit for unit in _with_a_squad_out(session, county_id, today) if unit.id in leaders]

    def gaps(away: Mapping[uuid.UUID, list[Interval]]) -> list[Gap]:
        found = []
        for unit in units:
            intervals = [interval for who in leaders[unit.id] for interval in away.get(who, ())]
            since = uncovered_since(intervals, max(first, unit.out_since), today)
            found += [Gap(unit.id, unit.name, leaders[unit.id], since)] if since else []
        return found

    return gaps(hoped), gaps(certain)


def _grants(county_id: int, today: date, *columns: Any) -> Select[Any]:
    """Of the main leaders of units: those who answer for one (unit_supervisor) on that date."""
    return select(*columns).where(
        RoleGrant.county_id == county_id,
        RoleGrant.role == "unit_supervisor",
        RoleGrant.valid_from <= today,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= today),
    )


def _leaders(session: Session, county_id: int, today: date) -> Mapping[uuid.UUID, tuple[uuid.UUID, ...]]:
    """The main leaders of each unit."""
    statement = (
        _grants(county_id, today, RoleGrant.unit_id, RoleGrant.member_id)
        .join(Member, (Member.county_id == RoleGrant.county_id) & (Member.id == RoleGrant.member_id))
        .where(Member.removed_at.is_(None))
        .order_by(RoleGrant.member_id)
    )
    found: dict[uuid.UUID, tuple[uuid.UUID, ...]] = {}
    for row in session.execute(statement):
        found[row.unit_id] = (*found.get(row.unit_id, ()), row.member_id)
    return found


def _away(
    session: Session, county_id: int, first: date, today: date, hoped: bool
) -> Mapping[uuid.UUID, list[Interval]]:
    """When each leader was away: posted, on an official trip, or on site; `hoped`: also what waits of the last two."""
    leaders = _grants(county_id, today, RoleGrant.member_id)
    posted = select(Posting.member_id, Posting.starts_on, Posting.ends_on).where(
        Posting.county_id == county_id,
        Posting.member_id.in_(leaders),
        Posting.starts_on <= today,
        or_(Posting.ends_on.is_(None), Posting.ends_on >= first),
    )
    trips = select(Leave.member_id, Leave.starts_on, Leave.ends_on).where(
        Leave.county_id == county_id,
        Leave.member_id.in_(leaders),
        Leave.kind == "official_trip",
        Leave.state.in_(("approved", "pending") if hoped else ("approved",)),
        Leave.starts_on <= today,
        Leave.ends_on >= first,
    )
    on_site = select(SiteDay.member_id, SiteDay.on_date, SiteDay.on_date).where(
        SiteDay.county_id == county_id,
        SiteDay.member_id.in_(leaders),
        SiteDay.on_date.between(first, today),
        SiteDay.confirmed_halves + (SiteDay.pending_halves if hoped else 0) > 0,
    )
    found: dict[uuid.UUID, list[Interval]] = {}
    for statement in (posted, trips, on_site):
        for who, starts_on, ends_on in session.execute(statement):
            found.setdefault(who, []).append((starts_on, ends_on))
    return found


def _with_a_squad_out(session: Session, county_id: int, today: date) -> Sequence[Any]:
    """(id, name, out_since) of the units that somebody is posted for on that date, and the first date they were."""
    out = (
        select(Squad.unit_id, func.min(Posting.starts_on).label("out_since"))
        .join(Posting, (Posting.county_id == Squad.county_id) & (Posting.squad_id == Squad.id))
        .where(
            Squad.county_id == county_id,
            Posting.starts_on <= today,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= today),
        )
        .group_by(Squad.unit_id)
        .subquery()
    )
    units = select(Unit.id, Unit.name, out.c.out_since).join(out, out.c.unit_id == Unit.id)
    return session.execute(units.where(Unit.county_id == county_id).order_by(Unit.id)).all()


def _flag(gap: Gap, today: date) -> NewFlag:
    said, facts = _said(gap.name, gap.since, today)
    return NewFlag(today.replace(day=1), Shortfall("uncovered", said, facts), unit_id=gap.unit_id, tell=gap.leaders)


def _tell_on(flag: Flag, today: date) -> None:
    """What stands open tells the days up to today. Since when stays as it was raised: its notices go by it, and how far
    we look back has an end."""
    flag.message, flag.facts = _said(flag.facts["unit"], date.fromisoformat(flag.facts["since"]), today)


def _said(unit: str, since: date, today: date) -> tuple[str, dict[str, Any]]:
    """The sentence and the numbers of a unit's gap on that date."""
    days = (today - since).days + 1
    said = (
        f"{unit}到{today.month}月{today.day}日已有 {days} 天没有主要领导在外招商。"
        "请安排一位主要领导外出；已经外出的，请补登记公出。"
    )
    return said, {"unit": unit, "since": since.isoformat(), "days": days, "on": today.isoformat()}
