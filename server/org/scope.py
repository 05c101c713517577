"""The caller, and the one place that narrows every query to the caller's county and subtree."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from server.db import hold_member
from server.errors import forbidden, not_found, unauthenticated
from server.org.models import Member, Posting, RoleGrant, SignIn, Squad

# Who may look into the evidence and the count of the members below them. An admin keeps the register, not the watch.
WATCHING_COUNTY = ("bureau_supervisor", "county_leader")


@dataclass(frozen=True, slots=True)
class Grant:
    """One role in force today, with the unit or squad it is limited to (None: the whole county)."""

    role: str
    unit_id: uuid.UUID | None
    squad_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in member. Everything a service may do is decided from this and nothing else."""

    county_id: int
    member_id: uuid.UUID
    name: str
    unit_id: uuid.UUID
    today: date  # the county's local date
    grants: tuple[Grant, ...]
    sign_in_id: uuid.UUID
    consented: bool  # to the current version
    at_console: bool = False  # signed in at a browser, not by the mini-program
    county_name: str = ""
    tz: str = "Asia/Shanghai"  # the county's

    def has(self, *roles: str) -> bool:
        return any(grant.role in roles for grant in self.grants)

    def units(self, *roles: str) -> list[uuid.UUID]:
        return [g.unit_id for g in self.grants if g.role in roles and g.unit_id]

    def squads(self, *roles: str) -> list[uuid.UUID]:
        return [g.squad_id for g in self.grants if g.role in roles and g.squad_id]

    def require(self, *roles: str) -> None:
        """Raise 403 unless one of these roles is held."""
        if not self.has(*roles):
            raise forbidden("role_required", "您的角色不能做这一步。", roles=list(roles))

    def require_phone(self) -> None:
        """Raise 403 at the console: what vouches for a person or a place comes from the phone they hold."""
        if self.at_console:
            raise forbidden("phone_needed", "这一步请在手机上的小程序里办理。")


def county(caller: Caller, *columns: Any) -> Select[Any]:
    """`select(*columns)` narrowed to the caller's county on every table that the columns come from."""
    statement = select(*columns)
    tables = {column.class_ if hasattr(column, "class_") else column for column in columns}
    for table in tables:
        statement = statement.where(table.county_id == caller.county_id)
    return statement


def hold_caller(session: Session, caller: Caller, *others: str) -> None:
    """Hold the caller, and `others` by the names of their locks, for what opens a new way in or closes somebody's.
    Raises 401 when the caller's session was ended since the request came in: who is being signed out leaves no door
    open behind them, and of two admins who remove each other one stays."""
    hold_member(session, caller.county_id, caller.member_id, *others)
    standing = county(caller, SignIn).where(SignIn.id == caller.sign_in_id, SignIn.revoked_at.is_(None))
    if session.scalar(standing.with_only_columns(SignIn.id)) is None:
        raise unauthenticated()


def posted_today(caller: Caller, *columns: Any) -> Select[Any]:
    """Columns of the county's postings that are in force on the caller's local date."""
    return select(*columns).where(
        Posting.county_id == caller.county_id,
        Posting.starts_on <= caller.today,
        or_(Posting.ends_on.is_(None), Posting.ends_on >= caller.today),
    )


def own_squads(caller: Caller) -> Select[Any]:
    """Ids of the squads the caller is posted with today or leads. After a transfer that is the new one."""
    led = select(Squad.id).where(Squad.county_id == caller.county_id, Squad.id.in_(caller.squads("squad_leader")))
    return select(
        posted_today(caller, Posting.squad_id).where(Posting.member_id == caller.member_id).union(led).subquery()
    )


def unit_squads(caller: Caller) -> Select[Any]:
    """Ids of the squads of the units that the caller supervises; of nobody's, none."""
    return county(caller, Squad).with_only_columns(Squad.id).where(Squad.unit_id.in_(caller.units("unit_supervisor")))


def squad_mates(caller: Caller, squad_ids: Select[Any] | list[uuid.UUID]) -> Select[Any]:
    """Ids of the members posted to one of these squads today, and of those with a role in it who are posted nowhere."""
    held = select(RoleGrant.member_id).where(
        RoleGrant.county_id == caller.county_id,
        RoleGrant.squad_id.in_(squad_ids),
        RoleGrant.valid_from <= caller.today,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= caller.today),
        RoleGrant.member_id.not_in(posted_today(caller, Posting.member_id)),
    )
    posted = posted_today(caller, Posting.member_id).where(Posting.squad_id.in_(squad_ids))
    return select(posted.union(held).subquery().c.member_id)


def holders(session: Session, county_id: int, role: str, on: date) -> list[uuid.UUID]:
    """The members who hold a role of the whole county on a local date, in the order of their ids."""
    statement = (
        select(RoleGrant.member_id)
        .join(Member, (Member.county_id == RoleGrant.county_id) & (Member.id == RoleGrant.member_id))
        .where(
            RoleGrant.county_id == county_id,
            RoleGrant.role == role,
            RoleGrant.valid_from <= on,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= on),
            Member.removed_at.is_(None),
        )
        .distinct()
        .order_by(RoleGrant.member_id)
    )
    return list(session.scalars(statement))


def watched_members(caller: Caller) -> ColumnElement[bool]:
    """The condition on Member: those whose evidence the caller may see, the caller included."""
    if caller.has(*WATCHING_COUNTY):
        return true()
    conditions: list[ColumnElement[bool]] = [Member.id == caller.member_id]
    if units := caller.units("unit_supervisor"):
        conditions.append(Member.unit_id.in_(units))
    if squads := caller.squads("squad_leader"):
        conditions.append(Member.id.in_(squad_mates(caller, squads)))
    return or_(*conditions)


def watched_member(session: Session, caller: Caller, member_id: uuid.UUID) -> Member:
    """The member, if the caller may see their evidence; else 404, which does not say whether there is one."""
    member = session.scalar(
        county(caller, Member).where(Member.id == member_id, Member.removed_at.is_(None), watched_members(caller))
    )
    if member is None:
        raise not_found()
    return member


def watched_squads(caller: Caller) -> ColumnElement[bool]:
    """The condition on Squad: those whose day the caller may see (a member sees the own squad's board)."""
    if caller.has(*WATCHING_COUNTY):
        return true()
    conditions: list[ColumnElement[bool]] = [Squad.id.in_(own_squads(caller))]
    if units := caller.units("unit_supervisor"):
        conditions.append(Squad.unit_id.in_(units))
    return or_(*conditions)
