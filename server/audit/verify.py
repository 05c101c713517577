"""Walks a county's chain and says of every event: intact, erased or tampered, and what is not linked yet."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.audit.chain import GENESIS, link_hash
from server.audit.journal import commitment
from server.audit.models import AuditEvent, AuditPayload
from server.progress import tell

ERASURE = "audit.erased"


@dataclass(frozen=True, slots=True)
class Checked:
    """One event's standing: `intact`, `erased` (a chained event records the erasure) or `tampered`, with why."""

    seq: int
    event_id: uuid.UUID
    action: str
    standing: str
    why: str = ""


@dataclass(slots=True)
class Report:
    """Counts over one county's chain; `problems` lists the tampered ones."""

    intact: int = 0
    erased: int = 0
    tampered: int = 0
    unlinked: int = 0
    head: str = ""  # seq and hash of the last link: kept elsewhere, it shows when links were cut off the end
    problems: list[Checked] = field(default_factory=list)


def verify(session: Session, county_id: int) -> Report:
    """Check the whole chain of one county. Memory stays flat: rows are streamed, only problems are kept."""
    report = Report()
    last = session.execute(
        select(AuditEvent.seq, AuditEvent.hash)
        .where(AuditEvent.county_id == county_id, AuditEvent.seq.is_not(None))
        .order_by(AuditEvent.seq.desc())
        .limit(1)
    ).first()
    report.head = f"{last.seq}:{last.hash}" if last else "empty"
    for checked in walk(session, county_id):
        tell("已核对", checked.seq, last.seq if last else None, "条")
        setattr(report, checked.standing, getattr(report, checked.standing) + 1)
        if checked.standing == "tampered":
            report.problems.append(checked)
    report.unlinked = (
        session.scalar(
            select(func.count())
            .select_from(AuditEvent)
            .where(AuditEvent.county_id == county_id, AuditEvent.seq.is_(None))
        )
        or 0
    )
    return report


def walk(session: Session, county_id: int) -> Iterator[Checked]:
    """Every linked event in order with its standing."""
    rows = session.execute(
        select(AuditEvent, AuditPayload)
        .outerjoin(
            AuditPayload,
            (AuditPayload.county_id == AuditEvent.county_id) & (AuditPayload.event_id == AuditEvent.id),
        )
        .where(AuditEvent.county_id == county_id, AuditEvent.seq.is_not(None))
        .order_by(AuditEvent.seq)
        .execution_options(yield_per=500)
    )
    erasures = _erasures(session, county_id)
    previous, expected = GENESIS, 1
    for event, payload in rows:
        why = _broken_link(event, previous, expected) or _broken_payload(event, payload, erasures)
        standing = "tampered" if why else "erased" if payload.body is None else "intact"
        yield Checked(event.seq or 0, event.id, event.action, standing, why)
        previous, expected = event.hash or "", (event.seq or 0) + 1


def _erasures(session: Session, county_id: int) -> dict[uuid.UUID, set[str]]:
    """For each recorded erasure the ids of the events it emptied. One not linked, or changed, excuses none."""
    rows = session.execute(
        select(AuditEvent.id, AuditEvent.commitment, AuditPayload.salt, AuditPayload.body)
        .join(AuditPayload, (AuditPayload.county_id == AuditEvent.county_id) & (AuditPayload.event_id == AuditEvent.id))
        .where(
            AuditEvent.county_id == county_id,
            AuditEvent.action == ERASURE,
            AuditEvent.seq.is_not(None),
            AuditPayload.body.is_not(None),
        )
    )
    return {
        row.id: set(json.loads(row.body)["facts"]["events"])
        for row in rows
        if commitment(row.salt, row.body) == row.commitment
    }


def _broken_link(event: AuditEvent, previous: str, expected: int) -> str:
    assert event.seq is not None  # noqa: S101  (the query asked for linked rows)
    if event.seq != expected:
        return f"events {expected}..{event.seq - 1} are missing"
    if event.previous_hash != previous:
        return "does not follow the event before it"
    if event.hash != link_hash(previous, event.seq, event.id, event.at, event.action, event.commitment):
        return "its own hash does not match"
    return ""


def _broken_payload(event: AuditEvent, payload: AuditPayload | None, erasures: dict[uuid.UUID, set[str]]) -> str:
    if payload is None:
        return "its payload row is gone"
    if payload.body is None or payload.salt is None:
        excused = payload.erased_by_event is not None and str(event.id) in erasures.get(payload.erased_by_event, ())
        return "" if excused else "its payload was emptied without a recorded erasure"
    return "" if commitment(payload.salt, payload.body) == event.commitment else "its payload was changed"
