"""A county in which only chen has something to be flagged for."""

from datetime import date

import pytest

from server.db import Database
from tests.cast import Cast
from tests.flags.test_nightly import present


@pytest.fixture
def only_chen(db: Database, cast: Cast) -> None:
    """October is reached by all of county 1, November by everybody but chen."""
    for name in ("chen", "colleague", "leader", "neighbour", "other_leader"):
        present(db, cast, name, 20, date(2026, 10, 1))
    for name in ("colleague", "leader", "neighbour", "other_leader"):
        present(db, cast, name, 20)
