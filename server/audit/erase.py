"""A lawful deletion: the payload goes, the chained event stays as a tombstone, and the deletion is itself recorded."""

import uuid
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.audit.models import AuditPayload
from server.audit.verify import ERASURE


def erase_subject(
    session: Session, county_id: int, actor_id: uuid.UUID | None, subject_id: uuid.UUID, ground: str, now: datetime
) -> int:
    """Empty the payload of every event about `subject_id`; `ground` says on what basis. Returns how many."""
    event_id = record(session, county_id, actor_id, ERASURE, None, {"ground": ground}, now)
    emptied = session.execute(
        update(AuditPayload)
        .where(
            AuditPayload.county_id == county_id,
            AuditPayload.subject_id == subject_id,
            AuditPayload.body.is_not(None),
        )
        .values(body=None, salt=None, subject_id=None, erased_by_event=event_id)
    )
    return emptied.rowcount  # type: ignore[attr-defined]
