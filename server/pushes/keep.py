"""Keeps a push: one row, whichever of WeChat's three attempts came first; a repeated request is a replay."""

import hashlib
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.db import dialect_of, upsert
from server.errors import forbidden
from server.org.models import Member
from server.pushes.models import PushedEvent, PushStamp
from server.wechat.push import Push

_LONGEST = 64


def keep(session: Session, push: Push, now: datetime) -> bool:
    """Keep an event for the worker; False when it is kept already. Raises 403 when this very request came before.

    WeChat's next attempt has a stamp of its own, so it is told from a replay; should it repeat the stamp, the event is
    kept already and the refusal loses nothing: the stamp is stored only together with the event.
    """
    stamped = upsert(dialect_of(session), PushStamp).values(digest=push.stamp, seen_at=now).on_conflict_do_nothing()
    if session.execute(stamped.returning(PushStamp.digest)).first() is None:
        raise forbidden("push_replayed", "这条推送已经收到过。")
    said = push.said
    kept = (
        upsert(dialect_of(session), PushedEvent)
        .values(
            id=uuid.uuid4(),
            dedupe_key=_dedupe_key(push),
            event=_text(said.get("Event")) or _text(said["MsgType"]) or "?",
            openid=_text(said.get("OpenID")) or _text(said.get("FromUserName")),
            said=said,
            happened_at=_happened_at(said.get("CreateTime"), now),
            received_at=now,
            state="pending",
            due_at=now,
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=[PushedEvent.dedupe_key])
        .returning(PushedEvent.id)
    )
    return session.execute(kept).first() is not None


def forget_person(session: Session, openid: str) -> None:
    """Of what this WeChat pushed and was done with, only that it happened stays: who it was and what it said go. The
    digest by which a repeat is known stays, too; what is still pending says whose it is until it is done."""
    done = PushedEvent.openid == openid, PushedEvent.state != "pending"
    session.execute(update(PushedEvent).where(*done).values(openid=None, said={}))


def forget_strangers(session: Session) -> None:
    """The same of every WeChat that is no member's any more: who was removed, or has another phone."""
    bound = select(Member.openid).where(Member.openid.is_not(None))
    nobodys = PushedEvent.openid.is_not(None), PushedEvent.openid.not_in(bound), PushedEvent.state != "pending"
    session.execute(update(PushedEvent).where(*nobodys).values(openid=None, said={}))


def forget_old(session: Session, stamps_before: datetime, events_before: datetime) -> None:
    """Delete stamps that are no longer fresh anyway, and events that came before `events_before`."""
    session.execute(delete(PushStamp).where(PushStamp.seen_at < stamps_before))
    session.execute(delete(PushedEvent).where(PushedEvent.received_at < events_before))


def _dedupe_key(push: Push) -> str:
    """A message by its MsgId, an event by who, when, what and its whole content."""
    said = push.said
    if said.get("MsgId"):
        named = ["message", str(said["MsgId"])]
    else:
        named = [str(said.get(name)) for name in ("FromUserName", "CreateTime", "Event")]
        named.append(hashlib.sha256(push.canonical).hexdigest())
    return hashlib.sha256("\n".join(named).encode()).hexdigest()


def _text(value: Any) -> str | None:
    return value[:_LONGEST] if isinstance(value, str) and value else None


def _happened_at(value: Any, now: datetime) -> datetime:
    """WeChat's CreateTime, a number or the same as text; what is none, or lies ahead, is now."""
    if not re.fullmatch(r"[0-9]{1,11}", str(value)):
        return now
    return min(datetime.fromtimestamp(int(value), UTC), now)
