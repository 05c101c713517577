"""The landline: each attempt to call a station, and when nobody's answering counts."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.errors import conflict, invalid
from server.notify.outbox import Letter, enqueue
from server.org import people
from server.org.models import Station
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.spotchecks import answers, standing
from server.spotchecks.draw import IsWorkday, Terms
from server.spotchecks.models import Draw, SpotCall, SpotCheck
from server.spotchecks.pool import in_hours

APART = timedelta(minutes=10)  # one who was out of the room for a moment is no empty station
_AFTERWARDS = timedelta(minutes=5)  # no call takes longer to write down; whoever reads it is told


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call as it was made; `id` is made by the client. `who`: the name that was given."""

    id: uuid.UUID
    outcome: str
    called_at: datetime
    who: str = ""
    note: str = ""


def log(
    session: Session,
    caller: Caller,
    check_id: uuid.UUID,
    made: Attempt,
    terms: Terms,
    is_workday: IsWorkday,
    now: datetime,
) -> tuple[SpotCheck, bool]:
    """Store an attempt; and whether it is new. Answered ends the check, and so does a wrong number; no answer counts
    only when another attempt ten minutes apart has none either, both within the station's working hours. When a call
    was made nobody can check, so they have to be written down ten minutes apart, too."""
    check = answers.one(session, caller, check_id, answers.seen(caller))
    known = session.get(SpotCall, (caller.county_id, made.id))
    if known is not None:
        if (known.spot_check_id, known.called_by, known.outcome) != (check_id, caller.member_id, made.outcome):
            raise conflict("call_differs", "这个编号已经用过，内容不同，没有保存。")
        return check, False
    if check.kind != "call" or check.state != "open":
        raise conflict("spot_over", "这次电话抽查已经有结果了。")
    called_at = min(made.called_at, now)
    if called_at < check.issues_at:
        raise invalid("call_too_early", "拨打时间早于抽签，请核对。")
    tz = session.get_one(Station, (check.county_id, check.station_id)).tz
    earlier = [
        one.called_at
        for one in attempts(session, caller, check.id)
        if one.outcome == "no_answer"
        and in_hours(tz, one.called_at, terms, is_workday)
        and now - one.logged_at >= APART
    ]
    session.add(
        SpotCall(
            county_id=caller.county_id,
            id=made.id,
            spot_check_id=check.id,
            called_by=caller.member_id,
            called_at=called_at,
            logged_at=now,
            outcome=made.outcome,
            who=made.who,
            note=made.note,
        )
    )
    if made.outcome in ("answered", "forwarded"):
        check.state, check.answered_at = "answered", called_at
    elif made.outcome == "wrong_number":
        check.state = "wrong_number"
    elif in_hours(tz, called_at, terms, is_workday) and any(abs(called_at - at) >= APART for at in earlier):
        if standing.is_on_leave(session, check, called_at.astimezone(ZoneInfo(tz)).date()):
            check.state, check.why = "void", "on_leave"
        else:
            check.state, check.missed_at = "unanswered", now
    if check.state == "unanswered":
        for who in people.of_squad(session, check.county_id, check.squad_id, caller.today):
            facts = {"on": caller.today.isoformat(), "what": "call"}
            letter = Letter(who, "spot_missed", f"spot_missed:{check.id}:{str(who)[:8]}", facts)
            enqueue(session, caller.county_id, letter, now)
    session.flush()
    facts = {"check": str(check.id), "outcome": made.outcome, "squad": str(check.squad_id)}
    record(session, caller.county_id, caller.member_id, "spot_check.called", check.id, facts, now)
    return check, True


def attempts(session: Session, caller: Caller, check_id: uuid.UUID) -> list[SpotCall]:
    """In their order."""
    mine = in_county(caller, SpotCall).where(SpotCall.spot_check_id == check_id)
    return list(session.scalars(mine.order_by(SpotCall.called_at, SpotCall.id)))


def attempts_of(session: Session, county_id: int, checks: list[uuid.UUID]) -> dict[uuid.UUID, list[SpotCall]]:
    """By the check, each in its order."""
    found: dict[uuid.UUID, list[SpotCall]] = {}
    rows = session.scalars(
        select(SpotCall)
        .where(SpotCall.county_id == county_id, SpotCall.spot_check_id.in_(checks))
        .order_by(SpotCall.called_at, SpotCall.id)
    )
    for row in rows:
        found.setdefault(row.spot_check_id, []).append(row)
    return found


def is_late(one: SpotCall) -> bool:
    """Whether it was written down some time after it was made, as the caller says."""
    return one.logged_at - one.called_at > _AFTERWARDS


def is_to_come(session: Session, draw: Draw) -> bool:
    """Whether a call that was drawn is still to be made: whoever knew of it would wait beside the telephone."""
    waits = select(SpotCheck.id).where(
        SpotCheck.county_id == draw.county_id, SpotCheck.draw_id == draw.id, SpotCheck.kind == "call"
    )
    return session.scalar(waits.where(SpotCheck.state == "open").limit(1)) is not None
