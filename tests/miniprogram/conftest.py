"""Phones over a real server: one browser, one web server and one local WeChat for all stories, a database for each."""

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask_openapi import OpenAPI
from playwright.sync_api import Browser, Playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from server.app import make_services
from server.config import Config
from server.db import Database
from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from tests.cast import Cast
from tests.miniprogram.phone import Phone

ROOT = Path(__file__).parents[2]
HARNESS = Path(__file__).parent / "harness"
PACKAGES = ROOT / "miniprogram" / "node_modules"
# As Debian ships it. A mini-program knows no CORS; the rest is what a headless start can do without.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-web-security",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


class RunningClock:
    """Goes as time goes, and further when told: what the server takes for now."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **delta: float) -> datetime:
        self.ahead += timedelta(**delta)
        return self()

    def set(self, at: datetime) -> datetime:
        self.ahead = at - datetime.now(UTC)
        return self()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_args: Any) -> None: ...


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium-headless-shell", args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[RunningSandbox]:
    """The local WeChat of all stories."""
    defaults = Config(_env_file=None)
    running = RunningSandbox(create_sandbox(defaults.wechat_appid, defaults.wechat_secret, send_takes_s=0))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def served(routes: OpenAPI) -> Iterator[str]:
    """The address of the web server; each story gives it its own services."""
    server = make_server("127.0.0.1", 0, routes, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini-program compiled for the browser, once for all processes of this test run."""
    return compiled(ROOT / "miniprogram", tmp_path_factory.getbasetemp().parent / "miniprogram-built")


def compiled(folder: Path, out: Path) -> Path:
    """Build once: the first process does, the others wait. AssertionError with the compiler's words."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    out = out.with_name(f"{out.name}-{run}")
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / "index.html").exists():
            command = ("node", str(HARNESS / "build.mjs"), str(folder), str(out), str(PACKAGES))
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr or done.stdout
    return out


@pytest.fixture
def clock() -> RunningClock:
    """10:00 in China on a Tuesday, and on from there."""
    running = RunningClock()
    running.set(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))
    return running


@pytest.fixture
def database_url(sqlite_cast: Any, tmp_path: Path) -> str:
    """SQLite: what the server does on either database its own tests say; here it is what the phone makes of it."""
    path = tmp_path / "zhudian.db"
    path.write_bytes(Path(sqlite_cast[0]).read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def config(database_url: str, tmp_path: Path, sandbox: RunningSandbox, served: str) -> Config:
    return Config(
        _env_file=None,
        database_url=database_url,
        photo_root=tmp_path / "photos",
        sandbox_port=sandbox.port,
        public_url=served,
    )


@pytest.fixture
def server(routes: OpenAPI, served: str, config: Config, clock: RunningClock, db: Database) -> str:
    """The address of the server, with this story's database and clock behind it."""
    routes.extensions["zhudian"] = make_services(config, clock, db)
    return served


Phones = Callable[..., Phone]


@pytest.fixture
def unchecked(
    chromium: Browser, built: Path, server: str, sandbox: RunningSandbox, clock: RunningClock, cast: Cast
) -> Iterator[Phones]:
    """Phones whose record nobody looks at in the end."""
    made: list[Phone] = []

    def phone(who: str = "chen", **looks: Any) -> Phone:
        openid = cast[who].openid if who in cast.people else who
        one = Phone(chromium, built, server, sandbox.url, openid, **looks)
        one.clock_is_off(clock.ahead.total_seconds())
        made.append(one)
        return one

    yield phone
    for one in made:
        one.close()


@pytest.fixture
def phones(unchecked: Phones) -> Iterator[Phones]:
    """`phones("leader", theme="dark", size=(320, 568), fontSize=22)`: of somebody of the cast, or of any openid.

    At the end nothing may have gone wrong on any of them."""
    made: list[Phone] = []

    def phone(*who: str, **looks: Any) -> Phone:
        made.append(unchecked(*who, **looks))
        return made[-1]

    yield phone
    for one in made:
        one.assert_clean()


@pytest.fixture
def phone(phones: Phones) -> Phone:
    """Chen's."""
    return phones()


@pytest.fixture
def seen_by_server(routes: OpenAPI, server: str) -> Iterator[list[str]]:
    """The paths of the calls that reached the server in this story."""
    seen: list[str] = []
    inner = routes.wsgi_app

    def noting(environ: Any, start: Any) -> Any:
        seen.append(environ["PATH_INFO"])
        return inner(environ, start)

    routes.wsgi_app = noting  # type: ignore[method-assign, assignment]
    yield seen
    routes.wsgi_app = inner  # type: ignore[method-assign]
