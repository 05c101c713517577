"""A whole county server for tests: PostgreSQL, `python -m server` processes, nginx with TLS before them, a phone."""

import json
import os
import signal
import ssl
import subprocess
import sys
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import create_engine, text

from server.db import Database
from tests.cast import Cast, assemble
from tests.client import checkin_form
from tests.databases import administer
from tests.deploy.site import ROOT, Site, answers, free_port, install
from tests.deploy.waiting import until

SECRET_KEY = "a-key-of-the-deployment-tests-only-0123456789"
SEALING_KEY = "deployment_tests_only" + "A" * 22 + "="


@dataclass(slots=True)
class County:
    """Processes by name, and what a test needs to speak to them."""

    site: Site
    database_url: str
    folder: Path
    cast: Cast
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What /etc/zhudian/zhudian.env would say, on loopback."""
        settings = {
            "DATABASE_URL": self.database_url,
            "PHOTO_ROOT": str(self.folder / "photos"),
            "SECRET_KEY": SECRET_KEY,
            "SEALING_KEYS": SEALING_KEY,
            "PUBLIC_URL": f"https://127.0.0.1:{self.site.https_port}",
            "WEB_PORT": str(self.site.web_port),
            "SANDBOX_PORT": str(free_port()),
            "TRUSTED_PROXIES": "1",
        }
        return os.environ | settings | {"PYTHONPATH": str(ROOT)}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """`python -m server COMMAND`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "server", *command],
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, name: str, before: tuple[str, ...] = (), **settings: str) -> subprocess.Popen[bytes]:
        """`python -m server web|worker`; web answers when this returns. `before` is a command that runs it."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = self.processes[name] = subprocess.Popen(
                [*before, sys.executable, "-m", "server", name],
                env=self.environment() | settings,
                cwd=self.folder,
                stderr=log,
                stdout=log,
            )
        if name == "web":
            until(lambda: answers(self.site.web_port) or process.poll() is not None, "web listens", 40)
        assert process.poll() is None, self.log(name)
        return process

    def log(self, name: str) -> str:
        """What web or worker logged so far."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def stop(self, name: str) -> int:
        """SIGTERM; the exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def close(self) -> None:
        for name in list(self.processes):
            if self.processes[name].poll() is None:
                self.stop(name)

    def call(self, method: str, path: str, who: str | None = "chen", **arguments: Any) -> requests.Response:
        """A request to nginx, by HTTPS, in the name of one of the cast."""
        headers = {"Authorization": f"Bearer {self.cast[who].token}"} if who else {}
        headers |= arguments.pop("headers", {})
        url = f"https://127.0.0.1:{self.site.https_port}{path}"
        arguments = {"verify": str(self.site.certificate), "timeout": 60, "allow_redirects": False} | arguments
        return requests.request(method, url, headers=headers, **arguments)

    def check_in(self, photo: bytes | None = None, who: str = "chen") -> requests.Response:
        """Ticket and check-in, as a phone sends them."""
        body, kind = self.form(photo, who)
        return self.call("POST", "/api/v1/checkins", who, data=body, headers={"Content-Type": kind})

    def form(self, photo: bytes | None = None, who: str = "chen") -> tuple[bytes, str]:
        """(multipart body, its content type) of an honest check-in with a fresh ticket."""
        ticket = self.call("POST", "/api/v1/checkins/tickets", who)
        assert ticket.status_code == 201, ticket.text
        fields = checkin_form(datetime.now(UTC), photo=photo, ticket=ticket.json()["ticket"])
        stream, name = fields.pop("photo")
        request = requests.Request("POST", "https://x/", data=fields, files={"photo": (name, stream.read())}).prepare()
        assert isinstance(request.body, bytes)
        return request.body, request.headers["Content-Type"]

    def raw(self, source: str = "127.0.0.1") -> HTTPSConnection:
        """A connection to nginx from a chosen address of loopback, to send by hand."""
        trust = ssl.create_default_context(cafile=str(self.site.certificate))
        port = self.site.https_port
        return HTTPSConnection("127.0.0.1", port, timeout=60, source_address=(source, 0), context=trust)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        engine = create_engine(self.database_url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(statement))]
        engine.dispose()
        return found


def found(postgres: str, folder: Path, stack: ExitStack) -> County:
    """A migrated county with its cast signed in, and nginx; web and worker are the test's to start."""
    name = f"deploy_{uuid.uuid4().hex}"
    administer(postgres, f"CREATE DATABASE {name}")
    stack.callback(administer, postgres, f"DROP DATABASE {name} WITH (FORCE)")
    county = County(install(folder / "site"), postgres.format(name=name), folder, Cast())
    migrated = county.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    db = Database(county.database_url)
    county.cast = assemble(db, datetime.now(UTC))
    db.dispose()
    stack.callback(county.close)
    nginx = county.site.start()
    stack.callback(nginx.wait, 10)
    stack.callback(nginx.terminate)
    return county


def problem(response: requests.Response) -> dict[str, Any]:
    """The RFC 9457 problem in this response, which must have the API's shape and a Chinese sentence."""
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    body = json.loads(response.content.decode("utf-8"))
    assert set(body) == {"type", "title", "status", "code", "detail", "facts"}
    assert body["status"] == response.status_code
    assert body["title"] == body["code"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in body["detail"])
    return body
