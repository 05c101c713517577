"""请假 at the console: answered in place by whoever may; a refusal says why; the days follow."""

import json

import pytest
from playwright.sync_api import expect

from tests.client import Api
from tests.console.conftest import Desks


def ask(api: Api, who: str = "chen", reason: str = "孩子住院", **more: str) -> str:
    body = {"kind": "sick", "starts_on": "2026-11-26", "reason": reason} | more
    answer = api.post("/leaves", who, body)
    assert answer.status_code == 201, answer.text
    return str(json.loads(answer.text)["id"])


def test_a_request_is_approved(desk: Desks, api: Api) -> None:
    ask(api)
    sitting = desk("supervisor")
    page = sitting.at("/leaves")
    row = page.get_by_role("row").filter(has_text="chen")
    expect(row).to_contain_text("11月26日 周四")
    expect(row).to_contain_text("孩子住院")
    sitting.shot("leaves")
    assert sitting.barriers() == []
    row.get_by_role("button", name="同意 chen 的病假").click()
    expect(page.get_by_role("status")).to_have_text("已同意，天数已重新计算。")
    expect(page.get_by_text("现在没有等待审批的申请")).to_be_visible()
    page.get_by_role("link", name="已同意").click()
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text("supervisor")
    (leave,) = json.loads(api.get("/leaves", "chen").text)["items"]
    assert leave["state"] == "approved"


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768)])
def test_long_leave_with_a_long_reason_keeps_its_line(desk: Desks, api: Api, size: tuple[int, int]) -> None:
    """Dates and buttons are not broken, and how long it is stands beside."""
    ask(api, reason="随县领导赴外地洽谈" * 30, kind="official_trip", starts_on="2026-11-01", ends_on="2026-11-23")
    sitting = desk("bureau", size=size)
    page = sitting.at("/leaves")
    sitting.shot("leaves-long")
    row = page.get_by_role("row").filter(has_text="chen")
    expect(row).to_contain_text("23 天")
    line = {"button": row.get_by_role("button", name="同意 chen 的公出"), "not": row.get_by_text("不同意", exact=True)}
    assert {name: box["height"] < 50 for name, one in line.items() if (box := one.bounding_box())} == {
        "button": True,
        "not": True,
    }
    dates = row.get_by_role("cell").filter(has_text="11月1日 周日 至 11月23日 周一").bounding_box()
    assert dates
    assert dates["width"] > 180
    assert sitting.fits()


def test_a_refusal_says_why(desk: Desks, api: Api) -> None:
    ask(api)
    page = desk("supervisor").at("/leaves")
    page.get_by_text("不同意", exact=True).click()
    page.get_by_label("理由（队员会看到）").fill("那天有重要来访，请改期")
    page.get_by_role("button", name="回复不同意").click()
    expect(page.get_by_role("status")).to_contain_text("已回复不同意")
    (leave,) = json.loads(api.get("/leaves", "chen").text)["items"]
    assert (leave["state"], leave["answer"]) == ("rejected", "那天有重要来访，请改期")


def test_what_was_approved_is_revoked_and_says_why(desk: Desks, api: Api) -> None:
    leave = ask(api)
    assert api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True}).status_code == 200
    sitting = desk("supervisor")
    page = sitting.at("/leaves?state=approved")
    row = page.get_by_role("row").filter(has_text="chen")
    row.get_by_text("撤销", exact=True).click()
    sitting.shot("leaves-revoke")
    assert sitting.barriers() == []
    row.get_by_label("理由（队员会看到）").fill("查实没有住院")
    row.get_by_role("button", name="撤销这个申请").click()
    expect(page.get_by_role("status")).to_have_text("已撤销，天数已重新计算，队员会看到理由。")
    page.get_by_role("link", name="已撤销").click()
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text("查实没有住院")
    (one,) = json.loads(api.get("/leaves", "chen").text)["items"]
    assert (one["state"], one["answer"]) == ("revoked", "查实没有住院")


def test_ones_own_approved_leave_is_not_revoked_by_oneself(desk: Desks, api: Api) -> None:
    leave = ask(api, "leader")
    assert api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True}).status_code == 200
    page = desk("leader").at("/leaves?state=approved")
    expect(page.get_by_role("row").filter(has_text="leader")).to_be_visible()
    assert page.get_by_text("撤销", exact=True).count() == 0


def test_who_may_not_decide_is_told_who_does_and_offered_nothing(desk: Desks, api: Api) -> None:
    ask(api, ends_on="2026-12-10")  # longer than the unit may decide
    sitting = desk("supervisor")
    row = sitting.at("/leaves").get_by_role("row").filter(has_text="chen")
    sitting.shot("leaves-above")
    expect(row).to_contain_text("须由招商局监督员审批。")
    expect(row.get_by_role("button")).to_have_count(0)
    expect(row.get_by_text("不同意", exact=True)).to_have_count(0)


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768)])
def test_a_part_of_a_long_one_may_be_refused_only(desk: Desks, api: Api, size: tuple[int, int]) -> None:
    ask(api, ends_on="2026-11-28")
    ask(api, "chen", kind="annual", starts_on="2026-11-29", ends_on="2026-12-20")
    sitting = desk("supervisor", size=size)
    page = sitting.at("/leaves")
    row = page.get_by_role("row").filter(has_text="病假")
    row.get_by_text("不同意", exact=True).click()
    sitting.shot("leaves-part")
    assert sitting.barriers() == []
    assert page.evaluate("(of => of.scrollWidth <= of.clientWidth)(document.querySelector('.scroll'))"), "all in sight"
    expect(row).to_contain_text("连同相邻的请假共 25 天，须由招商局监督员审批。")
    expect(row.get_by_role("button", name="同意 chen 的病假")).to_have_count(0)
    expect(row.get_by_text("不同意", exact=True)).to_be_visible()


def test_one_that_grew_long_meanwhile_is_refused_in_words(desk: Desks, api: Api) -> None:
    ask(api)
    page = desk("supervisor").at("/leaves")
    ask(api, starts_on="2026-11-27", ends_on="2026-12-10")
    page.get_by_role("button", name="同意 chen 的病假").click()
    expect(page.get_by_role("alert")).to_contain_text("须由招商局监督员审批")
    expect(page.get_by_role("row").filter(has_text="孩子住院").first).to_be_visible()


def test_of_another_unit_nothing_is_seen_nor_decided(desk: Desks, api: Api) -> None:
    leave = ask(api)
    sitting = desk("other_supervisor")
    page = sitting.at("/leaves")
    expect(page.get_by_text("现在没有等待审批的申请")).to_be_visible()
    sent = page.evaluate(
        "path => fetch(path, {method: 'POST', body: new URLSearchParams({approved: 'true'})}).then(a => a.status)",
        f"/console/leaves/{leave}/decision",
    )
    assert sent == 404


def test_two_who_decide_at_once(desk: Desks, api: Api) -> None:
    ask(api)
    first, second = desk("supervisor").at("/leaves"), desk("bureau").at("/leaves")
    first.get_by_role("button", name="同意 chen 的病假").click()
    expect(first.get_by_role("status")).to_contain_text("已同意")
    second.get_by_role("button", name="同意 chen 的病假").click()
    expect(second.get_by_role("alert")).to_have_text("这个申请已经处理过了。")
