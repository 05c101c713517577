"""GET and POST /me/subscriptions: what may be sent to me, what is left of it, and what I answered when asked."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import requests
from werkzeug.serving import make_server

from server.app import create_app
from server.config import Config
from server.db import Database
from server.notify import templates
from server.wechat.client import Template
from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from server.wechat.sandbox.state import Callback
from server.worker import Worker
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
REMINDER = "sandbox-reminder"


def standing(api: Api, who: str = "chen") -> dict[str, tuple[int | None, bool]]:
    return {
        item["template_id"]: (item["credits"], item["low"]) for item in api.get("/me/subscriptions", who).json["items"]
    }


def answer(api: Api, who: str = "chen", **answers: str) -> int:
    named = {name.replace("_", "-"): said for name, said in answers.items()}
    return api.post("/me/subscriptions", who, {"id": str(uuid.uuid4()), "answers": named}).status_code


def test_a_member_sees_what_they_can_be_sent_in_plain_words(api: Api) -> None:
    items = api.get("/me/subscriptions", "chen").json["items"]
    assert items[0] == {
        "template_id": REMINDER,
        "title": "打卡提醒",
        "purposes": ["打卡时间快结束时提醒您", "抽查到您时告诉您", "抽查没有应答时请您说明"],
        "credits": None,
        "low": True,
        "lasting": False,
    }
    assert [item["template_id"] for item in items] == [
        *("sandbox-reminder", "sandbox-decided", "sandbox-flag", "sandbox-leave", "sandbox-task"),
    ]
    assert "审批" not in items[-1]["purposes"][0]


@pytest.mark.parametrize(
    ("who", "templates"),
    [
        ("supervisor", {"sandbox-leave", "sandbox-task", "sandbox-flag"}),
        ("bureau", {"sandbox-leave", "sandbox-task", "sandbox-flag"}),
        ("county_leader", {"sandbox-leave", "sandbox-task"}),
        ("admin", set()),
    ],
)
def test_by_their_roles(api: Api, who: str, templates: set[str]) -> None:
    assert set(standing(api, who)) == templates


def test_a_live_county_has_templates_of_its_own(config: Config, clock: StoppedClock, db: Database, cast: Cast) -> None:
    kinds = ("reminder", "checkin_pending", "spot_asked", "spot_missed")
    mapped = config.model_copy(update={"wechat_templates": dict.fromkeys(kinds, "live-1")})
    api = Api(create_app(mapped, clock=clock, db=db), cast, clock)
    first = api.get("/me/subscriptions", "chen").json["items"][0]
    assert (first["template_id"], len(first["purposes"])) == ("live-1", 4)
    assert answer(api, live_1="accept") == 200
    assert answer(api, sandbox_reminder="accept") == 422


def test_what_i_accept_counts_and_few_are_low(api: Api, clock: StoppedClock) -> None:
    for credits, low in ((1, True), (2, True), (3, False)):
        assert answer(api, sandbox_reminder="accept") == 200
        assert standing(api)[REMINDER] == (credits, low)
        clock.advance(minutes=1)
    assert standing(api)["sandbox-flag"] == (None, True)
    assert standing(api, "colleague")[REMINDER] == (None, True)


def test_a_report_that_comes_again_changes_nothing(api: Api) -> None:
    body = {"id": str(uuid.uuid4()), "answers": {REMINDER: "accept", "sandbox-flag": "reject"}}
    for _try in range(3):
        assert api.post("/me/subscriptions", "chen", body).status_code == 200
    assert standing(api)[REMINDER] == (1, True)
    api.post("/me/subscriptions", "colleague", body)
    assert standing(api, "colleague")[REMINDER] == (1, True), "another's report of the same id is another's"


@pytest.mark.parametrize(("said", "low_now"), [("reject", False), ("ban", False), ("filter", True)])
def test_who_says_no_is_left_in_peace_for_a_week(api: Api, clock: StoppedClock, said: str, low_now: bool) -> None:
    answer(api, sandbox_reminder=said)
    assert standing(api)[REMINDER][1] is low_now
    clock.advance(days=8)
    assert standing(api)[REMINDER][1] is True


def test_of_a_lasting_template_one_acceptance_is_enough(api: Api, db: Database, clock: StoppedClock) -> None:
    with db.transaction() as session:
        templates.keep(session, [Template(REMINDER, "打卡提醒", ("thing1",), lasting=True)], clock())
    first, second = api.get("/me/subscriptions", "chen").json["items"][:2]
    assert (first["lasting"], first["low"], second["lasting"]) == (True, True, False)
    answer(api, sandbox_reminder="accept")
    assert standing(api)[REMINDER] == (1, False)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": str(uuid.uuid4()), "answers": {}},
        {"id": "x", "answers": {REMINDER: "accept"}},
        {"id": str(uuid.uuid4()), "answers": {REMINDER: "yes"}},
        {"id": str(uuid.uuid4()), "answers": {"": "accept"}},
        {"id": str(uuid.uuid4()), "answers": {"a" * 65: "accept"}},
        {"id": str(uuid.uuid4()), "answers": {"sandbox-of-another": "accept"}},
        {"id": str(uuid.uuid4()), "answers": {f"t{n}": "accept" for n in range(11)}},
    ],
    ids=range(8),
)
def test_what_cannot_be_is_refused_and_nothing_is_written(api: Api, rows: Rows, body: dict[str, object]) -> None:
    assert api.post("/me/subscriptions", "chen", body).status_code == 422
    assert rows("SELECT count(*) FROM subscription_answers") == [(0,)]


def test_another_wechat_starts_with_a_clean_ledger(
    api: Api, config: Config, db: Database, clock: StoppedClock, sandbox: RunningSandbox
) -> None:
    """What the old one had accepted is the old one's."""
    answer(api, sandbox_reminder="accept")
    invite = json.loads(api.post(f"/members/{api.cast['chen'].id}/invites", "supervisor").text)["invite_code"]
    app = create_app(config.model_copy(update={"sandbox_port": sandbox.port}), clock=clock, db=db)
    code = requests.post(f"{sandbox.url}/_sandbox/codes", json={"openid": "o-new-phone"}, timeout=5).json()["code"]
    bound = app.test_client().post("/api/v1/bind", json={"invite_code": invite, "code": code})
    api.cast["chen"].token = bound.json["token"]
    assert standing(api)[REMINDER] == (None, True)


@pytest.fixture
def sandbox(config: Config) -> Iterator[RunningSandbox]:
    callback = Callback(token=config.wechat_callback_token, aes_key=config.callback_key, mode="secure")
    running = RunningSandbox(
        create_sandbox(config.wechat_appid, config.wechat_secret, send_takes_s=0, callback=callback)
    )
    yield running
    running.stop()


@pytest.fixture
def listening(
    config: Config, clock: StoppedClock, db: Database, cast: Cast, sandbox: RunningSandbox
) -> Iterator[Callable[..., dict]]:
    """Our server behind a socket and the sandbox told of it: listening("dialog", openid=…) is an order to it."""
    clock.at = datetime.now(UTC)  # WeChat's stamps are of the real clock
    server = make_server("127.0.0.1", 0, create_app(config, clock=clock, db=db), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()

    def order(what: str, **body: object) -> dict:
        answer = requests.post(f"{sandbox.url}/_sandbox/{what}", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    order("callback", url=f"http://127.0.0.1:{server.port}/wechat/callback")
    yield order
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_from_the_dialog_to_the_ledger_and_out_again(
    api: Api, config: Config, clock: StoppedClock, listening: Callable[..., dict], form: str, sandbox: RunningSandbox
) -> None:
    """The whole round over real HTTP: pressed on the phone, pushed sealed, kept, handled; and taken back."""
    worker = Worker(config.model_copy(update={"sandbox_port": sandbox.port}), clock)
    listening("callback", url=sandbox.state.callback.url, format=form)
    tap = {"openid": "o-chen", "template_ids": [REMINDER, "sandbox-flag"]}
    pressed = listening("dialog", **tap, press="accept")
    assert pressed["pushed"] == [{"status": 200, "body": "success"}]
    worker.handle_pushes()
    assert standing(api)[REMINDER] == (1, True)
    again = listening("push", events=[pressed["event"]], times=2, replay=True)["pushed"]
    assert [[attempt["status"] for attempt in one] for one in again] == [[200, 403], [200, 403]]
    for probe in ({"wrong_signature": True}, {"mode": "plain"}):
        refused = listening("push", events=[pressed["event"]], **probe)["pushed"][0]
        assert {attempt["status"] for attempt in refused} == {403}
    listening("off", openid="o-chen", template_ids=["sandbox-flag"])
    worker.handle_pushes()
    assert (standing(api)[REMINDER], standing(api)["sandbox-flag"]) == ((1, True), (0, False))
    listening("revoke", openid="o-chen", code="13")
    worker.handle_pushes()
    assert api.get("/me/subscriptions", "chen").status_code == 401
    worker.db.dispose()
