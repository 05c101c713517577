"""Enqueues a notice in the transaction that causes it; a repeated cause finds its dedupe key taken."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.notify.models import Notice
from server.together import Rows, insert_many, insert_together


def enqueue(
    session: Session,
    county_id: int,
    member_id: uuid.UUID,
    kind: str,
    dedupe_key: str,
    facts: Mapping[str, Any],
    now: datetime,
    expires_at: datetime | None = None,
) -> bool:
    """One notice to one member, due now and worthless after `expires_at`. False when it was enqueued before.

    `kind` names a row of messages.KINDS, which says what `facts` it needs.
    """
    rows = notice_rows(county_id, member_id, kind, dedupe_key, facts, now, expires_at)
    return insert_together(session, rows)[Notice] == 1


def notice_rows(
    county_id: int,
    member_id: uuid.UUID,
    kind: str,
    dedupe_key: str,
    facts: Mapping[str, Any],
    now: datetime,
    expires_at: datetime | None = None,
) -> Rows:
    """The row of one notice, for a change that inserts it together with its own."""
    row = _row(county_id, member_id, kind, dedupe_key, facts, now, expires_at)
    return Rows(Notice, [row], if_taken="skip")


def _row(
    county_id: int,
    member_id: uuid.UUID,
    kind: str,
    dedupe_key: str,
    facts: Mapping[str, Any],
    now: datetime,
    expires_at: datetime | None,
) -> dict[str, Any]:
    return {
        "county_id": county_id,
        "id": uuid.uuid4(),
        "member_id": member_id,
        "kind": kind,
        "dedupe_key": dedupe_key,
        "facts": dict(facts),
        "state": "pending",
        "due_at": now,
        "expires_at": expires_at,
        "attempts": 0,
        "created_at": now,
    }


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice to be written with many others: to whom, of what kind, under which dedupe key, with which facts."""

    member_id: uuid.UUID
    kind: str
    key: str
    facts: Mapping[str, Any]
    expires_at: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Whether it is worthless already: it stands in the outbox and is not sent."""
        return self.expires_at is not None and self.expires_at <= now


def enqueue_all(session: Session, county_id: int, letters: Sequence[Letter], now: datetime) -> set[str]:
    """`enqueue` for thousands, whose keys nobody else writes meanwhile; the keys of those that are new."""
    new = {letter.key: letter for letter in letters}
    if not new:
        return set()
    known = select(Notice.dedupe_key).where(Notice.county_id == county_id, Notice.dedupe_key.in_(list(new)))
    for key in session.scalars(known):
        del new[key]
    if new:
        rows = [_row(county_id, n.member_id, n.kind, n.key, n.facts, now, n.expires_at) for n in new.values()]
        insert_many(session, Notice, rows)
    return set(new)
