"""Handles what WeChat pushed: claimed by a conditional update, done in one transaction, tried a few times at most."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.clock import Clock
from server.db import Database
from server.org.models import Member
from server.pushes import keep, privacy, subscriptions
from server.pushes.matter import Matter, NotYet
from server.pushes.models import PushedEvent

log = structlog.get_logger()
_MOST_ATTEMPTS = 5
_WAIT = timedelta(minutes=1)  # times the attempts so far; also how long a claim of a killed worker holds
_BATCH = 50

# What an event does with the member it is about: None when it did it, else in a few words why there is nothing to do.
Handler = Callable[[Matter], str | None]
HANDLERS: Mapping[str, Handler] = {
    "subscribe_msg_popup_event": subscriptions.answered,
    "subscribe_msg_change_event": subscriptions.turned_off,
    "subscribe_msg_sent_event": subscriptions.sent,
    "user_authorization_revoke": privacy.revoked,
    "user_authorization_cancellation": privacy.cancelled,
    "user_info_modified": lambda _matter: "no nickname and no avatar is kept",
}


def run(db: Database, clock: Clock, templates: Mapping[str, str]) -> int:
    """Handle what is due, up to one batch, the oldest first; returns how many events were attempted."""
    with db.reading() as session:
        due = session.scalars(
            select(PushedEvent.id)
            .where(PushedEvent.state == "pending", PushedEvent.due_at <= clock())
            .order_by(PushedEvent.due_at, PushedEvent.received_at)
            .limit(_BATCH)
        ).all()
    return sum(_one(db, event_id, clock(), templates) for event_id in due)


def _one(db: Database, event_id: uuid.UUID, now: datetime, templates: Mapping[str, str]) -> int:
    """One attempt. It is counted before it begins: an event that kills its worker is given up like any other."""
    with db.transaction() as session:
        claimed = session.execute(
            update(PushedEvent)
            .where(PushedEvent.id == event_id, PushedEvent.state == "pending", PushedEvent.due_at <= now)
            .values(attempts=PushedEvent.attempts + 1, due_at=now + _WAIT)
            .returning(PushedEvent.attempts)
        ).scalar()
    if claimed is None:
        return 0  # another worker was first
    if claimed > _MOST_ATTEMPTS:
        _give_up(db, event_id, "cut off each time", now)
        return 1
    try:
        with db.transaction() as session:
            _handle(session, event_id, claimed, now, templates)
    except NotYet as error:
        _note_failure(db, event_id, claimed, str(error), now)
    except Exception as error:  # whatever it is, the event keeps it and the others go on
        log.exception("push_not_handled", event_id=str(event_id), attempt=claimed)
        _note_failure(db, event_id, claimed, f"{type(error).__name__}: {error}", now)
    return 1


def _handle(session: Session, event_id: uuid.UUID, claimed: int, now: datetime, templates: Mapping[str, str]) -> None:
    event = session.scalar(
        update(PushedEvent)
        .where(PushedEvent.id == event_id, PushedEvent.state == "pending", PushedEvent.attempts == claimed)
        .values(state="handled", done_at=now, note=None)
        .returning(PushedEvent)
    )
    if event is None:
        return  # slower than its claim: another worker has it
    handler = HANDLERS.get(event.event)
    member = handler and session.scalar(
        select(Member).where(Member.openid == event.openid, Member.removed_at.is_(None))
    )
    if handler is None:
        ignored: str | None = "nothing to do with this event"
    elif not member:
        ignored = "no member has this WeChat"
    else:
        ignored = handler(Matter(session, event, member, templates, now))
    if ignored:
        event.state, event.note = "ignored", ignored[:200]
    if handler and not member and event.openid:
        session.flush()
        keep.forget_person(session, event.openid)  # of somebody who left, or was never here
    log.info("push", what=event.event, state=event.state, note=event.note)


def _note_failure(db: Database, event_id: uuid.UUID, claimed: int, error: str, now: datetime) -> None:
    values = {"note": error[:200], "due_at": now + claimed * _WAIT}
    if claimed >= _MOST_ATTEMPTS:
        values |= {"state": "failed", "done_at": now}
    with db.transaction() as session:
        session.execute(
            update(PushedEvent)
            .where(PushedEvent.id == event_id, PushedEvent.state == "pending", PushedEvent.attempts == claimed)
            .values(values)
        )


def _give_up(db: Database, event_id: uuid.UUID, why: str, now: datetime) -> None:
    with db.transaction() as session:
        session.execute(
            update(PushedEvent)
            .where(PushedEvent.id == event_id, PushedEvent.state == "pending")
            .values(state="failed", done_at=now, note=why)
        )
