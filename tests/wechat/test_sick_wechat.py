"""A WeChat that does not answer is left alone for a while, path by path; one that refuses is well."""

import time

import pytest

from server.errors import AppError
from server.wechat import errors
from server.wechat.client import WechatClient

LOGIN, SEND = "/sns/jscode2session", "/cgi-bin/message/subscribe/send"
FIELDS = {"thing1": "苏州驻点", "date2": "2026年11月24日", "thing3": "今天还没有打卡"}


@pytest.fixture
def client(config) -> WechatClient:
    return WechatClient(config, timeout_s=0.5, left_alone_s=1)


def send(client: WechatClient) -> None:
    client.send_subscribe("openid-zhou", "sandbox-reminder", FIELDS, "pages/today/today")


@pytest.mark.parametrize("fault", [{"http_status": 502}, {"errcode": -1}, {"reset": True}, {"body": "<html>"}], ids=str)
def test_after_five_calls_without_an_answer_it_is_not_asked(client, control, sandbox, fault):
    control("faults", path=SEND, times=100, **fault)
    for _ in range(5):
        with pytest.raises(errors.WechatError):
            send(client)
    with pytest.raises(errors.RetryLater) as caught:  # known not to have left: neither uncertain nor lost
        send(client)
    assert caught.value.errcode is None
    assert sandbox.state.calls[SEND] == 5


def test_then_one_call_looks_whether_it_is_well(client, control, sandbox):
    control("faults", path=SEND, times=6, http_status=502)
    for _ in range(5):
        with pytest.raises(errors.Uncertain):
            send(client)
    time.sleep(1.1)
    with pytest.raises(errors.Uncertain):
        send(client)  # still sick: closed again at once
    with pytest.raises(errors.RetryLater):
        send(client)
    assert sandbox.state.calls[SEND] == 6
    time.sleep(1.1)
    send(client)
    send(client)
    assert len(sandbox.state.messages) == 2


def test_refusals_never_close_it(client, control, sandbox):
    control("faults", path=SEND, times=20, errcode=47003)
    for _ in range(20):
        with pytest.raises(errors.Never):
            send(client)
    send(client)
    assert sandbox.state.calls[SEND] == 21


def test_messages_that_fail_keep_nobody_from_signing_in(client, control, login_code):
    control("faults", path=SEND, times=5, http_status=502)
    for _ in range(5):
        with pytest.raises(errors.Uncertain):
            send(client)
    assert client.openid_of(login_code) == "openid-zhou"


def test_a_sick_login_is_told_at_once(client, control, login_code):
    """Ten people waiting five seconds each would hold every thread of the server."""
    control("faults", path=LOGIN, times=5, http_status=502)
    for _ in range(6):
        with pytest.raises(AppError) as caught:
            client.openid_of(login_code)
        assert (caught.value.status, caught.value.code) == (503, "wechat_unavailable")
    time.sleep(1.1)
    assert client.openid_of(login_code) == "openid-zhou"
