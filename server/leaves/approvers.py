"""Who decides on leave: the role that its length asks for, or a higher one, over the member; never oneself."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.leaves.models import Leave
from server.org.models import COUNTY_ROLES, Member, Posting, RoleGrant
from server.org.scope import Caller, squad_mates

RANKS = ("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader")  # the last one is the highest
ASKED_OR_APPROVED = ("pending", "approved")
_NEAR = timedelta(days=120)


def ranks_over(session: Session, caller: Caller, members: Sequence[Member]) -> dict[uuid.UUID, int]:
    """How high the caller stands over each of these members, as a place in RANKS; whoever is missing they do not
    decide about. Nobody stands over themselves."""
    others = [member for member in members if member.id != caller.member_id]
    whole = max((RANKS.index(g.role) for g in caller.grants if g.role in RANKS and g.role in COUNTY_ROLES), default=-1)
    if whole >= 0:
        return {member.id: whole for member in others}
    found = dict[uuid.UUID, int]()
    if led := caller.squads("squad_leader"):
        ids = [member.id for member in others]
        mates = select(Member.id).where(
            Member.county_id == caller.county_id, Member.id.in_(ids), Member.id.in_(squad_mates(caller, led))
        )
        found = dict.fromkeys(session.scalars(mates), RANKS.index("squad_leader"))
    units = caller.units("unit_supervisor")
    return found | {member.id: RANKS.index("unit_supervisor") for member in others if member.unit_id in units}


def deciders(session: Session, needed: str, member: Member, on: date) -> list[uuid.UUID]:
    """The members to ask: those who hold the needed role over this one on the date `on`, else the next higher role."""
    squads = select(Posting.squad_id).where(
        Posting.county_id == member.county_id,
        Posting.member_id == member.id,
        Posting.starts_on <= on,
        or_(Posting.ends_on.is_(None), Posting.ends_on >= on),
    )
    for role in RANKS[RANKS.index(needed) :]:
        statement = (
            select(RoleGrant.member_id)
            .join(Member, (Member.county_id == RoleGrant.county_id) & (Member.id == RoleGrant.member_id))
            .where(
                RoleGrant.county_id == member.county_id,
                RoleGrant.role == role,
                RoleGrant.member_id != member.id,
                Member.removed_at.is_(None),
                RoleGrant.valid_from <= on,
                or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= on),
                or_(RoleGrant.unit_id.is_(None), RoleGrant.unit_id == member.unit_id),
                or_(RoleGrant.squad_id.is_(None), RoleGrant.squad_id.in_(squads)),
            )
            .distinct()
        )
        if found := sorted(session.scalars(statement)):
            return found
    return []


class Absences:
    """Some leave with what its members asked for around it, read at once."""

    def __init__(self, session: Session, leaves: Sequence[Leave]) -> None:
        self._around = dict[uuid.UUID, list[Leave]]()
        if not leaves:
            return
        near = select(Leave).where(
            Leave.county_id == leaves[0].county_id,
            Leave.member_id.in_({leave.member_id for leave in leaves}),
            Leave.kind != "make_up",
            Leave.state.in_(ASKED_OR_APPROVED),
            Leave.ends_on >= min(leave.starts_on for leave in leaves) - _NEAR,
            Leave.starts_on <= max(leave.ends_on for leave in leaves) + _NEAR,
        )
        for leave in session.scalars(near):
            self._around.setdefault(leave.member_id, []).append(leave)

    def length_days(self, leave: Leave, beside: Sequence[str] = ASKED_OR_APPROVED) -> float:
        """How long the absence is of which this leave is a part: leave in these states that joins on without a day
        between counts in, so that a long one is not asked for in short pieces."""
        return sum(one.days for one in self.block(leave, beside))

    def block(self, leave: Leave, beside: Sequence[str] = ASKED_OR_APPROVED) -> list[Leave]:
        """The leave of that absence, this one first."""
        if leave.kind == "make_up":
            return [leave]
        block, apart = [leave], [one for one in self._around.get(leave.member_id, ()) if _is_near(one, leave, beside)]
        while joining := [other for other in apart if any(_touch(other, one) for one in block)]:
            block += joining
            apart = [other for other in apart if other not in joining]
        return block


def length_days(session: Session, leave: Leave, beside: Sequence[str] = ASKED_OR_APPROVED) -> float:
    """`Absences.length_days` of one."""
    return Absences(session, [leave]).length_days(leave, beside)


def _is_near(other: Leave, leave: Leave, beside: Sequence[str]) -> bool:
    near = leave.starts_on - _NEAR <= other.ends_on and other.starts_on <= leave.ends_on + _NEAR
    return other.id != leave.id and other.state in beside and near


def _touch(a: Leave, b: Leave) -> bool:
    day = timedelta(days=1)
    return a.starts_on <= b.ends_on + day and b.starts_on <= a.ends_on + day
