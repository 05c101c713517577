"""Enqueues a notice in the transaction that causes it; a repeated cause finds its dedupe key taken."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.db import dialect_of, upsert
from server.notify.models import Notice


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
    added = session.execute(
        upsert(dialect_of(session), Notice)
        .values(
            county_id=county_id,
            id=uuid.uuid4(),
            member_id=member_id,
            kind=kind,
            dedupe_key=dedupe_key,
            facts=dict(facts),
            state="pending",
            due_at=now,
            expires_at=expires_at,
            attempts=0,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Notice.county_id, Notice.dedupe_key])
        .returning(Notice.id)
    ).first()
    return added is not None
