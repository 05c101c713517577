"""A night of the worker by the clock of a test, and the files that it leaves."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from server.config import Config
from server.db import Database
from server.org.models import SignIn
from server.worker import Worker
from tests.cast import Cast
from tests.conftest import StoppedClock


@pytest.fixture
def erase(config: Config, clock: StoppedClock, cast: Cast, db: Database) -> Iterator[Callable[[datetime], None]]:
    """The worker's night before `at`, begun by nobody but itself, and the sweep after it; whoever was signed in still
    is."""
    worker = Worker(config, clock)

    def run(at: datetime) -> None:
        with db.transaction() as session:
            session.execute(update(SignIn).values(expires_at=datetime(2030, 1, 1, tzinfo=UTC)))
        clock.at = at.replace(hour=19, minute=30, second=10) - timedelta(days=1)  # its first tick after 03:30 in China
        tick(worker, "erase_lead_evidence")
        tick(worker, "erase_evidence")
        clock.at = at
        for path in files(config):  # the sweep goes by the age that the file system tells
            os.utime(path, (at.timestamp() - 90_000,) * 2)
        tick(worker, "sweep")

    yield run
    worker.db.dispose()


def tick(worker: Worker, name: str) -> None:
    next(job for job in worker.jobs() if job.name == name).run()


def files(config: Config) -> list[Path]:
    return sorted(path for path in config.photo_root.rglob("*") if path.is_file())
