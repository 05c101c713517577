"""Does every period of a job once and in order, whatever happens to the workers: claim, step by step, done."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from server import leases
from server.clock import Clock
from server.db import Database
from server.leases import Lease
from server.periods import Period

log = structlog.get_logger()
REST = timedelta(minutes=1)  # what failed is left alone for so long, so that it does not fill the log


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a job keeps its own time: a county by its zone, or one zone of its stations; county 0: everybody."""

    county_id: int
    tz: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction of a period writes, and the mark after it: where to go on if the worker dies then."""

    mark: str
    write: Callable[[Session], object]


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job with times of its own.

    `next_after` names the period after an instant. `steps` does one period from the mark on that an earlier worker
    reached (None: from its start); a step that was written is never written again. Where the job never ran before, it
    looks back `since` for a period. `latest_only`: of several that are due the last stands for all, as sweeping twice
    does no more than sweeping once.
    """

    name: str
    scopes: Callable[[], list[Scope]]
    next_after: Callable[[Scope, datetime], Period | None]
    steps: Callable[[Scope, Period, str | None], Iterator[Step]]
    each_zone: bool = False
    latest_only: bool = False
    since: timedelta = timedelta(days=1)

    def key(self, scope: Scope) -> str:
        """The name of its row in the database."""
        return f"{self.name}:{scope.tz}" if self.each_zone else self.name


class Scheduler:
    """One worker's hand on the schedules. Not for two threads and the same job at once."""

    def __init__(self, db: Database, clock: Clock, rest: timedelta = REST) -> None:
        self._db = db
        self._clock = clock
        self._rest = rest
        self._owner = uuid.uuid4()
        self._resting: dict[tuple[str, Scope], datetime] = {}

    def catch_up(self, job: Periodic) -> None:
        """Do what is due of this job, each scope's oldest period first; what another worker is at, is left to it."""

        def of(scope: Scope) -> None:
            while (due := self.due(job, scope)) and self._do(job, scope, *due):
                pass

        self.each(job.name, job.scopes(), of)

    def each(self, name: str, scopes: Iterable[Scope], do: Callable[[Scope], None]) -> None:
        """Do it for each scope: one's error keeps no other from its turn, and that one rests. Raises them together."""
        failed: list[Exception] = []
        for scope in scopes:
            if (until := self._resting.get((name, scope))) and self._clock() < until:
                continue
            try:
                do(scope)
            except Exception as error:
                error.add_note(f"{name}: {scope}")
                failed.append(error)
                self._resting[name, scope] = self._clock() + self._rest
            else:
                self._resting.pop((name, scope), None)
        if failed:
            raise ExceptionGroup(name, failed)

    def due(self, job: Periodic, scope: Scope) -> tuple[datetime, Period] | None:
        """The period that is to be done next, with the instant up to which all is done; None when none is due."""
        now = self._clock()
        with self._db.reading() as session:
            after = leases.done_through(session, scope.county_id, job.key(scope)) or now - job.since
        period = job.next_after(scope, after)
        if period is None or period.at > now:
            return None
        while job.latest_only and (later := job.next_after(scope, period.at)) and later.at <= now:
            period = later
        return after, period

    def _do(self, job: Periodic, scope: Scope, after: datetime, period: Period) -> bool:
        """Do one period, or what an earlier worker left of it. False when another has it."""
        with self._db.transaction() as session:
            lease = leases.claim(session, scope.county_id, job.key(scope), after, self._owner, self._clock())
        if lease is None:
            return False
        dropped = period.ends_at is not None and period.ends_at <= self._clock()
        steps, last = 0, None
        for step in () if dropped else job.steps(scope, period, lease.resume_at):
            if last is not None:
                self._write(last, lease)
            last, steps = step, steps + 1
        self._finish(last, lease, period)
        log.info("period_done", job=lease.job, county=scope.county_id, at=str(period.at), steps=steps, dropped=dropped)
        return True

    def _write(self, step: Step, lease: Lease) -> None:
        with self._db.transaction() as session:
            step.write(session)
            leases.advance(session, lease, step.mark, self._clock())

    def _finish(self, last: Step | None, lease: Lease, period: Period) -> None:
        """The last step, if there was one, and the done mark in one transaction."""
        with self._db.transaction() as session:
            if last is not None:
                last.write(session)
            leases.finish(session, lease, period.at)
