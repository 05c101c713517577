"""Writes an audit event in the caller's own transaction: the change and its record stand or fall together."""

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.audit.models import AuditEvent, AuditPayload

_INSERT_EVENT = AuditEvent.__table__.insert()  # type: ignore[attr-defined]
_INSERT_PAYLOAD = AuditPayload.__table__.insert()  # type: ignore[attr-defined]


def record(
    session: Session,
    county_id: int,
    actor_id: uuid.UUID | None,
    action: str,
    subject_id: uuid.UUID | None,
    facts: Mapping[str, Any],
    now: datetime,
) -> uuid.UUID:
    """Add one event. `actor_id` None: the machine; `action`: past tense (`checkin.submitted`); facts: JSON-ready.

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
    session.execute(_INSERT_EVENT, event | {"commitment": commitment(salt, body)})
    payload = {"county_id": county_id, "event_id": event_id, "subject_id": subject_id, "salt": salt, "body": body}
    session.execute(_INSERT_PAYLOAD, payload)
    return event_id


def commitment(salt: str, body: str) -> str:
    """sha256 hex over the salt and the body's exact text."""
    return hashlib.sha256((salt + body).encode()).hexdigest()
