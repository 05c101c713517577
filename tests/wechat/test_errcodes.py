"""Every errcode of wechat-facts for the calls we make, and what becomes of it: one table a call."""

import pytest

from server.errors import AppError
from server.wechat import errors
from server.wechat.client import WechatClient

LOGIN, TOKEN, SEND = "/sns/jscode2session", "/cgi-bin/stable_token", "/cgi-bin/message/subscribe/send"
FIELDS = {"thing1": "苏州驻点", "date2": "2026年11月24日", "thing3": "今天还没有打卡"}


@pytest.mark.parametrize(
    ("errcode", "means", "status", "code"),
    [
        (-1, "system busy", 503, "wechat_unavailable"),
        (40013, "our appid is wrong", 503, "wechat_unavailable"),
        (40125, "our secret is wrong", 503, "wechat_unavailable"),
        (45011, "too many logins", 503, "wechat_unavailable"),
        (40029, "no such code, or expired", 401, "wechat_code_invalid"),
        (40163, "code used before", 401, "wechat_code_invalid"),
        (40226, "WeChat blocks this person", 403, "wechat_blocked"),
    ],
)
def test_login(client: WechatClient, control, login_code, errcode, means, status, code):
    control("faults", path=LOGIN, times=1, errcode=errcode)
    with pytest.raises(AppError) as caught:
        client.openid_of(login_code)
    assert (caught.value.status, caught.value.code) == (status, code), means


@pytest.mark.parametrize(
    ("errcode", "means", "expected"),
    [
        (-1, "system busy", errors.RetryLater),
        (40001, "wrong secret, as it is also said", errors.RetryLater),
        (40002, "grant_type", errors.RetryLater),
        (40013, "appid", errors.RetryLater),
        (40125, "secret", errors.RetryLater),
        (40164, "our address is not on the list", errors.RetryLater),
        (40243, "secret frozen", errors.RetryLater),
        (41002, "appid missing", errors.RetryLater),
        (41004, "secret missing", errors.RetryLater),
        (43002, "not a POST", errors.RetryLater),
        (45009, "quota of the day", errors.QuotaSpent),
        (45011, "too often a minute", errors.RetryLater),
        (50004, "not allowed", errors.RetryLater),
        (50007, "account frozen", errors.RetryLater),
        (89503, "an administrator must confirm our address", errors.RetryLater),
        (89506, "refused our address", errors.RetryLater),
        (89507, "refused our address for now", errors.RetryLater),
    ],
)
def test_the_token(client: WechatClient, control, sandbox, errcode, means, expected):
    """Whatever is wrong with the token is the operator's to mend; the message goes out afterwards."""
    control("faults", path=TOKEN, times=1, errcode=errcode)
    with pytest.raises(errors.WechatError) as caught:
        client.send_subscribe("openid-zhou", "sandbox-reminder", FIELDS, "pages/today/today")
    assert type(caught.value) is expected, means
    assert SEND not in sandbox.state.calls


@pytest.mark.parametrize(
    ("errcode", "means", "expected", "calls"),
    [
        (-1, "system busy", errors.RetryLater, 1),
        (40001, "token not the latest", errors.RetryLater, 2),
        (40014, "token malformed", errors.RetryLater, 2),
        (42001, "token expired", errors.RetryLater, 2),
        (41001, "token missing", errors.Never, 1),
        (40003, "no such openid", errors.UserMustAct, 1),
        (40037, "no such template", errors.Never, 1),
        (41030, "page not released", errors.Never, 1),
        (43101, "refused, or no credit left", errors.UserMustAct, 1),
        (43107, "sending is banned", errors.Never, 1),
        (43108, "another send to this person under way", errors.RetryLater, 1),
        (44990, "too often a second", errors.RetryLater, 1),
        (44991, "too often a minute", errors.RetryLater, 1),
        (44993, "too often a day", errors.QuotaSpent, 1),
        (45009, "quota of the day", errors.QuotaSpent, 1),
        (45011, "too often a minute", errors.RetryLater, 1),
        (45168, "a sensitive word", errors.Never, 1),
        (47003, "a value does not fit", errors.Never, 1),
        (99999, "unknown to us", errors.Never, 1),
    ],
)
def test_a_message(client: WechatClient, control, sandbox, errcode, means, expected, calls):
    control("faults", path=SEND, times=2, errcode=errcode)
    with pytest.raises(errors.WechatError) as caught:
        client.send_subscribe("openid-zhou", "sandbox-reminder", FIELDS, "pages/today/today")
    assert (type(caught.value), caught.value.errcode) == (expected, errcode), means
    assert sandbox.state.calls[SEND] == calls, "one bounded retry, and only for a token"
