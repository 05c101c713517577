"""The register an admin keeps: stations, members, postings."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TypeVar
from zoneinfo import available_timezones

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import hold_member, lock
from server.errors import AppError, conflict, invalid
from server.evidence.datum import to_wgs84
from server.org import reach
from server.org.models import Member, Posting, RoleGrant, Squad, Station, Unit
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.sealing import Sealer

Named = TypeVar("Named", Unit, Squad, Station)
# What they are called in codes and by people.
WORDS: Mapping[type, tuple[str, str]] = {
    Unit: ("unit", "单位"),
    Squad: ("squad", "小分队"),
    Station: ("station", "驻点"),
}


@dataclass(frozen=True, slots=True)
class NewStation:
    """What an admin types in: degrees in the named datum, radius in metres, an IANA zone."""

    name: str
    city: str
    lat: float
    lng: float
    datum: str
    radius_m: int
    tz: str
    phone: str | None = None
    recorded_on_site: bool = False


@cache
def _zones() -> frozenset[str]:
    """Zones by place; not the aliases of a machine's own folder such as `localtime`, `Factory` or `posix/…`."""
    return frozenset(z for z in available_timezones() if "/" in z and not z.startswith(("posix/", "right/"))) | {"UTC"}


def require_zone(tz: str) -> None:
    """Raises 422 `tz_unknown`."""
    if tz not in _zones():
        raise invalid("tz_unknown", "时区名称不对，应为 Asia/Shanghai 这样的写法。", tz=tz)


def add_station(session: Session, caller: Caller, new: NewStation, now: datetime) -> Station:
    """Enter a station; the point is converted to WGS-84 once, here. 409 when the name is taken."""
    caller.require("admin")
    require_zone(new.tz)
    require_free(session, caller, Station, new.name)
    lat, lng = to_wgs84(new.lat, new.lng, new.datum)
    station = Station(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        name=new.name,
        city=new.city,
        lat=lat,
        lng=lng,
        datum=new.datum,
        given_lat=new.lat,
        given_lng=new.lng,
        radius_m=new.radius_m,
        recorded_on_site=new.recorded_on_site,
        tz=new.tz,
        phone=new.phone,
        valid_from=caller.today,
    )
    session.add(station)
    session.flush()
    record(session, caller.county_id, caller.member_id, "station.added", station.id, {"name": new.name}, now)
    return station


@dataclass(frozen=True, slots=True)
class NewMember:
    """Ids or exact names of unit and squad; how they can be reached, as they were written. `is_other`: that the unit
    has somebody of this name already is known, and they are two."""

    name: str
    unit: str
    squad: str | None = None
    phone: str | None = None
    email: str | None = None
    is_other: bool = False


def add_member(session: Session, caller: Caller, new: NewMember, sealer: Sealer, now: datetime) -> Member:
    """Enter a person under a unit, with the role of member in a squad of it if one is named. 409 `member_exists`: what
    was sent twice, as its answer was lost, makes no second person."""
    caller.require("admin")
    unit = named(session, caller, Unit, new.unit)
    unit_id = unit.id
    if not new.is_other:
        _require_no_namesake(session, caller, unit, new.name)
    squad_id = None
    if new.squad:
        found = named(session, caller, Squad, new.squad)
        squad_id = found.id
        if found.unit_id != unit_id:
            raise invalid("squad_of_other_unit", "这个小分队不属于该单位。")
    member = Member(county_id=caller.county_id, id=uuid.uuid4(), unit_id=unit_id, name=new.name, created_at=now)
    reached_by = reach.write(member, sealer, {"phone": new.phone, "email": new.email})
    session.add(member)
    session.flush()
    if squad_id is not None:
        session.add(
            RoleGrant(
                county_id=caller.county_id,
                member_id=member.id,
                role="member",
                squad_id=squad_id,
                valid_from=caller.today,
            )
        )
    record(session, caller.county_id, caller.member_id, "member.added", member.id, {"fields": reached_by}, now)
    return member


def _require_no_namesake(session: Session, caller: Caller, unit: Unit, name: str) -> None:
    lock(session, f"register:{caller.county_id}")  # of two sent at once, the second sees the first
    there = in_county(caller, Member).where(Member.unit_id == unit.id, Member.name == name, Member.removed_at.is_(None))
    if same := session.scalars(there.order_by(Member.created_at).limit(1)).first():
        said = f"{unit.name}已经登记了{name}。若确是同名的另一个人，请在登记人员的页面上勾选“同名的另一个人”再登记。"
        raise conflict("member_exists", said, member=str(same.id))


def add_posting(
    session: Session,
    caller: Caller,
    member_id: uuid.UUID,
    squad: str,
    station: str,
    starts_on: date,
    ends_on: date | None,
    now: datetime,
) -> Posting:
    """Post a member from `starts_on` on. A posting that is still open ends the day before (a transfer).

    `squad` and `station` are ids or exact names. 409 `posting_overlaps` when another posting lies on these dates and
    cannot simply end.
    """
    caller.require("admin")
    if ends_on is not None and ends_on < starts_on:
        raise invalid("interval_reversed", "结束日期早于开始日期。")
    if session.scalar(in_county(caller, Member).where(Member.id == member_id, Member.removed_at.is_(None))) is None:
        raise AppError(404, "member_unknown", "没有这名队员。")
    squad_id = named(session, caller, Squad, squad).id
    station_id = named(session, caller, Station, station).id
    hold_member(session, caller.county_id, member_id)
    end_conflicting(session, caller.county_id, member_id, starts_on, ends_on)
    posting = Posting(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        member_id=member_id,
        squad_id=squad_id,
        station_id=station_id,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    session.add(posting)
    session.flush()
    facts = {"posting": str(posting.id), "station": str(station_id), "starts_on": starts_on.isoformat()}
    record(session, caller.county_id, caller.member_id, "posting.started", member_id, facts, now)
    return posting


def end_conflicting(
    session: Session, county_id: int, member_id: uuid.UUID, starts_on: date, ends_on: date | None
) -> None:
    """End the open posting that a new one replaces; refuse any other overlap."""
    overlapping = session.scalars(
        select(Posting).where(
            Posting.county_id == county_id,
            Posting.member_id == member_id,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= starts_on),
            Posting.starts_on <= (ends_on or date.max),
        )
    ).all()
    for other in overlapping:
        if other.ends_on is None and other.starts_on < starts_on:
            other.ends_on = date.fromordinal(starts_on.toordinal() - 1)
        else:
            raise conflict(
                "posting_overlaps",
                "这段日期已有派驻，请先结束原来的派驻。",
                starts_on=other.starts_on.isoformat(),
                ends_on=other.ends_on.isoformat() if other.ends_on else None,
            )


def named(session: Session, caller: Caller, table: type[Named], ref: str) -> Named:
    """The county's row with this id or exact name; names are unique in a county. Raises 404 `…_unknown`."""
    try:
        wanted = table.id == uuid.UUID(ref)
    except ValueError:
        wanted = table.name == ref
    row = session.scalar(in_county(caller, table).where(wanted))
    if row is None:
        code, word = WORDS[table]
        raise AppError(404, f"{code}_unknown", f"没有这个{word}。")
    return row


def require_free(session: Session, caller: Caller, table: type[Named], name: str) -> None:
    """Raises 409 `unit_name_taken` and so on when the county has one of this name."""
    if session.scalar(in_county(caller, table).where(table.name == name)):
        code, word = WORDS[table]
        raise conflict(f"{code}_name_taken", f"已有同名{word}，请换一个名称。")
