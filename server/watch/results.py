"""月度: a month's table as far as the caller may read it, narrowed to a unit or a squad, with the members behind it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from server.errors import not_found
from server.org.models import Member, Squad
from server.org.scope import WATCHING_COUNTY, Caller
from server.org.scope import county as in_county
from server.tally.models import ClosedMonth
from server.tally.month import published
from server.tally.monthly import StoredMember, stored_members, table_so_far
from server.tally.table import part_of
from server.tally.types import MonthCount
from server.watch.members import filed


@dataclass(frozen=True, slots=True)
class Part:
    """Which squads of the county: ids of units and of squads; None: all of them."""

    units: frozenset[uuid.UUID] | None = None
    squads: frozenset[uuid.UUID] | None = None

    def squads_in(self) -> ColumnElement[bool]:
        """The condition on Squad."""
        if self.squads is not None:
            return Squad.id.in_(self.squads)
        return true() if self.units is None else Squad.unit_id.in_(self.units)

    def of(self, table: dict[str, Any]) -> dict[str, Any]:
        """The table as far as this part goes."""
        if self.units is None and self.squads is None:
            return table
        squads = None if self.squads is None else {str(squad) for squad in self.squads}
        units = {unit["id"] for unit in table["units"]} if self.units is None else {str(unit) for unit in self.units}
        return part_of(table, units, squads)

    def days_with(self, member: StoredMember) -> list[Any]:
        """The days on which the member was posted with this part."""
        if self.squads is not None:
            return member.with_squads(self.squads)
        if self.units is None:
            return list(member.days.values())
        return [day for unit in self.units for day in member.with_unit(unit)]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member's month; `here`: confirmed days on dates posted with the part that is shown; whether the caller may
    open the file."""

    member_id: uuid.UUID
    name: str
    city: str
    month: MonthCount
    here: float
    may_open: bool


def readable(caller: Caller) -> Part:
    """What the caller may read of a month's table: the county's supervisors all of it, a unit's supervisor the own
    units, a squad's leader the own squads. 403 for everybody else."""
    caller.require(*WATCHING_COUNTY, "unit_supervisor", "squad_leader")
    if caller.has(*WATCHING_COUNTY):
        return Part()
    if units := caller.units("unit_supervisor"):
        return Part(units=frozenset(units))
    return Part(squads=frozenset(caller.squads("squad_leader")))


def narrowed(session: Session, caller: Caller, unit: uuid.UUID | None, squad: uuid.UUID | None) -> Part:
    """What the caller may read, narrowed to a unit or one of its squads; 404 for what they may not."""
    part = readable(caller)
    if unit is None and squad is None:
        return part
    asked = in_county(caller, Squad).with_only_columns(Squad.id, Squad.unit_id).where(part.squads_in())
    asked = asked.where(Squad.id == squad) if squad else asked.where(Squad.unit_id == unit)
    rows = session.execute(asked).all()
    if not rows or (unit and squad and rows[0].unit_id != unit):
        raise not_found()
    units = frozenset({rows[0].unit_id})
    return Part(units, frozenset({squad})) if squad else Part(units, part.squads)


def table_of(session: Session, caller: Caller, month: date, part: Part) -> tuple[dict[str, Any], ClosedMonth | None]:
    """The month's table (server.tally.table) of that part, and the close if it is closed: then it is the frozen one."""
    closed = session.get(ClosedMonth, (caller.county_id, month))
    if closed is not None:
        return part.of(closed.table), closed
    return part.of(table_so_far(session, caller.county_id, month, part.squads_in())), None


def members_of(session: Session, caller: Caller, month: date, part: Part, now: datetime) -> list[MemberRow]:
    """The members posted with that part in the month, by name: as published once it is closed."""
    found = list(stored_members(session, caller.county_id, month, caller.today, part.squads_in()))
    ids = [one.given.member_id for one in found]
    then, open_to = published(session, caller.county_id, month, ids), _filed(session, caller, ids, now)
    rows = [
        MemberRow(
            member_id=one.given.member_id,
            name=one.given.name,
            city="、".join(dict.fromkeys(p.city for p in one.given.postings)),
            month=then.get(one.given.member_id, one.month),
            here=sum(day.confirmed for day in part.days_with(one)) / 2,
            may_open=one.given.member_id in open_to,
        )
        for one in found
    ]
    return sorted(rows, key=lambda row: (row.name, row.member_id))


def _filed(session: Session, caller: Caller, ids: Collection[uuid.UUID], now: datetime) -> set[uuid.UUID]:
    """Those whose file the caller may open."""
    of_these = in_county(caller, Member).with_only_columns(Member.id).where(Member.id.in_(ids), filed(caller, now))
    return set(session.scalars(of_these))
