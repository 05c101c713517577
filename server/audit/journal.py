"""Writes an audit event in the caller's own transaction: the change and its record stand or fall together."""

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.audit.models import AuditEvent, AuditPayload
from server.together import Rows, insert_many, insert_together


def record(
    session: Session,
    county_id: int,
    actor_id: uuid.UUID | None,
    action: str,
    subject_id: uuid.UUID | None,
    facts: Mapping[str, Any],
    now: datetime,
) -> uuid.UUID:
    """Add one event and answer its id. `actor_id` None: the machine; `action`: past tense (`checkin.submitted`);
    facts: JSON-ready."""
    event, payload = event_rows(county_id, actor_id, action, subject_id, facts, now)
    insert_together(session, event, payload)
    event_id: uuid.UUID = event.values[0]["id"]
    return event_id


def event_rows(
    county_id: int,
    actor_id: uuid.UUID | None,
    action: str,
    subject_id: uuid.UUID | None,
    facts: Mapping[str, Any],
    now: datetime,
) -> tuple[Rows, Rows]:
    """The two rows of one event, for a change that inserts them together with its own.

    The event row carries only a commitment, sha256(salt + body); who and what stand in the payload row,
    which a lawful deletion may empty without breaking the chain.
    """
    event_id = uuid.uuid4()
    salt = secrets.token_hex(16)
    body = json.dumps(
        {
            "actor": str(actor_id) if actor_id else None,
            "subject": str(subject_id) if subject_id else None,
            "facts": dict(facts),
        },
        sort_keys=True,
        ensure_ascii=False,
    )
    event = {"county_id": county_id, "id": event_id, "at": now, "action": action}
    ids = {"county_id": county_id, "event_id": event_id, "actor_id": actor_id, "subject_id": subject_id}
    payload = ids | {"salt": salt, "body": body}
    return Rows(AuditEvent, [event | {"commitment": commitment(salt, body)}]), Rows(AuditPayload, [payload])


def record_all(
    session: Session,
    county_id: int,
    actor_id: uuid.UUID | None,
    action: str,
    events: Sequence[tuple[uuid.UUID | None, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """`record` for thousands of events of one kind; events: (subject_id, facts)."""
    if not events:
        return
    pairs = [event_rows(county_id, actor_id, action, subject, facts, now) for subject, facts in events]
    insert_many(session, AuditEvent, [event.values[0] for event, _ in pairs])
    insert_many(session, AuditPayload, [payload.values[0] for _, payload in pairs])


def commitment(salt: str, body: str) -> str:
    """sha256 hex over the salt and the body's exact text."""
    return hashlib.sha256((salt + body).encode()).hexdigest()
