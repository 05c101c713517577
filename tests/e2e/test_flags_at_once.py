"""`python -m server flags` beside another one, or beside the worker's own night: nobody fails, nobody is told twice."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from server.config import Config
from server.db import Database
from server.tally.close import close_due
from server.worker import Worker
from tests.cast import Cast
from tests.conftest import StoppedClock


def test_comparing_at_the_same_instant(
    config: Config, clock: StoppedClock, cast: Cast, rows: Callable[..., list], db: Database
) -> None:
    clock.at = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
    with db.transaction() as session:
        while close_due(session, 1, clock().date(), clock()):
            pass
    workers = [Worker(config, clock) for _ in range(6)]
    together = threading.Barrier(len(workers))
    failed: list[Exception] = []

    def compare(worker: Worker) -> None:
        together.wait()
        try:
            worker.flags_now()
        except Exception as error:  # whatever it is, the operator would see a traceback
            failed.append(error)

    threads = [threading.Thread(target=compare, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.db.dispose()
    assert failed == []
    raised = rows("SELECT kind, count(*) FROM flags WHERE county_id = 1 GROUP BY kind ORDER BY kind")
    assert raised == [("missed", 5), ("unreachable", 5)]  # October is closed, November as good as over
    assert rows("SELECT count(*) FROM notices WHERE county_id = 1") == [(10,)]


def test_the_command_says_how_many_are_open(
    database_url: str, cast: Cast, rows: Callable[..., list], tmp_path: Path
) -> None:
    env = os.environ | {"DATABASE_URL": database_url, "PHOTO_ROOT": str(tmp_path)}
    command = (sys.executable, "-m", "server", "flags")
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = rows(
        "SELECT c.name, (SELECT count(*) FROM flags f WHERE f.county_id = c.id AND f.closed_at IS NULL)"
        " FROM counties c ORDER BY c.id"
    )
    assert done.stdout.splitlines() == [f"{name}: {open_} flags open" for name, open_ in found]
    assert len(found) == 2
