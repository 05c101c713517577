"""线索 on the phone: reported in a minute, told at once whose it is, followed up, ended only with another's word."""

import json
from typing import Any

from tests.api.test_leads import body
from tests.client import Api
from tests.miniprogram.conftest import Phones
from tests.miniprogram.phone import Phone

NAME = "如 苏州某某科技有限公司"


def leads(api: Api, who: str = "chen") -> list[dict[str, Any]]:
    return list(json.loads(api.get("/leads", who).text)["items"])


def test_a_lead_is_reported_followed_up_and_moved_on(phone: Phone, api: Api) -> None:
    phone.agreed_to_privacy().opens("pages/me/me").taps("线索").is_on("leads/list/list").sees("还没有线索")
    phone.taps("报送线索").is_on("leads/report/report").taps("报送").sees("请填写企业名称。")
    phone.fills(NAME, "苏州汇川技术有限公司").taps("商会协会").taps("报送").is_on("leads/lead/lead")
    phone.sees("苏州汇川技术有限公司", "east-1 · chen", "11月25日 周三前首次跟进")
    (lead,) = leads(api)
    phone.fills("见了谁，谈了什么", "拜访了张总").taps("已答复企业").taps("带上位置").taps("记下").sees(
        "chen · 11月24日 周二"
    )
    phone.sees("拜访了张总", "已答复企业")
    phone.taps("洽谈").taps("确定").sees("12月8日 周二前跟进")
    said = json.loads(api.get(f"/leads/{lead['id']}", "chen").text)
    assert (said["stage"], [one["text"] for one in said["updates"]]) == ("talks", ["拜访了张总"])
    phone.is_killed_and_restarted("leads/list/list").sees("洽谈", "苏州汇川技术有限公司")


def test_the_second_squad_is_told_while_it_types_and_may_ask_to_join(phones: Phones, api: Api) -> None:
    assert api.post("/leads", "neighbour", body(api)).status_code == 201
    phone = phones("chen").opens("leads/report/report")
    phone.fills(NAME, "蘇州匯川技術股份有限公司").sees("名称相同 · west-1已首报")
    phone.taps("展会").taps("报送").sees("已由west-1首报。可以申请加入，或提出异议。")
    assert leads(api) == []
    phone.taps("申请加入").fills("写一句，能帮上什么", "商会会长是我们的老乡").taps("提交").sees("由上级决定")
    (asked,) = json.loads(api.get("/lead-requests", "bureau").text)["items"]
    assert (asked["kind"], asked["reason"], asked["squad"]) == ("join", "商会会长是我们的老乡", "east-1")


def test_without_signal_what_was_typed_stays_and_is_reported_once(phone: Phone, api: Api) -> None:
    phone.opens("leads/report/report").sees("企业名称")
    phone.fills(NAME, "甲一实业").taps("企业来询").goes_offline().taps("报送").sees("填的内容还在")
    phone.comes_online().taps("报送").is_on("leads/lead/lead").sees("甲一实业")
    assert len(leads(api)) == 1


def test_nobody_drops_one_alone(phone: Phone, api: Api) -> None:
    lead = json.loads(api.post("/leads", "chen", body(api)).text)["id"]
    phone.opens("leads/lead/lead", id=lead).taps("谈不下去了，申请终止").taps("申请终止").sees("请选原因")
    phone.taps("多次联系没有回应").fills("打过几次电话，找过谁", "电话三次").fills(
        "谁说的，什么时候，有什么材料", "前台回复"
    )
    phone.taps("申请终止").sees("由队外的监督人员决定")
    assert leads(api)[0]["outcome"] is None
    (asked,) = json.loads(api.get("/lead-requests", "supervisor").text)["items"]
    assert (asked["kind"], asked["code"]) == ("close", "no_reply")
