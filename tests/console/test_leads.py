"""线索 at the console: by stage, one with its history, what is asked decided in place; nobody sees others' secrets."""

import uuid
from collections.abc import Callable

from playwright.sync_api import expect

from tests.api.test_lead_photos import follow_up, sent
from tests.api.test_leads import body, update
from tests.client import Api
from tests.console.conftest import Desks
from tests.console.test_exports import sheet
from tests.doors import FROM_HERE
from tests.miniprogram.conftest import RunningClock

Rows = Callable[..., list]


def test_from_the_list_to_a_signed_dead_end_and_back(desk: Desks, api: Api, clock: RunningClock) -> None:
    company = {"uscc": "91350211M000100Y44", "home_city": "苏州"}
    said = body(
        api, company=company, intent="扩建二期", investment_wan=12000, next_action="陪同考察", next_on="2026-12-01"
    )
    lead = api.post("/leads", "chen", said).json["id"]
    api.post(f"/leads/{lead}/updates", "chen", update(api))
    api.post("/leads", "neighbour", body(api, "西边的企业"))
    clock.advance(days=2)
    sitting = desk("supervisor")
    page = sitting.at("/leads")
    row = page.get_by_role("row", name="苏州汇川技术有限公司")
    expect(row).to_contain_text("12,000 万")
    expect(page.get_by_role("table")).not_to_contain_text("西边的企业")
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("leads")
    page.get_by_role("link", name="看板").click()
    column = page.get_by_role("region", name="线索 1")
    expect(column.get_by_role("link", name="苏州汇川技术有限公司")).to_contain_text("12,000 万元")
    expect(page.get_by_text("西边的企业")).to_have_count(0)
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("leads-board")
    page.get_by_role("link", name="苏州汇川技术有限公司").click()
    expect(page.get_by_text("校验位不对，请核对")).to_be_visible()
    expect(page.get_by_text("拜访了张总，看了厂房")).to_be_visible()
    expect(page.get_by_text("east-1首报")).to_be_visible()
    assert sitting.barriers() == []
    sitting.shot("lead")

    asked = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话三次", "evidence": "前台回复"}
    assert api.post(f"/leads/{lead}/closing", "chen", asked).status_code == 201
    page = sitting.at("/leads")
    page.get_by_role("link", name="待决定的申请").click()
    expect(page.get_by_role("article")).to_contain_text("多次联系没有回应")
    assert sitting.barriers() == []
    sitting.shot("lead-requests")
    page.get_by_label("答复（提出的人会看到）").fill("同意，先放一放")
    page.get_by_role("button", name="同意 east-1 对 苏州汇川技术有限公司 的申请终止", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("已回复，提出的人会收到消息。")
    expect(page.get_by_text("没有等您决定的申请")).to_be_visible()
    page = sitting.at("/leads?state=dead_end")
    page.get_by_role("link", name="苏州汇川技术有限公司").click()
    expect(page.get_by_text("已终止：多次联系没有回应")).to_be_visible()
    page.get_by_label("为什么重新打开").fill("对方来电")
    page.get_by_role("button", name="重新打开").click()
    expect(page.get_by_role("status")).to_have_text("已重新打开，负责人会收到消息。")


def test_pictures_of_an_update_are_looked_at_and_each_look_is_written_down(desk: Desks, api: Api, rows: Rows) -> None:
    lead = str(api.post("/leads", "chen", body(api)).json["id"])
    follow_up(api, lead, sent(api, lead, 3))
    sitting = desk("supervisor")
    page = sitting.at(f"/leads/{lead}")
    shown = page.get_by_role("img", name="chen跟进的第 2 张照片，打开看大图")
    expect(shown).to_be_visible()
    for one in page.locator(".shots img").all():
        expect(one).not_to_have_js_property("naturalWidth", 0)
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("lead-photos")
    with page.expect_popup() as opened:
        shown.click()
    opened.value.wait_for_load_state()
    assert "/api/v1/photos/" in opened.value.url
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'photo.viewed'") == [(4,)]


def test_a_picture_of_anothers_lead_is_nobodys_to_see(api: Api) -> None:
    lead = str(api.post("/leads", "chen", body(api)).json["id"])
    photo = follow_up(api, lead, sent(api, lead)).json["photos"][0]["id"]
    for who, status in (("supervisor", 302), ("bureau", 302), ("other_supervisor", 404), ("far_bureau", 404)):
        headers = FROM_HERE | {"Authorization": f"Bearer token-{who}"}
        answer = api.app.test_client().get(f"/console/leads/{lead}/photos/{photo}", headers=headers)
        assert answer.status_code == status, who
    headers = FROM_HERE | {"Authorization": "Bearer token-bureau"}
    assert api.app.test_client().get(f"/console/leads/{lead}/photos/{lead}", headers=headers).status_code == 404


def test_a_leader_moves_it_on_and_hands_over_all_of_one_who_leaves(desk: Desks, api: Api) -> None:
    lead = api.post("/leads", "chen", body(api)).json["id"]
    sitting = desk("leader")
    page = sitting.at(f"/leads/{lead}")
    page.get_by_label("改到").select_option("洽谈")
    page.get_by_role("button", name="更新阶段").click()
    expect(page.get_by_text("线索 → 洽谈")).to_be_visible()
    page.get_by_label("改到").select_option("接触")
    page.get_by_role("button", name="更新阶段").click()
    expect(page.get_by_text("从洽谈退回接触，请写明原因。")).to_be_visible()
    page = sitting.at(f"/leads/{lead}")
    page.get_by_label("把 chen 的全部线索移交给").select_option("colleague")
    page.get_by_label("原因").last.fill("调回县里")
    page.get_by_role("button", name="移交", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="移交").click()
    expect(page.get_by_role("status")).to_have_text("已移交 1 条线索，接手的人会收到消息。")
    assert api.get(f"/leads/{lead}", "colleague").json["owner"]["name"] == "colleague"


def test_the_list_leaves_as_a_workbook_of_ones_own_subtree(api: Api) -> None:
    api.post("/leads", "chen", body(api, investment_wan=12000, next_on="2026-12-01"))
    api.post("/leads", "neighbour", body(api, "西边的企业"))
    title, note, heads, *rows = sheet(api, "/leads/list.xlsx", "supervisor")
    assert "supervisor" in note[0]
    assert [row[:1] + row[2:6] for row in rows] == [["苏州汇川技术有限公司", "线索", "east-1", "chen", 12000.0]]
    assert len(sheet(api, "/leads/list.xlsx", "bureau")) == len(rows) + 4
    assert (title[0], heads[0]) == ("河湾县 线索", "企业")


def test_by_guessing_an_address_nobody_sees_anothers(desk: Desks, api: Api) -> None:
    lead = api.post("/leads", "chen", body(api)).json["id"]
    page = desk("other_supervisor").at(f"/leads/{lead}")
    expect(page.get_by_text("没有找到，或您无权查看。")).to_be_visible()
    page = desk("admin").at("/leads")
    expect(page.get_by_text("苏州汇川")).to_have_count(0)
