"""The ledger in front of delivery: what is known to be refused is not sent, and WeChat's word sets the ledger right."""

from dataclasses import replace

import pytest

from server.notify import credits, templates
from server.notify.course import NO_CREDIT
from server.notify.messages import KINDS
from server.wechat.client import Template
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


@pytest.fixture
def lasts(db, clock, sandbox):
    """The reminder's template is a 长期 one, and the worker has asked WeChat of which kind it is."""
    sandbox.state.templates[TEMPLATE] = replace(sandbox.state.templates[TEMPLATE], type=3)
    with db.transaction() as session:
        templates.keep(session, [Template(TEMPLATE, "打卡提醒", ("thing1", "date2", "thing3"), lasting=True)], clock())


def test_of_a_lasting_template_one_acceptance_is_good_for_all(
    lasts, members, write, accept, left, delivery, notices, sandbox
):
    accept()
    for number in range(4):
        write(members[0], f"k{number}")
    delivery().run()
    assert [notice.state for notice in notices()] == ["sent"] * 4
    assert left() == 1
    accept(1, "sandbox-flag")
    write(members[0], "k9", "month_reached", {"month": "2026-11", "have": 20, "target": 20})
    delivery().run()
    assert left("sandbox-flag") == 0, "the others are used up as before"


def test_a_lasting_one_that_was_turned_off_is_none(lasts, members, write, accept, left, delivery, notices, sandbox):
    """Facts 3: 43101 says so of either kind."""
    accept()
    spoil(sandbox, errcode=43101)
    for number in range(2):
        write(members[0], f"k{number}")
    delivery().run()
    assert [notice.state for notice in notices()] == ["refused", "refused"]
    assert (left(), sandbox.state.calls[SEND]) == (0, 1)


def test_none_is_believed_for_a_week_and_then_wechat_is_asked_once(
    members, write, accept, left, delivery, notices, sandbox, clock
):
    accept()
    sandbox.state.credits["openid-0", TEMPLATE] = 1
    for number in range(2):
        write(members[0], f"k{number}")
    delivery().run()
    assert (left(), sandbox.state.calls[SEND]) == (0, 1)
    clock.advance(days=6, hours=23)
    write(members[0], "k2")
    delivery().run()
    assert sandbox.state.calls[SEND] == 1
    clock.advance(hours=2)
    for number in range(3, 6):
        write(members[0], f"k{number}")
    delivery().run()
    assert sandbox.state.calls[SEND] == 2, "the first of the three was tried, and its 43101 is the week's"
    assert "43101" in notices()[3].last_error
    assert [notice.last_error for notice in notices()[4:]] == [NO_CREDIT] * 2
    clock.advance(days=6)
    write(members[0], "k6")
    delivery().run()
    assert sandbox.state.calls[SEND] == 2


def test_an_acceptance_that_nobody_told_us_of_is_found_so(
    members, write, accept, left, delivery, notices, sandbox, clock
):
    accept()
    sandbox.state.credits["openid-0", TEMPLATE] = 1
    write(members[0], "k0")
    delivery().run()
    sandbox.state.credits["openid-0", TEMPLATE] = 2  # allowed without a network; the push was lost as well
    clock.advance(days=8)
    for number in range(1, 5):
        write(members[0], f"k{number}")
    delivery().run()
    assert [notice.state for notice in notices()] == ["sent", "sent", "sent", "refused", "refused"]
    assert left() == 0
    assert sandbox.state.calls[SEND] == 4
