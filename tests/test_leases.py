"""A job's next period is one worker's; it lapses, is fenced, is gone on with, and is done for good."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from server import leases
from server.db import Database
from server.leases import Lease

NOW = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
AFTER, PERIOD = NOW - timedelta(days=1), NOW
ONE, OTHER = uuid.uuid4(), uuid.uuid4()
LAPSED = NOW + leases.HELD + timedelta(seconds=1)


def claim(db: Database, owner: uuid.UUID, now: datetime = NOW, after: datetime = AFTER) -> Lease | None:
    with db.transaction() as session:
        return leases.claim(session, 1, "nightly_flags", after, owner, now)


def advance(db: Database, lease: Lease, mark: str, now: datetime = NOW) -> None:
    with db.transaction() as session:
        leases.advance(session, lease, mark, now)


def finish(db: Database, lease: Lease) -> None:
    with db.transaction() as session:
        leases.finish(session, lease, PERIOD)


def done_through(db: Database) -> datetime | None:
    with db.reading() as session:
        return leases.done_through(session, 1, "nightly_flags")


def test_the_first_gets_it_the_second_does_not(db: Database) -> None:
    assert claim(db, ONE) is not None
    assert claim(db, OTHER) is None


def test_it_lapses_and_is_gone_on_with_where_it_was_left(db: Database) -> None:
    advance(db, claim(db, ONE), "member 7")
    assert claim(db, OTHER, LAPSED - timedelta(seconds=2)) is None
    assert claim(db, OTHER, LAPSED).resume_at == "member 7"


def test_each_step_holds_it_on(db: Database) -> None:
    advance(db, claim(db, ONE), "member 7", NOW + timedelta(minutes=4))
    assert claim(db, OTHER, LAPSED) is None


def test_the_worker_that_failed_may_go_on_at_once(db: Database) -> None:
    advance(db, claim(db, ONE), "member 7")
    assert claim(db, ONE).resume_at == "member 7"


def test_done_is_done_and_the_next_begins_at_its_start(db: Database) -> None:
    lease = claim(db, ONE)
    advance(db, lease, "member 7")
    finish(db, lease)
    assert done_through(db) == PERIOD
    assert claim(db, OTHER, LAPSED) is None
    assert claim(db, OTHER, after=PERIOD).resume_at is None


def test_no_period_is_left_out(db: Database) -> None:
    finish(db, claim(db, ONE))
    assert claim(db, OTHER, LAPSED, after=PERIOD + timedelta(days=1)) is None


def test_the_one_that_was_overtaken_cannot_commit(db: Database) -> None:
    slow = claim(db, ONE)
    fast = claim(db, OTHER, LAPSED)
    with pytest.raises(leases.LeaseLost):
        advance(db, slow, "member 7", LAPSED)
    finish(db, fast)
    with pytest.raises(leases.LeaseLost):
        finish(db, slow)


def test_what_it_wrote_beside_goes_with_it(db: Database) -> None:
    slow = claim(db, ONE)
    claim(db, OTHER, LAPSED)
    with pytest.raises(leases.LeaseLost), db.transaction() as session:
        leases.claim(session, 1, "another job", AFTER, ONE, NOW)
        leases.advance(session, slow, "member 7", LAPSED)
    with db.reading() as session:
        assert leases.done_through(session, 1, "another job") is None


def test_of_many_at_once_one_wins(db: Database) -> None:
    won: list = []
    barrier = threading.Barrier(6)

    def try_it() -> None:
        barrier.wait()
        if claim(db, uuid.uuid4()) is not None:
            won.append(1)

    threads = [threading.Thread(target=try_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1]


def test_which_workers_live_is_known_and_the_dead_are_forgotten(db, clock, rows):
    began = clock()
    for name in ("a:1", "b:2", "a:1"):
        with db.transaction() as session:
            leases.beat(session, name, began, clock())
        clock.advance(seconds=20)
    assert rows("SELECT name FROM worker_beats ORDER BY seen_at") == [("b:2",), ("a:1",)]
    clock.advance(hours=24)
    with db.transaction() as session:
        leases.beat(session, "a:1", began, clock())
    assert rows("SELECT name FROM worker_beats") == [("a:1",)]
