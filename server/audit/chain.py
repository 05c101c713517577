"""Links committed, unlinked events into the county's hash chain, as transparency logs do; the worker calls it."""

import hashlib
import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.audit.models import AuditEvent
from server.db import lock

GENESIS = "0" * 64


def link(session: Session, county_id: int, limit: int = 1000) -> int:
    """Link up to `limit` events of one county under its lock; returns how many.

    What is linked is what is committed and has no `seq`: no id watermark, so an event whose transaction took long
    is linked late instead of never.
    """
    lock(session, f"audit-chain:{county_id}")
    head = session.execute(
        select(AuditEvent.seq, AuditEvent.hash)
        .where(AuditEvent.county_id == county_id, AuditEvent.seq.is_not(None))
        .order_by(AuditEvent.seq.desc())
        .limit(1)
    ).first()
    seq, previous = (head.seq, head.hash) if head else (0, GENESIS)
    waiting = session.execute(
        select(AuditEvent.id, AuditEvent.at, AuditEvent.action, AuditEvent.commitment)
        .where(AuditEvent.county_id == county_id, AuditEvent.seq.is_(None))
        .order_by(AuditEvent.at, AuditEvent.id)
        .limit(limit)
    ).all()
    links = []
    for event in waiting:
        seq += 1
        digest = link_hash(previous, seq, event.id, event.at, event.action, event.commitment)
        links.append({"county_id": county_id, "id": event.id, "seq": seq, "previous_hash": previous, "hash": digest})
        previous = digest
    if links:
        session.execute(update(AuditEvent), links)
    return len(links)


def link_hash(previous: str, seq: int, event_id: uuid.UUID, at: datetime, action: str, commitment: str) -> str:
    """sha256 hex over the previous link and everything this one says; `at` in UTC with microseconds."""
    text = "\n".join((previous, str(seq), str(event_id), at.isoformat(timespec="microseconds"), action, commitment))
    return hashlib.sha256(text.encode()).hexdigest()
