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
from server.leaves.models import Leave, is_away_all_day
from server.org import consent
from server.org.models import Consent, Member, Posting, Squad, Station, Unit
from server.org.scope import Caller, watched_members
from server.tally import policy
from server.tally.models import SiteDay
from server.tally.month_fold import asked_windows
from server.tally.states import state_of

_DAY = timedelta(days=1)
_THERE = ("accepted", "half", "review")


class Present(NamedTuple):
    """One posted member on the local date of their station.

    state: as tally.states has it; asked: the rules ask this member for a check-in today; over: the last window in which
    they do has ended there.
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
    over: bool

    @property
    def is_there(self) -> bool:
        """Something of the day counts or waits for review."""
        return self.state in _THERE

    @property
    def shown(self) -> str:
        """The state as a list says it: `idle` where nothing is asked and nothing came."""
        return "idle" if self.state == "none" and not self.asked else self.state

    @property
    def is_absent(self) -> bool:
        """Asked, and nothing came yet."""
        return self.asked and not self.is_there

    @property
    def is_missing(self) -> bool:
        """Absent, and it is too late to come; until then nobody is missing."""
        return self.is_absent and self.over


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
    """The posted members whom the caller watches (of them only `among`), by unit, squad and name. Five statements,
    however many they are."""
    whom = watched_members(caller) if among is None else watched_members(caller) & Member.id.in_(among)
    squads, stations, zones = _squads(session, caller), *_stations(session, caller)
    locals_ = {tz: now.astimezone(ZoneInfo(tz)) for tz in set(zones.values())}
    dates = {tz: local.date() for tz, local in locals_.items()}
    book = policy.rulebook(session, caller.county_id)
    ends = {on: max([w.end_min for w in asked_windows(book.on(on), on)], default=None) for on in dates.values()}
    over = {tz: (ends[dates[tz]] or 0) <= local.hour * 60 + local.minute for tz, local in locals_.items()}
    leave = _on_leave(session, caller, whom, now)
    found = []
    for row, state in _posted(session, caller, whom, now, zones, dates):
        member_id, station_id = row.id, row.station_id
        zone = zones[station_id]
        on = dates[zone]
        away = member_id in leave and any(first <= on <= last for first, last in leave[member_id])
        shown = "excused" if away and state in ("none", "rejected") else state
        asked = bool(row.agreed) and not away and ends[on] is not None
        place = (*squads[row.squad_id], *stations[station_id])
        found.append(Present._make((member_id, row.name, *place, on, shown, asked, over[zone])))
    return sorted(found, key=lambda p: (p.unit, p.squad, p.name, p.member_id))


def _touching(now: datetime) -> tuple[date, date]:
    """The dates that it is anywhere on earth."""
    on = now.astimezone(UTC).date()
    return on - _DAY, on + _DAY


def _posted(
    session: Session,
    caller: Caller,
    whom: ColumnElement[bool],
    now: datetime,
    zones: Mapping[uuid.UUID, str],
    dates: Mapping[str, date],
) -> list[tuple[Any, str]]:
    """Who is posted on the local date at their station, with the state of that day; of two postings that meet the one
    that started last. In one question, since a thousand rows are dear to fetch three times; without consent (`agreed`)
    nobody is asked for a photo, and nobody is missing."""
    found: dict[uuid.UUID, tuple[Any, str]] = {}
    for row in session.execute(_question(caller, whom, now, sorted(set(dates.values())))):
        on = dates[zones[row.station_id]]
        if row.starts_on > on or (row.ends_on is not None and row.ends_on < on):
            continue
        is_its_day = row.on_date == on
        before = found.get(row.id)
        if is_its_day or before is None or before[0].starts_on < row.starts_on:
            halves = (row.confirmed_halves, row.pending_halves, row.away, row.rejected_halves)
            found[row.id] = (row, state_of(*halves) if is_its_day else "none")
    return list(found.values())


def _question(caller: Caller, whom: ColumnElement[bool], now: datetime, dates: Sequence[date]) -> Select[Any]:
    first, last = _touching(now)
    away = SiteDay.excused_halves + SiteDay.lowers_target_halves
    columns: list[Any] = [
        *(Member.id, Member.name, Posting.squad_id, Posting.station_id, Posting.starts_on, Posting.ends_on),
        *(SiteDay.on_date, SiteDay.confirmed_halves, SiteDay.pending_halves, SiteDay.rejected_halves),
        *(away.label("away"), Consent.given_at.is_not(None).label("agreed")),
    ]
    return (
        select(*columns)
        .select_from(Posting)
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .outerjoin(
            Consent,
            (Consent.county_id == Posting.county_id)
            & (Consent.member_id == Posting.member_id)
            & Consent.withdrawn_at.is_(None)
            & (Consent.version == consent.CURRENT_VERSION)
            & (Consent.given_at <= now),
        )
        .outerjoin(
            SiteDay,
            (SiteDay.county_id == Posting.county_id)
            & (SiteDay.member_id == Posting.member_id)
            & SiteDay.on_date.in_(dates),
        )
        .where(
            *(Posting.county_id == caller.county_id, Posting.starts_on <= last),
            or_(Posting.ends_on.is_(None), Posting.ends_on >= first),
            *(Member.removed_at.is_(None), whom),
        )
        .order_by(Posting.starts_on)
    )


def _squads(session: Session, caller: Caller) -> Mapping[uuid.UUID, tuple[Any, ...]]:
    """By id what stands of each in a Present: its unit and itself."""
    statement = (
        select(Squad.unit_id, Unit.name.label("unit"), Squad.id, Squad.name)
        .join(Unit, (Unit.county_id == Squad.county_id) & (Unit.id == Squad.unit_id))
        .where(Squad.county_id == caller.county_id)
    )
    return {row.id: tuple(row) for row in session.execute(statement)}


def _stations(session: Session, caller: Caller) -> tuple[Mapping[uuid.UUID, tuple[Any, ...]], Mapping[uuid.UUID, str]]:
    """By id what stands of each in a Present; and each one's zone."""
    columns = (Station.id, Station.name, Station.city, Station.lat, Station.lng, Station.tz)
    rows = session.execute(select(*columns).where(Station.county_id == caller.county_id)).all()
    return {row.id: tuple(row)[:-1] for row in rows}, {row.id: row.tz for row in rows}


def _on_leave(
    session: Session, caller: Caller, whom: ColumnElement[bool], now: datetime
) -> Mapping[uuid.UUID, list[tuple[date, date]]]:
    """Whole days of approved leave of any kind that touch today."""
    first, last = _touching(now)
    statement = (
        select(Leave.member_id, Leave.starts_on, Leave.ends_on)
        .join(Member, (Member.county_id == Leave.county_id) & (Member.id == Leave.member_id))
        .where(
            *(Leave.county_id == caller.county_id, Leave.state == "approved", whom),
            Leave.starts_on.between(first - timedelta(days=MOST_DAYS), last),
            *(Leave.ends_on >= first, is_away_all_day(Leave.kind, Leave.halves)),
        )
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
