"""The outbox: in the transaction of its cause, and once a cause."""

import threading

import pytest

from server.notify.inbox import unread_count
from server.notify.outbox import Letter, enqueue, settle
from server.wechat.sandbox.state import Fault
from tests.notify.conftest import COUNTY, DECIDED, REMINDER


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


def test_what_is_over_is_not_sent_and_stays_in_the_inbox(members, write, delivery, notices, sandbox, db, clock):
    """A send of which nobody knows is not repeated, and stays one; another matter's goes out."""
    sandbox.state.faults.append(Fault("/cgi-bin/message/subscribe/send", 1, reset=True, carried_out=True))
    write(members[0], "asked:1:a", "checkin_decided", DECIDED)
    delivery().run()
    write(members[1], "asked:1:b", "checkin_decided", DECIDED)
    write(members[2], "asked:10:c", "checkin_decided", DECIDED)
    with db.transaction() as session:
        settle(session, COUNTY, "asked:1:")
    clock.advance(minutes=11)
    delivery().run()
    ends = {notice.dedupe_key: notice.state for notice in notices()}
    assert ends == {"asked:1:a": "uncertain", "asked:1:b": "expired", "asked:10:c": "sent"}
    assert [message.openid for message in sandbox.state.messages] == ["openid-0", "openid-2"]
    with db.reading() as session:
        assert [unread_count(session, COUNTY, who, {}, clock()) for who in members] == [1, 1, 1, 0, 0]
