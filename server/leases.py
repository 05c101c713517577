"""One of many workers does a job's next period: a row with how far the job has come, a lease and its fencing token."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, Update, Uuid, bindparam, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import Base, dialect_of, upsert

BACKUP = "backup"  # the row that says when the last one was made
HELD = timedelta(minutes=5)  # longer than one step of any job; a killed worker's period is taken over after it


class Schedule(Base):
    """How far one job has come. `county_id` 0 stands for the whole installation.

    Periods are done in order by construction: a claim names the one before it. `done_through` is the instant up to
    which all is done, `resume_at` how far the period under way has come, `until` the end of the lease on it.
    """

    __tablename__ = "schedules"
    county_id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(80), primary_key=True)  # e.g. nightly_flags, remind:Europe/Berlin
    done_through: Mapped[datetime]
    resume_at: Mapped[str | None] = mapped_column(String(80))
    token: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    until: Mapped[datetime | None]


class WorkerBeat(Base):
    """A worker that ticks: an operator sees which ones live, and since when one does not."""

    __tablename__ = "worker_beats"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)  # host:process
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class LeaseLost(Exception):
    """Another worker took the lease over; the transaction that finds this out must roll back."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's hold on a period. `resume_at`: where the one before it left off, None at the start."""

    county_id: int
    job: str
    token: uuid.UUID
    resume_at: str | None


# Built once: a worker asks all day.
_S = Schedule.__table__.c
_HELD_BY = (
    (_S.county_id == bindparam("of_county")) & (_S.job == bindparam("of_job")) & (_S.token == bindparam("of_token"))
)
_DONE = select(_S.done_through).where(_S.county_id == bindparam("of_county"), _S.job == bindparam("of_job"))
_ADVANCE = (
    update(Schedule.__table__)  # type: ignore[arg-type]
    .where(_HELD_BY)
    .values(resume_at=bindparam("resume_at"), until=bindparam("until"))
)
_FINISH = (
    update(Schedule.__table__)  # type: ignore[arg-type]
    .where(_HELD_BY)
    .values(done_through=bindparam("done_through"), resume_at=None, token=None, until=None)
)


def done_through(session: Session, county_id: int, job: str) -> datetime | None:
    """How far this job has come; None when it never ran."""
    found: datetime | None = session.connection().scalar(_DONE, {"of_county": county_id, "of_job": job})
    return found


def claim(session: Session, county_id: int, job: str, after: datetime, owner: uuid.UUID, now: datetime) -> Lease | None:
    """Take the period after `after`; None when another holds it or it is done already.

    `owner` is the fencing token: each worker draws one when it starts and does one period of a job at a time. What it
    left when it failed it may take up at once; what another left, when that one's lease has ended. A job's first claim
    founds its row.
    """
    lease = {"token": owner, "until": now + HELD}
    free = or_(Schedule.until.is_(None), Schedule.until < now, Schedule.token == owner)
    statement = (
        upsert(dialect_of(session), Schedule)
        .values(county_id=county_id, job=job, done_through=after, **lease)
        .on_conflict_do_update(
            index_elements=[Schedule.county_id, Schedule.job],
            set_=lease,
            where=(Schedule.done_through == after) & free,
        )
        .returning(Schedule.token, Schedule.resume_at)
    )
    row = session.execute(statement).one_or_none()
    return Lease(county_id, job, row.token, row.resume_at) if row else None


def advance(session: Session, lease: Lease, resume_at: str, now: datetime) -> None:
    """Note how far the period has come, in the transaction that went so far, and hold the lease on.

    Raises LeaseLost when the token is no longer ours. The row stays locked until that transaction ends, so nobody can
    take the lease over between this check and the commit.
    """
    _ours(session, lease, _ADVANCE, {"resume_at": resume_at, "until": now + HELD})


def finish(session: Session, lease: Lease, through: datetime) -> None:
    """Mark the period done and free the job, in the transaction that did the last of it. Raises LeaseLost."""
    _ours(session, lease, _FINISH, {"done_through": through})


def _ours(session: Session, lease: Lease, statement: Update, values: dict[str, object]) -> None:
    session.flush()
    held = {"of_county": lease.county_id, "of_job": lease.job, "of_token": lease.token}
    if session.connection().execute(statement, held | values).rowcount != 1:
        raise LeaseLost(f"{lease.job} of county {lease.county_id}")


def note_backup(session: Session, now: datetime) -> None:
    """An operator's backup is complete up to now."""
    insert = upsert(dialect_of(session), Schedule).values(county_id=0, job=BACKUP, done_through=now)
    session.execute(insert.on_conflict_do_update(index_elements=["county_id", "job"], set_={"done_through": now}))


def beat(session: Session, name: str, started_at: datetime, now: datetime) -> None:
    """Say that this worker lives; those not heard of for a day are forgotten."""
    values = {"name": name, "started_at": started_at, "seen_at": now}
    insert = upsert(dialect_of(session), WorkerBeat).values(values)
    session.execute(
        insert.on_conflict_do_update(index_elements=["name"], set_={"seen_at": now, "started_at": started_at})
    )
    session.execute(delete(WorkerBeat).where(WorkerBeat.seen_at < now - timedelta(days=1)))
