"""A lawful deletion: the payload goes, the chained event stays as a tombstone, and the deletion is itself recorded."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.audit.models import AuditPayload
from server.audit.verify import ERASURE


def erase_subject(
    session: Session, county_id: int, actor_id: uuid.UUID | None, subject_id: uuid.UUID, ground: str, now: datetime
) -> int:
    """Empty the payload of every event about `subject_id`; `ground` says on what basis. Returns how many.

    The recorded erasure names the events it emptied, so that it can excuse no other.
    """
    events = session.scalars(
        select(AuditPayload.event_id).where(
            AuditPayload.county_id == county_id,
            AuditPayload.subject_id == subject_id,
            AuditPayload.body.is_not(None),
        )
    ).all()
    facts = {"ground": ground, "events": sorted(str(event) for event in events)}
    event_id = record(session, county_id, actor_id, ERASURE, None, facts, now)
    session.execute(
        update(AuditPayload)
        .where(AuditPayload.county_id == county_id, AuditPayload.event_id.in_(events))
        .values(body=None, salt=None, actor_id=None, subject_id=None, erased_by_event=event_id)
    )
    return len(events)
