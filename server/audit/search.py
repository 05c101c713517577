"""The audit read by people: who did what to whom and when, newest first, as the payloads still say it."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, not_, select
from sqlalchemy.orm import Session

from server.audit.models import AuditEvent, AuditPayload

# What says how somebody judged a check-in.
DECISIONS = ("checkin.reviewed", "checkin.review_undone", "checkin.second_opinion")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event; `erased`: what it said was lawfully deleted. `seq` None: not linked into the chain yet."""

    id: uuid.UUID
    seq: int | None
    at: datetime
    action: str
    actor_id: uuid.UUID | None
    subject_id: uuid.UUID | None
    facts: dict[str, Any] = field(repr=False)
    erased: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; None: whatever it is. `about` selects the ids of subjects, `before_seq`: go on from there.
    `undecided`: check-ins of which the reader may not know how they were decided."""

    action: str | None = None
    about: Any = None
    by: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_seq: int | None = None
    undecided: Collection[uuid.UUID] = ()


def linked(session: Session, county_id: int, wanted: Wanted, limit: int) -> list[Entry]:
    """Events of the chain, newest first."""
    statement = _asked(county_id, wanted).where(AuditEvent.seq.is_not(None)).order_by(AuditEvent.seq.desc())
    if wanted.before_seq is not None:
        statement = statement.where(AuditEvent.seq < wanted.before_seq)
    return [_entry(row) for row in session.execute(statement.limit(limit))]


def fresh(session: Session, county_id: int, wanted: Wanted, limit: int) -> list[Entry]:
    """Those of the last seconds, which the worker has not linked yet."""
    statement = _asked(county_id, wanted).where(AuditEvent.seq.is_(None)).order_by(AuditEvent.at.desc())
    return [_entry(row) for row in session.execute(statement.limit(limit))]


def _asked(county_id: int, wanted: Wanted) -> Select[AuditEvent, AuditPayload]:
    statement = (
        select(AuditEvent, AuditPayload)
        .outerjoin(
            AuditPayload, (AuditPayload.county_id == AuditEvent.county_id) & (AuditPayload.event_id == AuditEvent.id)
        )
        .where(AuditEvent.county_id == county_id)
    )
    if wanted.action:
        statement = statement.where(AuditEvent.action == wanted.action)
    if wanted.about is not None:
        statement = statement.where(AuditPayload.subject_id.in_(wanted.about))
    if wanted.by:
        statement = statement.where(AuditPayload.actor_id == wanted.by)
    if wanted.undecided:  # an erased payload has no subject, which must not hide its event
        about = AuditPayload.subject_id.is_not(None) & AuditPayload.subject_id.in_(wanted.undecided)
        statement = statement.where(not_(and_(AuditEvent.action.in_(DECISIONS), about)))
    if wanted.since:
        statement = statement.where(AuditEvent.at >= wanted.since)
    if wanted.until:
        statement = statement.where(AuditEvent.at < wanted.until)
    return statement


def _entry(row: Any) -> Entry:
    event, payload = row.AuditEvent, row.AuditPayload
    said = json.loads(payload.body) if payload is not None and payload.body is not None else {}
    return Entry(
        id=event.id,
        seq=event.seq,
        at=event.at,
        action=event.action,
        actor_id=uuid.UUID(said["actor"]) if said.get("actor") else None,
        subject_id=payload.subject_id if payload is not None else None,
        facts=said.get("facts", {}),
        erased=not said,
    )


def people(entries: Sequence[Entry]) -> set[uuid.UUID]:
    """Everybody the entries name."""
    return {who for one in entries for who in (one.actor_id, one.subject_id) if who}
