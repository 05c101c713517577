"""`python -m tests.soak.simulated CLOCKFILE`: a worker as it is, but for the time, which stands in a file, and for how
often it looks. The server knows no such entry: its clock is the machine's."""

import struct
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.clock import Clock
from server.config import Config
from server.logs import configure
from server.schedule import Scheduler, Scope
from server.worker import Job, Worker, run

EVERY_S = 0.04
COUNTY = 1  # the year is one county's: the other only takes its time


class ClockFile:
    """An instant that several processes share: whoever holds the file may set it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> datetime:
        (seconds,) = struct.unpack("<d", self.path.read_bytes())
        return datetime.fromtimestamp(seconds, UTC)

    def set(self, at: datetime) -> None:
        written = self.path.with_suffix(".new")
        written.write_bytes(struct.pack("<d", at.timestamp()))
        written.rename(self.path)  # nobody ever reads half an instant


class Hurried(Worker):
    """Looks as soon as the clock has moved, for a year that passes in minutes; tries again while the clock stands."""

    def __init__(self, config: Config, clock: Clock) -> None:
        super().__init__(config, clock)
        self.scheduler = Scheduler(self.db, clock, rest=timedelta(0))

    def jobs(self) -> tuple[Job, ...]:
        return tuple(replace(job, every_s=EVERY_S, run=self._once_an_instant(job.run)) for job in super().jobs())

    def _counties(self) -> list[Scope]:
        return [scope for scope in super()._counties() if scope.county_id == COUNTY]

    def _zones(self) -> list[Scope]:
        return [scope for scope in super()._zones() if scope.county_id == COUNTY]

    def _once_an_instant(self, look: Callable[[], object]) -> Callable[[], object]:
        """Looking again at the same instant finds nothing new: what failed is looked at again, the rest is not."""
        done: set[datetime] = set()

        def run() -> None:
            if (at := self.clock()) not in done:
                look()
                done.clear()
                done.add(at)

        return run


if __name__ == "__main__":
    configure("WARNING")
    run(Hurried(Config.from_env(), ClockFile(Path(sys.argv[1]))))
