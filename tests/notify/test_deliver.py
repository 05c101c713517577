"""Delivery against the sandbox on both databases: sent once, or an honest word about why not."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from server.notify import credits, inbox
from server.notify.models import Notice
from server.org.models import Member
from server.wechat.sandbox.state import Fault

SEND = "/cgi-bin/message/subscribe/send"
TOKEN = "/cgi-bin/stable_token"


def spoil(sandbox, path: str = SEND, times: int = 1, **how) -> None:
    sandbox.state.faults.append(Fault(path, times, **how))


@pytest.fixture
def one_notice(members, write):
    """One reminder to the first member."""
    assert write(members[0])


def test_sent_once(one_notice, delivery, notices, sandbox, clock):
    assert delivery().run() == 1
    assert delivery().run() == 0
    (notice,) = notices()
    assert (notice.state, notice.attempts, notice.sent_at, notice.claim) == ("sent", 1, clock(), None)
    (message,) = sandbox.state.messages
    assert (message.openid, message.fields["thing1"], message.page) == ("openid-0", "苏州驻点", "pages/today/today")
    assert [one["msgid"] for one in notice.tries] == [str(message.msgid)], "by which WeChat's push names it later"


def test_two_workers_send_each_of_fifty_once_and_never_two_at_once_to_one_person(
    members, write, delivery, notices, sandbox, clock
):
    """The sandbox answers 43108 when two overlap; then there would be more calls than messages."""
    sandbox.state.send_takes_s = 0.005
    for number in range(50):
        write(members[number % 5], f"k{number:02}")

    def work(hand):
        while any(notice.state in ("pending", "sending") for notice in notices()):
            hand.run()

    threads = [threading.Thread(target=work, args=(delivery(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(notice.state, notice.last_error) for notice in notices()} == {("sent", None)}
    assert len(sandbox.state.messages) == sandbox.state.calls[SEND] == 50


def test_nothing_is_sent_before_it_is_due_or_after_it_is_worthless(members, write, delivery, notices, sandbox, clock):
    write(members[0], expires_at=clock() + timedelta(minutes=5))
    clock.advance(minutes=-1)
    assert delivery().run() == 0
    clock.advance(minutes=6)
    assert delivery().run() == 1
    assert notices()[0].state == "expired"
    assert not sandbox.state.calls


@pytest.mark.parametrize(
    ("change", "why"),
    [({"openid": None}, "no WeChat is bound"), ({"removed_at": True}, "the member was removed")],
    ids=["unbound", "removed"],
)
def test_nobody_to_send_to_is_refused(one_notice, delivery, notices, sandbox, db, clock, change, why):
    values = {key: clock() if value is True else value for key, value in change.items()}
    with db.transaction() as session:
        session.execute(update(Member).values(values))
    delivery().run()
    assert (notices()[0].state, notices()[0].last_error) == ("refused", why)
    assert not sandbox.state.calls


def test_a_person_without_credit_is_not_asked_again(one_notice, delivery, notices, sandbox):
    sandbox.state.credits["openid-0", "sandbox-reminder"] = 0
    delivery().run()
    assert notices()[0].state == "refused"
    assert "43101" in notices()[0].last_error


def test_who_accepts_while_wechat_says_there_is_none_is_asked_by_the_next(
    one_notice, members, write, delivery, notices, sandbox, db, clock
):
    """The answer comes back late, and says how it stood when it was asked for."""
    sandbox.state.credits["openid-0", "sandbox-reminder"] = 0
    hand = delivery()
    real_send = hand._send

    def accept_before_the_record(taken):
        outcome = real_send(taken)
        clock.advance(seconds=3)
        with db.transaction() as session:
            holder = credits.Holder(1, members[0], "sandbox-reminder")
            credits.hear(session, holder, "accept", "phone", f"tap:{taken.parcel.id}", clock(), clock())
        sandbox.state.credits["openid-0", "sandbox-reminder"] = 1
        clock.advance(seconds=3)
        return outcome

    hand._send = accept_before_the_record
    hand.run()
    hand._send = real_send
    write(members[0], "next")
    hand.run()
    assert [notice.state for notice in notices()] == ["refused", "sent"]


@pytest.mark.parametrize(
    "fault",
    [{"http_status": 502}, {"reset": True}, {"reset": True, "carried_out": True}, {"hang_s": 0.8}, {"body": "<html>"}],
    ids=str,
)
def test_an_answer_that_never_came_is_uncertain_and_not_resent(one_notice, delivery, notices, sandbox, clock, fault):
    spoil(sandbox, **fault)
    delivery().run()
    assert notices()[0].state == "uncertain"
    clock.advance(days=2)
    assert delivery().run() == 0
    assert sandbox.state.calls[SEND] == 1


def test_a_token_that_wechat_forgot_is_replaced_within_the_attempt(one_notice, delivery, notices, sandbox):
    spoil(sandbox, errcode=40001)
    delivery().run()
    assert (notices()[0].state, notices()[0].attempts) == ("sent", 1)
    assert dict(sandbox.state.calls) == {TOKEN: 2, SEND: 2}


@pytest.mark.parametrize(("path", "fault"), [(SEND, {"errcode": -1}), (TOKEN, {"http_status": 502})], ids=str)
def test_busy_is_tried_again_later(one_notice, delivery, notices, sandbox, clock, path, fault):
    spoil(sandbox, path, **fault)
    delivery().run()
    (waiting,) = notices()
    assert waiting.state == "pending"
    assert timedelta(seconds=8) <= waiting.due_at - clock() <= timedelta(seconds=12)
    assert delivery().run() == 0
    clock.advance(seconds=12)
    delivery().run()
    assert (notices()[0].state, notices()[0].attempts) == ("sent", 2)


def test_an_outage_of_an_hour_loses_nothing_and_one_without_end_is_given_up(
    one_notice, delivery, notices, sandbox, clock
):
    spoil(sandbox, times=1000, errcode=-1)
    hand = delivery()
    began = clock()
    while notices()[0].state == "pending":
        clock.at = notices()[0].due_at
        hand.run()
    assert notices()[0].state == "failed"
    assert clock() - began > timedelta(hours=1)
    assert sandbox.state.calls[SEND] == 12


def test_a_spent_quota_waits_for_wechats_next_day(one_notice, delivery, notices, sandbox, clock):
    spoil(sandbox, errcode=45009)
    delivery().run()
    midnight_in_beijing = clock().replace(hour=16, minute=0)
    assert notices()[0].state == "pending"
    assert midnight_in_beijing < notices()[0].due_at < midnight_in_beijing + timedelta(minutes=11)
    clock.at = notices()[0].due_at
    delivery().run()
    assert notices()[0].state == "sent"


def test_a_wrong_call_is_dead_at_once(one_notice, delivery, notices, sandbox):
    spoil(sandbox, errcode=40037)
    delivery().run()
    assert notices()[0].state == "failed"
    assert "40037" in notices()[0].last_error


@pytest.mark.parametrize(
    ("kind", "facts"), [("reminder", {}), ("reminder", {"station": "a", "on": "x", "closes": ""}), ("unheard_of", {})]
)
def test_a_notice_that_cannot_be_composed_fails_and_holds_nobody_up(
    members, write, delivery, notices, sandbox, kind, facts
):
    write(members[0], "bad", kind, facts)
    write(members[1], "good")
    delivery().run()
    assert [notice.state for notice in notices()] == ["failed", "sent"]
    assert notices()[0].last_error.startswith("facts do not fit the kind")


def claim(db, clock) -> None:
    """What a worker does before it sends, and all that is left of one that was killed then."""
    with db.transaction() as session:
        until = clock() + timedelta(seconds=60)
        session.execute(update(Notice).values(state="sending", claim="another worker's", claimed_until=until))


def test_a_claim_holds_while_it_lasts_and_lapses_into_uncertain(one_notice, delivery, notices, sandbox, db, clock):
    claim(db, clock)
    clock.advance(seconds=60)
    assert delivery().run() == 0
    assert notices()[0].state == "sending"
    clock.advance(seconds=1)
    assert delivery().run() == 0
    assert notices()[0].state == "uncertain"
    assert not sandbox.state.calls


def test_a_slow_worker_still_tells_the_truth_after_its_claim_lapsed(one_notice, delivery, notices, sandbox, clock):
    slow, other = delivery(), delivery()
    channel = slow._channels["subscribe"]
    real_send = channel.send

    def send_while_the_claim_lapses(parcel):
        outcome = real_send(parcel)
        clock.advance(minutes=2)
        other.run()
        assert notices()[0].state == "uncertain"
        return outcome

    channel.send = send_while_the_claim_lapses
    slow.run()
    assert notices()[0].state == "sent"
    assert len(sandbox.state.messages) == 1


def test_a_live_county_has_template_ids_of_its_own(one_notice, delivery, notices):
    delivery(templates={"reminder": "a-live-template"}).run()
    assert "40037" in notices()[0].last_error, "the sandbox does not know it, so it was used"


def test_what_wechat_said_is_recorded_when_the_database_comes_back(one_notice, delivery, notices, sandbox, monkeypatch):
    hand = delivery()
    real_send = hand._send

    def send_and_lose_the_database(taken):
        outcome = real_send(taken)
        monkeypatch.setattr(hand, "_db", None)
        return outcome

    database = hand._db
    monkeypatch.setattr(hand, "_send", send_and_lose_the_database)
    with pytest.raises(AttributeError):
        hand.run()
    assert notices()[0].state == "sending"
    monkeypatch.setattr(hand, "_db", database)
    hand.run()
    assert (notices()[0].state, len(sandbox.state.messages)) == ("sent", 1)


def test_nobody_is_kept_waiting_by_who_is_being_written_to(members, write, delivery, notices, sandbox, db, clock):
    """Sixty to somebody who is being written to by another worker stand in front of one to somebody else."""
    for number in range(60):
        write(members[0], f"k{number:02}")
    write(members[1], "z")
    with db.transaction() as session:
        first = update(Notice).where(Notice.dedupe_key == "k00")
        until = clock() + timedelta(seconds=60)
        session.execute(first.values(state="sending", channel="subscribe", claim="another's", claimed_until=until))
    delivery().run()
    assert [message.openid for message in sandbox.state.messages] == ["openid-1"]


DECIDED = {"on": "2026-11-24", "result": "通过", "reason": ""}


def test_of_which_nobody_knows_is_sent_once_more_and_then_no_more(members, write, delivery, notices, sandbox, clock):
    write(members[0], kind="checkin_decided", facts=DECIDED)
    spoil(sandbox, times=2, reset=True, carried_out=True)
    hand = delivery()
    hand.run()
    (notice,) = notices()
    assert (notice.state, notice.due_at) == ("pending", clock() + timedelta(minutes=10))
    clock.advance(minutes=11)
    hand.run()
    assert notices()[0].state == "uncertain"
    assert [one["outcome"] for one in notices()[0].tries] == ["uncertain", "uncertain"]
    clock.advance(days=1)
    assert hand.run() == 0
    assert len(sandbox.state.messages) == 2


def test_a_worker_killed_in_the_act_leaves_a_second_try(members, write, delivery, notices, sandbox, db, clock):
    write(members[0], kind="checkin_decided", facts=DECIDED)
    claim(db, clock)
    clock.advance(seconds=61)
    delivery().run()
    assert not sandbox.state.messages
    clock.advance(minutes=11)
    delivery().run()
    assert (notices()[0].state, len(sandbox.state.messages)) == ("sent", 1)


def test_a_spent_quota_stops_the_template_for_everybody(members, write, delivery, notices, sandbox, clock):
    for number in range(40):
        write(members[number % 5], f"k{number:02}")
    write(members[0], "other", "checkin_decided", DECIDED)
    spoil(sandbox, times=5, errcode=45009)
    delivery().run()
    states = [(notice.state, notice.attempts) for notice in notices()]
    assert states == [("pending", 0)] * 40 + [("sent", 1)]
    assert sandbox.state.calls[SEND] <= 6, "not one failure a notice"
    midnight_in_beijing = clock().replace(hour=16, minute=0)
    due = [notice.due_at for notice in notices()[:40]]
    assert all(midnight_in_beijing < at < midnight_in_beijing + timedelta(minutes=11) for at in due)
    assert len(set(due)) == 40, "not all at the same moment"
    clock.at = max(due)
    delivery().run()
    assert {notice.state for notice in notices()} == {"sent"}


def test_too_fast_slows_everybody_down_and_kills_nothing(members, write, delivery, notices, sandbox, clock):
    for number in range(10):
        write(members[number % 5], f"k{number}")
    spoil(sandbox, times=5, errcode=45011)
    delivery().run()
    assert {(notice.state, notice.attempts) for notice in notices()} == {("pending", 0)}
    assert sandbox.state.calls[SEND] == 5
    clock.advance(seconds=75)
    delivery().run()
    assert {notice.state for notice in notices()} == {"sent"}


def test_by_night_only_what_would_be_worthless_in_the_morning_leaves(members, write, delivery, notices, sandbox, clock):
    clock.at = clock.at.replace(hour=15)  # 23:00 in China
    write(members[0], "now", expires_at=clock() + timedelta(hours=1))
    write(members[1], "tomorrow", "checkin_decided", DECIDED)
    hand = delivery(night="22:00-07:00")
    hand.run()
    assert [notice.state for notice in notices()] == ["sent", "pending"]
    assert notices()[1].due_at == clock.at.replace(hour=23)
    clock.at = clock.at.replace(hour=23)
    hand.run()
    assert notices()[1].state == "sent"


def test_a_worker_that_is_told_to_end_records_what_it_has_in_hand_and_takes_no_more(
    members, write, delivery, notices, sandbox
):
    """It would be killed over a long queue, and leave eight of which nobody knows whether they arrived."""
    for number in range(20):
        write(members[number % 5], f"k{number:02}")
    hand = delivery()
    real_send = hand._send

    def told_to_end(taken):
        hand.stopping.set()
        return real_send(taken)

    hand._send = told_to_end
    hand.run()
    assert sorted({notice.state for notice in notices()}) == ["pending", "sent"]
    assert len(sandbox.state.messages) == 5
    assert hand.run() == 0
    delivery().run()
    assert {notice.state for notice in notices()} == {"sent"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_who_marks_theirs_as_read_holds_nobody_up(members, write, delivery, notices, sandbox, db, clock):
    write(members[0], "read")
    write(members[1], "unread")
    hand = delivery()
    with db.transaction() as session:
        inbox.read(session, 1, members[0], clock(), until=clock())
        thread = threading.Thread(target=hand.run)
        thread.start()
        thread.join(3)
        waits = thread.is_alive()
    thread.join()
    assert not waits
    assert [message.openid for message in sandbox.state.messages] == ["openid-1"]
    hand.run()
    assert {notice.state for notice in notices()} == {"sent"}


def test_one_readers_arrive_in_the_order_in_which_they_were_written(members, write, delivery, notices, sandbox, clock):
    """Each waits for the channel's minute with a jitter of its own."""
    spoil(sandbox, errcode=45011)
    hand = delivery()
    for number in range(6):
        write(members[0], f"k{number}", "checkin_decided", DECIDED | {"reason": f"编号{number}"})
        hand.run()
        clock.advance(seconds=3)
    while any(notice.state == "pending" for notice in notices()):
        clock.advance(seconds=2)
        hand.run()
    said = [" ".join(message.fields.values()) for message in sandbox.state.messages]
    assert [text[text.index("编号") + 2] for text in said] == list("012345")


def test_an_older_one_is_waited_for_a_while_and_not_by_what_cannot_wait(members, write, delivery, notices, db, clock):
    def retried_in(**wait) -> None:
        with db.transaction() as session:
            waits = update(Notice).where(Notice.dedupe_key == "a-older")
            session.execute(waits.values(channel="subscribe", attempts=1, due_at=clock() + timedelta(**wait)))

    def states() -> list[str]:
        hand.run()
        return [notice.state for notice in notices()]

    hand = delivery()
    write(members[0], "a-older", "checkin_decided", DECIDED)
    clock.advance(seconds=3)
    retried_in(minutes=5)
    write(members[0], "b-younger", "checkin_decided", DECIDED)
    write(members[0], "c-reminder", expires_at=clock() + timedelta(minutes=4))
    write(members[1], "d-another's", "checkin_decided", DECIDED)
    assert states() == ["pending", "pending", "sent", "sent"]
    retried_in(hours=1)
    assert states() == ["pending", "sent", "sent", "sent"]


def test_one_that_may_have_arrived_holds_no_younger_one_up(members, write, delivery, notices, sandbox, db, clock):
    """What a killed worker had in hand is sent once more in ten minutes; nothing else of its reader waits for that."""
    write(members[0], "a-older", "checkin_decided", DECIDED)
    claim(db, clock)
    clock.advance(seconds=61)
    hand = delivery()
    hand.run()
    write(members[0], "b-younger", "checkin_decided", DECIDED)
    clock.advance(seconds=5)
    hand.run()
    assert [notice.state for notice in notices()] == ["pending", "sent"]
    clock.advance(minutes=11)
    hand.run()
    assert [notice.state for notice in notices()] == ["sent", "sent"]
    assert len(sandbox.state.messages) == 2


def test_many_that_may_have_arrived_take_nobody_elses_turn(members, write, delivery, notices, sandbox, db, clock):
    """Forty of one reader's are due again at once, before one of another's: that one goes with the first of them."""
    for number in range(40):
        write(members[0], f"a{number:02}", "checkin_decided", DECIDED)
        clock.advance(milliseconds=10)
    with db.transaction() as session:
        lost = {"channel": "subscribe", "at": clock().isoformat(), "outcome": "uncertain", "error": None}
        session.execute(update(Notice).values(channel="subscribe", attempts=1, tries=[lost]))
    write(members[1], "z", "checkin_decided", DECIDED)
    with db.transaction() as session:
        taken, _ = delivery()._desk.turn(session, [], 8)
    assert [one.parcel.member_id for one in taken] == [members[0], members[1]]
