"""Enqueues a notice in the transaction that causes it; a repeated cause finds its dedupe key taken."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from server.notify import course
from server.notify.models import Notice
from server.together import Rows, insert_many, insert_together


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice to one member: of what kind, under which dedupe key, with which facts; worthless after `expires_at`.

    `kind` names a row of messages.KINDS, which says what `facts` it needs. `member_id` None: the county's group.
    """

    member_id: uuid.UUID | None
    kind: str
    key: str
    facts: Mapping[str, Any]
    expires_at: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Whether it is worthless already: it stands in the outbox and is not sent."""
        return self.expires_at is not None and self.expires_at <= now


def enqueue(session: Session, county_id: int, letter: Letter, now: datetime) -> bool:
    """One notice, due and in the inbox from `now` on, which may lie ahead. False when it was enqueued before."""
    return insert_together(session, notice_rows(county_id, letter, now))[Notice] == 1


def recall(session: Session, county_id: int, key: str) -> bool:
    """Take back what was enqueued for later and has not begun its way; False when it has. Nothing was seen of it: the
    inbox shows a notice from its date on."""
    of_it = (Notice.county_id == county_id, Notice.dedupe_key == key)
    session.execute(delete(Notice).where(*of_it, Notice.state == "pending", Notice.attempts == 0))
    return session.scalar(select(Notice.id).where(*of_it)) is None


def settle(session: Session, county_id: int, *prefixes: str) -> None:
    """What these notices ask for is over: those whose key begins so and that still wait are not sent outside any more;
    in their inboxes they stay as they are. One that a worker has in its hands at this moment goes its way.

    Only rows that wait are locked: the desk passes over them, so that neither waits for the other.
    """
    waiting = select(Notice).where(
        Notice.county_id == county_id,
        Notice.state == "pending",
        or_(*(Notice.dedupe_key.startswith(prefix, autoescape=True) for prefix in prefixes)),
    )
    for notice in session.scalars(waiting.with_for_update().execution_options(populate_existing=True)):
        notice.state = "uncertain" if course.in_doubt(notice) else "expired"
    session.flush()


def notice_rows(county_id: int, letter: Letter, now: datetime) -> Rows:
    """The row of one notice, for a change that inserts it together with its own."""
    return Rows(Notice, [_row(county_id, letter, now)], if_taken="skip")


def enqueue_all(session: Session, county_id: int, letters: Sequence[Letter], now: datetime) -> set[str]:
    """`enqueue` for thousands, whose keys nobody else writes meanwhile; the keys of those that are new."""
    new = {letter.key: letter for letter in letters}
    if not new:
        return set()
    known = select(Notice.dedupe_key).where(Notice.county_id == county_id, Notice.dedupe_key.in_(list(new)))
    for key in session.scalars(known):
        del new[key]
    if new:
        rows = [_row(county_id, letter, now) for letter in new.values()]
        insert_many(session, Notice, rows)
    return set(new)


def tell_group(session: Session, county_id: int, kind: str, key: str, texts: Sequence[str], now: datetime) -> bool:
    """A summary for the county's group, one notice a message. False when it was enqueued before."""
    rows = [
        # A moment apart, so that they leave in their order.
        _row(county_id, Letter(None, kind, f"{key}:{n}", {"text": text}), now - timedelta(microseconds=len(texts) - n))
        for n, text in enumerate(texts)
    ]
    return insert_together(session, Rows(Notice, rows, if_taken="skip"))[Notice] > 0


def _row(county_id: int, letter: Letter, now: datetime) -> dict[str, Any]:
    return {
        "county_id": county_id,
        "id": uuid.uuid4(),
        "member_id": letter.member_id,
        "kind": letter.kind,
        "dedupe_key": letter.key,
        "facts": dict(letter.facts),
        "state": "pending",
        "due_at": now,
        "expires_at": letter.expires_at,
        "attempts": 0,
        "created_at": now,
    }


def forget_old(session: Session, before: datetime) -> None:
    """Delete what was written before `before` and is not on its way: what it said stands where it came from."""
    session.execute(delete(Notice).where(Notice.created_at < before, Notice.state.not_in(("pending", "sending"))))
