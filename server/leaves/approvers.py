"""Who decides on leave: the role that its length asks for, or a higher one, over the member; never oneself."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.leaves.models import Leave
from server.org.models import Member, Posting, RoleGrant
from server.org.scope import Caller, squad_mates

RANKS = ("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader")  # the last one is the highest
ASKED_OR_APPROVED = ("pending", "approved")
_NEAR = timedelta(days=120)


def may_decide(session: Session, caller: Caller, needed: str, member: Member) -> bool:
    """Whether the caller holds the role, or a higher one, over this member."""
    roles = RANKS[RANKS.index(needed) :]
    if caller.has(*[role for role in roles if role in ("bureau_supervisor", "county_leader")]):
        return True
    if "unit_supervisor" in roles and member.unit_id in caller.units("unit_supervisor"):
        return True
    led = caller.squads("squad_leader") if "squad_leader" in roles else []
    mates = select(Member.id).where(
        Member.county_id == caller.county_id, Member.id == member.id, Member.id.in_(squad_mates(caller, led))
    )
    return bool(led) and session.scalar(mates) is not None


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


def length_days(session: Session, leave: Leave, beside: Sequence[str] = ASKED_OR_APPROVED) -> float:
    """How long the absence is of which this leave is a part: leave in these states that joins on without a day between
    counts in, so that a long one is not asked for in short pieces."""
    if leave.kind == "make_up":
        return _days(leave)
    around = session.scalars(
        select(Leave).where(
            Leave.county_id == leave.county_id,
            Leave.member_id == leave.member_id,
            Leave.id != leave.id,
            Leave.kind != "make_up",
            Leave.state.in_(beside),
            Leave.ends_on >= leave.starts_on - _NEAR,
            Leave.starts_on <= leave.ends_on + _NEAR,
        )
    ).all()
    block, apart = [leave], list(around)
    while joining := [other for other in apart if any(_touch(other, one) for one in block)]:
        block += joining
        apart = [other for other in apart if other not in joining]
    return sum(_days(one) for one in block)


def _touch(a: Leave, b: Leave) -> bool:
    day = timedelta(days=1)
    return a.starts_on <= b.ends_on + day and b.starts_on <= a.ends_on + day


def _days(leave: Leave) -> float:
    return ((leave.ends_on - leave.starts_on).days + 1) * leave.halves / 2
