"""今天: who is posted where today, who is asked to check in by the rules, and how each one stands."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from server.leaves.limits import MOST_DAYS
from server.leaves.models import Leave
from server.org import consent
from server.org.models import Consent, Member, Posting, Squad, Station, Unit
from server.org.scope import Caller, watched_members
from server.tally import policy
from server.tally.models import SiteDay
from server.tally.month_fold import asked_windows
from server.tally.rules import InForce
from server.tally.states import state_of
from server.tally.types import FULL_DAY

_DAY = timedelta(days=1)
_THERE = ("accepted", "half", "review")


@dataclass(frozen=True, slots=True)
class Present:
    """One posted member on the local date of their station.

    state: as tally.states has it; asked: the rules ask this member for a check-in today; last_min: when the last window
    ends, in minutes after midnight there.
    """

    member_id: uuid.UUID
    name: str
    unit_id: uuid.UUID
    unit: str
    squad_id: uuid.UUID
    squad: str
    station_id: uuid.UUID
    station: str
    city: str
    lat: float
    lng: float
    on: date
    state: str
    asked: bool
    last_min: int

    @property
    def is_there(self) -> bool:
        """Something of the day counts or waits for review."""
        return self.state in _THERE

    @property
    def is_missing(self) -> bool:
        return self.asked and not self.is_there


@dataclass(frozen=True, slots=True)
class Sum:
    """今天 of a unit or squad: of `due` people asked, `done` are there, `review` of them still waiting; `more` came who
    were not asked; `away` are on leave."""

    id: uuid.UUID
    name: str
    due: int
    done: int
    review: int
    more: int
    away: int
    missing: tuple[Present, ...]


def today(session: Session, caller: Caller, now: datetime) -> list[Present]:
    """The posted members whom the caller watches, by unit, squad and name. Five statements, however many they are."""
    book = policy.rulebook(session, caller.county_id)
    rows = _posted(session, caller, now)
    days = _days(session, caller, {on for _, on in rows})
    asked = _may_be_asked(session, caller, now)
    leave = _on_leave(session, caller, now)
    return [_present(row, on, book.on(on), days.get((row.id, on)), asked, leave) for row, on in rows]


def _touching(now: datetime) -> tuple[date, date]:
    """The dates that it is anywhere on earth."""
    on = now.astimezone(UTC).date()
    return on - _DAY, on + _DAY


def _in_force(caller: Caller, now: datetime) -> Sequence[Any]:
    first, last = _touching(now)
    return (
        Posting.county_id == caller.county_id,
        Posting.starts_on <= last,
        or_(Posting.ends_on.is_(None), Posting.ends_on >= first),
    )


def _posted(session: Session, caller: Caller, now: datetime) -> list[tuple[Any, date]]:
    """Each with the local date at the station; of two postings that meet the one that started last."""
    statement = (
        select(
            *(Member.id, Member.name, Squad.unit_id, Unit.name.label("unit"), Posting.squad_id),
            *(Squad.name.label("squad"), Posting.station_id, Station.name.label("station"), Station.city),
            *(Station.lat, Station.lng, Station.tz, Posting.starts_on, Posting.ends_on),
        )
        .select_from(Posting)
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .join(Unit, (Unit.county_id == Squad.county_id) & (Unit.id == Squad.unit_id))
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .where(*_in_force(caller, now), Member.removed_at.is_(None), watched_members(caller))
        .order_by(Unit.name, Squad.name, Member.name, Member.id, Posting.starts_on)
    )
    dates = _dates(now)
    found: dict[uuid.UUID, tuple[Any, date]] = {}
    for row in session.execute(statement):
        on = dates(row.tz)
        if row.starts_on <= on and (row.ends_on is None or on <= row.ends_on):
            found[row.id] = (row, on)
    return list(found.values())


def _dates(now: datetime) -> Any:
    known: dict[str, date] = {}

    def on(tz: str) -> date:
        if tz not in known:
            known[tz] = now.astimezone(ZoneInfo(tz)).date()
        return known[tz]

    return on


def _watched(caller: Caller, table: Any, *columns: Any) -> Select[Any]:
    """Columns of rows about the members whom the caller watches."""
    return (
        select(*columns)
        .join(Member, (Member.county_id == table.county_id) & (Member.id == table.member_id))
        .where(table.county_id == caller.county_id, Member.removed_at.is_(None), watched_members(caller))
    )


def _days(session: Session, caller: Caller, dates: Iterable[date]) -> Mapping[tuple[uuid.UUID, date], str]:
    """The state of each day there is."""
    away = SiteDay.excused_halves + SiteDay.lowers_target_halves
    columns = (SiteDay.confirmed_halves, SiteDay.pending_halves, away.label("away"), SiteDay.rejected_halves)
    statement = _watched(caller, SiteDay, SiteDay.member_id, SiteDay.on_date, *columns)
    rows = session.execute(statement.where(SiteDay.on_date.in_(sorted(dates))))
    return {(who, on): state_of(*halves) for who, on, *halves in rows}


def _may_be_asked(session: Session, caller: Caller, now: datetime) -> set[uuid.UUID]:
    """Without consent nobody is asked for a photo, and nobody is missing."""
    statement = _watched(caller, Consent, Consent.member_id).where(
        Consent.withdrawn_at.is_(None), Consent.version == consent.CURRENT_VERSION, Consent.given_at <= now
    )
    return set(session.scalars(statement))


def _on_leave(session: Session, caller: Caller, now: datetime) -> Mapping[uuid.UUID, list[tuple[date, date]]]:
    """Whole days of approved leave of any kind that touch today."""
    first, last = _touching(now)
    statement = _watched(caller, Leave, Leave.member_id, Leave.starts_on, Leave.ends_on).where(
        Leave.state == "approved",
        Leave.starts_on.between(first - timedelta(days=MOST_DAYS), last),
        Leave.ends_on >= first,
        Leave.kind != "make_up",
        Leave.halves == FULL_DAY,
    )
    found: dict[uuid.UUID, list[tuple[date, date]]] = {}
    for row in session.execute(statement):
        found.setdefault(row.member_id, []).append((row.starts_on, row.ends_on))
    return found


def _present(
    row: Any,
    on: date,
    rules: InForce,
    state: str | None,
    asked: set[uuid.UUID],
    leave: Mapping[uuid.UUID, list[tuple[date, date]]],
) -> Present:
    windows = asked_windows(rules, on)
    away = any(first <= on <= last for first, last in leave.get(row.id, ()))
    return Present(
        member_id=row.id,
        name=row.name,
        unit_id=row.unit_id,
        unit=row.unit,
        squad_id=row.squad_id,
        squad=row.squad,
        station_id=row.station_id,
        station=row.station,
        city=row.city,
        lat=row.lat,
        lng=row.lng,
        on=on,
        state="excused" if away and state in (None, "none", "rejected") else state or "none",
        asked=bool(windows) and row.id in asked and not away,
        last_min=max((w.end_min for w in windows), default=0),
    )


def by_unit(people: Iterable[Present]) -> list[Sum]:
    """The day of each unit; of one unit alone, that of each of its squads."""
    people = list(people)
    one_unit = len({p.unit_id for p in people}) == 1
    groups: dict[tuple[uuid.UUID, str], list[Present]] = {}
    for p in people:
        groups.setdefault((p.squad_id, p.squad) if one_unit else (p.unit_id, p.unit), []).append(p)
    return [summed(group_id, name, theirs) for (group_id, name), theirs in groups.items()]


def summed(group_id: uuid.UUID, name: str, people: Sequence[Present]) -> Sum:
    return Sum(
        id=group_id,
        name=name,
        due=sum(p.asked for p in people),
        done=sum(p.asked and p.is_there for p in people),
        review=sum(p.asked and p.state == "review" for p in people),
        more=sum(not p.asked and p.is_there for p in people),
        away=sum(p.state == "excused" for p in people),
        missing=tuple(p for p in people if p.is_missing),
    )
