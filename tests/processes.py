"""Real processes for tests: `python -m server …` on free ports, waited for, killed, restarted, never left behind."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from sqlalchemy import NullPool, create_engine, text

ROOT = Path(__file__).parents[1]
_READY_S = 40  # a loaded machine with two cores starts several of these at once
_TAIL_LINES = 40


def free_port() -> int:
    """A port of loopback that nobody uses, below the range the kernel gives to outgoing connections."""
    while True:
        port = random.SystemRandom().randint(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def listens(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(happened: Callable[[], Any], what: str, seconds: float = 30, every: float = 0.05) -> Any:
    """The first true answer of `happened()`; AssertionError naming `what` when there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := happened()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(every)
    return answer


class System:
    """One installation: a database, a folder, and the processes that a test starts over them.

    Use as a context manager. At its end every process is gone with its children, and if the block failed the ends of
    all logs are printed.
    """

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.photo_root = folder / "photos"
        self.web_port, self.sandbox_port = free_port(), free_port()
        self.web = f"http://127.0.0.1:{self.web_port}"
        self.sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._settings = settings
        self._engine = create_engine(database_url, poolclass=NullPool)  # the database may be restarted under us
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is not None:
            print(self.logs())

    @property
    def environment(self) -> dict[str, str]:
        settings = {
            "DATABASE_URL": self.database_url,
            "PHOTO_ROOT": str(self.photo_root),
            "WEB_PORT": str(self.web_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "QUIET_HOURS": "off",  # tests run at night, too
            "PYTHONPATH": str(ROOT),
        }
        return os.environ | settings | self._settings

    def run(self, *command: str, seconds: float = 90) -> subprocess.CompletedProcess[str]:
        """`python -m server COMMAND` to its end, which must be a good one."""
        done = subprocess.run(
            (sys.executable, "-m", "server", *command),
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def launch(self, name: str, *, before: tuple[str, ...] = (), **settings: str) -> None:
        """Start `python -m server NAME`, not waiting for it. `worker-2` is a second worker, `before` what runs it."""
        assert name not in self.processes, f"{name} runs already"
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                (*before, sys.executable, "-m", "server", name.partition("-")[0]),
                env=self.environment | settings,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a group of its own, so that its children can be ended with it
            )

    def start(self, *names: str, before: tuple[str, ...] = (), **settings: str) -> None:
        """Start these processes at once and return when each is ready."""
        marks = {name: len(self.log(name)) for name in names}
        for name in names:
            self.launch(name, before=before, **settings)
        for name in names:
            until(partial(self._ready, name, marks[name]), f"{name} is ready", _READY_S)

    def _ready(self, name: str, mark: int) -> bool:
        assert self.processes[name].poll() is None, f"{name} ended by itself\n{self.log(name)[mark:]}"
        if name.startswith("worker"):
            return "worker_started" in self.log(name)[mark:]
        url = f"{self.web}/readyz" if name == "web" else f"{self.sandbox}/"
        try:
            return requests.get(url, timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children, as systemd or a container does it."""
        process = self.processes.pop(name)
        _kill_group(process.pid)
        process.wait(10)

    def stop(self, name: str) -> int:
        """SIGTERM; the exit code."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            return process.wait(20)
        finally:
            _kill_group(process.pid)

    def close(self) -> None:
        """End everything. What it did is in the database and the folder."""
        for name in list(self.processes):
            self.kill(name)
        self._engine.dispose()

    def log(self, name: str) -> str:
        """All that this process has said, earlier lives included."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def logs(self) -> str:
        """The end of every log."""
        ends = []
        for path in sorted(self.folder.glob("*.log")):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
            ends.append("\n".join((f"--- {path.name}", *lines)))
        return "\n".join(ends)

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """What stands in the database now."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def execute(self, statement: str, **values: object) -> None:
        """Change the database by hand: for what no endpoint does yet."""
        with self._engine.begin() as connection:
            connection.execute(text(statement), values)


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # nobody of it is left
