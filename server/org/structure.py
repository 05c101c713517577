"""What an admin makes and changes of the county's structure: units, squads, stations' fences, postings' ends, roles."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import member_lock
from server.errors import conflict, invalid, not_found
from server.org import signin
from server.org.models import COUNTY_ROLES, SQUAD_ROLES, Member, Posting, RoleGrant, Squad, Station, Unit
from server.org.register import WORDS, named, require_free
from server.org.scope import Caller, hold_caller
from server.org.scope import county as in_county

_Named = TypeVar("_Named", Unit, Squad)


def squad_names(session: Session, county_id: int, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these squads of the county are called."""
    rows = session.execute(select(Squad.id, Squad.name).where(Squad.county_id == county_id, Squad.id.in_(ids)))
    return {row.id: row.name for row in rows}


def add_unit(session: Session, caller: Caller, name: str, now: datetime) -> Unit:
    """Enter a unit. 409 when the name is taken."""
    caller.require("admin")
    require_free(session, caller, Unit, name)
    unit = Unit(county_id=caller.county_id, id=uuid.uuid4(), name=name)
    session.add(unit)
    session.flush()
    record(session, caller.county_id, caller.member_id, "unit.added", unit.id, {"name": name}, now)
    return unit


def add_squad(session: Session, caller: Caller, unit: str, name: str, now: datetime) -> Squad:
    """Enter a squad of a unit (id or exact name). 409 when the name is taken."""
    caller.require("admin")
    unit_id = named(session, caller, Unit, unit).id
    require_free(session, caller, Squad, name)
    squad = Squad(county_id=caller.county_id, id=uuid.uuid4(), unit_id=unit_id, name=name)
    session.add(squad)
    session.flush()
    facts = {"name": name, "unit": str(unit_id)}
    record(session, caller.county_id, caller.member_id, "squad.added", squad.id, facts, now)
    return squad


def rename_unit(session: Session, caller: Caller, unit_id: uuid.UUID, name: str, now: datetime) -> Unit:
    """Give a unit another name; months that are closed keep the one they were published with. 409 when it is taken."""
    return _renamed(session, caller, Unit, unit_id, name, now)


def rename_squad(session: Session, caller: Caller, squad_id: uuid.UUID, name: str, now: datetime) -> Squad:
    """Give a squad another name, as `rename_unit`."""
    return _renamed(session, caller, Squad, squad_id, name, now)


def _renamed(
    session: Session, caller: Caller, table: type[_Named], row_id: uuid.UUID, name: str, now: datetime
) -> _Named:
    """The same name again changes and records nothing."""
    caller.require("admin")
    code, word = WORDS[table]
    found: _Named | None = session.scalar(in_county(caller, table).where(table.id == row_id))
    if found is None:
        raise not_found(f"没有这个{word}。")
    if found.name == name:
        return found
    require_free(session, caller, table, name)
    facts = {"name": [found.name, name]}
    found.name = name
    session.flush()
    record(session, caller.county_id, caller.member_id, f"{code}.changed", found.id, facts, now)
    return found


def change_station(
    session: Session, caller: Caller, station_id: uuid.UUID, to: Mapping[str, Any], now: datetime
) -> Station:
    """Change the radius in metres, the landline, or the last date (`radius_m`, `phone`, `valid_to`; those of them that
    `to` has). The point stays: what was judged by it must go on explaining itself; who moves enters a new station."""
    caller.require("admin")
    station: Station | None = session.scalar(in_county(caller, Station).where(Station.id == station_id))
    if station is None:
        raise not_found("没有这个驻点。")
    if to.get("valid_to") is not None and to["valid_to"] < station.valid_from:
        raise invalid("interval_reversed", "停用日期早于启用日期。")
    before = {name: getattr(station, name) for name in to}
    for name, value in to.items():
        setattr(station, name, value)
    session.flush()
    facts = {name: [str(before[name]), str(value)] for name, value in to.items() if before[name] != value}
    if facts:
        record(session, caller.county_id, caller.member_id, "station.changed", station.id, facts, now)
    return station


def end_posting(session: Session, caller: Caller, posting_id: uuid.UUID, ends_on: date, now: datetime) -> Posting:
    """The posting's last date. Later dates are freed; another posting may begin there."""
    caller.require("admin")
    posting: Posting | None = session.scalar(in_county(caller, Posting).where(Posting.id == posting_id))
    if posting is None:
        raise not_found("没有这个派驻。")
    hold_caller(session, caller, member_lock(caller.county_id, posting.member_id))
    session.refresh(posting)
    if ends_on < posting.starts_on:
        raise invalid("interval_reversed", "结束日期早于开始日期。")
    if posting.ends_on is not None and ends_on > posting.ends_on:
        raise conflict("posting_ended", "这个派驻已经更早结束；要接着派驻，请登记新的派驻。")
    posting.ends_on = ends_on
    session.flush()
    facts = {"posting": str(posting.id), "ends_on": ends_on.isoformat()}
    record(session, caller.county_id, caller.member_id, "posting.ended", posting.member_id, facts, now)
    return posting


@dataclass(frozen=True, slots=True)
class NewRole:
    """A role with its scope: the unit of a unit supervisor, the squad of a member or leader (id or exact name)."""

    role: str
    where: str | None
    starts_on: date


def grant(session: Session, caller: Caller, member_id: uuid.UUID, new: NewRole, now: datetime) -> RoleGrant:
    """Give a member a role from a date on. 409 when they hold it there already. An invite that somebody else issued is
    good no longer: whoever may invite a member of their unit may not sign in as an admin by it."""
    caller.require("admin")
    hold_caller(session, caller, member_lock(caller.county_id, member_id))
    member = session.scalar(in_county(caller, Member).where(Member.id == member_id, Member.removed_at.is_(None)))
    if member is None:
        raise not_found("没有这名队员。")
    if new.starts_on < caller.today:
        raise invalid("date_out_of_range", "角色最早从今天开始。")
    unit_id, squad_id = _scope(session, caller, new)
    held = in_county(caller, RoleGrant).where(
        RoleGrant.member_id == member_id,
        RoleGrant.role == new.role,
        RoleGrant.unit_id.is_not_distinct_from(unit_id),
        RoleGrant.squad_id.is_not_distinct_from(squad_id),
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= new.starts_on),
    )
    if session.scalar(held):
        raise conflict("role_held", "这名队员已经有这个角色。")
    made = RoleGrant(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        member_id=member_id,
        role=new.role,
        unit_id=unit_id,
        squad_id=squad_id,
        valid_from=new.starts_on,
    )
    session.add(made)
    session.flush()
    signin.void_invites(session, caller.county_id, member_id, now, but_of=caller.member_id)
    facts = {"role": new.role, "unit": str(unit_id or ""), "squad": str(squad_id or ""), "from": str(new.starts_on)}
    record(session, caller.county_id, caller.member_id, "role.granted", member_id, facts, now)
    return made


def end_role(session: Session, caller: Caller, grant_id: uuid.UUID, now: datetime) -> RoleGrant:
    """Yesterday was the role's last day: it holds no more at once. The county keeps one admin at least."""
    caller.require("admin")
    found: RoleGrant | None = session.scalar(in_county(caller, RoleGrant).where(RoleGrant.id == grant_id))
    if found is None:
        raise not_found("没有这个角色。")
    # All who end an admin's role wait for each other: of two who end each other's, one stays.
    hold_caller(session, caller, member_lock(caller.county_id, found.member_id), f"admins:{caller.county_id}")
    session.refresh(found)
    if found.valid_to is not None and found.valid_to < caller.today:
        return found
    if found.role == "admin" and _admins(session, caller, found.id) == 0:
        raise conflict("last_admin", "这是最后一名管理员，请先指定另一名。")
    facts = {"role": found.role, "grant": str(found.id)}
    record(session, caller.county_id, caller.member_id, "role.ended", found.member_id, facts, now)
    if found.valid_from >= caller.today:
        session.delete(found)
    else:
        found.valid_to = caller.today - timedelta(days=1)
    session.flush()
    return found


def _scope(session: Session, caller: Caller, new: NewRole) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """(unit, squad) of the role; whole-county roles have neither."""
    if new.role in COUNTY_ROLES:
        return None, None
    if not new.where:
        raise invalid("scope_missing", "请选择单位或小分队。")
    if new.role in SQUAD_ROLES:
        return None, named(session, caller, Squad, new.where).id
    return named(session, caller, Unit, new.where).id, None


def _admins(session: Session, caller: Caller, but: uuid.UUID) -> int:
    """How many other admin roles hold today."""
    statement = (
        select(func.count())
        .select_from(RoleGrant)
        .join(Member, (Member.county_id == RoleGrant.county_id) & (Member.id == RoleGrant.member_id))
        .where(
            RoleGrant.county_id == caller.county_id,
            RoleGrant.role == "admin",
            RoleGrant.id != but,
            RoleGrant.valid_from <= caller.today,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= caller.today),
            Member.removed_at.is_(None),
        )
    )
    return session.scalars(statement).one()
