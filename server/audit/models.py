"""审计: the chained event holds a salted commitment; the personal payload stands apart and may be erased lawfully."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where


class AuditEvent(Base):
    """`seq`, `previous_hash`, `hash` are null until the worker links the committed row into the county's chain."""

    __tablename__ = "audit_events"
    __table_args__ = (
        UniqueConstraint("county_id", "seq"),
        CheckConstraint("(seq IS NULL) = (hash IS NULL)", name="linked_whole"),
        Index("ix_audit_events_action", "county_id", "action", "seq"),
        index_where("ix_audit_events_unlinked", "county_id", "at", "id", where="seq IS NULL"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(40))
    commitment: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int | None]
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str | None] = mapped_column(String(64))


class AuditPayload(Base):
    """Who did what to what. Erasing sets body, salt and both ids to null and names the event that records the erasure.

    `actor_id` and `subject_id` repeat what the body says, to be searched by; the chain's word is the body."""

    __tablename__ = "audit_payloads"
    __table_args__ = (
        county_fk("event_id", "audit_events"),
        CheckConstraint("(body IS NULL) = (salt IS NULL)", name="erased_whole"),
        Index("ix_audit_payloads_actor", "county_id", "actor_id"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    subject_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, index=True)
    salt: Mapped[str | None] = mapped_column(String(32))
    body: Mapped[str | None] = mapped_column(Text)  # canonical JSON, kept as text: jsonb would rewrite numbers
    erased_by_event: Mapped[uuid.UUID | None] = mapped_column(Uuid)
