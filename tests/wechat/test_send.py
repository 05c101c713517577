"""One subscribe message through the client: recorded on the phone, or an error that says what can be done."""

import threading

import pytest
import requests

from server.wechat import errors
from server.wechat.client import WechatClient

PATH = "/cgi-bin/message/subscribe/send"
TOKEN_PATH = "/cgi-bin/stable_token"
FIELDS = {"thing1": "苏州驻点", "date2": "2026年11月24日", "thing3": "今天还没有打卡"}


def send(client: WechatClient, openid: str = "openid-zhou", template: str = "sandbox-reminder", **changed: str) -> None:
    client.send_subscribe(openid, template, FIELDS | changed, "pages/today/today")


def test_a_message_is_on_the_phone(client, sandbox):
    send(client)
    (message,) = requests.get(f"{sandbox.url}/_sandbox/messages", params={"openid": "openid-zhou"}).json()
    assert message["fields"] == FIELDS
    assert (message["title"], message["page"], message["miniprogram_state"]) == (
        "打卡提醒",
        "pages/today/today",
        "formal",
    )
    assert requests.get(f"{sandbox.url}/_sandbox/messages?openid=somebody-else").json() == []


@pytest.mark.parametrize(
    "changed",
    [{"thing1": "二" * 21}, {"thing1": ""}, {"thing3": "一\n二"}, {"date2": "11月24日"}, {"thing9": "not of it"}],
    ids=str,
)
def test_a_value_that_does_not_fit_is_never_sent(client, sandbox, changed):
    with pytest.raises(errors.Never) as caught:
        send(client, **changed)
    assert caught.value.errcode == 47003
    assert not sandbox.state.messages
    assert not sandbox.state.credits, "a refused send costs no credit"


def test_unknown_template_and_person(client):
    with pytest.raises(errors.Never) as caught:
        send(client, template="sandbox-unknown")
    assert caught.value.errcode == 40037
    with pytest.raises(errors.UserMustAct) as caught:
        send(client, openid="openid-nobody")
    assert caught.value.errcode == 40003


def test_credits_run_out(client, control, sandbox):
    control("credits", openid="openid-zhou", credits=2)
    send(client)
    send(client)
    with pytest.raises(errors.UserMustAct) as caught:
        send(client)
    assert caught.value.errcode == 43101
    assert len(sandbox.state.messages) == 2


def test_an_expired_token_is_replaced_once(client, control, sandbox):
    send(client)
    control("tokens/expire")
    send(client)
    assert sandbox.state.calls[TOKEN_PATH] == 2
    assert sandbox.state.calls[PATH] == 3
    assert len(sandbox.state.messages) == 2


def test_a_permanent_40001_is_bounded(client, control, sandbox):
    control("faults", path=PATH, times=1000, errcode=40001)
    with pytest.raises(errors.RetryLater) as caught:
        send(client)
    assert caught.value.errcode == 40001
    assert dict(sandbox.state.calls) == {TOKEN_PATH: 2, PATH: 2}


def test_a_token_that_cannot_be_had_is_asked_for_once(client, control, sandbox):
    control("faults", path=TOKEN_PATH, times=1000, errcode=40001)  # how WeChat also says: wrong AppSecret
    with pytest.raises(errors.RetryLater):
        send(client)
    assert dict(sandbox.state.calls) == {TOKEN_PATH: 1}


def test_a_hanging_token_endpoint_is_not_waited_for(config, control, sandbox):
    control("faults", path=TOKEN_PATH, times=1, hang_s=2)
    with pytest.raises(errors.RetryLater):
        send(WechatClient(config, timeout_s=0.5))
    assert PATH not in sandbox.state.calls


@pytest.mark.parametrize(
    ("path", "fault", "expected"),
    [
        (PATH, {"errcode": -1}, errors.RetryLater),
        (PATH, {"errcode": 43108}, errors.RetryLater),
        (PATH, {"errcode": 45009}, errors.QuotaSpent),
        (PATH, {"errcode": 43107}, errors.Never),
        (PATH, {"errcode": 99999}, errors.Never),
        (PATH, {"http_status": 502}, errors.Uncertain),
        (PATH, {"body": "<html>"}, errors.Uncertain),
        (PATH, {"reset": True}, errors.Uncertain),
        (PATH, {"hang_s": 1.0}, errors.Uncertain),
        (TOKEN_PATH, {"errcode": 45009}, errors.QuotaSpent),
        (TOKEN_PATH, {"http_status": 502}, errors.RetryLater),
        (TOKEN_PATH, {"reset": True}, errors.RetryLater),
        (TOKEN_PATH, {"body": "[]"}, errors.RetryLater),
    ],
    ids=str,
)
def test_what_a_fault_means(client, control, path, fault, expected):
    control("faults", path=path, times=1, **fault)
    with pytest.raises(errors.WechatError) as caught:
        send(client)
    assert type(caught.value) is expected


def test_an_answer_lost_after_the_work_is_uncertain_and_it_arrived(client, control, sandbox, capfd):
    control("faults", path=PATH, times=1, reset=True, carried_out=True)
    with pytest.raises(errors.Uncertain):
        send(client)
    assert len(sandbox.state.messages) == 1
    sandbox.stop()
    assert capfd.readouterr().err == "", "a reset that was asked for is no fault of the sandbox's"


def test_no_connection_and_no_such_host_mean_nothing_was_sent(client, sandbox, monkeypatch):
    send(client)  # holds a token, so that the send itself is what fails
    monkeypatch.setattr(client._api, "_base", "http://wechat.invalid")
    with pytest.raises(errors.RetryLater):
        send(client)
    monkeypatch.setattr(client._api, "_base", "http://127.0.0.1:1")
    with pytest.raises(errors.RetryLater):
        send(client)


def test_two_sends_at_once_to_one_person(client, config, sandbox):
    sandbox.state.send_takes_s = 0.3
    refused: list[int | None] = []

    def one() -> None:
        try:
            send(WechatClient(config))
        except errors.RetryLater as error:
            refused.append(error.errcode)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [43108]
    assert len(sandbox.state.messages) == 1
