"""How often a path may be called: by the day, the minute and the second, each path counted apart; reset ten times."""

import pytest
import requests

from server.wechat.sandbox import limits, login
from tests.wechat.caller import APP, Caller
from tests.wechat.conftest import SECRET

TEXT = "/wxa/msg_sec_check"


@pytest.fixture
def caller(sandbox) -> Caller:
    return Caller(sandbox)


def check(caller: Caller) -> int:
    return int(caller.call("POST", TEXT, {"content": "字"}).json()["errcode"])


def quota(caller: Caller, path: str = TEXT) -> dict:
    return caller.call("POST", "/cgi-bin/openapi/quota/get", {"cgi_path": path}).json()


def test_a_minute_and_a_day_have_their_own_errcodes_and_ends(caller):
    caller.order("clock", frozen=True)
    caller.order("limits", path=TEXT, day=5, minute=2, too_fast=44991)
    assert [check(caller) for _ in range(3)] == [0, 0, 44991]
    caller.order("clock", advance_s=60)
    assert [check(caller) for _ in range(3)] == [0, 0, 44991]
    caller.order("clock", advance_s=60)
    assert [check(caller) for _ in range(2)] == [0, 45009]
    assert quota(caller)["quota"] == {"daily_limit": 5, "used": 5, "remain": 0}
    assert quota(caller)["rate_limit"] == {"call_count": 2, "refresh_second": 60}
    assert quota(caller, "/wxa/getwxacodeunlimit")["quota"]["used"] == 0, "each path has its own"


def test_a_new_day_begins_in_china(caller, sandbox):
    caller.order("clock", frozen=True)
    caller.order("limits", path=TEXT, day=1)
    assert [check(caller) for _ in range(2)] == [0, 45009]
    into_the_day_s = (sandbox.state.now().timestamp() + 8 * 3600) % 86_400
    caller.order("clock", advance_s=86_400 - into_the_day_s + 1)
    caller.tokens["app"] = caller.session.post(f"{sandbox.url}/cgi-bin/stable_token", json=APP).json()["access_token"]
    assert check(caller) == 0


def test_a_reset_begins_the_day_anew_ten_times_a_month_by_either_way(caller, sandbox):
    caller.order("limits", path=TEXT, day=1)
    by_secret = {"appid": "wxtest", "appsecret": SECRET}
    for number in range(10):
        assert [check(caller) for _ in range(2)] == [0, 45009]
        if number % 2:
            said = requests.post(f"{sandbox.url}/cgi-bin/clear_quota/v2", params=by_secret).json()
        else:
            said = caller.call("POST", "/cgi-bin/clear_quota", {"appid": "wxtest"}).json()
        assert said["errcode"] == 0
    assert caller.call("POST", "/cgi-bin/clear_quota", {"appid": "wxtest"}).json()["errcode"] == 48006
    assert requests.post(f"{sandbox.url}/cgi-bin/clear_quota/v2", params=by_secret).json()["errcode"] == 48006


def test_the_second_way_needs_no_token_that_is_used_up_itself(caller, sandbox):
    caller.order("limits", path="/cgi-bin/clear_quota", day=1)
    assert caller.call("POST", "/cgi-bin/clear_quota", {"appid": "wxtest"}).json()["errcode"] == 0
    for wrong, errcode in (({}, 41002), ({"appid": "wxtest"}, 41004), ({"appid": "wxo", "appsecret": SECRET}, 40013)):
        assert requests.post(f"{sandbox.url}/cgi-bin/clear_quota/v2", json=wrong).json()["errcode"] == errcode


def test_links_of_both_kinds_are_counted_together_by_the_second(caller):
    caller.order("clock", frozen=True)
    link = {"expire_type": 1, "expire_interval": 1}
    said = [caller.call("POST", "/wxa/generate_urllink", link).json()["errcode"] for _ in range(60)]
    said += [caller.call("POST", "/wxa/generatescheme", {"jump_wxa": {}}).json()["errcode"] for _ in range(41)]
    assert (said[:100], said[100]) == ([0] * 100, 44990)
    caller.order("clock", advance_s=1)
    assert caller.call("POST", "/wxa/generatescheme", {"jump_wxa": {}}).json()["errcode"] == 0


def test_the_old_tokens_of_a_day_and_the_logins_of_a_person_in_a_minute_end(caller, sandbox):
    caller.order("limits", path="/cgi-bin/token", day=2)
    fetched = [requests.get(f"{sandbox.url}/cgi-bin/token", params=APP).json() for _ in range(3)]
    assert [one.get("errcode") for one in fetched] == [None, None, 45009]
    caller.order("clock", frozen=True)
    for _ in range(99):
        limits.spend_of(sandbox.state, "login of openid-zhou", login.A_PERSON)
    caller.visit()
    code = caller.order("codes", openid="openid-zhou")["code"]
    asked = {"appid": "wxtest", "secret": SECRET, "js_code": code, "grant_type": "authorization_code"}
    assert requests.get(f"{sandbox.url}/sns/jscode2session", params=asked).json()["errcode"] == 45011
    caller.order("clock", advance_s=60)
    assert "openid" in requests.get(f"{sandbox.url}/sns/jscode2session", params=asked).json(), "it is good yet"
