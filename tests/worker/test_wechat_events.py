"""What the worker makes of WeChat's pushes: each once, in any order, and nothing that a bad event could hold up."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.config import Config
from server.db import Database
from server.notify import credits
from server.notify.models import Notice
from server.org import consent
from server.org.models import Consent, Member
from server.pushes import handle
from server.pushes.keep import keep
from server.wechat.push import Push
from server.worker import Worker
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
REMINDER, FLAG = "sandbox-reminder", "sandbox-flag"


@pytest.fixture
def worker(config: Config, clock: StoppedClock, cast: Cast) -> Iterator[Worker]:
    made = Worker(config, clock)
    yield made
    made.db.dispose()


class Wechat:
    """Pushes an event and lets the worker handle it."""

    def __init__(self, db: Database, clock: StoppedClock, worker: Worker) -> None:
        self.db, self.clock, self.worker = db, clock, worker

    def says(self, event: str, at: datetime | None = None, openid: str = "o-chen", **more: Any) -> None:
        """Keep the event; it happened at `at`, by default now."""
        when = int((at or self.clock()).timestamp())
        said = {"FromUserName": openid, "CreateTime": when, "MsgType": "event", "Event": event} | more
        push = Push(said, json.dumps(said, sort_keys=True).encode(), uuid.uuid4().hex)
        with self.db.transaction() as session:
            keep(session, push, self.clock())

    def pushes(self, event: str, at: datetime | None = None, **more: Any) -> None:
        self.says(event, at, **more)
        self.worker.handle_pushes()

    def popup(self, answer: str = "accept", template: str = REMINDER, at: datetime | None = None, **more: Any) -> None:
        entry = {"TemplateId": template, "SubscribeStatusString": answer, "PopupScene": "0"}
        self.pushes("subscribe_msg_popup_event", at, List=entry, **more)

    def change(self, template: str = REMINDER, at: datetime | None = None) -> None:
        entry = {"TemplateId": template, "SubscribeStatusString": "reject"}
        self.pushes("subscribe_msg_change_event", at, List=[entry])


@pytest.fixture
def wechat(db: Database, clock: StoppedClock, worker: Worker) -> Wechat:
    return Wechat(db, clock, worker)


@pytest.fixture
def ledger(db: Database, cast: Cast) -> Callable[..., int | None]:
    """Chen's credits of a template; None: nothing was recorded."""

    def read(template: str = REMINDER, who: str = "chen") -> int | None:
        with db.reading() as session:
            row = credits.of_member(session, cast[who].county_id, cast[who].id).get(template)
        return row.credits if row else None

    return read


def states(rows: Rows) -> list[tuple[str, str | None]]:
    return rows("SELECT state, note FROM pushed_events ORDER BY happened_at, received_at, event")


def test_each_acceptance_adds_one(wechat: Wechat, ledger: Any, clock: StoppedClock, rows: Rows) -> None:
    wechat.popup()
    assert (ledger(), ledger(FLAG), ledger(who="colleague")) == (1, None, None)
    clock.advance(minutes=10)
    wechat.popup()
    assert ledger() == 2
    assert states(rows) == [("handled", None)] * 2


def test_a_list_of_several_and_a_nested_one_of_xml(wechat: Wechat, ledger: Any) -> None:
    entries = [{"TemplateId": t, "SubscribeStatusString": a} for t, a in ((REMINDER, "accept"), (FLAG, "reject"))]
    wechat.pushes("subscribe_msg_popup_event", List=entries)
    assert (ledger(), ledger(FLAG)) == (1, 0)
    wechat.pushes("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": entries[0]}, CreateTime="1")
    assert ledger() == 2


def test_an_event_pushed_three_times_counts_once(wechat: Wechat, ledger: Any, rows: Rows) -> None:
    for _attempt in range(3):
        wechat.popup()
    wechat.worker.handle_pushes()
    assert ledger() == 1
    assert len(states(rows)) == 1


def test_a_refusal_adds_none_and_is_remembered(wechat: Wechat, ledger: Any, clock: StoppedClock, rows: Rows) -> None:
    wechat.popup()
    clock.advance(minutes=5)
    wechat.popup("reject")
    assert ledger() == 1, "what was accepted before is still good"
    assert rows("SELECT count(*) FROM subscription_credits WHERE rejected_at IS NOT NULL") == [(1,)]


def test_turning_off_leaves_nothing(wechat: Wechat, ledger: Any, clock: StoppedClock) -> None:
    wechat.popup()
    clock.advance(minutes=5)
    wechat.change()
    assert ledger() == 0
    clock.advance(minutes=5)
    wechat.popup()
    assert ledger() == 1


@pytest.mark.parametrize(("accepted", "off", "left"), [(1, 2, 0), (2, 1, 1)], ids=["off last", "accepted last"])
@pytest.mark.parametrize("popup_first", [True, False])
def test_events_come_in_any_order(
    wechat: Wechat, ledger: Any, clock: StoppedClock, accepted: int, off: int, left: int, popup_first: bool
) -> None:
    began = clock()
    clock.advance(hours=1)
    steps = [
        lambda: wechat.popup(at=began + timedelta(minutes=accepted)),
        lambda: wechat.change(at=began + timedelta(minutes=off)),
    ]
    for step in steps if popup_first else reversed(steps):
        step()
    assert ledger() == left


def test_a_tap_told_by_phone_and_push_counts_once_whoever_is_first(
    wechat: Wechat, ledger: Any, clock: StoppedClock, api: Api
) -> None:
    def by_phone() -> None:
        body = {"id": str(uuid.uuid4()), "answers": {REMINDER: "accept"}}
        assert api.post("/me/subscriptions", "chen", body).status_code == 200

    by_phone()
    tapped = clock()
    clock.advance(seconds=40)
    wechat.popup(at=tapped - timedelta(seconds=1))
    assert ledger() == 1
    clock.advance(hours=1)
    wechat.popup()
    clock.advance(seconds=3)
    by_phone()
    assert ledger() == 2
    clock.advance(hours=1)
    tapped = clock()
    by_phone()
    clock.advance(hours=5)  # the push is very late, and says when it happened
    wechat.popup(at=tapped)
    assert ledger() == 3


def test_two_taps_told_by_both_are_two(wechat: Wechat, ledger: Any, clock: StoppedClock, api: Api) -> None:
    for _tap in range(2):
        api.post("/me/subscriptions", "chen", {"id": str(uuid.uuid4()), "answers": {REMINDER: "accept"}})
        clock.advance(seconds=20)
    for ago in (40, 20):
        wechat.popup(at=clock() - timedelta(seconds=ago))
    assert ledger() == 2


def test_phone_and_push_at_once_count_once(
    wechat: Wechat, ledger: Any, clock: StoppedClock, api: Api, db: Database, cast: Cast
) -> None:
    """Twenty taps, each told by both sides at the same moment."""
    wanted = []
    for number in range(20):
        clock.advance(minutes=10)
        chen = cast["chen"]
        of = credits.Holder(1, chen.id, REMINDER)

        def tell(source: str, number: int = number, of: credits.Holder = of) -> None:
            with db.transaction() as session:
                credits.hear(session, of, "accept", source, f"{source}:{number}", clock(), clock())

        threads = [threading.Thread(target=tell, args=(source,)) for source in ("phone", "wechat")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wanted.append(ledger())
    assert wanted == list(range(1, 21))


def test_revoking_position_signs_out_and_withdraws_consent(
    wechat: Wechat, api: Api, clock: StoppedClock, rows: Rows, cast: Cast
) -> None:
    checkin = api.check_in("chen").json["id"]
    wechat.pushes("user_authorization_revoke", OpenID="o-chen", RevokeInfo="13", openid="o-platform")
    assert api.get("/me", "chen").status_code == 401
    assert api.get("/me", "colleague").status_code == 200
    assert rows("SELECT count(*) FROM consents WHERE withdrawn_at IS NOT NULL") == [(1,)]
    actions = {action for (action,) in rows("SELECT action FROM audit_events")}
    assert {"wechat.authorization_revoked", "consent.withdrawn"} <= actions
    assert api.get(f"/checkins/{checkin}", "supervisor").status_code == 200, "the history stays with the member"
    assert rows("SELECT count(*) FROM members WHERE openid = 'o-chen'") == [(1,)]


@pytest.mark.parametrize(
    ("info", "withdrawn"),
    [
        ("13", 1),
        ("7", 1),
        ("14", 1),
        ("18", 1),
        ("999", 1),
        ("", 1),
        (7, 1),
        ("6", 0),
        ("8", 0),
        ("6,8", 0),
        ("8,7", 1),
    ],
)
def test_which_revocations_end_consent(wechat: Wechat, rows: Rows, info: object, withdrawn: int) -> None:
    wechat.pushes("user_authorization_revoke", OpenID="o-chen", RevokeInfo=info, openid="o-platform")
    assert rows("SELECT count(*) FROM consents WHERE withdrawn_at IS NOT NULL") == [(withdrawn,)]


def test_consent_given_after_a_late_event_stands(
    wechat: Wechat, db: Database, clock: StoppedClock, cast: Cast, rows: Rows
) -> None:
    revoked_at = clock()
    clock.advance(hours=2)
    with db.transaction() as session:
        session.query(Consent).filter_by(member_id=cast["chen"].id).delete()
        session.add(Consent(county_id=1, member_id=cast["chen"].id, version=consent.CURRENT_VERSION, given_at=clock()))
    wechat.pushes("user_authorization_revoke", at=revoked_at, OpenID="o-chen", RevokeInfo="13")
    assert rows("SELECT count(*) FROM consents WHERE withdrawn_at IS NOT NULL") == [(0,)]


def test_leaving_erases_the_binding_and_keeps_the_history(
    wechat: Wechat, api: Api, ledger: Any, rows: Rows, cast: Cast
) -> None:
    checkin = api.check_in("chen").json["id"]
    wechat.popup()
    for _attempt in range(2):
        wechat.pushes("user_authorization_cancellation", OpenID="o-chen", openid="o-platform")
    assert api.get("/me", "chen").status_code == 401
    assert rows("SELECT count(*) FROM members WHERE openid = 'o-chen'") == [(0,)]
    assert ledger() is None
    assert api.get(f"/checkins/{checkin}", "supervisor").status_code == 200
    assert api.get("/me", "outsider").status_code == 200
    events = rows("SELECT count(*) FROM audit_events WHERE action = 'wechat.authorization_cancelled'")
    assert events == [(1,)]
    invite = api.post(f"/members/{cast['chen'].id}/invites", "supervisor")
    assert invite.status_code == 201, "they can come back"


def test_who_left_is_in_no_push_that_was_kept_and_repeats_are_known_all_the_same(
    wechat: Wechat, ledger: Any, rows: Rows, clock: StoppedClock
) -> None:
    def named() -> int:
        """In how many of the kept events her openid stands, anywhere."""
        every = rows("SELECT openid, CAST(said AS text) FROM pushed_events")
        return sum("o-chen" in f"{openid} {said}" for openid, said in every)

    tapped = clock()
    wechat.popup()
    wechat.popup(openid="o-colleague", at=tapped)
    assert named() == 1
    clock.advance(minutes=5)
    left = clock()
    wechat.says("subscribe_msg_popup_event", List={"TemplateId": FLAG, "SubscribeStatusString": "accept"})
    wechat.pushes("user_authorization_cancellation", at=left, OpenID="o-chen", openid="o-platform")
    assert named() == 0
    assert ledger(FLAG) is None
    assert rows("SELECT count(*) FROM pushed_events WHERE openid = 'o-colleague'") == [(1,)]
    kept = rows("SELECT count(*) FROM pushed_events")
    wechat.popup(at=tapped)
    wechat.pushes("user_authorization_cancellation", at=left, OpenID="o-chen", openid="o-platform")
    assert rows("SELECT count(*) FROM pushed_events") == kept, "told by their digests"
    wechat.change(at=left)
    assert named() == 0, "what comes after that of her is of nobody"
    assert ("ignored", "no member has this WeChat") in states(rows)


def test_a_binding_made_after_a_late_cancellation_stands(
    wechat: Wechat, clock: StoppedClock, db: Database, cast: Cast, rows: Rows
) -> None:
    left_at = clock()
    clock.advance(hours=2)
    with db.transaction() as session:
        session.get(Member, (1, cast["chen"].id)).bound_at = clock()
    wechat.pushes("user_authorization_cancellation", at=left_at, OpenID="o-chen")
    assert rows("SELECT count(*) FROM members WHERE openid = 'o-chen'") == [(1,)]


@pytest.mark.parametrize(
    ("event", "more", "note"),
    [
        ("wxa_media_check", {}, "nothing to do with this event"),
        ("user_info_modified", {"OpenID": "o-chen"}, "no nickname and no avatar is kept"),
        ("subscribe_msg_popup_event", {"openid": "o-nobody", "List": []}, "no member has this WeChat"),
        ("subscribe_msg_popup_event", {"List": [{"TemplateId": 7}, None, "x"]}, "names no template"),
        ("subscribe_msg_popup_event", {}, "names no template"),
        ("subscribe_msg_change_event", {"List": {"TemplateId": "a" * 65}}, "names no template"),
        ("subscribe_msg_sent_event", {"List": []}, "no single notice it can be about"),
    ],
)
def test_what_concerns_nobody_is_kept_and_marked(
    wechat: Wechat, rows: Rows, event: str, more: dict[str, Any], note: str
) -> None:
    wechat.pushes(event, **more)
    assert states(rows) == [("ignored", note)]


def test_an_event_that_fails_is_tried_five_times_and_holds_nobody_up(
    wechat: Wechat, ledger: Any, clock: StoppedClock, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_matter: object) -> None:
        raise RuntimeError("out of order")

    handlers = dict(handle.HANDLERS) | {"user_authorization_revoke": fail}
    monkeypatch.setattr(handle, "HANDLERS", handlers)
    wechat.pushes("user_authorization_revoke", OpenID="o-chen")
    wechat.popup()
    assert ledger() == 1
    (failing, _) = rows("SELECT state, attempts, note FROM pushed_events ORDER BY event DESC")
    assert failing == ("pending", 1, "RuntimeError: out of order")
    for _tick in range(20):
        clock.advance(minutes=10)
        wechat.worker.handle_pushes()
    assert rows("SELECT state, attempts FROM pushed_events ORDER BY event DESC")[0] == ("failed", 5)


def test_an_event_that_kills_its_worker_is_given_up(
    wechat: Wechat, clock: StoppedClock, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(_matter: object) -> None:
        raise Killed

    monkeypatch.setattr(handle, "HANDLERS", {"debug_demo": die})
    wechat.says("debug_demo")
    for _worker in range(5):
        with pytest.raises(Killed):
            wechat.worker.handle_pushes()
        assert handle.run(wechat.db, clock, {}) == 0, "its claim holds for a while"
        clock.advance(minutes=2)
    wechat.worker.handle_pushes()
    assert states(rows) == [("failed", "cut off each time")]


def test_two_workers_handle_each_event_once(wechat: Wechat, ledger: Any, clock: StoppedClock) -> None:
    for number in range(30):
        entry = {"TemplateId": REMINDER, "SubscribeStatusString": "accept"}
        wechat.says("subscribe_msg_popup_event", at=clock() - timedelta(minutes=number), List=entry)
    threads = [threading.Thread(target=wechat.worker.handle_pushes) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger() == 30


@pytest.fixture
def notice(db: Database, clock: StoppedClock, cast: Cast) -> Callable[..., uuid.UUID]:
    def make(state: str, who: str = "chen", tries: Sequence[tuple[str, str | None]] = ()) -> uuid.UUID:
        """`tries`: outcome and WeChat's msgid of each."""
        made, at = uuid.uuid4(), clock().isoformat()
        met = [{"channel": "subscribe", "at": at, "outcome": o, "error": None, "msgid": m} for o, m in tries]
        with db.transaction() as session:
            session.add(
                Notice(
                    **{"county_id": 1, "id": made, "member_id": cast[who].id, "kind": "reminder"},
                    **{
                        "dedupe_key": str(made),
                        "facts": {},
                        "state": state,
                        "due_at": clock(),
                        "created_at": clock(),
                        "channel": "subscribe",
                        "tries": met,
                        "tried_at": clock(),
                    },
                )
            )
        return made

    return make


@pytest.mark.parametrize(
    ("state", "errcode", "becomes"),
    [("uncertain", "0", "sent"), ("uncertain", "-1", "failed"), ("sent", "0", "sent"), ("sent", "5", "failed")],
)
def test_the_outcome_of_a_send(
    wechat: Wechat, notice: Any, ledger: Any, rows: Rows, state: str, errcode: str, becomes: str
) -> None:
    wechat.popup()
    notice(state)
    notice(state, who="colleague")
    entry = {"TemplateId": REMINDER, "MsgID": "1", "ErrorCode": errcode, "ErrorStatus": "…"}
    wechat.pushes("subscribe_msg_sent_event", List=entry)
    found = rows("SELECT n.state FROM notices n JOIN members m ON m.id = n.member_id WHERE m.name = 'chen'")
    assert found == [(becomes,)]
    assert ledger() == (0 if (state, becomes) == ("uncertain", "sent") else 1)


@pytest.mark.parametrize(("answered", "errcode", "becomes"), [("uncertain", "0", "sent"), ("sent", "5", "failed")])
def test_an_outcome_that_is_quicker_than_the_record_waits_for_it(
    wechat: Wechat,
    notice: Any,
    db: Database,
    clock: StoppedClock,
    rows: Rows,
    answered: str,
    errcode: str,
    becomes: str,
) -> None:
    """WeChat pushes within the second; a request that hangs is given up after five."""
    sent = notice("sending")
    wechat.pushes("subscribe_msg_sent_event", List={"TemplateId": REMINDER, "ErrorCode": errcode})
    assert rows("SELECT state FROM pushed_events") == [("pending",)]
    with db.transaction() as session:
        session.get(Notice, (1, sent)).state = answered
    clock.advance(minutes=1)
    wechat.worker.handle_pushes()
    assert rows("SELECT state FROM notices") == [(becomes,)]
    assert states(rows) == [("handled", None)]


def test_an_outcome_that_may_be_of_two_is_of_neither(wechat: Wechat, notice: Any, rows: Rows) -> None:
    notice("uncertain")
    notice("sent")
    wechat.pushes("subscribe_msg_sent_event", List={"TemplateId": REMINDER, "ErrorCode": "0"})
    assert sorted(rows("SELECT state FROM notices")) == [("sent",), ("uncertain",)]
    assert states(rows) == [("ignored", "no single notice it can be about")]


def test_the_notice_with_its_number_is_the_one(wechat: Wechat, notice: Any, rows: Rows) -> None:
    """Two reminders within minutes: without the number it would be either, so neither."""
    notice("sent", tries=[("sent", "3000000000000000001")])
    lost = notice("sent", tries=[("later", None), ("sent", "3000000000000000002")])
    notice("uncertain", tries=[("uncertain", None)])
    notice("sending")  # nor need it wait for what is on its way
    entry = {"TemplateId": REMINDER, "MsgID": 3000000000000000002, "ErrorCode": "5", "ErrorStatus": "…"}
    wechat.pushes("subscribe_msg_sent_event", List=entry)
    assert rows("SELECT id FROM notices WHERE state = 'failed'") in ([(lost,)], [(lost.hex,)])
    assert states(rows) == [("handled", None)]


def test_what_was_answered_with_another_number_is_not_meant(
    wechat: Wechat, notice: Any, ledger: Any, rows: Rows
) -> None:
    """The answer of one was lost; the other's came, with a number that is not this."""
    wechat.popup()
    notice("uncertain", tries=[("uncertain", None)])
    notice("sent", tries=[("sent", "1")])
    wechat.pushes("subscribe_msg_sent_event", List={"TemplateId": REMINDER, "MsgID": "2", "ErrorCode": "0"})
    assert rows("SELECT state FROM notices") == [("sent",)] * 2
    assert ledger() == 0


def test_the_first_of_two_sends_that_was_lost_loses_nothing(wechat: Wechat, notice: Any, rows: Rows) -> None:
    notice("sent", tries=[("uncertain", None), ("sent", "2")])
    wechat.pushes("subscribe_msg_sent_event", List={"TemplateId": REMINDER, "MsgID": "1", "ErrorCode": "5"})
    assert rows("SELECT state FROM notices") == [("sent",)]
    assert states(rows)[-1] == ("handled", None)


def test_of_who_was_removed_the_night_forgets_what_wechat_said(
    wechat: Wechat, api: Api, clock: StoppedClock, rows: Rows, cast: Cast
) -> None:
    wechat.popup()
    wechat.popup(openid="o-colleague")
    assert api.post(f"/members/{cast['chen'].id}/remove", "admin", {"reason": "调离"}).status_code == 200
    clock.advance(days=1)
    (retention,) = [job for job in wechat.worker.periodic() if job.name == "retention"]
    wechat.worker.scheduler.catch_up(retention)
    said = rows("SELECT openid, CAST(said AS text) FROM pushed_events")
    assert len(said) == 2
    assert [openid for openid, _said in said if openid] == ["o-colleague"]
    assert "o-chen" not in str(said)


def test_what_is_old_is_forgotten(wechat: Wechat, clock: StoppedClock, rows: Rows) -> None:
    wechat.popup()
    clock.advance(days=61)
    (retention,) = [job for job in wechat.worker.periodic() if job.name == "retention"]
    wechat.worker.scheduler.catch_up(retention)
    clock.advance(days=1)
    wechat.worker.scheduler.catch_up(retention)
    for table in ("pushed_events", "push_stamps", "subscription_answers"):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert rows("SELECT credits FROM subscription_credits") == [(1,)]
