"""线索分析 at the console: pictures with their figures beside them, of one's own part; squads by name unless asked."""

import re

from playwright.sync_api import expect

from tests.client import Api
from tests.console.conftest import Desks
from tests.miniprogram.conftest import RunningClock
from tests.watch.test_lead_charts import report

PHONE = (375, 812)


def given(api: Api, clock: RunningClock) -> None:
    clock.advance(days=-20)
    for number, stages in enumerate(((), ("talks",), ("contacted", "visited"), ("signing",), ("signed",), ("talks",))):
        channel = ("exhibition", "chamber", "referral")[number % 3]
        report(api, "chen", f"第{number}家汇川", *stages, channel=channel, investment_wan=1000 * number)
    clock.advance(days=20)
    for number in range(3):
        report(api, "neighbour", f"西边第{number}家", channel="inquiry")


def test_pictures_have_their_figures_beside_them(desk: Desks, api: Api, clock: RunningClock) -> None:
    given(api, clock)
    sitting = desk("bureau")
    page = sitting.at("/leads")
    page.get_by_role("link", name="分析").click()
    expect(page.get_by_role("img", name="报送 9 条，到过洽谈 4 条，签约 1 条")).to_be_visible()
    funnel = page.get_by_role("region", name="走到哪一步")
    expect(funnel.get_by_role("row", name="洽谈 4")).to_have_text(re.compile(r"80%\s*44%"))
    ages = page.get_by_role("region", name="停留多久")
    expect(ages.get_by_role("img", name="跟进中 8 条，其中 5 条超过 14 天没有进展")).to_be_visible()
    channels = page.get_by_role("region", name="从哪里来")
    expect(channels.get_by_role("row", name="商会协会")).to_contain_text("4,000")
    squads = page.get_by_role("region", name=re.compile("小分队在岗和线索"))
    expect(squads.locator("tbody td:first-child")).to_have_text(["east-1", "west-1"])
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("lead-charts")
    page.screenshot(path="var/screenshots/console/lead-charts-whole.png", full_page=True)

    squads.get_by_role("link", name="跟进").click()
    expect(squads.get_by_role("columnheader", name="跟进")).to_have_attribute("aria-sort", "descending")
    squads.get_by_role("link", name="首报").click()
    expect(squads.locator("tbody td:first-child")).to_have_text(["east-1", "west-1"])
    page.get_by_role("combobox", name="小分队").first.select_option("west-1")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("img", name="报送 3 条，到过洽谈 0 条，签约 0 条")).to_be_visible()
    expect(squads.locator("tbody td:first-child")).to_have_text(["west-1"])


def test_of_ones_own_part_only_and_on_a_narrow_screen(desk: Desks, api: Api, clock: RunningClock) -> None:
    given(api, clock)
    sitting = desk("other_supervisor", size=PHONE)
    page = sitting.at("/leads/charts")
    expect(page.get_by_role("img", name="报送 3 条，到过洽谈 0 条，签约 0 条")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("east-1")
    assert sitting.fits()
    assert sitting.barriers() == []
    sitting.shot("lead-charts")
    page = sitting.at(f"/leads/charts?unit={api.cast.units['east']}")
    expect(page.get_by_text("没有找到，或您无权查看。")).to_be_visible()


def test_nothing_yet_says_so(desk: Desks) -> None:
    page = desk("bureau").at("/leads/charts")
    expect(page.get_by_text("这段时间没有报送线索。换一段时间或范围再看。")).to_be_visible()
    expect(page.get_by_text("现在没有跟进中的线索。")).to_be_visible()
    page = desk("bureau").at("/leads/charts?starts_on=2026-11-02&ends_on=2026-11-01")
    expect(page.get_by_text("开始日期在结束日期之后，请改一改。")).to_be_visible()


def test_an_admin_keeps_the_register_not_the_leads(desk: Desks) -> None:
    page = desk("admin").at("/leads/charts")
    expect(page.get_by_text("您的角色不能做这一步。")).to_be_visible()
