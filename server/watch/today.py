"""今天: who is posted where today, who is asked to check in by the rules, and how each one stands."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from server.leaves.limits import MOST_DAYS
from server.leaves.models import Leave
from server.org import consent
from server.org.models import Consent, Member, Posting, Squad, Station, Unit
from server.org.scope import Caller, watched_members
from server.tally import policy
from server.tally.models import SiteDay
from server.tally.month_fold import asked_windows
from server.tally.states import state_of
from server.tally.types import FULL_DAY

_DAY = timedelta(days=1)
_THERE = ("accepted", "half", "review")


class Present(NamedTuple):
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


def today(session: Session, caller: Caller, now: datetime, among: Collection[uuid.UUID] | None = None) -> list[Present]:
    """The posted members whom the caller watches (of them only `among`), by unit, squad and name. Seven statements,
    however many they are."""
    whom = watched_members(caller) if among is None else watched_members(caller) & Member.id.in_(among)
    rows = _posted(session, caller, whom, now)
    days = _days(session, caller, whom, {on for _, on in rows})
    asked = _may_be_asked(session, caller, whom, now)
    leave = _on_leave(session, caller, whom, now)
    squads, stations = _squads(session, caller), _stations(session, caller)
    book = policy.rulebook(session, caller.county_id)
    closes = {on: max((w.end_min for w in asked_windows(book.on(on), on)), default=0) for _, on in rows}
    found = []
    for row, on in rows:
        squad, station = squads[row.squad_id], stations[row.station_id]
        away = any(first <= on <= last for first, last in leave.get(row.id, ()))
        state = days.get((row.id, on), "none")
        found.append(
            Present(
                *(row.id, row.name, squad.unit_id, squad.unit, squad.id, squad.name),
                *(station.id, station.name, station.city, station.lat, station.lng, on),
                state="excused" if away and state in ("none", "rejected") else state,
                asked=bool(closes[on]) and row.id in asked and not away,
                last_min=closes[on],
            )
        )
    return sorted(found, key=lambda p: (p.unit, p.squad, p.name, p.member_id))


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


def _posted(session: Session, caller: Caller, whom: ColumnElement[bool], now: datetime) -> list[tuple[Any, date]]:
    """Each with the local date at the station; of two postings that meet the one that started last."""
    columns = (Posting.squad_id, Posting.station_id, Posting.starts_on, Posting.ends_on, Station.tz)
    statement = (
        select(Member.id, Member.name, *columns)
        .select_from(Posting)
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .where(*_in_force(caller, now), Member.removed_at.is_(None), whom)
        .order_by(Posting.starts_on)
    )
    dates = _dates(now)
    found: dict[uuid.UUID, tuple[Any, date]] = {}
    for row in session.execute(statement):
        on = dates(row.tz)
        if row.starts_on <= on and (row.ends_on is None or on <= row.ends_on):
            found[row.id] = (row, on)
    return list(found.values())


def _squads(session: Session, caller: Caller) -> Mapping[uuid.UUID, Any]:
    statement = (
        select(Squad.id, Squad.name, Squad.unit_id, Unit.name.label("unit"))
        .join(Unit, (Unit.county_id == Squad.county_id) & (Unit.id == Squad.unit_id))
        .where(Squad.county_id == caller.county_id)
    )
    return {row.id: row for row in session.execute(statement)}


def _stations(session: Session, caller: Caller) -> Mapping[uuid.UUID, Any]:
    columns = (Station.id, Station.name, Station.city, Station.lat, Station.lng)
    return {row.id: row for row in session.execute(select(*columns).where(Station.county_id == caller.county_id))}


def _dates(now: datetime) -> Any:
    known: dict[str, date] = {}

    def on(tz: str) -> date:
        if tz not in known:
            known[tz] = now.astimezone(ZoneInfo(tz)).date()
        return known[tz]

    return on


def _about(caller: Caller, whom: ColumnElement[bool], table: Any, *columns: Any) -> Select[Any]:
    """Columns of rows about these members (a condition on Member)."""
    return (
        select(*columns)
        .join(Member, (Member.county_id == table.county_id) & (Member.id == table.member_id))
        .where(table.county_id == caller.county_id, Member.removed_at.is_(None), whom)
    )


def _days(
    session: Session, caller: Caller, whom: ColumnElement[bool], dates: Iterable[date]
) -> Mapping[tuple[uuid.UUID, date], str]:
    """The state of each day there is."""
    away = SiteDay.excused_halves + SiteDay.lowers_target_halves
    columns = (SiteDay.confirmed_halves, SiteDay.pending_halves, away.label("away"), SiteDay.rejected_halves)
    statement = _about(caller, whom, SiteDay, SiteDay.member_id, SiteDay.on_date, *columns)
    rows = session.execute(statement.where(SiteDay.on_date.in_(sorted(dates))))
    return {(who, on): state_of(*halves) for who, on, *halves in rows}


def _may_be_asked(session: Session, caller: Caller, whom: ColumnElement[bool], now: datetime) -> set[uuid.UUID]:
    """Without consent nobody is asked for a photo, and nobody is missing."""
    statement = _about(caller, whom, Consent, Consent.member_id).where(
        Consent.withdrawn_at.is_(None), Consent.version == consent.CURRENT_VERSION, Consent.given_at <= now
    )
    return set(session.scalars(statement))


def _on_leave(
    session: Session, caller: Caller, whom: ColumnElement[bool], now: datetime
) -> Mapping[uuid.UUID, list[tuple[date, date]]]:
    """Whole days of approved leave of any kind that touch today."""
    first, last = _touching(now)
    statement = _about(caller, whom, Leave, Leave.member_id, Leave.starts_on, Leave.ends_on).where(
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
