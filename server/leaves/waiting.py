"""Leave that waits for a decision is brought to mind of whoever decides it, and an end of leave to who is on it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.leaves.approvers import deciders, length_days
from server.leaves.models import Leave
from server.notify import outbox
from server.notify.outbox import Letter
from server.org.models import Member

_SOON, _OLD = timedelta(days=2), timedelta(hours=20)
_WORTH = timedelta(hours=24)  # a message is about today


def remind(session: Session, county_id: int, approver_of: Callable[[float], str], today: date, now: datetime) -> None:
    """Once a request: to those who decide it, when it is nearly a day old or begins within two days. Once a leave: to
    the member, the day before it ends.

    approver_of: the role that decides on leave of so many days.
    """
    letters = [*_undecided(session, county_id, approver_of, today, now), *_ending(session, county_id, today, now)]
    outbox.enqueue_all(session, county_id, letters, now)


def _undecided(
    session: Session, county_id: int, approver_of: Callable[[float], str], today: date, now: datetime
) -> list[Letter]:
    rows = session.execute(
        select(Leave, Member)
        .join(Member, (Member.county_id == Leave.county_id) & (Member.id == Leave.member_id))
        .where(
            Leave.county_id == county_id,
            Leave.state == "pending",
            or_(Leave.created_at <= now - _OLD, Leave.starts_on <= today + _SOON),
            Member.removed_at.is_(None),
        )
        .order_by(Leave.id)
    )
    return [
        Letter(who, "leave_waiting", f"leave_waiting:{leave.id}:{who}", _facts(leave, member), now + _WORTH)
        for leave, member in rows.all()
        for who in deciders(session, approver_of(length_days(session, leave)), member, today)
    ]


def _ending(session: Session, county_id: int, today: date, now: datetime) -> list[Letter]:
    rows = session.execute(
        select(Leave, Member)
        .join(Member, (Member.county_id == Leave.county_id) & (Member.id == Leave.member_id))
        .where(
            Leave.county_id == county_id,
            Leave.state == "approved",
            Leave.ends_on == today + timedelta(days=1),
            Leave.starts_on < Leave.ends_on,  # who is away for a day knows
            Leave.kind != "make_up",
            Member.removed_at.is_(None),
        )
        .order_by(Leave.id)
    )
    return [
        Letter(
            member.id, "leave_ending", f"leave_ending:{leave.id}:{leave.ends_on}", _facts(leave, member), now + _WORTH
        )
        for leave, member in rows
    ]


def _facts(leave: Leave, member: Member) -> dict[str, str]:
    return {"name": member.name, "from": leave.starts_on.isoformat(), "to": leave.ends_on.isoformat()}
