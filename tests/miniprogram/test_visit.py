"""走访: a check-in at a company and one line about it, with one hand; that very check-in corroborates the line."""

from typing import Any

import pytest

from tests.api.test_leads import body
from tests.client import Api
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import on_site
from tests.miniprogram.test_lead_offline import lead, told
from tests.miniprogram.test_offline import sent

__all__ = ["lead"]
LINE, NAME = "见了谁，谈了什么", "苏州汇川技术有限公司"
ELSEWHERE = (31.298731, 120.603942)


def at_company(phone: Phone) -> Phone:
    return phone.agreed_to_privacy().stands_at(*ELSEWHERE)


def visits(api: Api) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get("/checkins", "bureau", member=str(api.cast["chen"].id)).json["items"]
    return rows


def counts_taps(phone: Phone) -> Phone:
    phone.evaluates("(() => { window.__taps = 0; addEventListener('touchstart', () => window.__taps++, true); })()")
    return phone


def test_from_the_open_app_five_taps_and_one_line(phone: Phone, api: Api, lead: str) -> None:
    """打卡, 拍照, the company, the line, 提交. The sheet says what counts; a sixth tap leaves it."""
    counts_taps(at_company(phone).opens().sees("23:00 前"))
    phone.taps("打卡，23:00 前").sees("在围栏外").taps("拍照").taps(NAME).sees("已定位 ±20 m")
    phone.taps(phone.field(LINE)).fills(LINE, "看了厂房，谈了用地").taps("提交").sees("待核", f"跟进记在“{NAME}”。")
    assert phone.evaluates("window.__taps") == 5
    (row,) = visits(api)
    assert (row["kind"], row["verdict"]) == ("visit", "review"), "83 km from the station: the rules have a person look"
    sent(phone)
    (said,) = told(api, lead)
    assert (said["text"], said["corroborated"], said["happened_at"]) == (
        *("看了厂房，谈了用地", True, row["captured_at"]),
    )
    phone.taps("完成").is_on("pages/today/today").sees("已打卡")


def test_another_visit_after_the_days_check_in(phone: Phone, api: Api, lead: str) -> None:
    api.check_in("chen")
    counts_taps(at_company(phone).opens().sees("今天不用再打卡"))
    phone.taps("走访企业").sees("走访打卡").taps("拍照").taps(NAME)
    phone.taps(phone.field(LINE)).fills(LINE, "第二家").taps("提交").sees("完成")
    assert phone.evaluates("window.__taps") == 5
    sent(phone)
    assert [(one["text"], one["corroborated"]) for one in told(api, lead)] == [("第二家", True)]


def test_from_the_lead_itself_it_is_chosen_already(phone: Phone, api: Api, lead: str) -> None:
    at_company(phone).opens().sees("23:00 前").goes_to(f"leads/lead/lead?id={lead}")
    phone.taps("走访打卡，顺手记一句").sees("已定位 ±20 m").taps("拍照").fills(LINE, "谈了电价").taps("提交").sees(
        "完成"
    )
    sent(phone)
    assert [(one["text"], one["corroborated"]) for one in told(api, lead)] == [("谈了电价", True)]


def test_without_signal_both_wait_and_the_check_in_goes_first(phone: Phone, api: Api, lead: str) -> None:
    at_company(phone).opens().sees("23:00 前").taps("打卡，23:00 前").taps("拍照").sees(NAME).goes_offline()
    phone.taps(NAME).fills(LINE, "在车间里，没有信号").taps("提交").sees("没有网络，已存好")
    phone.is_killed_and_restarted().sees("1 次打卡、1 条跟进还没有提交")
    sent(phone.comes_online())
    (said,) = told(api, lead)
    assert (said["corroborated"], said["happened_at"]) == (True, visits(api)[0]["captured_at"])


def test_opened_without_signal_the_leads_known_before_are_offered(phone: Phone, api: Api, lead: str) -> None:
    at_company(phone).opens("leads/list/list").sees(NAME).goes_to("pages/today/today").sees("23:00 前")
    phone.goes_offline().is_killed_and_restarted().taps("打卡，23:00 前").taps("拍照").taps(NAME)
    phone.fills(LINE, "一直没有信号").taps("提交").sees("没有网络，已存好")
    sent(phone.comes_online())
    assert [one["corroborated"] for one in told(api, lead)] == [True]


def test_a_server_that_fails_at_the_check_in_keeps_the_line_behind_it(phone: Phone, api: Api, lead: str) -> None:
    at_company(phone).opens().sees("23:00 前").server_answers("/checkins", 500)
    phone.taps("打卡，23:00 前").taps("拍照").taps(NAME).fills(LINE, "看了厂房").taps("提交").sees("服务器忙，已存好")
    assert told(api, lead) == []
    sent(phone.goes_to_background().comes_back())
    assert [one["corroborated"] for one in told(api, lead)] == [True]


def test_a_visit_needs_its_line_and_a_second_tap_takes_the_choice_back(phone: Phone, api: Api, lead: str) -> None:
    on_site(phone).opens().sees("23:00 前").taps("打卡，23:00 前").taps("拍照").taps(NAME).taps("提交")
    phone.sees("请先写一句跟进。").taps(NAME).sees("在围栏内").taps("提交").sees("完成")
    assert [row["kind"] for row in visits(api)] == ["station"]
    assert told(api, lead) == []


def test_a_company_that_nobody_has_reported_yet_can_be_visited(phone: Phone, api: Api) -> None:
    at_company(phone).opens().sees("23:00 前").taps("走访企业").taps("拍照").sees_not("走访了哪家？")
    phone.fills("备注（可不填）", "园区里的新企业").taps("提交").sees("走访打卡", "完成")
    assert [row["kind"] for row in visits(api)] == ["visit"]


def test_of_many_leads_the_latest_three_are_offered_and_the_rest_on_demand(
    phone: Phone, api: Api, lead: str, clock: RunningClock
) -> None:
    for name in ("甲一", "乙二", "丙三", "丁四"):
        clock.advance(minutes=1)
        api.post("/leads", "chen", body(api, name))
    phone.clock_is_off(clock.ahead.total_seconds())
    at_company(phone).opens().sees("23:00 前").taps("打卡，23:00 前").taps("拍照").sees(
        "丁四", "丙三", "乙二", "还有 2 家"
    )
    phone.sees_not(NAME).taps("还有 2 家").taps(NAME).fills(LINE, "看了厂房").taps("提交").sees("完成")
    sent(phone)
    assert [one["text"] for one in told(api, lead)] == ["看了厂房"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_the_upload_the_check_in_and_the_line_are_there_once(
    phone: Phone, api: Api, lead: str, when: str
) -> None:
    at_company(phone).opens().sees("23:00 前").taps("打卡，23:00 前").taps("拍照").taps(NAME).fills(LINE, "看了厂房")
    phone.dies(when, "uploadFile").taps("提交").waits_for_its_end()
    sent(phone.opens())
    assert len(visits(api)) == 1
    assert [(one["text"], one["corroborated"]) for one in told(api, lead)] == [("看了厂房", True)]


def test_a_colleague_may_visit_the_squads_lead_and_an_outsider_is_offered_none(
    phones: Phones, api: Api, lead: str
) -> None:
    colleague = at_company(phones("colleague")).opens().taps("走访企业").taps("拍照").taps(NAME)
    sent(colleague.fills(LINE, "同去").taps("提交").sees("完成"))
    assert [one["member"] for one in told(api, lead)] == ["colleague"]
    neighbour = at_company(phones("neighbour")).opens().taps("走访企业").taps("拍照").sees("重拍")
    neighbour.sees_not(NAME)
