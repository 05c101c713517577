"""What waits for a person: check-ins under review, appeals, leave; and the open flags by urgency."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, case, func, or_, select, text
from sqlalchemy.orm import Session

from server.checkins import queue
from server.checkins.models import WAITING, Appeal, CheckIn
from server.flags.models import Flag
from server.flags.steps import visible
from server.leaves import service
from server.leaves.models import Leave
from server.org.models import Member, Posting, Squad, Unit
from server.org.scope import Caller, watched_members
from server.tally import policy

# The most urgent first: what can no longer be mended, what still can, what is over.
URGENCY = ("unreachable", "at_risk", "behind", "uncovered", "missed")
MOST_COUNTED = 10_000
MOST_READ = 500  # requests for leave of one unit


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, at most MOST_COUNTED, and for how many days the oldest does (None: nothing waits)."""

    number: int
    days: int | None


@dataclass(frozen=True, slots=True)
class Backlog:
    reviews: Waiting
    appeals: Waiting
    leaves: Waiting


@dataclass(frozen=True, slots=True)
class Alert:
    """One open flag with whom it is about."""

    id: uuid.UUID
    kind: str
    name: str
    where: str
    member_id: uuid.UUID | None
    month: date
    message: str
    raised_at: datetime


def backlog(session: Session, caller: Caller, now: datetime) -> Backlog:
    """What waits about the members whom the caller watches; for a reviewer, what stands in their own queue."""
    appeals = _about(caller, Appeal, Appeal.created_at).where(Appeal.state == "open")
    return Backlog(_reviews(session, caller, now), _counted(session, appeals, now), _leaves(session, caller, now))


def _reviews(session: Session, caller: Caller, now: datetime) -> Waiting:
    if caller.has("bureau_supervisor"):
        number, oldest = queue.counted(session, caller.county_id, caller.member_id, queue.EVERYTHING, now)
        return Waiting(number, max(0, (caller.today - oldest).days) if oldest else None)
    # The partial index of the queue is used only by what says the same.
    return _counted(session, _about(caller, CheckIn, CheckIn.received_at).where(text(WAITING)), now)


def _leaves(session: Session, caller: Caller, now: datetime) -> Waiting:
    """What the caller may answer: never their own, and of a unit not what is the bureau's."""
    of_others = Leave.state == "pending", Leave.member_id != caller.member_id
    if caller.has("bureau_supervisor", "county_leader"):
        return _counted(session, _about(caller, Leave, Leave.created_at).where(*of_others), now)
    statement = _about(caller, Leave, Leave.created_at).with_only_columns(Leave, Member).where(*of_others)
    asked = [(row.Leave, row.Member) for row in session.execute(statement.order_by(Leave.created_at).limit(MOST_READ))]
    answers = service.answers(session, caller, asked, partial(policy.leave_terms, session, caller.county_id))
    theirs = [leave.created_at for leave, _ in asked if answers[leave.id].may]
    return Waiting(len(theirs), (now - theirs[0]).days if theirs else None)


def _about(caller: Caller, table: Any, since: Any) -> Select[Any]:
    return (
        select(since.label("since"))
        .join(Member, (Member.county_id == table.county_id) & (Member.id == table.member_id))
        .where(table.county_id == caller.county_id, watched_members(caller))
    )


def _counted(session: Session, statement: Select[Any], now: datetime) -> Waiting:
    few = statement.limit(MOST_COUNTED).subquery()
    number, oldest = session.execute(select(func.count(), func.min(few.c.since))).one()
    return Waiting(number, (now - oldest).days if oldest else None)


def alerts(session: Session, caller: Caller, most: int) -> tuple[dict[str, int], Sequence[Alert]]:
    """The open flags of this month and the last: how many of each kind, and the most urgent ones."""
    since = (caller.today.replace(day=1) - timedelta(days=1)).replace(day=1)
    gone = select(Member.id).where(Member.county_id == caller.county_id, Member.removed_at.is_not(None))
    here = or_(Flag.member_id.is_(None), Flag.member_id.not_in(gone))  # the next night closes theirs
    of_these = (
        here,
        *(Flag.county_id == caller.county_id, Flag.closed_at.is_(None)),
        Flag.month >= since,
        visible(caller),
    )
    numbers = session.execute(select(Flag.kind, func.count().label("number")).where(*of_these).group_by(Flag.kind))
    urgency = case({kind: place for place, kind in enumerate(URGENCY)}, value=Flag.kind)
    statement = (
        select(Flag, Member.name.label("member"), Unit.name.label("unit"), Squad.name.label("squad"))
        .outerjoin(Member, (Member.county_id == Flag.county_id) & (Member.id == Flag.member_id))
        .outerjoin(Unit, (Unit.county_id == Flag.county_id) & (Unit.id == Flag.unit_id))
        .outerjoin(
            Posting,
            (Posting.county_id == Flag.county_id)
            & (Posting.member_id == Flag.member_id)
            & (Posting.starts_on <= caller.today)
            & or_(Posting.ends_on.is_(None), Posting.ends_on >= caller.today),
        )
        .outerjoin(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .where(*of_these)
        .order_by(urgency, Flag.raised_at.desc(), Flag.id)
        .limit(most)
    )
    return {row.kind: row.number for row in numbers}, [_alert(row) for row in session.execute(statement)]


def _alert(row: Any) -> Alert:
    flag: Flag = row.Flag
    return Alert(
        id=flag.id,
        kind=flag.kind,
        name=row.member or row.unit,
        where=row.squad or "",
        member_id=flag.member_id,
        month=flag.month,
        message=flag.said,
        raised_at=flag.raised_at,
    )
