"""小程序助手消息 in 消息设置: bound in one tap, more taken later, ended as easily; and messages then come that way."""

import pytest
import requests
from flask_openapi import OpenAPI

from server.app import make_services
from server.config import Config
from server.db import Database
from server.wechat.sandbox.app import RunningSandbox
from server.wechat.sandbox.staff import Staff
from tests.cast import Cast
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone

PAGE = "mine/switches/switches"
TEMPLATES = {"checkin_decided": "sandbox-staff-decided", "leave_decided": "sandbox-staff-leave"}
BOTH = {"sandbox-staff-decided", "sandbox-staff-leave"}


@pytest.fixture
def staffed(
    server: str, routes: OpenAPI, config: Config, clock: RunningClock, db: Database, sandbox: RunningSandbox, cast: Cast
) -> None:
    """A county with templates of 用工关系; nobody is bound yet."""
    told = config.model_copy(update={"wechat_employee_templates": TEMPLATES})
    routes.extensions["zhudian"] = make_services(told, clock, db)
    staff = sandbox.state.of(Staff)
    staff.bound.clear()
    staff.refused.clear()
    sandbox.state.register(cast["chen"].openid)


def taken(sandbox: RunningSandbox) -> set[str] | None:
    return sandbox.state.of(Staff).bound.get("o-chen")


def test_one_tap_binds_and_takes_what_the_county_sends(staffed: None, phone: Phone, sandbox: RunningSandbox) -> None:
    phone.opens(PAGE).sees("小程序助手消息", "开通一次，不用每次允许").taps("开通")
    phone.sees("已开通。消息会发到微信“小程序助手”。", "增加接收的消息").sees_not("开通一次，不用每次允许")
    assert taken(sandbox) == BOTH
    (call,) = phone.calls("bindEmployeeRelation")
    assert set(call["tmplIds"]) == BOTH
    phone.is_killed_and_restarted(PAGE).sees("增加接收的消息")  # WeChat remembers it


def test_who_says_no_is_told_so_and_may_come_back(staffed: None, phone: Phone, sandbox: RunningSandbox) -> None:
    phone.answers_employee_relation("reject").opens(PAGE).taps("开通").sees("没有开通。想开通时再点一次。")
    assert taken(sandbox) is None
    phone.answers_employee_relation("accept").taps("开通").sees("已开通。")
    assert taken(sandbox) == BOTH


def test_what_was_left_out_is_taken_later(staffed: None, phone: Phone, sandbox: RunningSandbox) -> None:
    order = {"openid": "o-chen", "template_ids": ["sandbox-staff-leave"]}
    assert requests.post(f"{sandbox.url}/_sandbox/staff", json=order, timeout=5).status_code == 200
    phone.opens(PAGE).taps("增加接收的消息").sees("已增加 1 类消息。")
    assert taken(sandbox) == BOTH
    phone.taps("增加接收的消息").sees("没有增加。可能都已经在接收。")


def test_it_is_ended_as_easily(staffed: None, phone: Phone, sandbox: RunningSandbox, rows) -> None:
    phone.opens(PAGE).taps("开通").sees("已开通。").taps("关闭小程序助手消息").sees("收件箱里照样有")
    phone.taps("取消").sees("增加接收的消息")
    assert taken(sandbox) == BOTH
    phone.taps("关闭小程序助手消息").taps("关闭").sees("已关闭。").sees("开通一次，不用每次允许")
    assert taken(sandbox) is None
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'wechat.employee_unbound'") == [(1,)]


def test_without_a_network_it_says_so_and_nothing_has_changed(
    staffed: None, phone: Phone, sandbox: RunningSandbox
) -> None:
    phone.opens(PAGE).taps("开通").sees("已开通。").goes_offline()
    phone.taps("关闭小程序助手消息").taps("关闭").sees("没有网络").sees("增加接收的消息")
    assert taken(sandbox) == BOTH


def test_where_the_county_has_none_nothing_of_it_is_shown(phone: Phone) -> None:
    phone.opens(PAGE).sees("微信消息").sees_not("小程序助手消息")


def test_an_old_wechat_is_told_what_to_do(staffed: None, phones: Phones) -> None:
    phone = phones(without=["checkEmployeeRelation", "bindEmployeeRelation"])
    phone.opens(PAGE).sees("您的微信版本较旧，请更新后再开通。").sees_not("增加接收的消息")
    assert phone.page.get_by_role("button", name="开通").count() == 0  # type: ignore[union-attr]
