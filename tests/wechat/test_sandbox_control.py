"""The control plane: the clock, tokens, who may call, spoilt answers, pushes twice, and the log of requests."""

import time

import pytest
import requests

from server.wechat import errors
from server.wechat.sandbox.staff import Staff
from tests.wechat.caller import APP, FIELDS, Caller
from tests.wechat.conftest import OPENID, SECRET
from tests.wechat.test_send import PATH, send

SEND = {"touser": OPENID, "template_id": "sandbox-reminder", "data": FIELDS}


@pytest.fixture
def caller(sandbox) -> Caller:
    return Caller(sandbox)


def test_the_clock_stands_still_moves_by_orders_and_goes_on_from_where_it_stands(caller, sandbox):
    caller.order("clock", frozen=True)
    first = sandbox.state.now()
    assert caller.order("clock", advance_s=90)["now"] == sandbox.state.now().isoformat()
    assert (sandbox.state.now() - first).total_seconds() == 90
    caller.order("clock", frozen=False)
    time.sleep(0.01)
    assert 90 < (sandbox.state.now() - first).total_seconds() < 100


def test_superseded_tokens_are_not_the_latest_and_a_new_one_is_had(caller, sandbox):
    assert caller.order("tokens/supersede")["superseded"] == 2  # ours and WeCom's
    assert caller.call("POST", PATH, SEND).json()["errcode"] == 40001
    fresh = requests.post(f"{sandbox.url}/cgi-bin/stable_token", json=APP).json()["access_token"]
    assert fresh != caller.tokens["app"]


def test_an_address_that_is_not_on_the_list_has_no_token(caller, sandbox):
    caller.order("settings", allowed_ips=["10.0.0.1"])
    for answer in (
        requests.get(f"{sandbox.url}/cgi-bin/token", params=APP),
        requests.post(f"{sandbox.url}/cgi-bin/stable_token", json=APP),
    ):
        assert answer.json()["errcode"] == 40164
        assert "127.0.0.1" in answer.json()["errmsg"]
    caller.order("settings", allowed_ips=["127.0.0.1"])
    assert "access_token" in requests.post(f"{sandbox.url}/cgi-bin/stable_token", json=APP).json()


def test_the_grace_of_the_old_token_can_be_set(caller, sandbox):
    caller.order("settings", grace_s=0)
    first, second = (requests.get(f"{sandbox.url}/cgi-bin/token", params=APP).json()["access_token"] for _ in "12")
    said = [requests.post(sandbox.url + PATH, params={"access_token": t}, json=SEND).json() for t in (first, second)]
    assert [one["errcode"] for one in said] == [40001, 0]


def test_a_person_whom_wechat_blocks_does_not_sign_in_and_is_risky(caller, sandbox):
    caller.visit()
    code = caller.order("codes", openid=OPENID)["code"]
    caller.order("risk", openid=OPENID, risk=4, blocked=True)
    asked = {"appid": "wxtest", "secret": SECRET, "js_code": code, "grant_type": "authorization_code"}
    assert requests.get(f"{sandbox.url}/sns/jscode2session", params=asked).json()["errcode"] == 40226
    body = {"appid": "wxtest", "openid": OPENID, "scene": 1, "client_ip": "::1"}
    assert caller.call("POST", "/wxa/getuserriskrank", body).json()["risk_rank"] == 4


def test_who_is_unbound_is_staff_no_more(caller, sandbox):
    sandbox.state.of(Staff).bound[OPENID] = {"a-template"}
    body = {"openid_list": [OPENID]}
    said = [caller.call("POST", "/wxa/business/unbinduserb2cauthinfo", body).json()["errcode"] for _ in "12"]
    assert (said, sandbox.state.of(Staff).bound) == ([0, 0], {})


def test_an_open_platform_account_adds_the_unionid(caller, sandbox):
    caller.order("settings", unionid=True)
    code = caller.order("codes", openid=OPENID)["code"]
    asked = {"appid": "wxtest", "secret": SECRET, "js_code": code, "grant_type": "authorization_code"}
    assert requests.get(f"{sandbox.url}/sns/jscode2session", params=asked).json()["unionid"].startswith("u")


def test_half_an_answer_as_if_it_were_all(caller, sandbox):
    caller.order("faults", path=PATH, times=1, truncate="json")
    answer = caller.call("POST", PATH, SEND)
    assert answer.status_code == 200
    assert answer.text.startswith('{"errcode":0')
    with pytest.raises(ValueError):
        answer.json()
    assert len(sandbox.state.messages) == 1, "the call itself was carried out"


def test_a_connection_that_ends_in_the_middle_of_an_answer(caller, sandbox):
    caller.order("faults", path=PATH, times=1, truncate="body")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        caller.call("POST", PATH, SEND)
    assert len(sandbox.state.messages) == 1


@pytest.mark.parametrize("how", ["json", "body"])
def test_half_an_answer_leaves_our_client_in_doubt(client, control, sandbox, how):
    control("faults", path=PATH, times=1, truncate=how)
    with pytest.raises(errors.Uncertain):
        send(client)
    assert len(sandbox.state.messages) == 1


def test_the_log_tells_what_was_asked_and_answered_without_the_secrets(caller, sandbox):
    caller.call("POST", PATH, SEND)
    caller.call("POST", PATH, SEND | {"touser": "openid-of-nobody"})
    requests.post(f"{sandbox.url}/cgi-bin/clear_quota/v2", json={"appid": "wxtest", "appsecret": SECRET})
    requests.get(f"{sandbox.url}/cgi-bin/token", params=APP)
    text = requests.get(f"{sandbox.url}/_sandbox/requests").text
    assert SECRET not in text
    assert not [token for token in sandbox.state.tokens if token in text]
    logged = requests.get(f"{sandbox.url}/_sandbox/requests", params={"path": PATH}).json()
    assert [(one["status"], one["errcode"]) for one in logged] == [(200, 0), (200, 40003)]
    assert logged[0]["query"]["access_token"] == "…" + caller.tokens["app"][-6:]
    assert '"template_id": "sandbox-reminder"' in logged[0]["body"]


@pytest.mark.parametrize(
    ("what", "order"),
    [
        ("settings", {"released": "x"}), ("limits", {"path": "wxa"}), ("verdicts", {"suggest": "x"}),
        ("risk", {"openid": OPENID, "risk": 5}), ("phone-codes", {"openid": OPENID, "number": "12 34"}),
        ("faces", {}), ("corp", {"x": 1}), ("faults", {"path": "/x", "times": 1, "truncate": "all"}),
    ],
    ids=str,
)  # fmt: skip
def test_an_order_that_cannot_be_read_is_400(sandbox, what, order):
    assert requests.post(f"{sandbox.url}/_sandbox/{what}", json=order).status_code == 400
