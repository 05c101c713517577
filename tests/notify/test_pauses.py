"""A day's quota that was cleared at WeChat: the pause is lifted, what waited goes at once, WeChat has the last word."""

from datetime import timedelta

import pytest

from server.notify import pauses
from tests.notify.test_deliver import SEND, spoil


@pytest.fixture
def spent(members, write, delivery, sandbox, notices):
    """45009 came for the first of three reminders; all three wait for WeChat's next day."""
    for number in range(3):
        write(members[number], f"k{number}", expires_at=None)
    spoil(sandbox, errcode=45009)
    delivery(hands=1).run()
    assert sandbox.state.calls[SEND] == 1
    assert {notice.state for notice in notices()} == {"pending"}


def lift(db, clock, name=None):
    with db.transaction() as session:
        return pauses.lift(session, name, clock())


@pytest.mark.parametrize("name", ["subscribe:sandbox-reminder", None])
def test_what_waited_goes_at_once(spent, db, clock, delivery, notices, sandbox, name):
    clock.advance(minutes=5)
    assert lift(db, clock, name) == (["subscribe:sandbox-reminder"], 3)
    delivery().run()
    assert [notice.state for notice in notices()] == ["sent"] * 3
    assert all(notice.sent_at == clock() for notice in notices())


def test_another_pause_stays(spent, db, clock, delivery, sandbox):
    assert lift(db, clock, "subscribe:sandbox-flag") == ([], 0)
    delivery().run()
    assert sandbox.state.calls[SEND] == 1
    with db.reading() as session:
        assert [one.name for one in pauses.standing(session, clock())] == ["subscribe:sandbox-reminder"]


def test_where_the_quota_is_spent_all_the_same_it_begins_anew(spent, db, clock, delivery, notices, sandbox):
    lift(db, clock)
    spoil(sandbox, errcode=45009)
    delivery(hands=1).run()
    assert sandbox.state.calls[SEND] == 2
    assert {notice.state for notice in notices()} == {"pending"}
    assert min(notice.due_at for notice in notices()) > clock() + timedelta(hours=1)


def test_what_waits_for_another_reason_goes_on_waiting(spent, members, write, db, clock, delivery, notices, sandbox):
    write(members[3], "k3")
    spoil(sandbox, errcode=-1)
    lift(db, clock)
    delivery().run()
    busy = [notice for notice in notices() if notice.state == "pending"]
    assert len(busy) == 1, "one of the four met the fault and waits for its next try"
    due = busy[0].due_at
    assert lift(db, clock) == ([], 0)
    assert [notice.due_at for notice in notices() if notice.state == "pending"] == [due]
