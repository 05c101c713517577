"""用工关系 in the API: which templates a phone binds for, and DELETE /me/employee-relation, which ends it at WeChat."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from server.config import Config
from server.wechat.sandbox.app import RunningSandbox
from server.wechat.sandbox.staff import Staff
from tests.client import Api

Rows = Callable[..., list]
TEMPLATES = {
    "checkin_decided": "staff-decided",
    "checkin_pending": "staff-decided",
    "leave_asked": "staff-leave|thing4,thing2,phrase3,thing9",
    "reminder": "staff-reminder",
}
ENDED = "SELECT count(*) FROM audit_events WHERE action = 'wechat.employee_unbound'"


@pytest.fixture
def config(config: Config, sandbox: RunningSandbox) -> Config:
    """A county with templates of 用工关系, whose WeChat is the sandbox."""
    sandbox.state.faults.clear()
    return config.model_copy(update={"sandbox_port": sandbox.port, "wechat_employee_templates": TEMPLATES})


@pytest.fixture
def bound(api: Api, sandbox: RunningSandbox) -> Callable[[str], bool]:
    """Chen and her colleague are bound; whether one of them still is."""
    staff = sandbox.state.of(Staff)
    for who in ("chen", "colleague"):
        openid = api.cast[who].openid
        sandbox.state.register(openid)
        requests.post(f"{sandbox.url}/_sandbox/staff", json={"openid": openid}, timeout=5)
    return lambda who: api.cast[who].openid in staff.bound


def test_each_sees_what_their_roles_can_be_sent_that_way(api: Api) -> None:
    told = {
        who: {one["template_id"]: one["purposes"] for one in api.get("/me/subscriptions", who).json["employee"]}
        for who in ("chen", "supervisor", "admin")
    }
    assert told["chen"] == {
        "staff-reminder": ["打卡时间快结束时提醒您"],
        "staff-decided": ["打卡转人工复核时告诉您", "打卡复核有结果时告诉您"],
    }
    assert list(told["supervisor"]) == ["staff-leave"], "without the keys behind the bar"
    assert told["admin"] == {}


def test_ending_it_ends_it_at_wechat_and_stands_in_the_audit(
    api: Api, bound: Callable[[str], bool], rows: Rows
) -> None:
    assert api.call("DELETE", "/me/employee-relation", "chen").status_code == 204
    assert (bound("chen"), bound("colleague")) == (False, True)
    assert rows(ENDED) == [(1,)]


@pytest.mark.parametrize("errcode", [40256, 40003])
def test_where_there_is_none_it_is_ended(
    api: Api, bound: Callable[[str], bool], sandbox: RunningSandbox, errcode: int
) -> None:
    assert api.call("DELETE", "/me/employee-relation", "chen").status_code == 204
    assert api.call("DELETE", "/me/employee-relation", "chen").status_code == 204
    fault = {"path": "/wxa/business/unbinduserb2cauthinfo", "times": 1, "errcode": errcode}
    requests.post(f"{sandbox.url}/_sandbox/faults", json=fault, timeout=5)
    assert api.call("DELETE", "/me/employee-relation", "chen").status_code == 204


@pytest.mark.parametrize(
    ("errcode", "answer"),
    [
        (-1, (503, "wechat_unavailable", "微信暂时没有办成，请稍后再试。")),
        (48001, (409, "wechat_not_enabled", "本县没有开通这项功能，请告诉管理员。")),
    ],
    ids=["busy", "never"],
)
def test_a_wechat_that_does_not_do_it_is_named_and_nothing_is_claimed(
    api: Api, bound: Callable[[str], bool], sandbox: RunningSandbox, rows: Rows, errcode: int, answer: Any
) -> None:
    fault = {"path": "/wxa/business/unbinduserb2cauthinfo", "times": 1, "errcode": errcode}
    requests.post(f"{sandbox.url}/_sandbox/faults", json=fault, timeout=5)
    refused = api.call("DELETE", "/me/employee-relation", "chen")
    assert (refused.status_code, refused.json["code"], refused.json["detail"]) == answer
    assert bound("chen")
    assert rows(ENDED) == [(0,)]


def test_nobody_ends_it_without_signing_in(api: Api) -> None:
    assert api.call("DELETE", "/me/employee-relation", None).status_code == 401
