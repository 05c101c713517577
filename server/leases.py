"""One of many workers does a job-and-period once: a lease row with an end, a fencing token and a done mark."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import String, Uuid, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import Base, dialect_of, upsert


class Lease(Base):
    """`county_id` 0 stands for the whole installation. `done_at` set: the period is finished for good."""

    __tablename__ = "leases"
    county_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)  # e.g. nightly_flags:2026-11-23
    token: Mapped[uuid.UUID] = mapped_column(Uuid)
    until: Mapped[datetime]
    done_at: Mapped[datetime | None]


class LeaseLost(Exception):
    """Another worker took the lease over; the transaction that finds this out must roll back."""


def claim(session: Session, county_id: int, name: str, now: datetime, ttl_s: int = 60) -> uuid.UUID | None:
    """Take the lease if it is free, lapsed and not done. Returns the fencing token, or None when it is another's."""
    token = uuid.uuid4()
    until = now + timedelta(seconds=ttl_s)
    statement = (
        upsert(dialect_of(session), Lease)
        .values(county_id=county_id, name=name, token=token, until=until)
        .on_conflict_do_update(
            index_elements=[Lease.county_id, Lease.name],
            set_={"token": token, "until": until},
            where=(Lease.done_at.is_(None)) & (Lease.until < now),
        )
        .returning(Lease.token)
    )
    return token if session.scalar(statement) == token else None


def finish(session: Session, county_id: int, name: str, token: uuid.UUID, now: datetime) -> None:
    """Mark the period done, in the transaction that did its work. Raises LeaseLost when the token is no longer ours."""
    done = session.execute(
        update(Lease)
        .where(Lease.county_id == county_id, Lease.name == name, Lease.token == token, Lease.done_at.is_(None))
        .values(done_at=now)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(name)


def is_done(session: Session, county_id: int, name: str) -> bool:
    """Whether this job-and-period was finished by anybody."""
    return session.scalar(select(Lease.done_at).where(Lease.county_id == county_id, Lease.name == name)) is not None


def forget_old(session: Session, before: datetime) -> int:
    """Delete finished and abandoned leases that ended before `before`; returns how many."""
    gone = session.execute(delete(Lease).where(or_(Lease.done_at < before, Lease.until < before)))
    return gone.rowcount  # type: ignore[attr-defined]
