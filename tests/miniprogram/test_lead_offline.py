"""跟进 without signal: kept on the phone before it is sent, sent once, said where it waits and what became of it."""

import json
from typing import Any

import pytest

from server.org import consent
from tests.api.test_leads import body
from tests.client import Api
from tests.miniprogram.conftest import Phones
from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import checks_in, invited, on_site
from tests.miniprogram.test_offline import sent

LINE, KEPT = "见了谁，谈了什么", "没有网络，已存好，联网后自动提交。"


@pytest.fixture
def lead(api: Api) -> str:
    return str(json.loads(api.post("/leads", "chen", body(api)).text)["id"])


def told(api: Api, lead: str) -> list[dict[str, Any]]:
    return list(json.loads(api.get(f"/leads/{lead}", "bureau").text)["updates"])


def at_lead(phone: Phone, lead: str) -> Phone:
    """From the list, as a person gets there."""
    phone.opens("leads/list/list").taps("苏州汇川技术有限公司").is_on("leads/lead/lead").sees("写跟进")
    assert phone.evaluates("__phone.page().query?.id") in (None, lead)
    return phone


def writes(phone: Phone, text: str) -> Phone:
    """Until it is kept."""
    phone.fills(LINE, text).taps("记下")
    phone.page.wait_for_function("!__phone.page().data.text && !__phone.page().data.busy")  # type: ignore[union-attr]
    return phone


def test_written_without_signal_it_waits_on_the_lead_and_goes_when_the_network_is_back(
    phone: Phone, api: Api, lead: str
) -> None:
    at_lead(phone, lead).goes_offline()
    writes(phone, "拜访了张总").sees("待发送", "拜访了张总", KEPT)
    assert phone.field(LINE).input_value() == ""
    assert told(api, lead) == []
    sent(phone.comes_online()).sees_not("待发送").sees("拜访了张总")
    assert [one["text"] for one in told(api, lead)] == ["拜访了张总"]


def test_the_app_opened_without_signal_shows_the_leads_listed_before_and_one_can_be_written_about(
    phone: Phone, api: Api, lead: str
) -> None:
    phone.opens("leads/list/list").sees("苏州汇川技术有限公司").goes_offline().is_killed_and_restarted(
        "leads/list/list"
    )
    phone.sees("显示的是上次的内容").taps("苏州汇川技术有限公司").sees("跟进照常可以写")
    writes(phone, "在地下车库写的").sees("待发送").goes_back().is_on("leads/list/list")
    phone.is_killed_and_restarted("leads/list/list").sees("1 条跟进待发送")
    sent(phone.comes_online())
    assert [one["text"] for one in told(api, lead)] == ["在地下车库写的"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_the_moment_of_sending_it_counts_once(phone: Phone, api: Api, lead: str, when: str) -> None:
    at_lead(phone, lead).fills(LINE, "拜访了张总").dies(when, "request", at="/updates").taps("记下").waits_for_its_end()
    sent(phone.opens())
    assert [one["text"] for one in told(api, lead)] == ["拜访了张总"]


def test_the_answer_lost_it_counts_once(phone: Phone, api: Api, lead: str) -> None:
    at_lead(phone, lead).loses_answers(f"/leads/{lead}/updates")
    writes(phone, "拜访了张总").sees("待发送")
    phone.goes_to_background().comes_back()
    sent(phone)
    assert len(told(api, lead)) == 1


def test_todays_page_and_the_queue_name_both_kinds(phone: Phone, api: Api, lead: str) -> None:
    on_site(phone).opens().sees("23:00 前").goes_offline()
    checks_in(phone).sees(KEPT)
    phone.comes_online().goes_to(f"leads/lead/lead?id={lead}").sees("写跟进")
    sent(phone)
    phone.goes_offline()
    writes(phone, "第一条").sees("待发送")
    writes(phone, "第二条").sees("第二条")
    phone.is_killed_and_restarted().sees("2 条跟进还没有提交").taps("2 条跟进还没有提交").is_on("pages/unsent/unsent")
    phone.sees("跟进 · 苏州汇川技术有限公司", "第一条", "第二条").comes_online()
    sent(phone)
    assert [one["text"] for one in told(api, lead)] == ["第二条", "第一条"]


def test_one_that_the_server_fails_at_holds_up_neither_the_next_nor_a_check_in(
    phone: Phone, api: Api, lead: str
) -> None:
    at_lead(phone, lead).goes_offline()
    writes(phone, "第一条").sees("待发送")
    writes(phone, "第二条").sees("第二条").server_answers(f"/leads/{lead}/updates", 500).comes_online()
    phone.sees("服务器忙，已存好，稍后自动提交。", "chen · 11月24日 周二")
    assert [one["text"] for one in told(api, lead)] == ["第二条"]
    sent(phone.network_recovers().goes_to_background().comes_back())
    assert [one["text"] for one in told(api, lead)] == ["第二条", "第一条"]


def test_what_is_refused_is_kept_and_can_be_mended_and_sent(phone: Phone, api: Api, lead: str) -> None:
    """Kept without signal with its place; meanwhile consent is withdrawn on another phone."""
    at_lead(on_site(phone), lead).taps("带上位置").goes_offline()
    writes(phone, "拜访了张总").sees("待发送")
    api.post("/consents", "chen", {"version": consent.CURRENT_VERSION, "agreed": False})
    phone.comes_online().sees("需要处理", "阅读并同意").taps("修改").sees("修改没有发出的跟进")
    assert phone.field(LINE).input_value() == "拜访了张总"
    phone.taps("带上位置").fills(LINE, "拜访了张总，不带位置").taps("记下").sees("chen · 11月24日 周二")
    sent(phone).sees_not("需要处理")
    assert [one["text"] for one in told(api, lead)] == ["拜访了张总，不带位置"]


def test_what_is_refused_for_consent_goes_once_it_is_given(phone: Phone, api: Api, lead: str) -> None:
    api.post("/consents", "chen", {"version": consent.CURRENT_VERSION, "agreed": False})
    at_lead(on_site(phone), lead).taps("带上位置")
    writes(phone, "拜访了张总").sees("需要处理").taps("阅读并同意").is_on("pages/consent/consent").taps("同意")
    sent(phone)
    assert [one["text"] for one in told(api, lead)] == ["拜访了张总"]


def test_about_a_lead_that_ended_meanwhile_it_is_refused_and_can_be_given_up(phone: Phone, api: Api, lead: str) -> None:
    at_lead(phone, lead).goes_offline()
    writes(phone, "拜访了张总").sees("待发送")
    said = {"id": "5b0c0e8e-5a0e-4f6e-9d6e-0f3f5c1d2e3f", "code": "no_reply", "tried": "电话", "evidence": "前台"}
    asked = json.loads(api.post(f"/leads/{lead}/closing", "colleague", said).text)["id"]
    api.post(f"/lead-requests/{asked}/decision", "supervisor", {"decision": "granted", "answer": "同意"})
    phone.comes_online().sees("这条线索已经终止，请先重新打开。").taps("删除")
    phone.page.locator(".wechat").get_by_text("删除", exact=True).last.tap()  # type: ignore[union-attr]
    phone.sees_not("需要处理")
    sent(phone)
    assert told(api, lead) == []


def test_a_full_phone_says_so_and_the_words_stay_in_the_form(phone: Phone, api: Api, lead: str) -> None:
    at_lead(phone, lead).fails("setStorage", "exceed max size").fills(LINE, "拜访了张总").taps("记下")
    phone.sees("手机里存不下了")
    assert phone.field(LINE).input_value() == "拜访了张总"
    phone.taps("记下").sees("chen · 11月24日 周二")
    assert len(told(api, lead)) == 1


def test_what_one_has_written_is_never_sent_in_the_name_of_another(
    phone: Phone, phones: Phones, api: Api, lead: str
) -> None:
    at_lead(phone, lead).goes_offline()
    writes(phone, "拜访了张总").sees("待发送")
    api.post(f"/members/{api.cast['chen'].id}/lost-phone", "admin")
    code = invited(api, "colleague")
    elsewhere = phones().agreed_to_privacy().opens().taps("知道了，开始")
    elsewhere.fills("单位给您的邀请码", code).taps("绑定").is_on("pages/consent/consent")
    phone.comes_online().is_killed_and_restarted().sees("23:00 前").sees_not("还没有提交")
    assert told(api, lead) == []
    assert phone.evaluates("__phone.wx.getStorageSync('leads')") == "", "nor does the colleague read chen's leads"
