"""The web server is stopped while it starts: an operator who corrected a setting does not wait for the old start."""

import time
from pathlib import Path

import psutil

from server import migrate
from server.db import Database
from tests.processes import System, until


def test_who_is_stopped_while_starting_ends_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/zhudian.db"
    db = Database(url)
    migrate.upgrade(db)
    db.dispose()
    with System(tmp_path, url, WEB_PROCESSES="2") as system:
        system.launch("web")
        web = psutil.Process(system.processes["web"].pid)
        children = until(lambda: len(found := web.children()) == 2 and found, "both processes are forked")
        began = time.monotonic()
        assert system.stop("web") == 0
        # Far less than granian's patience (workers_kill_timeout, 15 s) with a process that does not answer.
        assert time.monotonic() - began < 10
        assert not any(child.is_running() for child in children)
