"""Access tokens as WeChat hands them out: two kinds, grace, early renewal, forced refresh, and the four refusals."""

import pytest
import requests

from tests.wechat.conftest import SECRET

APP = {"grant_type": "client_credential", "appid": "wxtest", "secret": SECRET}


@pytest.fixture
def old(sandbox):
    return lambda **changed: requests.get(f"{sandbox.url}/cgi-bin/token", params=APP | changed).json()


@pytest.fixture
def stable(sandbox):
    return lambda **changed: requests.post(f"{sandbox.url}/cgi-bin/stable_token", json=APP | changed).json()


@pytest.fixture
def errcode_with(sandbox):
    """What a send with this token answers; 40003 (the empty body has no openid) means the token was good."""
    url = f"{sandbox.url}/cgi-bin/message/subscribe/send"
    return lambda token: requests.post(url, params={"access_token": token}, json={}).json()["errcode"]


def test_the_old_kind_makes_a_new_token_each_time_and_the_one_before_dies_after_its_grace(old, errcode_with, control):
    first, second = old()["access_token"], old()["access_token"]
    assert first != second
    assert [errcode_with(first), errcode_with(second)] == [40003, 40003]
    control("clock", advance_s=301)
    assert [errcode_with(first), errcode_with(second)] == [40001, 40003]


def test_the_stable_kind_stays_until_its_last_five_minutes(stable, errcode_with, control):
    first = stable()
    control("clock", advance_s=6800)
    again = stable()
    assert again["access_token"] == first["access_token"]
    assert 300 <= again["expires_in"] <= 400
    control("clock", advance_s=150)
    renewed = stable()
    assert renewed["access_token"] != first["access_token"]
    assert errcode_with(first["access_token"]) == 40003, "both live in the last five minutes"
    control("clock", advance_s=300)
    assert errcode_with(first["access_token"]) == 42001
    assert errcode_with(renewed["access_token"]) == 40003


def test_the_two_kinds_do_not_touch_each_other(old, stable, errcode_with, control):
    lasting = stable()["access_token"]
    old(), old()
    control("clock", advance_s=400)
    assert errcode_with(lasting) == 40003


def test_a_forced_refresh_kills_the_old_token_but_not_twice_in_half_a_minute(stable, errcode_with, control):
    first = stable()["access_token"]
    second = stable(force_refresh=True)["access_token"]
    assert [errcode_with(first), errcode_with(second)] == [40001, 40003]
    assert stable(force_refresh=True)["access_token"] == second
    for _ in range(19):
        control("clock", advance_s=31)
        stable(force_refresh=True)
    control("clock", advance_s=31)
    assert stable(force_refresh=True)["errcode"] == 45009


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [({"grant_type": "x"}, 40002), ({"appid": ""}, 41002), ({"appid": "wxo"}, 40013), ({"secret": ""}, 41004),
     ({"secret": "wrong"}, 40125)],
)  # fmt: skip
def test_who_may_not_have_a_token(old, stable, changed, errcode):
    assert old(**changed)["errcode"] == errcode
    assert stable(**changed)["errcode"] == errcode


def test_the_refusals_of_a_token(errcode_with, old, control):
    assert errcode_with("") == 41001
    assert errcode_with("no such form") == 40014
    assert errcode_with("96_" + "x" * 128) == 40001
    token = old()["access_token"]
    control("tokens/expire")
    assert errcode_with(token) == 42001


def test_a_refusal_is_a_200_with_a_trace_and_plain_utf8(sandbox):
    answer = requests.get(f"{sandbox.url}/cgi-bin/stable_token")
    assert answer.status_code == 200
    assert answer.json()["errcode"] == 43002
    assert " rid: " in answer.json()["errmsg"]
    assert requests.get(f"{sandbox.url}/cgi-bin/no/such/path").status_code == 404
    requests.post(f"{sandbox.url}/_sandbox/personas", json=[{"openid": "o", "name": "周文静"}])
    assert "周文静" in requests.get(sandbox.url).content.decode()


def test_a_token_is_long_enough_to_need_its_column(old):
    assert 100 < len(old()["access_token"]) <= 512
