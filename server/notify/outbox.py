"""Enqueues a notice in the transaction that causes it; a repeated cause finds its dedupe key taken."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.notify.models import Notice
from server.together import Rows, insert_together


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
    notice = {
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
    return Rows(Notice, [notice], if_taken="skip")
