"""A running county for the end-to-end tests: sandbox, web and two workers over PostgreSQL (`make run`: on SQLite)."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from server.config import Config
from server.demo.seed import seed
from tests.databases import administer
from tests.demo.seeded import SMALL
from tests.processes import System


@pytest.fixture(scope="module")
def demo(empty_postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A small demo county, with sandbox, web (two processes) and two workers running. Whole it is seeded by `make run`
    (test_run.py)."""
    folder = tmp_path_factory.mktemp("demo")
    with System(folder, empty_postgres) as system:
        system.run("migrate")
        seed(Config(_env_file=None, database_url=empty_postgres, photo_root=system.photo_root), size=SMALL)
        said = system.run("seed").stdout  # finds what is there
        assert f"The demo is there: 云岭县 ({SMALL.people} people), 临溪县 (2 people)" in said
        system.execute("UPDATE counties SET tz = :tz WHERE id = 1", tz=zone_within_a_month())
        system.start("sandbox", "web")
        system.start("worker-1", "worker-2")
        yield system


@pytest.fixture(scope="module")
def empty_postgres(postgres: str) -> Iterator[str]:
    """An empty PostgreSQL database of the module's own."""
    name = f"e2e_{uuid.uuid4().hex}"
    administer(postgres, f"CREATE DATABASE {name}")
    yield postgres.format(name=name)
    administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def zone_within_a_month() -> str:
    """A zone where it is not the first of a month: on that day nobody can be late yet, whatever they missed."""
    now = datetime.now(UTC)
    zones = ("Asia/Shanghai", "Etc/GMT+12", "Pacific/Kiritimati")
    return next(zone for zone in zones if now.astimezone(ZoneInfo(zone)).day > 1)
