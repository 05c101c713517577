"""企业 at the console: what it is, all its leads, who had to do with it; put right in place."""

from playwright.sync_api import expect

from tests.api.test_leads import body, update
from tests.client import Api
from tests.console.conftest import Desks
from tests.miniprogram.conftest import RunningClock

PHONE = (375, 812)


def test_from_a_lead_to_its_company_which_is_put_right(desk: Desks, api: Api, clock: RunningClock) -> None:
    given = {"uscc": "91350211M000100Y44", "home_city": "苏州", "phone": "0512-66666666", "size": "large"}
    lead = api.post("/leads", "chen", body(api, company=given, investment_wan=12000)).json["id"]
    api.post(f"/leads/{lead}/updates", "colleague", update(api))
    api.post("/leads", "neighbour", body(api, "南京明阳电子有限公司"))
    clock.advance(days=1)
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "talks"})
    sitting = desk("supervisor")
    page = sitting.at(f"/leads/{lead}")
    page.get_by_role("link", name="企业资料").click()
    expect(page.get_by_role("heading", name="苏州汇川技术有限公司")).to_be_visible()
    expect(page.get_by_text("校验位不对，请核对")).to_be_visible()
    expect(page.get_by_role("row", name="洽谈")).to_contain_text("12,000 万")
    expect(page.get_by_role("row", name="chen 首报、改阶段")).to_be_visible()
    expect(page.get_by_role("link", name="colleague")).to_be_visible()
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("company")

    page.get_by_text("修改资料").click()
    page.get_by_label("企业名称").fill("南京明阳电子有限公司")
    page.get_by_role("button", name="保存资料").click()
    expect(page.get_by_text("已有一家“南京明阳电子有限公司”，没有保存。")).to_be_visible()
    page.get_by_label("企业名称").fill("苏州汇川控制技术有限公司")
    page.get_by_label("所在城市").fill("")
    assert sitting.barriers() == []
    sitting.shot("company-edit")
    page.get_by_role("button", name="保存资料").click()
    expect(page.get_by_role("status")).to_have_text("企业资料已更新。")
    expect(page.get_by_role("heading", name="苏州汇川控制技术有限公司")).to_be_visible()
    page.get_by_role("link", name="洽谈").click()
    expect(page.get_by_text("修改了企业名称、所在城市")).to_be_visible()


def test_of_anothers_company_no_more_than_whose_it_is(desk: Desks, api: Api) -> None:
    company = api.post("/leads", "chen", body(api)).json["company"]["id"]
    sitting = desk("other_supervisor", size=PHONE)
    page = sitting.at(f"/leads/companies/{company}")
    expect(page.get_by_text("east-1在跟进，内容只有他们和上级能看。")).to_be_visible()
    expect(page.get_by_text("修改资料")).to_have_count(0)
    expect(page.get_by_role("main")).not_to_contain_text("chen")
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("company-others")
