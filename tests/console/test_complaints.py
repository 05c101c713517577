"""意见 at the console: read and answered in place; a unit does not see what may be about it."""

import json
import uuid

from playwright.sync_api import expect

from tests.client import Api
from tests.console.conftest import Desks


def test_a_complaint_is_answered(desk: Desks, api: Api) -> None:
    said = {"id": str(uuid.uuid4()), "kind": "complaint", "text": "周末也要求打卡，\n负担太重"}
    assert api.post("/me/complaints", "chen", said).status_code == 201
    sitting = desk("bureau")
    page = sitting.at("/complaints")
    expect(page.get_by_role("article")).to_contain_text("答复期限 12月1日 周二")
    sitting.shot("complaints")
    assert sitting.barriers() == []
    page.get_by_label("答复（本人会看到）").fill("12月起周末不再要求打卡。")
    page.get_by_role("button", name="答复 chen 的投诉").click()
    expect(page.get_by_role("status")).to_have_text("已答复，本人会收到消息。")
    expect(page.get_by_text("没有等待答复的意见")).to_be_visible()
    page.get_by_role("link", name="已答复").click()
    expect(page.get_by_role("article")).to_contain_text("12月起周末不再要求打卡。")
    (mine,) = json.loads(api.get("/me/complaints", "chen").text)["items"]
    assert mine["answered_by"] == "bureau"


def test_who_does_not_answer_does_not_see(desk: Desks) -> None:
    sitting = desk("supervisor")
    page = sitting.at("/complaints")
    expect(page.get_by_text("您的角色不能做这一步。")).to_be_visible()
    assert "意见" not in page.get_by_role("navigation", name="栏目").inner_text()
