"""下一步和情况 from the phone: changed by the squad that has the lead; the list says what is late or asked."""

import json
import uuid
from typing import Any

import pytest

from tests.client import Api
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone
from tests.miniprogram.test_lead_offline import lead

__all__ = ["lead"]
NEXT, NAME = "如 约负责人来县考察", "苏州汇川技术有限公司"


def stored(api: Api, lead: str) -> dict[str, Any]:
    return dict(json.loads(api.get(f"/leads/{lead}", "chen").text))


def at_facts(phone: Phone, lead: str) -> Phone:
    phone.opens("leads/lead/lead", id=lead).taps("改下一步和情况").is_on("leads/facts/facts")
    return phone.sees(NAME, "哪天")


def test_what_is_planned_and_known_is_brought_up_to_date(phone: Phone, api: Api, lead: str) -> None:
    at_facts(phone, lead).fills(NEXT, "陪同考察").picks("未定", "2026-12-01")
    phone.fills("想投什么，什么时候", "二期扩建").fills("如 12000", "12000").taps("美元")
    phone.fills("如 80.5", "80.5").fills("如 900", "900").fills("有哪些排放，是否在园区目录内", "无废水")
    phone.taps("展会").taps("更新").is_on("leads/lead/lead")
    phone.sees("陪同考察 · 12月1日 周二", "12000 万美元", "80.5 亩", "900 吨标准煤/年", "无废水", "展会", "二期扩建")
    said = stored(api, lead)
    assert [
        said[name] for name in ("next_action", "next_on", "investment_wan", "currency", "land_mu", "energy_tce")
    ] == [
        *("陪同考察", "2026-12-01", 12000, "USD", 80.5, 900),
    ]
    assert (said["environment"], said["channel"], said["intent"]) == ("无废水", "exhibition", "二期扩建")


def test_the_kind_of_environmental_review_is_chosen_and_taken_back(phone: Phone, api: Api, lead: str) -> None:
    at_facts(phone, lead).taps("报告表").taps("更新").is_on("leads/lead/lead").sees("环评", "报告表", "环评做报告表")
    assert stored(api, lead)["eia"] == "form"
    phone.taps("改下一步和情况").is_on("leads/facts/facts").sees("哪天").taps("报告表").taps("更新")
    phone.is_on("leads/lead/lead").sees("还没有填环评类别")
    assert stored(api, lead)["eia"] is None


def test_how_well_it_fits_has_its_parts_and_what_is_unknown_is_no_bad_mark(phone: Phone, api: Api, lead: str) -> None:
    phone.opens("leads/lead/lead", id=lead).sees("契合度", "未知", "还没有填能耗", "没有填的不算分，也不扣分").sees_not(
        "0 分"
    )
    assert api.post(f"/leads/{lead}/changes", "chen", {"energy_tce": 500, "eia": "form"}).status_code == 200
    phone.pulls_down().sees("82 分", "已知 25%", "能耗", "每年不到 1000 吨标准煤，不用单独节能审查", "还没有填意向投资")


def test_what_a_colleague_changed_meanwhile_stays(phone: Phone, api: Api, lead: str) -> None:
    at_facts(phone, lead)
    assert api.post(f"/leads/{lead}/changes", "colleague", {"land_mu": 60}).status_code == 200
    phone.fills(NEXT, "陪同考察").taps("更新").is_on("leads/lead/lead").sees("60 亩", "陪同考察")
    assert stored(api, lead)["events"][0]["facts"] == {"next_action": {"from": "", "to": "陪同考察"}}


def test_what_is_known_no_more_is_taken_out(phone: Phone, api: Api, lead: str) -> None:
    before = {"next_action": "陪同考察", "next_on": "2026-12-01", "investment_wan": 500}
    api.post(f"/leads/{lead}/changes", "chen", before)
    at_facts(phone, lead).taps("改为未定").fills("如 12000", "").taps("更新").is_on("leads/lead/lead")
    said = stored(api, lead)
    assert (said["next_action"], said["next_on"], said["investment_wan"]) == ("陪同考察", None, None)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("如 12000", "12.5", "意向投资请填整数"),
        ("如 80.5", "1.2.3", "用地请填数字"),
        ("如 900", "-3", "能耗请填数字"),
    ],
)
def test_what_is_no_number_is_said_before_it_is_sent(
    phone: Phone, api: Api, lead: str, field: str, text: str, said: str
) -> None:
    at_facts(phone, lead).fills(field, text).taps("更新").sees(said)
    assert stored(api, lead)["events"][0]["what"] == "claimed"


def test_without_signal_what_was_typed_stays(phone: Phone, api: Api, lead: str) -> None:
    at_facts(phone, lead).goes_offline().fills(NEXT, "陪同考察").taps("更新").sees("填的内容还在")
    phone.comes_online().taps("更新").is_on("leads/lead/lead").sees("陪同考察")
    assert stored(api, lead)["next_action"] == "陪同考察"


def test_nothing_changed_is_nothing_sent(phone: Phone, api: Api, lead: str) -> None:
    at_facts(phone, lead).taps("更新").is_on("leads/lead/lead")
    assert stored(api, lead)["events"][0]["what"] == "claimed"


def test_who_only_watches_is_offered_no_change(phones: Phones, lead: str) -> None:
    phones("supervisor").opens("leads/lead/lead", id=lead).sees(NAME).sees_not("改下一步和情况", "写跟进", "走访打卡")


def test_the_list_says_in_words_what_is_late_and_what_is_not_decided(
    phones: Phones, api: Api, lead: str, clock: RunningClock
) -> None:
    api.post(f"/leads/{lead}/changes", "chen", {"next_action": "陪同考察", "next_on": "2026-11-25"})
    asked = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话三次", "evidence": "前台回复"}
    assert api.post(f"/leads/{lead}/closing", "chen", asked).status_code == 201
    clock.advance(days=3)
    phone = phones().opens("leads/list/list").sees("申请终止，等上级决定", "下一步逾期 2 天", "首次跟进逾期 2 天")
    phone.taps(NAME).sees("下一步逾期 2 天，请改日期或写跟进。", "申请终止，等上级决定。")


def test_the_list_says_that_another_squad_asks(phones: Phones, api: Api, lead: str) -> None:
    company = stored(api, lead)["company"]["id"]
    asked = {"id": str(uuid.uuid4()), "kind": "join", "reason": "商会会长是我们的老乡"}
    assert api.post(f"/companies/{company}/requests", "neighbour", asked).status_code == 201
    phones().opens("leads/list/list").sees("申请加入，等上级决定")
