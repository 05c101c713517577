"""A lease is one worker's; it lapses, is fenced, and is done for good."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from server import leases
from server.db import Database

NOW = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)


def claim(db: Database, now: datetime = NOW, name: str = "nightly:2026-11-24"):
    with db.transaction() as session:
        return leases.claim(session, 1, name, now, ttl_s=60)


def finish(db: Database, token, now: datetime = NOW, name: str = "nightly:2026-11-24") -> None:
    with db.transaction() as session:
        leases.finish(session, 1, name, token, now)


def test_the_first_gets_it_the_second_does_not(db: Database) -> None:
    assert claim(db) is not None
    assert claim(db) is None


def test_it_lapses_and_is_taken_over(db: Database) -> None:
    claim(db)
    assert claim(db, NOW + timedelta(seconds=59)) is None
    assert claim(db, NOW + timedelta(seconds=61)) is not None


def test_done_is_done(db: Database) -> None:
    finish(db, claim(db))
    assert claim(db, NOW + timedelta(days=1)) is None
    with db.reading() as session:
        assert leases.is_done(session, 1, "nightly:2026-11-24")


def test_the_one_that_was_overtaken_cannot_commit(db: Database) -> None:
    slow = claim(db)
    fast = claim(db, NOW + timedelta(seconds=61))
    finish(db, fast)
    with pytest.raises(leases.LeaseLost):
        finish(db, slow)


def test_of_many_at_once_one_wins(db: Database) -> None:
    won: list = []
    barrier = threading.Barrier(6)

    def try_it() -> None:
        barrier.wait()
        if claim(db) is not None:
            won.append(1)

    threads = [threading.Thread(target=try_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1]


def test_old_ones_are_forgotten(db: Database) -> None:
    finish(db, claim(db))
    claim(db, name="later")
    with db.transaction() as session:
        assert leases.forget_old(session, NOW + timedelta(seconds=30)) == 1
