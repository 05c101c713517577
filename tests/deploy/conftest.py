"""Two county servers: one that tests share and leave running, one that a test may kill."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deploy import county
from tests.deploy.county import County


@pytest.fixture(scope="session")
def running(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """Web (two processes), worker and nginx, as on a county's machine."""
    with ExitStack() as stack:
        made = county.found(postgres, tmp_path_factory.mktemp("running"), stack)
        made.start("web")
        made.start("worker")
        yield made


@pytest.fixture
def fragile(postgres: str, tmp_path: Path) -> Iterator[County]:
    """nginx and a database, web and worker not started: for tests that start, stop and kill them."""
    with ExitStack() as stack:
        yield county.found(postgres, tmp_path, stack)
