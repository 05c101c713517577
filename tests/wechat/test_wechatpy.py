"""An unmodified wechatpy 1.8.18, redirected by a mounted adapter, cannot tell the sandbox from WeChat."""

import threading

import pytest
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from tests.wechat.conftest import OPENID, SECRET

LIVE = "https://api.weixin.qq.com"


class Redirected(HTTPAdapter):
    """What would go to api.weixin.qq.com goes to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request, **kwargs):
        request.url = self.url + request.url.removeprefix(LIVE)
        return super().send(request, **kwargs)


@pytest.fixture
def wechatpy_client(sandbox):
    client = WeChatClient("wxtest", SECRET)
    client._http.mount(LIVE + "/", Redirected(sandbox.url))
    return client


DATA = {"thing1": {"value": "苏州驻点"}, "date2": {"value": "2026年11月24日"}, "thing3": {"value": "还没有打卡"}}


def test_it_logs_in_and_sends(wechatpy_client, login_code, sandbox):
    assert wechatpy_client.wxa.code_to_session(login_code)["openid"] == OPENID
    answer = wechatpy_client.wxa.send_subscribe_message(OPENID, "sandbox-reminder", DATA)
    assert answer["errcode"] == 0
    assert [message.msgid for message in sandbox.state.messages] == [answer["msgid"]]


def test_it_recovers_from_an_expired_token(wechatpy_client, control, sandbox):
    wechatpy_client.wxa.send_subscribe_message(OPENID, "sandbox-reminder", DATA)
    control("tokens/expire")
    wechatpy_client.wxa.send_subscribe_message(OPENID, "sandbox-reminder", DATA)
    assert len(sandbox.state.messages) == 2


def test_its_errors_carry_the_errcode(wechatpy_client):
    with pytest.raises(WeChatClientException) as caught:
        wechatpy_client.wxa.send_subscribe_message(OPENID, "sandbox-reminder", DATA | {"thing1": {"value": "长" * 21}})
    assert caught.value.errcode == 47003
    assert caught.value.errmsg.startswith("argument invalid! data.thing1.value invalid rid: ")


def test_two_clients_with_the_old_token_take_it_from_each_other(sandbox, control):
    """Why the server uses stable_token: each fetch kills the token that the other one still believes in."""
    one, other = WeChatClient("wxtest", SECRET), WeChatClient("wxtest", SECRET)
    for client in (one, other):
        client._http.mount(LIVE + "/", Redirected(sandbox.url))
        thread = threading.Thread(target=client.wxa.send_subscribe_message, args=(OPENID, "sandbox-reminder", DATA))
        thread.start()
        thread.join()
    control("clock", advance_s=301)
    one.wxa.send_subscribe_message(OPENID, "sandbox-reminder", DATA)
    assert sandbox.state.calls["/cgi-bin/token"] == 3
