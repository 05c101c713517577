"""The leads' table at the console: narrowed by its address, kept under a name, taken out as it stands."""

import re

from playwright.sync_api import expect

from tests.api.test_leads import body
from tests.client import Api
from tests.console.conftest import Desks
from tests.console.test_exports import sheet
from tests.miniprogram.conftest import RunningClock

PHONE = (375, 812)


def given(api: Api) -> None:
    api.post("/leads", "chen", body(api, investment_wan=12000, channel="exhibition", next_action="陪同考察"))
    api.post("/leads", "colleague", body(api, "南京明阳电子有限公司", investment_wan=300))
    api.post("/leads", "neighbour", body(api, "无锡恒通机械有限公司", investment_wan=20000))


def test_narrowed_kept_and_found_again(desk: Desks, api: Api, clock: RunningClock) -> None:
    given(api)
    clock.advance(days=2)
    sitting = desk("bureau")
    page = sitting.at("/leads")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_text("更多条件").click()
    page.get_by_label("投资不少于（万）").fill("10000")
    page.get_by_label("来源").select_option("展会")
    page.get_by_label("逾期").select_option("任何一项")
    page.get_by_role("button", name="筛选", exact=True).click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("invest_from=10000"))
    expect(page.get_by_label("投资不少于（万）")).to_have_value("10000")
    expect(page.get_by_role("list", name="各阶段的线索").get_by_role("link").first).to_have_text(re.compile("^1"))
    page.get_by_text("保存这个筛选").click()
    page.get_by_label("名称", exact=True).fill("过亿的展会项目")
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("leads-filter")
    page.get_by_role("button", name="保存筛选").click()
    expect(page.get_by_role("status")).to_have_text("已保存筛选“过亿的展会项目”。")
    chip = page.get_by_role("list", name="保存的筛选").get_by_role("link", name="过亿的展会项目")
    expect(chip).to_have_attribute("aria-current", "true")

    page = sitting.at("/leads")
    expect(rows).to_have_count(3)
    chip.click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("苏州汇川技术有限公司")
    page = sitting.at("/leads")
    page.get_by_text("管理保存的筛选").click()
    page.get_by_label("“过亿的展会项目”改名为").fill("重点项目")
    page.get_by_role("button", name="改名").click()
    expect(page.get_by_role("link", name="重点项目")).to_be_visible()
    page.get_by_text("管理保存的筛选").click()
    page.get_by_role("button", name="删去筛选重点项目").click()
    expect(page.get_by_role("status")).to_have_text("已删去这个筛选。")
    expect(page.get_by_role("list", name="保存的筛选")).to_have_count(0)


def test_on_a_narrow_screen_it_fits_too(desk: Desks, api: Api) -> None:
    given(api)
    for name in ("甲", "乙", "丙丁"):
        api.post("/me/lead-filters", "supervisor", {"name": f"{name}类项目", "wanted": {"q": name}})
    sitting = desk("supervisor", size=PHONE)
    page = sitting.at("/leads?q=汇川&invest_from=1")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert sitting.fits()
    assert sitting.barriers() == []
    sitting.shot("leads-filter")


def test_the_workbook_has_what_the_page_shows_and_says_by_what(api: Api) -> None:
    given(api)
    unit = api.cast.units["east"]
    path = f"/leads/list.xlsx?unit={unit}&invest_from=10000&channel=exhibition&late="
    _, note, _, *rows = sheet(api, path, "bureau")
    assert [row[0] for row in rows] == ["苏州汇川技术有限公司"]
    for said in ("状态：跟进中", "单位：east", "来源：展会", "意向投资不少于：10000 万"):
        assert said in note[0]
    _, note, _, *rows = sheet(api, f"/leads/list.xlsx?squad={api.cast.squads['west-1']}", "supervisor")
    assert rows == []
    assert "小分队：（看不到）" in note[0]
    assert "west-1" not in note[0]


def test_a_filter_that_cannot_be_is_refused_in_words(desk: Desks) -> None:
    page = desk("bureau").at("/leads?state=pooled&invest_from=1")
    expect(page.get_by_text("公共池里的线索只能按阶段、产业环节和企业名称筛选。")).to_be_visible()
