"""提请县领导 from the phone: a squad asks with some times, the leader chooses or declines, both see it."""

from typing import Any

import pytest

from tests.api.test_escorts import answer, ask
from tests.api.test_leads import body
from tests.client import Api
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone
from tests.miniprogram.test_lead_offline import lead

__all__ = ["lead"]
NAME, WHERE, WHY = "苏州汇川技术有限公司", "如 苏州工业园区企业总部", "谈到哪一步了，希望领导谈什么"
WORD, REASON = "同意可不填；谢绝请写原因", "写一句原因，对方会看到"


@pytest.fixture
def escort(api: Api, lead: str) -> str:
    """Asked of the county's leader: 11月27日 or 11月29日."""
    made = ask(api, lead)
    assert made.status_code == 201, made.text
    return str(made.json["id"])


@pytest.fixture
def agreed(api: Api, escort: str) -> None:
    """For the 29th."""
    assert answer(api, escort).status_code == 200


def of(api: Api, lead: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/escorts?lead={lead}", "chen").json["items"]
    return found


def asks(phone: Phone, lead: str) -> Phone:
    """From the lead: one time, where and what for; not sent yet."""
    phone.opens("leads/lead/lead", id=lead).taps("提请县领导一同拜访").is_on("leads/along/along").sees("什么时候")
    phone.picks("第1个时间的日期", "2026-11-30").picks("第1个时间的结束", "10:30")
    return phone.fills(WHERE, "苏州工业园区").fills(WHY, "企业希望谈用地和电价")


def test_a_squad_asks_the_leader_chooses_and_both_know(phones: Phones, api: Api, lead: str) -> None:
    phone = asks(phones(), lead).taps("再提一个时间").picks("第2个时间的日期", "2026-12-02").taps("提请")
    phone.is_on("leads/lead/lead").sees(
        "请 county_leader 一同拜访", "待答复", "11月30日 09:00–10:30，或12月2日 09:00–11:30"
    )
    told = phones("county_leader").opens().taps("1 件县领导一同拜访等答复").is_on("leads/escort/escort")
    told.sees(NAME, "企业希望谈用地和电价", "苏州工业园区", "契合度", "首报").taps("同意").sees("请先选一个时间。")
    told.taps("12月2日 09:00–11:30").fills(WORD, "请准备材料").taps("同意").sees(
        "已约定", "county_leader答复：已约定。请准备材料"
    )
    told.sees_not("选一个时间").goes_to("pages/today/today").sees_not("等答复")
    phone.pulls_down().sees("已约定", "12月2日 09:00–11:30").taps("请 county_leader 一同拜访").sees("请准备材料")


def test_the_message_leads_to_what_is_asked(phones: Phones, escort: str) -> None:
    told = phones("county_leader").opens("pages/messages/messages").taps("提请同行")
    told.sees("这次提请由您，或由您代为答复。").taps("去看看").is_on("leads/escorts/escorts").sees(NAME)


def test_what_is_missing_is_said_before_it_is_sent(phone: Phone, api: Api, lead: str) -> None:
    phone.opens("leads/along/along", id=lead).sees("什么时候").taps("提请").sees("请选日期")
    phone.picks("第1个时间的日期", "2026-11-30").picks("第1个时间的结束", "08:00").taps("提请").sees(
        "结束时间要晚于开始时间。"
    )
    phone.picks("第1个时间的结束", "12:00").taps("提请").sees("请写明去哪里、为什么需要领导出面。")
    phone.fills(WHERE, "苏州").fills(WHY, "谈电价").taps("再提一个时间").picks("第2个时间的日期", "2026-11-30")
    phone.picks("第2个时间的结束", "12:00").taps("提请").sees("有两个时间是一样的。").taps("删掉第2个时间")
    phone.picks("第1个时间的日期", "2026-11-24").taps("提请").sees("提出的时间要在将来。")
    assert of(api, lead) == []


def test_without_signal_the_wish_stays_and_is_sent_once(phone: Phone, api: Api, lead: str) -> None:
    asks(phone, lead).goes_offline().taps("提请").sees("填的内容还在").comes_online().loses_answers(
        f"/leads/{lead}/escorts"
    )
    phone.taps("提请").is_on("leads/lead/lead").sees("待答复")
    assert [one["state"] for one in of(api, lead)] == ["open"]


def test_the_same_leader_is_not_asked_twice(phone: Phone, lead: str, escort: str) -> None:
    asks(phone, lead).taps("提请").sees("已经为这条线索提请过这位领导，还没有结束。填的内容还在。")


def test_a_no_needs_its_reason(phones: Phones, api: Api, lead: str, escort: str) -> None:
    phone = phones("county_leader").opens("leads/escort/escort", id=escort).taps("谢绝").sees("请写一句原因")
    phone.fills(WORD, "那周在省里开会").taps("谢绝").sees("未能同往", "那周在省里开会").sees_not("加到手机日历")
    phones().opens("leads/lead/lead", id=lead).taps("请 county_leader 一同拜访").sees(
        "county_leader答复：未能同往。那周在省里开会"
    )


def test_the_agreed_time_goes_into_the_phones_calendar(phones: Phones, api: Api, escort: str) -> None:
    agreed = answer(api, escort, slot=0).json["chosen"]
    phone = phones("county_leader").agreed_to_privacy().refuses("calendar").opens("leads/escort/escort", id=escort)
    phone.taps("加到手机日历").sees("没有允许写日历").grants("calendar").taps("去允许").taps("加到手机日历").sees(
        "已加到日历"
    )
    said = phone.calls("addPhoneCalendar")[-1]
    assert (said["title"], said["location"], said["alarmOffset"]) == (f"一同拜访：{NAME}", "苏州工业园区企业总部", 7200)
    lasts = int(said["endTime"]) - said["startTime"]
    assert (lasts, agreed["word"]) == (7200, "11月27日 10:00–12:00")


def test_it_is_called_off_with_a_reason_and_the_other_is_told(phones: Phones, api: Api, lead: str, escort: str) -> None:
    assert answer(api, escort).status_code == 200
    phone = phones().opens("leads/escort/escort", id=escort).taps("取消这次拜访")
    phone.fills(REASON, "企业负责人出国").page.locator(".wechat").get_by_text("取消拜访", exact=True).tap()  # type: ignore[union-attr]
    phone.sees("已取消", "企业负责人出国").sees_not("取消这次拜访")
    assert "企业负责人出国" in api.get("/me/notices", "county_leader").json["items"][0]["text"]


def test_what_came_of_it_is_written_down_once_it_has_begun(
    phones: Phones, api: Api, lead: str, escort: str, clock: RunningClock
) -> None:
    assert answer(api, escort).status_code == 200
    phone = phones().opens("leads/escort/escort", id=escort).sees("已约定").sees_not("记下结果")
    clock.advance(days=6)
    phone.pulls_down().taps("记下结果").sees("请写一句结果。").fills(
        "见了谁，谈成了什么，接下来做什么", "同意来县里考察"
    )
    phone.taps("记下结果").sees("结果：同意来县里考察（chen）")
    assert of(api, lead)[0]["state"] == "done"


def test_an_answer_given_elsewhere_meanwhile_is_seen(phones: Phones, api: Api, escort: str) -> None:
    phone = phones("county_leader").opens("leads/escort/escort", id=escort).taps("11月27日 10:00–12:00")
    assert answer(api, escort, "bureau", slot=1).status_code == 200
    phone.taps("同意").sees("这次提请已经约定，请刷新后再看。", "bureau答复：已约定").sees_not("选一个时间")


def test_two_that_wait_open_the_list(phones: Phones, api: Api, escort: str) -> None:
    other = api.post("/leads", "neighbour", body(api, "无锡先导智能装备股份有限公司")).json["id"]
    assert ask(api, other, "neighbour").status_code == 201
    phone = phones("county_leader").opens().taps("2 件县领导一同拜访等答复").is_on("leads/escorts/escorts")
    phone.sees(NAME, "无锡先导智能装备股份有限公司").taps("已约定").sees("没有已约定的一同拜访").taps("全部").taps(NAME)
    phone.is_on("leads/escort/escort").sees("选一个时间")


def test_who_may_not_see_the_lead_sees_nothing(phones: Phones, lead: str, escort: str) -> None:
    phones("neighbour").opens("leads/escort/escort", id=escort).sees("没有打开")
    phones("neighbour").opens("leads/escorts/escorts").sees("没有等答复的一同拜访")
    phones("supervisor").opens("leads/lead/lead", id=lead).sees("待答复").sees_not("提请县领导一同拜访")
    phones("supervisor").opens("leads/escort/escort", id=escort).sees("待答复").sees_not("选一个时间", "取消这次拜访")
