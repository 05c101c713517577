"""Leave that waits for a decision is brought to mind of whoever decides it, and an end of leave to who is on it."""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.leaves.models import Leave
from server.notify import outbox
from server.notify.outbox import Letter
from server.org.models import Member, Posting, RoleGrant

_SOON, _OLD = timedelta(days=2), timedelta(hours=20)
_WORTH = timedelta(hours=24)  # a message is about today


def remind(session: Session, county_id: int, approver_of: Callable[[float], str], today: date, now: datetime) -> None:
    """Once a request: to those who decide it, when it is a day old or begins within two days. Once a leave: to the
    member, the day before it ends.

    approver_of: the role that decides on leave of so many days.
    """
    letters = [
        *_undecided(session, county_id, approver_of, today, now),
        *_ending(session, county_id, today, now),
    ]
    outbox.enqueue_all(session, county_id, letters, now)


def _undecided(
    session: Session, county_id: int, approver_of: Callable[[float], str], today: date, now: datetime
) -> list[Letter]:
    rows = session.execute(
        select(
            Leave.id,
            Leave.member_id,
            Leave.starts_on,
            Leave.ends_on,
            Leave.created_at,
            Member.name,
            Member.unit_id,
            Posting.squad_id,
        )
        .join(Member, (Member.county_id == Leave.county_id) & (Member.id == Leave.member_id))
        .outerjoin(
            Posting,
            (Posting.county_id == Leave.county_id)
            & (Posting.member_id == Leave.member_id)
            & (Posting.starts_on <= today)
            & or_(Posting.ends_on.is_(None), Posting.ends_on >= today),
        )
        .where(Leave.county_id == county_id, Leave.state == "pending", Member.removed_at.is_(None))
        .order_by(Leave.id)
    ).all()
    waiting = [row for row in rows if row.created_at <= now - _OLD or row.starts_on <= today + _SOON]
    deciders = _deciders(session, county_id, today) if waiting else []
    return [
        Letter(who, "leave_waiting", f"leave_waiting:{row.id}:{who}", _facts(row), now + _WORTH)
        for row in waiting
        for who in _who_decides(row, approver_of((row.ends_on - row.starts_on).days + 1), deciders)
    ]


def _who_decides(row: Any, role: str, deciders: Sequence[Any]) -> list[uuid.UUID]:
    """Those of the member's unit or squad who have the role, else the bureau's; nobody decides on their own."""
    others = [grant for grant in deciders if grant.member_id != row.member_id]
    near = [grant.member_id for grant in others if grant.role == role and _answers_for(grant, row)]
    return near or [grant.member_id for grant in others if grant.role == "bureau_supervisor"]


def _answers_for(grant: Any, row: Any) -> bool:
    if grant.squad_id:
        return bool(grant.squad_id == row.squad_id)
    return grant.unit_id is None or grant.unit_id == row.unit_id


def _deciders(session: Session, county_id: int, today: date) -> Sequence[Any]:
    return session.execute(
        select(RoleGrant.member_id, RoleGrant.role, RoleGrant.unit_id, RoleGrant.squad_id)
        .join(Member, (Member.county_id == RoleGrant.county_id) & (Member.id == RoleGrant.member_id))
        .where(
            RoleGrant.county_id == county_id,
            RoleGrant.role.in_(("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader")),
            RoleGrant.valid_from <= today,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= today),
            Member.removed_at.is_(None),
        )
        .order_by(RoleGrant.member_id)
        .distinct()
    ).all()


def _ending(session: Session, county_id: int, today: date, now: datetime) -> list[Letter]:
    rows = session.execute(
        select(Leave.id, Leave.member_id, Leave.starts_on, Leave.ends_on, Member.name)
        .join(Member, (Member.county_id == Leave.county_id) & (Member.id == Leave.member_id))
        .where(
            Leave.county_id == county_id,
            Leave.state == "approved",
            Leave.ends_on == today + timedelta(days=1),
            Leave.starts_on < Leave.ends_on,  # who is away for a day knows
            Member.removed_at.is_(None),
        )
        .order_by(Leave.id)
    )
    return [
        Letter(r.member_id, "leave_ending", f"leave_ending:{r.id}:{r.ends_on}", _facts(r), now + _WORTH) for r in rows
    ]


def _facts(row: Any) -> dict[str, str]:
    return {"name": row.name, "from": row.starts_on.isoformat(), "to": row.ends_on.isoformat()}
