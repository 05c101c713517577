"""The ledger in front of delivery: what is known to be refused is not sent, and WeChat's word sets the ledger right."""

import pytest

from server.notify import credits
from server.notify.course import NO_CREDIT
from server.notify.messages import KINDS
from tests.notify.test_deliver import SEND, spoil

TEMPLATE = "sandbox-reminder"


@pytest.fixture
def accept(db, clock, members):
    """The first member accepts a message, or several, of a template."""

    def one(times: int = 1, template: str = TEMPLATE) -> None:
        for number in range(times):
            with db.transaction() as session:
                of = credits.Holder(1, members[0], template)
                credits.hear(session, of, "accept", "wechat", f"{clock()}{number}{template}", clock(), clock())

    return one


@pytest.fixture
def left(db, members):
    def read(template: str = TEMPLATE) -> int | None:
        with db.reading() as session:
            row = credits.of_member(session, 1, members[0]).get(template)
        return row.credits if row else None

    return read


def test_every_kind_says_what_it_is_for_and_to_whom():
    for name, kind in KINDS.items():
        assert kind.to, name
        assert "您" in kind.purpose, name
        assert len(kind.purpose) <= 20, name
        assert kind.why.endswith("。"), name
        assert "您" in kind.why, name


def test_a_delivered_message_takes_one(members, write, accept, left, delivery, sandbox):
    accept(2)
    write(members[0])
    delivery().run()
    assert left() == 1
    assert len(sandbox.state.messages) == 1


def test_with_none_left_nothing_is_sent(members, write, accept, left, delivery, notices, sandbox):
    accept()
    for number in range(3):
        write(members[0], f"k{number}")
    delivery().run()
    assert [(notice.state, notice.last_error) for notice in notices()] == [
        ("sent", None),
        ("refused", NO_CREDIT),
        ("refused", NO_CREDIT),
    ]
    assert sandbox.state.calls[SEND] == 1
    assert left() == 0


def test_where_nothing_was_recorded_wechat_is_asked_and_nothing_is_learned(
    members, write, left, delivery, notices, sandbox
):
    for number in range(2):
        write(members[0], f"k{number}")
    delivery().run()
    assert [notice.state for notice in notices()] == ["sent", "sent"]
    assert left() is None


def test_43101_is_the_truth(members, write, accept, left, delivery, notices, sandbox, clock):
    accept(5)
    sandbox.state.credits["openid-0", TEMPLATE] = 0
    for number in range(2):
        write(members[0], f"k{number}")
    delivery().run()
    assert left() == 0
    assert [notice.state for notice in notices()] == ["refused", "refused"]
    assert "43101" in notices()[0].last_error
    assert sandbox.state.calls[SEND] == 1, "the second one was not tried"
    clock.advance(minutes=5)
    accept()
    sandbox.state.credits["openid-0", TEMPLATE] = 1
    write(members[0], "k3")
    delivery().run()
    assert [notice.state for notice in notices()][-1] == "sent"


def test_43101_where_nothing_was_recorded_is_recorded(members, write, left, delivery, notices, sandbox):
    sandbox.state.credits["openid-0", TEMPLATE] = 0
    for number in range(2):
        write(members[0], f"k{number}")
    delivery().run()
    assert (left(), sandbox.state.calls[SEND]) == (0, 1)


@pytest.mark.parametrize(
    "fault", [{"errcode": -1}, {"errcode": 40003}, {"errcode": 47003}, {"http_status": 502}], ids=str
)
def test_what_was_not_delivered_takes_none(members, write, accept, left, delivery, sandbox, fault):
    accept()
    spoil(sandbox, **fault)
    write(members[0])
    delivery().run()
    assert left() == 1


def test_credits_are_each_templates_and_each_members_own(members, write, accept, left, delivery, notices, sandbox):
    accept(1, "sandbox-flag")
    write(members[0], "k0")
    write(members[1], "k1")
    delivery().run()
    assert [notice.state for notice in notices()] == ["sent", "sent"]
    assert (left("sandbox-flag"), left()) == (1, None)
