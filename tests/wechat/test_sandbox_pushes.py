"""The sandbox's push side over real HTTP: what arrives is what WeChat would send, as wechatpy itself reads it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
import requests
import xmltodict
from flask import Flask, Response, request
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature
from werkzeug.serving import make_server

from server.wechat.sandbox.app import RunningSandbox
from tests.wechat.caller import Caller

TOKEN, KEY = "aTokenOfTests", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
EVENT = {"ToUserName": "gh", "FromUserName": "openid-zhou", "CreateTime": 1, "MsgType": "event", "Event": "debug_demo"}


@dataclass
class Ear:
    """Somebody's callback: keeps what comes and answers with what it is told to, `success` when it is told nothing."""

    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, str] | float] = field(default_factory=list)

    def hear(self) -> Response:
        if request.method == "GET":
            check_signature(TOKEN, *(request.args[name] for name in ("signature", "timestamp", "nonce")))
            return Response(request.args["echostr"])
        self.heard.append((request.args.to_dict(), request.get_data()))
        answer = self.answers.pop(0) if self.answers else (200, "success")
        if isinstance(answer, float):
            time.sleep(answer)
            return Response("success")
        return Response(answer[1], answer[0])

    def opened(self) -> list[dict[str, Any]]:
        """Every sealed push, as wechatpy reads it."""
        crypto = WeChatCrypto(TOKEN, KEY, "wxtest")
        read = []
        for query, body in self.heard:
            outer = fields(body)
            read.append(
                fields(crypto.decrypt_message(outer, query["msg_signature"], query["timestamp"], query["nonce"]))
            )
        return read


def fields(text: bytes | str) -> dict[str, Any]:
    said = text if isinstance(text, str) else text.decode()
    return xmltodict.parse(said)["xml"] if said.startswith("<") else orjson.loads(said)


@pytest.fixture
def ear() -> Iterator[Ear]:
    listening, app = Ear(), Flask(__name__)
    app.add_url_rule("/callback", view_func=listening.hear, methods=["GET", "POST"])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    listening.url = f"http://127.0.0.1:{server.port}/callback"
    yield listening
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def secure(ear: Ear, control: Any) -> Ear:
    control("callback", url=ear.url, token=TOKEN, aes_key=KEY, mode="secure", timeout_s=1)
    return ear


def test_an_address_that_does_not_answer_the_greeting_is_not_taken(ear: Ear, sandbox: RunningSandbox) -> None:
    for order in ({"url": ear.url, "token": "anotherToken"}, {"url": "http://127.0.0.1:1/", "token": TOKEN}):
        answer = requests.post(f"{sandbox.url}/_sandbox/callback", json=order)
        assert (answer.status_code, answer.json()) == (400, {"verified": False})
    assert sandbox.state.callback.url is None
    assert requests.post(f"{sandbox.url}/_sandbox/push", json={"events": [EVENT]}).status_code == 409


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_sealed_push_is_what_wechatpy_opens(secure: Ear, control: Any, form: str) -> None:
    control("push", events=[EVENT], format=form)
    ((query, body),) = secure.heard
    assert (query["encrypt_type"], query["openid"]) == ("aes", "openid-zhou")
    assert set(fields(body)) == {"ToUserName", "Encrypt"}
    assert secure.opened()[0] | {"CreateTime": 1} == EVENT
    check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])


@pytest.mark.parametrize("form", ["json", "xml"])
def test_plain_and_compatible_pushes_can_be_read_by_anybody(secure: Ear, control: Any, form: str) -> None:
    for mode in ("plain", "compatible"):
        control("push", events=[EVENT], mode=mode, format=form)
    (plain, first), (compatible, second) = secure.heard
    assert fields(first) | {"CreateTime": 1} == EVENT
    assert fields(second) | {"CreateTime": 1} == EVENT | {"Encrypt": fields(second)["Encrypt"]}
    assert "msg_signature" not in plain
    assert "msg_signature" in compatible


@pytest.mark.parametrize(
    ("answers", "statuses"),
    [
        ([(200, "")], [200]),
        ([(500, ""), (200, "success")], [500, 200]),
        ([1.5, (200, "<xml/>"), (200, "success")], [None, 200, 200]),
        ([(403, ""), (403, ""), (403, ""), (200, "success")], [403, 403, 403]),
    ],
    ids=str,
)
def test_three_attempts_with_the_same_body(secure: Ear, control: Any, answers: list[Any], statuses: list[Any]) -> None:
    secure.answers = answers
    (attempts,) = control("push", events=[EVENT])["pushed"]
    assert [attempt["status"] for attempt in attempts] == statuses
    assert len({body for _query, body in secure.heard}) == 1
    assert len({query["nonce"] for query, _body in secure.heard}) == len(statuses)


def test_duplicates_replays_and_any_order(secure: Ear, control: Any) -> None:
    control("push", events=[EVENT | {"CreateTime": 2}, EVENT], times=2)
    assert [event["CreateTime"] for event in secure.opened()] == [2, 2, 1, 1]
    control("push", events=[EVENT], replay=True)
    assert secure.heard[-1] == secure.heard[-2]


def test_a_probe_with_a_wrong_signature(secure: Ear, control: Any) -> None:
    control("push", events=[EVENT], wrong_signature=True)
    with pytest.raises(InvalidSignatureException):
        secure.opened()
    assert len(secure.heard) == 1


def test_pressing_accept_adds_a_credit_and_is_pushed(secure: Ear, control: Any, sandbox: RunningSandbox) -> None:
    templates = ["sandbox-reminder", "sandbox-flag"]
    pressed = control("dialog", openid="openid-zhou", template_ids=templates, press="accept")
    assert pressed["answers"] == dict.fromkeys(templates, "accept")
    (event,) = secure.opened()
    assert (event["Event"], event["FromUserName"]) == ("subscribe_msg_popup_event", "openid-zhou")
    assert isinstance(event["CreateTime"], str)
    assert [(entry["TemplateId"], entry["SubscribeStatusString"]) for entry in event["List"]] == [
        (template, "accept") for template in templates
    ]
    has = sandbox.state.default_credits  # of somebody who was never asked; an acceptance takes none of them away
    assert sandbox.state.credits == {("openid-zhou", template): has + 1 for template in templates}


def test_pressing_reject_adds_none_and_one_entry_is_an_object(secure: Ear, control: Any, sandbox: Any) -> None:
    control("dialog", openid="openid-zhou", template_ids=["sandbox-flag"], press="reject")
    assert secure.opened()[0]["List"]["SubscribeStatusString"] == "reject"
    assert sandbox.state.credits == {}


def test_xml_nests_the_list_in_the_events_name(secure: Ear, control: Any) -> None:
    control("callback", url=secure.url, format="xml")
    control("dialog", openid="openid-zhou", template_ids=["sandbox-flag", "sandbox-task"], press="accept")
    entries = secure.opened()[0]["SubscribeMsgPopupEvent"]["List"]
    assert [entry["TemplateId"] for entry in entries] == ["sandbox-flag", "sandbox-task"]


def test_always_answers_later_taps_without_a_dialog(secure: Ear, control: Any, sandbox: RunningSandbox) -> None:
    tap = {"openid": "openid-zhou", "template_ids": ["sandbox-flag"]}
    control("credits", openid="openid-zhou", credits=0)
    assert requests.post(f"{sandbox.url}/_sandbox/dialog", json=tap).status_code == 400
    control("dialog", **tap, press="accept", always=True)
    assert control("dialog", **tap)["answers"] == {"sandbox-flag": "accept"}
    assert sandbox.state.credits["openid-zhou", "sandbox-flag"] == 2
    control("off", **tap)
    assert control("dialog", **tap)["answers"] == {"sandbox-flag": "reject"}
    assert sandbox.state.credits["openid-zhou", "sandbox-flag"] == 0
    assert [event["Event"] for event in secure.opened()][2] == "subscribe_msg_change_event"


def test_revoking_and_leaving(secure: Ear, control: Any, sandbox: RunningSandbox) -> None:
    control("credits", openid="openid-zhou", credits=3)
    control("revoke", openid="openid-zhou", code="13")
    control("cancel", openid="openid-zhou")
    revoked, cancelled = secure.opened()
    assert (revoked["Event"], revoked["OpenID"], revoked["AppID"], revoked["RevokeInfo"]) == (
        *("user_authorization_revoke", "openid-zhou", "wxtest"),
        "13",
    )
    assert cancelled["Event"] == "user_authorization_cancellation"
    assert set(sandbox.state.credits.values()) == {0}


def test_an_event_can_be_held_back_and_pushed_after_another(secure: Ear, control: Any) -> None:
    tap = {"openid": "openid-zhou", "template_ids": ["sandbox-flag"]}
    first = control("dialog", **tap, press="accept", push=False)["event"]
    second = control("off", **tap, push=False)["event"]
    assert secure.heard == []
    control("push", events=[second, first])
    assert [event["Event"][14:20] for event in secure.opened()] == ["change", "popup_"]


def test_a_delivered_message_is_followed_by_its_event(secure: Ear, client: Any, sandbox: RunningSandbox) -> None:
    fields = {"thing1": "苏州驻点", "date2": "2026年11月24日", "thing3": "今天还没有打卡"}
    client.send_subscribe("openid-zhou", "sandbox-reminder", fields, "pages/today/today")
    until = time.monotonic() + 10
    while not secure.heard and time.monotonic() < until:
        time.sleep(0.01)
    (event,) = secure.opened()
    assert event["Event"] == "subscribe_msg_sent_event"
    assert event["List"]["MsgID"] == str(sandbox.state.messages[0].msgid)
    assert event["List"]["ErrorCode"] == "0"


def heard(ear: Ear, count: int) -> list[dict[str, Any]]:
    """What was pushed, once so much was."""
    until = time.monotonic() + 10
    while len(ear.heard) < count and time.monotonic() < until:
        time.sleep(0.005)
    return ear.opened()


def test_what_a_call_causes_can_be_pushed_twice(secure: Ear, client: Any, control: Any) -> None:
    control("faults", path="/cgi-bin/message/subscribe/send", times=1, duplicate=True)
    fields = {"thing1": "苏州驻点", "date2": "2026年11月24日", "thing3": "今天还没有打卡"}
    client.send_subscribe("openid-zhou", "sandbox-reminder", fields, "pages/today/today")
    first, second = heard(secure, 2)
    assert first == second
    assert first["Event"] == "subscribe_msg_sent_event"


def test_media_is_downloaded_judged_and_told_of_later(secure: Ear, control: Any, sandbox: RunningSandbox) -> None:
    caller = Caller(sandbox)
    caller.visit()
    control("verdicts", suggest="review", label=20002, takes_s=0.05)
    asked = {"media_url": f"{sandbox.url}/", "media_type": 2, "version": 2, "scene": 1, "openid": "openid-zhou"}
    trace = caller.call("POST", "/wxa/media_check_async", asked).json()["trace_id"]
    assert secure.heard == [], "not at once"
    (event,) = heard(secure, 1)
    assert (event["Event"], event["trace_id"], event["version"], event["errcode"], event["appid"]) == (
        *("wxa_media_check", trace, 2),
        *(0, "wxtest"),
    )
    assert event["FromUserName"] != "openid-zhou", "it comes from the platform"
    assert event["result"] == {"suggest": "review", "label": 20002}
    assert event["detail"][0]["strategy"] == "content_model"


@pytest.mark.parametrize("version", [1, 2])
def test_media_that_cannot_be_downloaded(secure: Ear, control: Any, sandbox: RunningSandbox, version: int) -> None:
    caller = Caller(sandbox)
    caller.visit()
    control("verdicts", times=0, takes_s=0)
    asked = {"media_url": f"{sandbox.url}/not/there.jpg", "media_type": 2}
    if version == 2:
        asked |= {"version": 2, "scene": 1, "openid": "openid-zhou"}
    trace = caller.call("POST", "/wxa/media_check_async", asked).json()["trace_id"]
    (event,) = heard(secure, 1)
    assert event["trace_id"] == trace
    if version == 2:
        assert event["errcode"] == -1008
    else:
        assert (event["isrisky"], event["status_code"]) == (0, 2**32 - 1008)


@pytest.mark.parametrize(
    "what", ["callback", "push", "dialog", "off", "revoke", "cancel", "codes", "credits", "faults", "clock"]
)
def test_an_order_that_cannot_be_read_is_400_and_curls_way_of_sending_one_is_fine(
    secure: Ear, sandbox: RunningSandbox, what: str
) -> None:
    """curl -d says that it sends a form."""
    orders = {
        "callback": {"url": secure.url},
        "push": {"events": [EVENT]},
        "dialog": {"openid": "o", "template_ids": ["sandbox-flag"], "press": "accept"},
        "off": {"openid": "o", "template_ids": ["sandbox-flag"]},
        "revoke": {"openid": "o", "code": "13"},
        "cancel": {"openid": "o"},
        "codes": {"openid": "o"},
        "credits": {"openid": "o", "credits": 1},
        "faults": {"path": "/sns/jscode2session", "times": 0},
        "clock": {"advance_s": 0},
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, status in ((b"", 400), (b"\xff", 400), (orjson.dumps(orders[what]), 200)):
        answer = requests.post(f"{sandbox.url}/_sandbox/{what}", data=body, headers=form)
        assert answer.status_code == status, answer.text
