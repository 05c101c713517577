"""The API's own document: whole for everybody, also for who asks while it is drawn."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from server.app import create_app
from server.config import Config

AT_ONCE = 8


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns a hundred times as often as they usually do."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 100)
    yield
    sys.setswitchinterval(usual)


def test_who_asks_first_at_once_gets_the_whole_document(config: Config, hasty: None) -> None:
    for _ in range(6):
        app, start = create_app(config), Barrier(AT_ONCE)

        def asked(_n: int, app=app, start=start) -> tuple[int, bytes]:
            client = app.test_client()
            start.wait()
            answer = client.get("/openapi.json")
            return answer.status_code, answer.data

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = set(pool.map(asked, range(AT_ONCE)))
        assert len(answers) == 1
        ((status, _),) = answers
        assert status == 200


def test_a_second_app_of_a_process_describes_itself_as_fully(config: Config) -> None:
    first, second = (create_app(config).test_client().get("/openapi.json").json for _ in range(2))
    assert first == second
    assert all("422" in operation["responses"] for path in first["paths"].values() for operation in path.values())
