"""What the worker does for the spot checks: it takes the seed and draws, sends each out at its moment, and ends what
was not answered. Nobody is held to what never reached them."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from server.audit import chain
from server.audit.journal import record
from server.audit.models import AuditEvent, AuditPayload
from server.db import lock
from server.notify.models import Notice
from server.notify.outbox import Letter, enqueue, settle
from server.org.models import Station
from server.spotchecks import pool
from server.spotchecks.draw import IsWorkday, Terms, digest, moment, pick, seed_of
from server.spotchecks.models import WAITING, Draw, SpotCheck
from server.spotchecks.standing import local_day, why_not

_BATCH = 1000
_TOO_LATE = timedelta(hours=1)  # after its window, because the worker stood still: then it is not sent at all
_SLACK = timedelta(minutes=1)  # the worker looks every few seconds: who was drawn for the last moment is asked
_NOBODY_CALLED = timedelta(days=3)  # then a call that was drawn is nobody's any more, and the squad may be drawn again


def is_due(session: Session, county_id: int, now: datetime) -> bool:
    """Whether there is anything to do; asked every few seconds, so by small indexes alone."""
    draws = exists().where(Draw.county_id == county_id, Draw.state == "announced", Draw.moment_at <= now)
    checks = exists().where(
        SpotCheck.county_id == county_id,
        or_(
            (SpotCheck.state == "planned") & (SpotCheck.issues_at <= now),
            (SpotCheck.state == "open") & (SpotCheck.kind == "selfie") & (SpotCheck.due_at <= now),
            (SpotCheck.state == "open") & (SpotCheck.due_at <= now - _NOBODY_CALLED),
        ),
        SpotCheck.state.in_(WAITING),
    )
    return bool(session.scalar(select(or_(draws, checks))))


def look(session: Session, county_id: int, terms: Terms, is_workday: IsWorkday, now: datetime) -> None:
    """Do what is due in a county, alone: of two workers the second finds nothing left."""
    lock(session, f"spot-checks:{county_id}")
    due = select(Draw).where(Draw.county_id == county_id, Draw.state == "announced", Draw.moment_at <= now)
    for draw in session.scalars(due.order_by(Draw.moment_at, Draw.id)).all():
        perform(session, draw, terms, is_workday, now)
        _look_at_checks(session, county_id, terms, is_workday, now)  # at once, so that the next draw knows of them
    _look_at_checks(session, county_id, terms, is_workday, now)


def _look_at_checks(session: Session, county_id: int, terms: Terms, is_workday: IsWorkday, now: datetime) -> None:
    """Send out those whose moment has come, and end those whose time is over."""
    waiting = select(SpotCheck).where(SpotCheck.county_id == county_id, SpotCheck.state.in_(WAITING))
    for check in session.scalars(waiting.where(SpotCheck.issues_at <= now).order_by(SpotCheck.issues_at)).all():
        if check.state == "planned":
            _issue(session, check, terms, is_workday, now)
            continue
        # A photo that arrives at this moment is before it or after it.
        lock(session, f"spot-check:{county_id}:{check.id}")
        session.refresh(check)
        if check.state == "open" and check.kind == "selfie" and check.due_at <= now:
            _lapse(session, check, now)
        elif check.state == "open" and check.due_at <= now - _NOBODY_CALLED:
            _void(session, check, "not_called")


def perform(session: Session, draw: Draw, terms: Terms, is_workday: IsWorkday, now: datetime) -> None:
    """Take the seed from the chain and draw. Its own link makes sure that there is one."""
    record(session, draw.county_id, None, "draw.moment", draw.id, {}, now)
    while chain.link(session, draw.county_id, _BATCH) == _BATCH:
        pass
    head = seed_event(session, draw)
    assert head  # noqa: S101  (the link above lies after the moment)
    assert head.hash  # noqa: S101  (and is linked)
    draw.seed_event_id, draw.seed = head.id, seed_of(head.hash, draw.id, draw.secret)
    there = pool.of_draw(session, draw, terms, is_workday, now)
    draw.pool, draw.state, draw.drawn_at = there.stored(), "drawn", now
    chosen = pick(there.candidates, draw.count, draw.seed)
    for rank, one in enumerate(chosen, 1):
        where = there.where[one.id]
        assert where.span  # noqa: S101  (who has none is no candidate)
        issues_at = max(moment(draw.seed, one.id, *where.span), now)
        check = SpotCheck(
            county_id=draw.county_id,
            id=uuid.uuid4(),
            draw_id=draw.id,
            kind=draw.kind,
            member_id=one.id if draw.kind == "selfie" else None,
            squad_id=where.squad_id,
            station_id=where.station_id,
            rank=rank,
            issues_at=issues_at,
            due_at=issues_at + timedelta(minutes=draw.answer_min),
        )
        _plan(session, check)
    session.flush()
    record(session, draw.county_id, None, "draw.drawn", draw.id, drawn(draw, [one.id for one in chosen]), now)


def _plan(session: Session, check: SpotCheck) -> None:
    """Of one who was to be asked by another draw, too, the earlier of the two stands for both: nobody is asked twice,
    no draw is lost by another, and nobody learns from being drawn or not that there was another."""
    whose = SpotCheck.squad_id == check.squad_id
    if check.member_id is not None:
        whose = SpotCheck.member_id == check.member_id
    same = (SpotCheck.county_id == check.county_id, SpotCheck.kind == check.kind, whose)
    other = session.scalar(select(SpotCheck).where(*same, SpotCheck.state == "planned"))
    if other is not None and other.issues_at <= check.issues_at:
        _join(check, other.id)
    elif other is not None:
        joined = (SpotCheck.county_id == check.county_id, SpotCheck.joined_id == other.id)
        session.execute(update(SpotCheck).where(*joined).values(joined_id=check.id))
        _join(other, check.id)
        session.flush()  # of the two that wait the first is none any more
    session.add(check)
    session.flush()


def _join(check: SpotCheck, to: uuid.UUID) -> None:
    check.state, check.why, check.joined_id = "void", "joined", to


def _void(session: Session, check: SpotCheck, why: str) -> None:
    """Nobody is asked, or held to it. What one that was not sent out stood for waits for its own moment."""
    was_planned = check.state == "planned"
    check.state, check.why = "void", why
    session.flush()
    joined = select(SpotCheck).where(SpotCheck.county_id == check.county_id, SpotCheck.joined_id == check.id)
    if was_planned and (again := session.scalars(joined.order_by(SpotCheck.issues_at)).all()):
        first, *others = again
        first.state, first.why, first.joined_id = "planned", None, None
        for one in others:
            one.joined_id = first.id
        session.flush()


def seed_event(session: Session, draw: Draw) -> AuditEvent | None:
    """The first link of the chain from the draw's moment on. Whatever is linked later comes after it, so it is the same
    for whoever looks, and nobody could know it before."""
    announced = (
        select(AuditEvent.seq)
        .join(AuditPayload, (AuditPayload.county_id == AuditEvent.county_id) & (AuditPayload.event_id == AuditEvent.id))
        .where(
            AuditEvent.county_id == draw.county_id,
            AuditEvent.action == "draw.announced",
            AuditPayload.subject_id == draw.id,
        )
    )
    after = session.scalar(announced) or 0
    return session.scalar(
        select(AuditEvent)
        .where(AuditEvent.county_id == draw.county_id, AuditEvent.seq > after, AuditEvent.at >= draw.moment_at)
        .order_by(AuditEvent.seq)
        .limit(1)
    )


def drawn(draw: Draw, chosen: Sequence[uuid.UUID]) -> dict[str, Any]:
    """What the chain says of the outcome: digests, since who reads it may not know yet whom."""
    return {
        "pool_sha256": digest(draw.secret, draw.pool),
        "drawn_sha256": digest(draw.secret, [str(one) for one in chosen]),
    }


def _issue(session: Session, check: SpotCheck, terms: Terms, is_workday: IsWorkday, now: datetime) -> None:
    """Send it out, with the whole time to answer from now on; but to nobody who cannot be asked any more: on leave
    since, posted nowhere, without consent, or after work because the worker stood still."""
    station = session.get_one(Station, (check.county_id, check.station_id))
    draw = session.get_one(Draw, (check.county_id, check.draw_id))
    ends_at = draw.ends_at
    minutes = round((check.due_at - check.issues_at).total_seconds() / 60)
    left = max(pool.room(check.kind, minutes) - _SLACK, timedelta())
    if now > ends_at + _TOO_LATE or not pool.in_hours(station.tz, now, terms, is_workday, left):
        _void(session, check, "too_late" if now > ends_at + _TOO_LATE else "off_hours")
        return
    if why := why_not(session, check, now.astimezone(ZoneInfo(station.tz)).date()):
        _void(session, check, why)
        return
    check.state, check.issues_at, check.due_at = "open", now, now + timedelta(minutes=minutes)
    if check.member_id is None:
        return
    due = check.due_at.astimezone(ZoneInfo(station.tz))
    facts = {
        "on": due.date().isoformat(),
        "due": f"{due:%H:%M}",
        "minutes": minutes,
        "aimed": draw.aimed_at is not None,
    }
    enqueue(session, check.county_id, Letter(check.member_id, "spot_asked", key(check), facts, check.due_at), now)


def _lapse(session: Session, check: SpotCheck, now: datetime) -> None:
    """Its time is over. Who saw it in time is asked why; whom it never reached, or reached at the last moment, is asked
    nothing, nor is who is on leave by now, gone, or has taken their consent back since."""
    settle(session, check.county_id, key(check))
    on = local_day(session, check)
    if why := why_not(session, check, on):
        _void(session, check, why)
        return
    check.state = "unanswered" if was_reached(session, check) else "undelivered"
    record(session, check.county_id, None, f"spot_check.{check.state}", check.member_id, {"check": str(check.id)}, now)
    if check.state == "unanswered" and check.member_id is not None:
        check.missed_at = now
        facts = {"on": on.isoformat(), "what": "selfie"}
        enqueue(session, check.county_id, Letter(check.member_id, "spot_missed", f"spot_missed:{check.id}", facts), now)


def was_reached(session: Session, check: SpotCheck) -> bool:
    """Whether it is known to have reached them with half of the time left: WeChat took it, they read it in the app, or
    opened the camera. What nobody knows counts as not reached."""
    by = check.issues_at + (check.due_at - check.issues_at) / 2
    notice = session.scalar(select(Notice).where(Notice.county_id == check.county_id, Notice.dedupe_key == key(check)))
    seen = [check.opened_at]
    if notice is not None:
        seen += [notice.sent_at if notice.state == "sent" else None, notice.read_at]
    return any(at is not None and at <= by for at in seen)


def key(check: SpotCheck) -> str:
    """Of the notice that asks."""
    return f"spot_asked:{check.id}"
