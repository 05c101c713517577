"""`python -m tests.soak.year --kills N [--seed S]`: a simulated year of three workers that are killed, and a database
that crashes; its flags and notices must be those of one worker whom nobody disturbed, exactly."""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from server.audit.models import AuditEvent
from server.audit.verify import verify
from server.config import Config
from server.db import Database
from server.flags.models import Flag, FlagStep
from server.leases import HELD, Schedule
from server.logs import configure
from server.notify.models import Notice
from server.tally.models import ClosedMonth
from tests.conftest import StoppedClock
from tests.processes import ROOT
from tests.soak.simulated import ClockFile, Hurried
from tests.soak.site import Postgres
from tests.soak.story import EVENING, Story, days, found

WORKERS = 3
# A crash of the database ends its processes, not the machine, so what it wrote may lie in memory.
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
_RESTARTS = 0.2  # the share of the kills that hit the database
_LATEST_S = 0.08  # how long after the evening began it is killed at the latest
_STUCK_S = 0.4  # when nothing has settled for so long, what a killed worker held is waited for by the clock
_LOST_S = 90
_CHINA = ZoneInfo("Asia/Shanghai")
Seen = dict[str, Any]


class Different(Exception):
    """The year under fire is not the undisturbed one; the text says where."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.year", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=None, help="drawn when it is not given")
    given = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running when CI loses patience
    seed = str(random.SystemRandom().randrange(10**6) if given.seed is None else given.seed)
    folder = Path(tempfile.mkdtemp(prefix="zhudian-year-", dir=IN_MEMORY))
    began = time.monotonic()
    print(f"a year of {given.months} months, {given.kills} kills, seed {seed}", flush=True)
    try:
        with ProcessPoolExecutor(1) as beside:
            undisturbed = beside.submit(live_undisturbed, folder / "alone", seed, given.months)
            fire = Fire(folder / "fire", seed, given.months, given.kills)
            try:
                told = fire.live()
                compare(undisturbed.result(), fire.seen())
            except BaseException:
                print(fire.logs())
                raise
            finally:
                fire.close()
    except Exception as error:
        print(f"seed {seed}; what it left: {folder}\nFAILED: {error!r}", flush=True)
        return 1
    shutil.rmtree(folder)
    counts = {name: len(rows) for name, rows in undisturbed.result().items()}
    print(f"{told}; the same as undisturbed: {counts}; {time.monotonic() - began:.0f} s (seed {seed})")
    return 0


def live_undisturbed(folder: Path, seed: str, months: int) -> Seen:
    """The year of one worker in one process, on SQLite."""
    configure("WARNING")
    folder.mkdir(parents=True)
    config = Config(_env_file=None, database_url=f"sqlite:///{folder}/zhudian.db", photo_root=folder / "photos")
    story, clock = Story(found(config.database_url, seed), seed), StoppedClock(EVENING_OF(next(days(months))))
    worker = Hurried(config, clock)
    for on in days(months):
        with worker.db.transaction() as session:
            story.live(session, on)
        clock.at = EVENING_OF(on)
        for job in worker.periodic():
            worker.scheduler.catch_up(job)
        worker.link_audit()
    seen = look(worker.db)
    worker.db.dispose()
    return seen


def EVENING_OF(on: date) -> datetime:
    return datetime.combine(on, EVENING)


class Fire:
    """A PostgreSQL of its own, three worker processes over it, and a killer who keeps the count."""

    def __init__(self, folder: Path, seed: str, months: int, kills: int) -> None:
        folder.mkdir(parents=True)
        self._folder, self._months = folder, months
        self._luck = random.Random(f"{seed}:killer")
        self._victims = Counter(self._luck.choices(list(days(months)), k=kills))
        self._postgres = Postgres(IN_MEMORY)
        self._clock = ClockFile(folder / "clock")
        self._clock.set(EVENING_OF(next(days(months))) - timedelta(hours=12))
        self._story = Story(found(self._postgres.url, seed), seed)
        self._looking = Hurried(
            Config(_env_file=None, database_url=self._postgres.url, photo_root=folder / "photos"), self._clock
        )
        self._processes = {number: self._start(number) for number in range(WORKERS)}
        self.kills: Counter[str] = Counter()

    def live(self) -> str:
        """The whole year; in words what was killed."""
        for on in days(self._months):
            with self._looking.db.transaction() as session:
                self._story.live(session, on)
            self._clock.set(EVENING_OF(on))
            for _ in range(self._victims[on]):
                time.sleep(self._luck.uniform(0, _LATEST_S))
                self._kill()
            self._until_settled(on)
        return f"{self.kills['worker']} workers killed, {self.kills['database']} databases restarted"

    def _kill(self) -> None:
        if self._luck.random() < _RESTARTS:
            self._postgres.restart(self._luck.choice(("fast", "immediate")))
            self._looking.db.dispose()
            self.kills["database"] += 1
            return
        number = self._luck.randrange(WORKERS)
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._start(number)
        self.kills["worker"] += 1

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        env = os.environ | {
            "DATABASE_URL": self._postgres.url,
            "PHOTO_ROOT": str(self._folder / "photos"),
            "PYTHONPATH": str(ROOT),
            "DATABASE_POOL_SIZE": "12",
        }
        command = (sys.executable, "-m", "tests.soak.simulated", str(self._clock.path))
        with (self._folder / f"worker-{number}.log").open("ab") as log:
            return subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)

    def _until_settled(self, on: date) -> None:
        """Until nothing is due. What a killed worker held is free when its lease has ended: the clock is put on. Each
        time later than the last: on a busy machine who holds it may live and be at work, and would lose it for ever."""
        began = moved = time.monotonic()
        patience_s = _STUCK_S
        while self._is_something_due():
            if time.monotonic() - began > _LOST_S:
                raise Different(f"on {on} something stays due: {self._due()}")
            if time.monotonic() - moved > patience_s and self._is_something_held():
                self._clock.set(self._clock() + HELD + timedelta(seconds=1))
                moved, patience_s = time.monotonic(), patience_s * 2
            time.sleep(0.01)

    def _is_something_due(self) -> bool:
        try:
            return any(
                self._looking.scheduler.due(job, scope) for job in self._looking.periodic() for scope in job.scopes()
            )
        except DBAPIError:  # the database has just been restarted
            return True

    def _due(self) -> list[str]:
        jobs = self._looking.periodic()
        return [job.key(s) for job in jobs for s in job.scopes() if self._looking.scheduler.due(job, s)]

    def _is_something_held(self) -> bool:
        try:
            with self._looking.db.reading() as session:
                return session.scalar(select(Schedule.job).where(Schedule.until >= self._clock()).limit(1)) is not None
        except DBAPIError:
            return False

    def seen(self) -> Seen:
        for process in self._processes.values():
            process.terminate()
            process.wait(30)
        self._looking.link_audit()
        return look(self._looking.db)

    def logs(self) -> str:
        ends = []
        for path in sorted(self._folder.glob("*.log")):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            ends.append("\n".join((f"--- {path.name}", *lines[-30:])))
        return "\n".join(ends)

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._looking.db.dispose()
        self._postgres.close()


def look(db: Database) -> Seen:
    """What a year has left, without what is drawn by chance (ids) or told by the clock to the second."""

    def day(at: datetime | None) -> str | None:
        return at.astimezone(_CHINA).date().isoformat() if at else None

    with db.snapshot() as session:
        flags = {flag.id: flag for flag in session.scalars(select(Flag))}

        def about(flag: Flag) -> tuple[Any, ...]:
            return (
                flag.county_id,
                str(flag.member_id or flag.unit_id),
                str(flag.month),
                flag.kind,
                day(flag.raised_at),
            )

        return {
            "flags": sorted((*about(f), f.message, sorted(f.facts.items()), day(f.closed_at)) for f in flags.values()),
            "notices": sorted(
                (n.county_id, n.dedupe_key, str(n.member_id), n.kind, sorted(n.facts.items()), day(n.created_at))
                for n in session.scalars(select(Notice))
            ),
            "steps": sorted(
                (*about(flags[s.flag_id]), s.step, sorted(s.told), day(s.created_at))
                for s in session.scalars(select(FlagStep))
            ),
            "closed months": sorted(
                (m.county_id, str(m.month), m.inputs_sha256) for m in session.scalars(select(ClosedMonth))
            ),
            "audit events": sorted(
                tuple(row)
                for row in session.execute(
                    select(AuditEvent.county_id, AuditEvent.action, func.count()).group_by(
                        AuditEvent.county_id, AuditEvent.action
                    )
                )
            ),
            "tampered counties": [county_id for county_id in (1,) if verify(session, county_id).tampered],
        }


def compare(undisturbed: Seen, under_fire: Seen) -> None:
    """Raise Different at the first kind of thing that is not exactly the same, and for a chain that does not verify."""
    if undisturbed["tampered counties"] or under_fire["tampered counties"]:
        raise Different("the audit chain does not verify")
    for name, expected in undisturbed.items():
        if under_fire[name] != expected:
            lost = [row for row in expected if row not in under_fire[name]]
            added = [row for row in under_fire[name] if row not in expected]
            raise Different(f"{name}: {len(lost)} lost, {len(added)} added or doubled: {lost[:2]} {added[:2]}")


if __name__ == "__main__":
    sys.exit(main())
