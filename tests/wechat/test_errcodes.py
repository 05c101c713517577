"""Every errcode of wechat-facts for the calls we make, and what becomes of it: one table a call."""

import pytest

from server.errors import AppError
from server.wechat import errors
from server.wechat.client import WechatClient
from server.wechat.group_bot import GroupBotClient
from server.wechat.sandbox.message_templates import TEMPLATES
from tests.wechat.caller import read_code
from tests.wechat.token_answers import TOKEN_ANSWERS

LOGIN, TOKEN, SEND = "/sns/jscode2session", "/cgi-bin/stable_token", "/cgi-bin/message/subscribe/send"
PHONE, CODE = "/wxa/business/getuserphonenumber", "/wxa/getwxacodeunlimit"
STAFF, WEBHOOK = "/cgi-bin/message/wxopen/employeerelationmsg/send", "/cgi-bin/webhook/send"
LIST, UNBIND = "/wxaapi/newtmpl/gettemplate", "/wxa/business/unbinduserb2cauthinfo"
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


@pytest.mark.parametrize(("errcode", "means", "expected"), TOKEN_ANSWERS)
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


@pytest.mark.parametrize(
    ("errcode", "means", "status", "code", "calls"),
    [
        (-1, "system busy", 503, "wechat_unavailable", 1),
        (40001, "token not the latest", 503, "wechat_unavailable", 2),
        (40014, "token malformed", 503, "wechat_unavailable", 2),
        (42001, "token expired", 503, "wechat_unavailable", 2),
        (40013, "a code of another mini-program: our appid is wrong", 503, "wechat_unavailable", 1),
        (40029, "no such code, used, expired or another person's", 403, "phone_code_invalid", 1),
        (40163, "used, as it is also said", 403, "phone_code_invalid", 1),
        (45009, "quota of the day", 503, "wechat_unavailable", 1),
        (45011, "too often a minute", 503, "wechat_unavailable", 1),
        (99999, "unknown to us", 503, "wechat_unavailable", 1),
    ],
)
def test_a_phone_number(client: WechatClient, control, sandbox, errcode, means, status, code, calls):
    minted = control("phone-codes", openid="openid-zhou", number="13800001234")["code"]
    control("faults", path=PHONE, times=2, errcode=errcode)
    with pytest.raises(AppError) as caught:
        client.phone_number(minted, "openid-zhou")
    assert (caught.value.status, caught.value.code) == (status, code), means
    assert sandbox.state.calls[PHONE] == calls
    control("faults", path=PHONE, times=0)
    assert client.phone_number(minted, "openid-zhou") == "+8613800001234", "the code was not used up by a refusal"


@pytest.mark.parametrize(
    ("errcode", "means", "calls"),
    [
        (-1, "system busy", 1),
        (40001, "token not the latest", 2),
        (40014, "token malformed", 2),
        (42001, "token expired", 2),
        (40097, "args", 1),
        (40129, "characters of the scene", 1),
        (40169, "length of the scene", 1),
        (41030, "the page is not released", 1),
        (45009, "quota of the day", 1),
        (45011, "too often a minute", 1),
        (85096, "a reserved word", 1),
    ],
)
def test_a_code(client: WechatClient, control, sandbox, errcode, means, calls):
    """Whatever it is, whoever wants to see a code can only come back; the log has the errcode for the operator."""
    control("faults", path=CODE, times=2, errcode=errcode)
    with pytest.raises(AppError) as caught:
        client.code_image("a=1", "pages/today/today")
    assert (caught.value.status, caught.value.code) == (503, "wechat_unavailable"), means
    assert caught.value.facts["errcode"] == errcode
    assert sandbox.state.calls[CODE] == calls


@pytest.mark.parametrize("fault", [{"http_status": 502}, {"reset": True}, {"body": "<html>"}, {"truncate": "body"}])
def test_a_code_and_a_number_that_do_not_come(client: WechatClient, control, fault):
    minted = control("phone-codes", openid="openid-zhou", number="13800001234")["code"]
    for path in (PHONE, CODE):
        control("faults", path=path, times=1, **fault)
    for call in (lambda: client.phone_number(minted, "openid-zhou"), lambda: client.code_image("a", "pages/a/a")):
        with pytest.raises(AppError) as caught:
            call()
        assert (caught.value.status, caught.value.code) == (503, "wechat_unavailable")


def test_messages_and_codes_open_the_version_that_is_configured(config, control, sandbox):
    for state, version in (("formal", "release"), ("trial", "trial"), ("developer", "develop")):
        client = WechatClient(config.model_copy(update={"wechat_miniprogram_state": state}))
        client.send_subscribe("openid-zhou", "sandbox-reminder", FIELDS, "pages/today/today")
        assert (sandbox.state.messages[-1].miniprogram_state, sandbox.state.messages[-1].lang) == (state, "zh_CN")
        image = client.code_image("a=1", "pages/today/today")
        assert read_code(image) == f"weixin://sandbox/wxtest/{version}/pages/today/today?scene=a=1"
    control("settings", released=[])
    assert client.code_image("a", "pages/new/new", "trial"), "what is not released yet can be shown to its testers"
    with pytest.raises(AppError):
        client.code_image("a", "pages/new/new", "release")


@pytest.mark.parametrize(
    ("errcode", "means", "expected"),
    [
        (-1, "system busy", errors.RetryLater),
        (40001, "token not the latest", errors.RetryLater),
        (40097, "an argument is wrong", errors.Never),
        (40256, "no 用工关系 with this person", errors.UserMustAct),
        (40257, "the relation is not as it should be", errors.Never),
        (43104, "the mini-program may not", errors.Never),
        (45009, "quota of the day", errors.QuotaSpent),
        (47003, "a value does not fit", errors.Never),
        (50001, "this person did not take the template", errors.UserMustAct),
    ],
)
def test_a_message_to_staff(client: WechatClient, control, errcode, means, expected):
    control("faults", path=STAFF, times=2, errcode=errcode)
    with pytest.raises(errors.WechatError) as caught:
        client.send_employee("openid-zhou", "sandbox-staff-reminder", FIELDS, "pages/today/today")
    assert (type(caught.value), caught.value.errcode) == (expected, errcode), means


@pytest.mark.parametrize(
    ("errcode", "means", "expected", "calls"),
    [
        (-1, "system busy", errors.RetryLater, 1),
        (20001, "a system error of theirs", errors.Never, 1),
        (40001, "token not the latest", errors.RetryLater, 2),
        (40014, "token malformed", errors.RetryLater, 2),
        (41001, "token missing", errors.Never, 1),
        (42001, "token expired", errors.RetryLater, 2),
        (45009, "quota of the day", errors.QuotaSpent, 1),
        (200100, "not told today", errors.Never, 1),
    ],
)
def test_the_list_of_templates(client: WechatClient, control, sandbox, errcode, means, expected, calls):
    control("faults", path=LIST, times=2, errcode=errcode)
    with pytest.raises(errors.WechatError) as caught:
        client.templates()
    assert (type(caught.value), caught.value.errcode) == (expected, errcode), means
    assert sandbox.state.calls[LIST] == calls
    control("faults", path=LIST, times=0)
    assert [one.id for one in client.templates()] == list(TEMPLATES)


@pytest.mark.parametrize("fault", [{"body": "{}"}, {"body": '{"data": 7}'}, {"body": "<html>"}, {"http_status": 502}])
def test_a_list_that_is_none(client: WechatClient, control, fault):
    control("faults", path=LIST, times=1, **fault)
    with pytest.raises(errors.Uncertain):
        client.templates()


@pytest.mark.parametrize(
    ("errcode", "means", "answer"),
    [
        (-1, "system busy", (503, "wechat_unavailable")),
        (40001, "token not the latest", (503, "wechat_unavailable")),
        (40003, "no such openid", None),
        (40097, "an argument is wrong", (503, "wechat_unavailable")),
        (40256, "there is no 用工关系", None),
        (40257, "the relation is not as it should be", (503, "wechat_unavailable")),
        (43104, "the mini-program may not", (409, "wechat_not_enabled")),
        (45009, "quota of the day", (503, "wechat_unavailable")),
        (48001, "the mini-program was never allowed it", (409, "wechat_not_enabled")),
        (50001, "this person did not take the template", (503, "wechat_unavailable")),
    ],
)
def test_ending_the_relation(client: WechatClient, control, errcode, means, answer):
    control("faults", path=UNBIND, times=2, errcode=errcode)
    if answer is None:  # there is none, and so it is ended
        client.unbind_employee("openid-zhou")
        return
    with pytest.raises(AppError) as caught:
        client.unbind_employee("openid-zhou")
    assert (caught.value.status, caught.value.code, caught.value.facts["errcode"]) == (*answer, errcode), means


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"errcode": 93000}, errors.Never),
        ({"errcode": 40058}, errors.Never),
        ({"errcode": 45009}, errors.QuotaSpent),
        ({"errcode": -1}, errors.RetryLater),
        ({"http_status": 502}, errors.Uncertain),
        ({"body": "<html>"}, errors.Uncertain),
        ({"body": "{}"}, errors.Uncertain),
        ({"reset": True}, errors.Uncertain),
        ({"hang_s": 0.8}, errors.Uncertain),
    ],
    ids=str,
)
def test_a_message_to_the_group(sandbox, control, patience_s, fault, expected):
    control("faults", path=WEBHOOK, times=1, **fault)
    with pytest.raises(errors.WechatError) as caught:
        GroupBotClient(sandbox.url, timeout_s=patience_s).send_markdown("a-secret-key", "一")
    assert type(caught.value) is expected
    assert "a-secret-key" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_group_that_cannot_be_reached_was_not_told():
    with pytest.raises(errors.RetryLater):
        GroupBotClient("http://127.0.0.1:1").send_markdown("a-secret-key", "一")
