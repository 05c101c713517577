"""An unmodified wechatpy 1.8.18, redirected by a mounted adapter, cannot tell the sandbox from WeChat."""

import io
import subprocess
import sys
import threading

import pytest
import requests
from wechatpy import WeChatClient
from wechatpy.enterprise import WeChatClient as EnterpriseClient
from wechatpy.exceptions import WeChatClientException

from server.wechat import errors
from tests.wechat.caller import read_code
from tests.wechat.conftest import OPENID, SECRET
from tests.wechat.old_token_process import DATA, LIVE, Redirected
from tests.wechat.test_send import PATH as SEND

WECOM = "https://qyapi.weixin.qq.com"


@pytest.fixture
def wechatpy_client(sandbox):
    client = WeChatClient("wxtest", SECRET)
    client._http.mount(LIVE + "/", Redirected(sandbox.url))
    return client


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


def test_its_other_calls(wechatpy_client, sandbox, control):
    wxa = wechatpy_client.wxa
    for answer in (
        wxa.get_wxa_code_unlimited("a=1", page="pages/day/day"),
        wxa.get_wxa_code("pages/day/day?id=7"),
        wxa.create_qrcode("pages/day/day"),
    ):
        assert read_code(answer.content).startswith("weixin://sandbox/wxtest/release/pages/day/day")
    with pytest.raises(WeChatClientException) as caught:
        wxa.get_wxa_code_unlimited("汉字")
    assert caught.value.errcode == 40129
    assert wxa.check_image_security(io.BytesIO(b"a picture"))["errcode"] == 0
    assert wxa.check_text_security("今天见了客商")["errcode"] == 0
    assert wxa.check_media_async(f"{sandbox.url}/", 2)["trace_id"]
    control("verdicts", suggest="risky")
    with pytest.raises(WeChatClientException) as caught:
        wxa.check_text_security("x")
    assert caught.value.errcode == 87014
    assert "106.55.206.146" in wechatpy_client.misc.get_wechat_ips()


def test_its_second_upload_has_an_empty_body_and_is_told_so(wechatpy_client, control):
    """Facts 2.2: the retry after an expired token sends a stream that was read already."""
    wechatpy_client.wxa.check_text_security("x")
    control("tokens/expire")
    with pytest.raises(WeChatClientException) as caught:
        wechatpy_client.wxa.check_image_security(io.BytesIO(b"a picture"))
    assert caught.value.errcode == 41005


def test_its_wecom_client(sandbox, control):
    corp = control("corp", members=["zhou"])
    client = EnterpriseClient(corp["corp_id"], corp["corp_secret"])
    client._http.mount(WECOM + "/", Redirected(sandbox.url, WECOM))
    sent = client.message.send_text_card(corp["agent_id"], ["zhou", "nobody"], "本月小结", "20 天", "https://a.b/c")
    assert (sent["errcode"], sent["invaliduser"]) == (0, "nobody")
    with pytest.raises(WeChatClientException) as caught:
        client.message.send_text(corp["agent_id"], ["nobody"], "x")
    assert caught.value.errcode == 81013
    (kept,) = requests.get(f"{sandbox.url}/_sandbox/corp/messages").json()
    assert (kept["users"], kept["textcard"]["title"]) == (["zhou"], "本月小结")


def test_it_goes_on_for_as_long_as_a_40001_does_and_ours_does_not(wechatpy_client, client, control, sandbox):
    """40 here because Python ends it at some 500; each round takes one of the 2 000 tokens of the day."""
    control("faults", path=SEND, times=40, errcode=40001)
    wechatpy_client.wxa.send_subscribe_message(OPENID, "sandbox-reminder", DATA)
    assert (sandbox.state.calls[SEND], sandbox.state.calls["/cgi-bin/token"]) == (41, 41)
    control("faults", path=SEND, times=40, errcode=40001)
    with pytest.raises(errors.RetryLater):
        client.send_subscribe(OPENID, "sandbox-reminder", {k: v["value"] for k, v in DATA.items()}, "pages/today/today")
    assert (sandbox.state.calls[SEND], sandbox.state.calls["/cgi-bin/stable_token"]) == (43, 2)


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


def test_two_processes_take_the_old_token_from_each_other_though_they_share_the_store(sandbox, control, tmp_path):
    """Each believes its own memory of when the token ends: of two that began together, each fetches one when the
    other's is minutes old, and so kills it (facts 2.2)."""
    command = [sys.executable, "-m", "tests.wechat.old_token_process", sandbox.url, str(tmp_path / "store.db")]
    pair = [
        subprocess.Popen([*command, openid], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for openid in ("openid-zhou", "openid-sun")
    ]
    sandbox.state.register("openid-sun")

    def tell(process: subprocess.Popen, order: str) -> None:
        print(order, file=process.stdin, flush=True)

    def told(process: subprocess.Popen) -> str:
        return process.stdout.readline().strip()

    try:
        assert [told(process) for process in pair] == ["ready", "ready"]
        control("faults", path="/cgi-bin/token", times=2, hang_s=0.3)  # both find the store empty
        for process in pair:
            tell(process, "send")
        assert all(told(process) for process in pair)
        for fetched in (4, 6):
            control("clock", advance_s=7150)
            held = []
            for process in pair:
                tell(process, "age")
                told(process)
                tell(process, "send")
                held.append(told(process))
            assert held[0] != held[1], "the second put its own in place of one that was seconds old"
            assert sandbox.state.tokens[held[0]].superseded_at is not None
            assert sandbox.state.calls["/cgi-bin/token"] == fetched, "two a life, where one would do"
    finally:
        for process in pair:
            process.stdin.close()
            assert process.wait(10) == 0
            process.stdout.close()
