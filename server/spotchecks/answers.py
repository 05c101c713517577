"""The selfie challenge from the member's side, and a person's word on one that was not answered in time."""

import uuid
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins import tickets
from server.checkins.models import CheckIn, Ticket
from server.db import lock
from server.errors import conflict, forbidden, not_found
from server.notify.outbox import Letter, enqueue, settle
from server.org import people
from server.org.scope import WATCHING_COUNTY, Caller, own_squads, unit_squads
from server.org.scope import county as in_county
from server.spotchecks.course import key, was_reached
from server.spotchecks.models import DECISIONS, NOT_COUNTED, Draw, SpotCheck
from server.spotchecks.standing import is_on_leave, local_day

_TO_BE_EXPLAINED = ("unanswered", "late")
_TO_SAY_WHY = timedelta(hours=24)  # from when they were asked
_TOLERANCE = timedelta(minutes=2)  # of the phone's clock, as the evidence has it
DECIDING = ("unit_supervisor", *WATCHING_COUNTY)


def mine(caller: Caller) -> ColumnElement[bool]:
    """The condition on SpotCheck: the caller's own that were sent out, and the calls to their squad once something came
    of them: whoever knew of one that is still to come would wait beside the telephone."""
    theirs = and_(SpotCheck.kind == "call", SpotCheck.state != "open", SpotCheck.squad_id.in_(own_squads(caller)))
    return and_(SpotCheck.state.not_in(("planned", "void")), or_(SpotCheck.member_id == caller.member_id, theirs))


def seen(caller: Caller) -> ColumnElement[bool]:
    """Those of the squads that the caller watches over: a unit's supervisor, the county's. A call that is still to be
    made is for whoever asked for it, or the county's watchers; never for one of that squad."""
    to_come = and_(SpotCheck.kind == "call", SpotCheck.state.in_(("planned", "open")))
    theirs = SpotCheck.squad_id.in_(own_squads(caller))
    if caller.has(*WATCHING_COUNTY):
        return ~and_(to_come, theirs)
    asked = select(Draw.id).where(Draw.county_id == caller.county_id, Draw.asked_by == caller.member_id)
    may_call = and_(SpotCheck.draw_id.in_(asked), ~theirs)
    return and_(SpotCheck.squad_id.in_(unit_squads(caller)), or_(~to_come, may_call))


def one(session: Session, caller: Caller, check_id: uuid.UUID, where: ColumnElement[bool]) -> SpotCheck:
    """The check, if it is one of these, held until the transaction ends; else 404."""
    lock(session, f"spot-check:{caller.county_id}:{check_id}")
    found: SpotCheck | None = session.scalar(in_county(caller, SpotCheck).where(SpotCheck.id == check_id, where))
    if found is None:
        raise not_found()
    return found


def waiting(session: Session, caller: Caller) -> SpotCheck | None:
    """The caller's own that waits for their photo; there is one at a time."""
    mine_ = in_county(caller, SpotCheck).where(SpotCheck.member_id == caller.member_id, SpotCheck.state == "open")
    found: SpotCheck | None = session.scalar(mine_)
    return found


def open_camera(session: Session, caller: Caller, check_id: uuid.UUID, now: datetime, ttl_h: int) -> Ticket:
    """A ticket for the photo that answers it, with what is to be shown: drawn when the camera opens for the first time.
    409 when it is over."""
    check = one(session, caller, check_id, SpotCheck.member_id == caller.member_id)
    if check.state == "planned" or check.joined_id is not None:
        raise not_found()
    if check.checkin_id is not None:
        raise conflict("spot_answered", "这次抽查已经应答过了。")
    if check.decision is not None:
        raise conflict("spot_decided", "这次抽查已经有结论了。")
    if check.state not in ("open", "unanswered", "undelivered"):
        raise conflict("spot_over", "这次抽查已经结束。")
    if check.challenge is None:
        check.challenge, check.opened_at = tickets.challenge(), now
    return tickets.issue(session, caller, now, ttl_h, spot=tickets.Spot(check.id, check.challenge, check.due_at))


def answered(session: Session, checkin: CheckIn) -> None:
    """A check-in was stored: if its ticket is of a spot check, that one is answered, in time if the photo was taken in
    time, however late it arrived, and whatever was decided before it did. One that did not reach them in time stays
    nobody's fault, also when they answer later."""
    if checkin.ticket_id is None or checkin.kind != "spot":
        return
    ticket = session.get_one(Ticket, (checkin.county_id, checkin.ticket_id))
    if ticket.spot_check_id is None:
        return
    lock(session, f"spot-check:{checkin.county_id}:{ticket.spot_check_id}")
    check = session.get_one(SpotCheck, (checkin.county_id, ticket.spot_check_id), populate_existing=True)
    if check.checkin_id is not None:
        return  # a second photo is a check-in like any other
    check.checkin_id, check.answered_at = checkin.id, checkin.happened_at
    if checkin.happened_at <= check.due_at + _TOLERANCE:
        check.state = "answered"
        if check.decision is not None:
            facts = {"check": str(check.id), "decision": check.decision, "reason": check.reason}
            record(session, check.county_id, None, "spot_check.reopened", check.member_id, facts, checkin.received_at)
            check.decision = check.decided_by = check.decided_at = None
            check.reason = ""
    elif check.state == "open" and not was_reached(session, check):
        check.state = "undelivered"
    elif check.state in ("open", "unanswered"):
        check.state, check.missed_at = "late", check.missed_at or checkin.received_at
    settle(session, check.county_id, key(check), f"spot_missed:{check.id}")
    session.flush()


def explain(session: Session, caller: Caller, check_id: uuid.UUID, excuse: str, text: str, now: datetime) -> SpotCheck:
    """Say why it was not answered in time: the member, or for a call anybody of the squad. The same again is a retry;
    other words take the place of the first until somebody has decided."""
    check = one(session, caller, check_id, mine(caller))
    if check.decision is not None:
        raise conflict("spot_decided", "这次抽查已经有结论了，如有意见请用投诉或建议。")
    if check.state not in _TO_BE_EXPLAINED:
        raise conflict("spot_not_missed", "这次抽查不需要说明。")
    if (check.excuse, check.explanation, check.explained_by) == (excuse, text, caller.member_id):
        return check
    check.excuse, check.explanation, check.explained_by, check.explained_at = excuse, text, caller.member_id, now
    facts = {"check": str(check.id), "excuse": excuse}
    record(session, caller.county_id, caller.member_id, "spot_check.explained", check.member_id, facts, now)
    return check


def decide(
    session: Session, caller: Caller, check_id: uuid.UUID, decision: str, reason: str, now: datetime
) -> SpotCheck:
    """A person's word on one that was not answered in time; the member is asked first, and told. Never one's own."""
    check = one(session, caller, check_id, seen(caller))
    if check.state not in _TO_BE_EXPLAINED:
        raise conflict("spot_not_missed", "这次抽查不需要裁定。")
    if caller.member_id in _concerned(session, check, caller.today):
        raise forbidden("own_spot_check", "与您自己有关，请由其他人裁定。")
    if check.decision is not None:
        if (check.decision, check.reason, check.decided_by) == (decision, reason, caller.member_id):
            return check
        raise conflict("spot_decided", "这次抽查已经有结论了。")
    draw = session.get_one(Draw, (check.county_id, check.draw_id))
    if draw.aimed_at is not None and draw.asked_by == caller.member_id:
        raise forbidden("aimed_by_oneself", "这次抽查是您指定的，请由另一位裁定。")
    on = local_day(session, check)
    if decision == "failed" and is_on_leave(session, check, on):
        raise conflict("spot_on_leave", "那天已批准请假或公出，不能裁定为无正当理由。")
    heard = check.explained_at is not None
    if decision == "failed" and not heard and (check.missed_at is None or now < check.missed_at + _TO_SAY_WHY):
        raise conflict("spot_not_heard", "还没有收到说明。满 24 小时仍没有说明，才能裁定。")
    check.decision, check.reason, check.decided_by, check.decided_at = decision, reason, caller.member_id, now
    facts = {"check": str(check.id), "decision": decision, "reason": reason}
    record(session, caller.county_id, caller.member_id, "spot_check.decided", check.member_id, facts, now)
    for who in (
        [check.member_id]
        if check.member_id
        else people.of_squad(session, check.county_id, check.squad_id, caller.today)
    ):
        told = {"on": on.isoformat(), "result": DECISIONS[decision], "reason": reason}
        enqueue(
            session, caller.county_id, Letter(who, "spot_decided", f"spot_decided:{check.id}:{str(who)[:8]}", told), now
        )
    return check


def _concerned(session: Session, check: SpotCheck, on: date) -> list[uuid.UUID]:
    """Whose it is: the member, or of a call those of the squad."""
    if check.member_id is not None:
        return [check.member_id]
    return people.of_squad(session, check.county_id, check.squad_id, on)


def times_this_month(session: Session, caller: Caller) -> int:
    """How often the caller was asked for a selfie since the county's month began; what was nobody's fault left out."""
    begins = datetime.combine(caller.today.replace(day=1), time(), ZoneInfo(caller.tz))
    mine_ = in_county(caller, SpotCheck).where(
        SpotCheck.member_id == caller.member_id,
        SpotCheck.issues_at >= begins,
        SpotCheck.state.not_in(NOT_COUNTED),
    )
    return session.scalar(mine_.with_only_columns(func.count())) or 0


def as_drawn(session: Session, caller: Caller, kind: str) -> set[uuid.UUID]:
    """By which ids the caller may stand in a draw: their own, or of a call their squads'."""
    return {caller.member_id} if kind == "selfie" else set(session.scalars(own_squads(caller)))
