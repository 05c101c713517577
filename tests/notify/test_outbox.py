"""The outbox: in the transaction of its cause, and once a cause."""

import threading

import pytest

from server.notify.outbox import Letter, enqueue
from tests.notify.conftest import COUNTY, REMINDER


def test_a_repeated_cause_writes_nothing(members, write, notices):
    assert write(members[0], "reminder:today")
    assert not write(members[0], "reminder:today", facts=REMINDER | {"closes": "19:00"})
    assert write(members[0], "reminder:tomorrow")
    assert [notice.facts["closes"] for notice in notices()] == ["18:00", "18:00"]


def test_a_cause_that_is_rolled_back_tells_nobody(members, db, clock, notices):
    def fail_after_enqueueing() -> None:
        with db.transaction() as session:
            enqueue(session, COUNTY, Letter(members[0], "reminder", "k", REMINDER), clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_enqueueing()
    assert notices() == []


def test_twins_in_the_same_instant_write_one(members, write, notices):
    together = threading.Barrier(8)
    wrote: list[bool] = []

    def twin() -> None:
        together.wait()
        wrote.append(write(members[0]))

    threads = [threading.Thread(target=twin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wrote) == [False] * 7 + [True]
    assert len(notices()) == 1
