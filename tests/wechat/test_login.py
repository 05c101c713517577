"""A wx.login code through the client: an openid, or one of three refusals that a person can act on."""

import pytest

from server.errors import AppError
from server.wechat.client import WechatClient

PATH = "/sns/jscode2session"


def refusal(client: WechatClient, code: str) -> AppError:
    with pytest.raises(AppError) as caught:
        client.openid_of(code)
    return caught.value


def test_a_fresh_code_names_its_openid(client, login_code):
    assert client.openid_of(login_code) == "openid-zhou"


def test_login_needs_no_access_token(client, login_code, sandbox):
    client.openid_of(login_code)
    assert dict(sandbox.state.calls) == {PATH: 1}


def test_a_replayed_code_is_refused(client, login_code):
    client.openid_of(login_code)
    error = refusal(client, login_code)
    assert (error.status, error.code, error.facts) == (401, "wechat_code_invalid", {"errcode": 40163})


def test_an_unknown_and_an_expired_code_are_refused(client, login_code, control):
    assert refusal(client, "never-minted").facts == {"errcode": 40029}
    control("clock", advance_s=301)
    assert refusal(client, login_code).facts == {"errcode": 40029}


@pytest.mark.parametrize("wrong", [{"wechat_secret": "other"}, {"wechat_appid": "wxother"}])
def test_a_wrong_app_is_our_fault_and_not_the_members(config, login_code, wrong):
    error = refusal(WechatClient(config.model_copy(update=wrong)), login_code)
    assert (error.status, error.code) == (503, "wechat_unavailable")


def test_a_blocked_person_is_told_so(client, login_code, control):
    control("faults", path=PATH, times=1, errcode=40226)
    error = refusal(client, login_code)
    assert (error.status, error.code) == (403, "wechat_blocked")


@pytest.mark.parametrize(
    "fault",
    [
        {"hang_s": 1.0},
        {"http_status": 502},
        {"body": "<html>a gateway</html>"},
        {"body": '["no", "object"]'},
        {"body": '{"session_key": "without an openid"}'},
        {"reset": True},
        {"errcode": -1},
        {"errcode": 45011},
    ],
    ids=str,
)
def test_a_sick_wechat_is_unavailable(client, login_code, control, fault):
    control("faults", path=PATH, times=1, **fault)
    error = refusal(client, login_code)
    assert (error.status, error.code) == (503, "wechat_unavailable")


def test_no_wechat_at_all_is_unavailable(client, login_code, sandbox):
    sandbox.stop()
    assert refusal(client, login_code).status == 503
