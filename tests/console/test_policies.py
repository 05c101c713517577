"""规则 at the console: what holds in words; what a change would do is seen before; who changed what, and why."""

import json

from playwright.sync_api import expect
from sqlalchemy import text

from server.console.rule_words import SECTIONS, spoken
from server.db import Database
from server.tally.rules import NAMES, PolicyRules
from tests.client import Api
from tests.console.conftest import Desks


def lawful(api: Api) -> None:
    """Rules that the county may adopt again: daily check-ins say who decided them."""
    rules = {
        "burden_mode": "daily",
        "legal_basis": "县招商〔2026〕3号",
        "legal_basis_decided_by": "县政府常务会议",
        "legal_basis_decided_on": "2026-09-01",
    }
    answer = api.post("/policies", "admin", {"starts_on": "2026-11-01", "rules": rules})
    assert answer.status_code == 201, answer.text


def test_every_rule_is_said_in_words() -> None:
    rules = PolicyRules().model_dump(mode="json")
    for name, value in rules.items():
        said = spoken(name, value)
        assert said, name
        assert "{" not in said, name
    assert spoken("windows", rules["windows"]) == "06:00–23:00 计一天"
    assert {asked.name for _, section in SECTIONS for asked in section} <= set(NAMES)


def test_a_change_is_previewed_and_adopted(desk: Desks, api: Api) -> None:
    lawful(api)
    api.check_in("chen")
    sitting = desk("admin")
    page = sitting.at("/policies")
    page.get_by_role("link", name="修改规则").click()
    sitting.shot("policy-form")
    assert sitting.barriers() == []
    page.get_by_label("从哪天起的规则").fill("2026-11-01")
    page.get_by_role("button", name="按那天的规则填表").click()
    page.get_by_label("每月目标天数（天）").fill("18")
    assert page.get_by_label("从哪天起", exact=True).input_value() == "2026-11-01"
    page.get_by_label("为什么改，依据哪份文件").fill("县招商〔2026〕9号")
    page.get_by_role("button", name="预览影响").click()
    expect(page.get_by_role("row").filter(has_text="每月目标天数")).to_contain_text("→ 18 天")
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text("20 → 18")
    page.get_by_role("button", name="采用").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("确定采用吗？")
    dialog.get_by_role("button", name="采用").click()
    expect(page.get_by_role("status")).to_have_text("已采用，2026年11月1日起生效。")
    expect(page.get_by_role("heading", name="第 3 版 · 11月1日 周日 起")).to_be_visible()
    sitting.shot("policies")
    assert sitting.barriers() == []
    version = json.loads(api.get("/policies", "admin").text)["items"][0]
    assert (version["note"], version["rules"]["target_days"]) == ("县招商〔2026〕9号", 18)


def test_a_form_that_changes_nothing_is_the_rules_that_hold(desk: Desks, api: Api) -> None:
    lawful(api)
    page = desk("admin").at("/policies/new")
    page.get_by_role("button", name="预览影响").click()
    expect(page.get_by_text("与那天有效的规则相同，没有变动。")).to_be_visible()


def test_a_form_of_another_date_s_rules_undoes_none_of_them(desk: Desks, api: Api) -> None:
    lawful(api)
    later = {"target_days": 18, "burden_mode": "voluntary"}
    assert api.post("/policies", "admin", {"starts_on": "2026-12-01", "rules": later}).status_code == 201
    page = desk("admin").at("/policies/new?starts_on=2026-11-25")
    page.get_by_label("从哪天起", exact=True).fill("2026-12-05")
    page.get_by_role("button", name="预览影响").click()
    expect(page.get_by_role("alert")).to_contain_text("12月5日有效的是第 3 版规则")
    page.get_by_label("从哪天起的规则").fill("2026-12-05")
    page.get_by_role("button", name="按那天的规则填表").click()
    assert page.get_by_label("每月目标天数（天）").input_value() == "18"


def test_what_no_county_may_adopt_is_said_and_the_form_stays(desk: Desks) -> None:
    page = desk("admin").at("/policies/new")
    page.get_by_label("第 1 段从").fill("23:00")
    page.locator("[name=end0]").fill("06:00")
    page.get_by_role("button", name="预览影响").click()
    expect(page.get_by_role("alert")).to_contain_text("打卡时段的结束时间须晚于开始时间。")
    assert page.get_by_label("第 1 段从").input_value() == "23:00"


def test_who_only_reads_cannot_change(desk: Desks) -> None:
    sitting = desk("supervisor")
    page = sitting.at("/policies")
    expect(page.get_by_text("每月目标天数")).to_be_visible()
    assert page.get_by_role("link", name="修改规则").count() == 0
    sitting.at("/policies/new")
    expect(page.get_by_text("您的角色不能做这一步。")).to_be_visible()


def test_a_county_that_has_adopted_nothing_yet_reads_the_defaults(desk: Desks, db: Database) -> None:
    with db.transaction() as session:
        session.execute(text("DELETE FROM policies"))
    page = desk("bureau").at("/policies")
    expect(page.get_by_role("heading", name="规则", exact=True)).to_be_visible()
    assert page.get_by_text("服务出了问题").count() == 0
