"""Where a member is posted on a date: the station's zone decides which date an instant is."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from server.db import short
from server.evidence.types import Place
from server.org.models import County, Posting, Squad, Station, Unit

# Postings that touch the dates from `first` to `last`.
_POSTING, _STATION, _SQUAD = short(Posting, "p"), short(Station, "s"), short(Squad, "q")
_P, _S, _Q = _POSTING.c, _STATION.c, _SQUAD.c
TOUCHING = (
    select(
        _P.squad_id,
        _P.starts_on,
        _P.ends_on,
        _S.id,
        _S.name,
        _S.lat,
        _S.lng,
        _S.radius_m,
        _S.recorded_on_site,
        _S.tz,
        _Q.unit_id,
    )
    .select_from(_POSTING)
    .join(_STATION, (_S.county_id == _P.county_id) & (_S.id == _P.station_id))
    .join(_SQUAD, (_Q.county_id == _P.county_id) & (_Q.id == _P.squad_id))
    .where(
        _P.county_id == bindparam("county"),
        _P.member_id == bindparam("member"),
        _P.starts_on <= bindparam("last"),
        or_(_P.ends_on.is_(None), _P.ends_on >= bindparam("first")),
    )
)


@dataclass(frozen=True, slots=True)
class Presence:
    """A member at an instant: the local date and minute there, and the station posted to (None: nowhere)."""

    on_date: date
    minute_of_day: int
    tz: str
    squad_id: uuid.UUID | None
    place: Place | None


def presence_at(session: Session, county_id: int, member_id: uuid.UUID, at: datetime) -> Presence:
    """Where the member is posted at the instant `at`."""
    # In some zone the local date is the day before or after the UTC date.
    first, last = at.date() - timedelta(days=1), at.date() + timedelta(days=1)
    values = {"county": county_id, "member": member_id, "first": first, "last": last}
    return presence_of(session, county_id, session.execute(TOUCHING, values).all(), at)


def presence_of(session: Session, county_id: int, postings: Iterable[Any], at: datetime) -> Presence:
    """Where the member with these postings (rows of TOUCHING) is at the instant `at`; the one that started last holds.
    Without any the county's own zone gives the date."""
    for row in sorted(postings, key=lambda posting: posting.starts_on, reverse=True):
        local = at.astimezone(ZoneInfo(row.tz))
        if row.starts_on <= local.date() and (row.ends_on is None or local.date() <= row.ends_on):
            place = Place(str(row.id), row.name, row.lat, row.lng, row.radius_m, row.recorded_on_site)
            return Presence(local.date(), local.hour * 60 + local.minute, row.tz, row.squad_id, place)
    tz = session.scalar(select(County.tz).where(County.id == county_id)) or "Asia/Shanghai"
    local = at.astimezone(ZoneInfo(tz))
    return Presence(local.date(), local.hour * 60 + local.minute, tz, None, None)


def history(session: Session, county_id: int, member_id: uuid.UUID) -> list[Any]:
    """A member's postings, the latest first: (starts_on, ends_on, squad, unit, station, city)."""
    statement = (
        select(
            *(Posting.starts_on, Posting.ends_on, Squad.name.label("squad"), Unit.name.label("unit")),
            *(Station.name.label("station"), Station.city),
        )
        .select_from(Posting)
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .join(Unit, (Unit.county_id == Squad.county_id) & (Unit.id == Squad.unit_id))
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .where(Posting.county_id == county_id, Posting.member_id == member_id)
        .order_by(Posting.starts_on.desc())
    )
    return list(session.execute(statement).all())
