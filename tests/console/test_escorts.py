"""提请县领导 at the console: asked from a lead, answered by the leader over one printed page, and its outcome."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.api.test_escorts import ask
from tests.api.test_leads import body, update
from tests.client import Api
from tests.console.conftest import Desks
from tests.console.test_exports import sheet
from tests.miniprogram.conftest import RunningClock


def reported(api: Api, **more: Any) -> str:
    company = {"industry": "新材料", "home_city": "苏州"}
    said = body(api, company=company, intent="扩建二期" * 30, investment_wan=12000, next_action="陪同考察", **more)
    lead = str(api.post("/leads", "chen", said).json["id"])
    facts = {"land_mu": 80, "energy_tce": 1500, "eia": "form", "environment": "有电镀工序，废水接管" * 8}
    api.post(f"/leads/{lead}/changes", "chen", facts)
    return lead


def test_from_the_wish_to_the_outcome(desk: Desks, api: Api, clock: RunningClock) -> None:
    lead = reported(api)
    page = desk("leader").at(f"/leads/{lead}")
    fit = page.get_by_role("region", name=re.compile("契合度"))
    expect(fit).to_contain_text("每亩 150 万元，要求 200 万元")
    expect(fit.get_by_role("row", name=re.compile("补链作用"))).to_contain_text("未知")
    form = page.get_by_role("region", name="县领导一同拜访")
    for number, on in ((1, "2026-11-27"), (2, "2026-11-28")):
        slot = form.get_by_role("group", name=f"时间 {number}")
        slot.get_by_label("日期" if number == 1 else "或者（可不填）").fill(on)
        slot.get_by_label("从").fill("09:00")
        slot.get_by_label("到", exact=True).fill("11:30")
    form.get_by_label("地点").fill("苏州工业园区企业总部")
    form.get_by_label("为什么请、谈什么").fill("企业希望谈用地和电价")
    form.get_by_role("button", name="提请").click()
    expect(page.get_by_role("status")).to_have_text("已提请，领导会收到消息。")
    expect(page.get_by_text("11月27日 09:00–11:30，或 11月28日 09:00–11:30")).to_be_visible()

    sitting = desk("county_leader")
    page = sitting.at("/leads")
    page.get_by_role("link", name="县领导同行").click()
    expect(page.get_by_role("row", name=re.compile("待答复"))).to_contain_text("苏州工业园区企业总部")
    assert sitting.barriers() == []
    sitting.shot("escorts")
    page.get_by_role("link", name="苏州汇川技术有限公司").click()
    expect(page.get_by_text("企业希望谈用地和电价")).to_be_visible()
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("escort")
    page.get_by_label("11月28日 09:00–11:30").check()
    page.get_by_role("button", name="一同前往").click()
    expect(page.get_by_role("status")).to_have_text("已约定，小分队会收到消息。")
    expect(page.get_by_role("link", name="加到日历（ICS）")).to_be_visible()

    clock.advance(days=5)
    page = desk("leader").at(f"/leads/{lead}")
    page.get_by_role("link", name="county_leader").click()
    page.get_by_label("结果").fill("同意来县里考察")
    page.get_by_role("button", name="记下结果").click()
    expect(page.get_by_text("同意来县里考察")).to_be_visible()


def test_a_no_says_why_and_what_was_asked_can_be_taken_back(desk: Desks, api: Api) -> None:
    lead = reported(api)
    first = ask(api, lead).json["id"]
    page = desk("bureau").at(f"/leads/escorts/{first}")
    page.get_by_text("不能同往").click()
    page.get_by_label("原因，小分队会看到").fill("那周在省里开会")
    page.get_by_role("button", name="谢绝").click()
    expect(page.get_by_role("status")).to_have_text("已谢绝，小分队会收到消息。")
    expect(page.get_by_text("bureau代为答复")).to_be_visible()
    second = ask(api, lead).json["id"]
    page = desk("leader").at(f"/leads/escorts/{second}")
    expect(page.get_by_role("button", name="一同前往")).to_have_count(0)
    page.get_by_text("撤回这次提请").click()
    page.get_by_label("原因").fill("企业改期")
    page.get_by_role("button", name="撤回", exact=True).click()
    expect(page.get_by_text("企业改期")).to_be_visible()


def test_the_brief_is_one_page_of_paper(desk: Desks, api: Api) -> None:
    lead = reported(api)
    for _ in range(8):
        api.post(f"/leads/{lead}/updates", "chen", update(api, text="拜访了张总，看了厂房，谈了用地和电价。" * 20))
    made = ask(api, lead, purpose="企业希望谈用地和电价，" * 40).json["id"]
    page = desk("county_leader").at(f"/leads/escorts/{made}")
    paper = page.pdf(format="A4", margin={"top": "12mm", "bottom": "12mm", "left": "12mm", "right": "12mm"})
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_the_list_leaves_as_a_workbook_and_an_outsider_finds_nothing(desk: Desks, api: Api) -> None:
    lead = reported(api)
    made = ask(api, lead).json["id"]
    *_, row = sheet(api, "/leads/escorts/list.xlsx", "supervisor")
    assert row[:4] == ["苏州汇川技术有限公司", "east-1", "county_leader", "待答复"]
    assert len(sheet(api, "/leads/escorts/list.xlsx", "other_supervisor")) == 3
    page = desk("other_supervisor").at(f"/leads/escorts/{made}")
    expect(page.get_by_text("没有找到，或您无权查看。")).to_be_visible()


def test_a_time_without_its_end_is_said(desk: Desks, api: Api) -> None:
    lead = reported(api)
    page = desk("leader").at(f"/leads/{lead}")
    form = page.get_by_role("region", name="县领导一同拜访")
    slot = form.get_by_role("group", name="时间 1")
    slot.get_by_label("日期").fill("2026-11-27")
    slot.get_by_label("从").fill("09:00")
    slot.get_by_label("到", exact=True).fill("11:30")
    form.get_by_role("group", name="时间 2").get_by_label("从").fill("09:00")
    form.get_by_label("地点").fill("苏州")
    form.get_by_label("为什么请、谈什么").fill("谈用地")
    form.get_by_role("button", name="提请").click()
    expect(page.get_by_role("alert")).to_contain_text("每个时间都要填日期、开始和结束。")
    expect(form.get_by_label("地点")).to_have_value("苏州")
