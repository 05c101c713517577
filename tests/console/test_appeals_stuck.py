"""申诉 that nobody uninvolved is left for: a county leader answers it at the console; else the system page says so."""

import json

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete

from server.db import Database
from server.org.models import RoleGrant
from tests.api.test_appeal_without_supervisor import without
from tests.cast import Cast
from tests.client import Api
from tests.console.conftest import Desks


@pytest.fixture
def checkin(api: Api, db: Database) -> str:
    """Of chen's, rejected by the county's one bureau supervisor, and appealed."""
    without(db, api, "bureau2")
    made = str(json.loads(api.check_in("chen").text)["id"])
    body = {"decision": "rejected", "code": "other", "reason": "看不清站点"}
    assert api.post(f"/checkins/{made}/reviews", "bureau", body).status_code == 201
    assert api.post(f"/checkins/{made}/appeals", "chen", {"statement": "当天在客户工厂"}).status_code == 201
    return made


def test_a_county_leader_answers_it(desk: Desks, api: Api, checkin: str) -> None:
    sitting = desk("county_leader")
    page = sitting.at("/review")
    page.get_by_role("navigation", name="复核").get_by_role("link", name="申诉").click()
    expect(page.get_by_role("article", name="chen的申诉")).to_contain_text("当天在客户工厂")
    assert page.get_by_role("link", name="逐条复核").count() == 0
    sitting.shot("appeals-leader")
    assert sitting.barriers() == []
    page.get_by_label("答复（队员会读到）").fill("已与客户核实")
    page.get_by_role("button", name="申诉成立，改为通过").click()
    expect(page.get_by_role("status")).to_contain_text("申诉成立")
    assert json.loads(api.get(f"/checkins/{checkin}", "chen").text)["appeals"][0]["state"] == "upheld"


def test_where_nobody_is_left_the_system_page_says_so(
    desk: Desks, api: Api, checkin: str, db: Database, cast: Cast
) -> None:
    sitting = desk("admin")
    page = sitting.at("/system")
    expect(page.get_by_role("heading", name="队列")).to_be_visible()
    assert page.get_by_text("没有人能处理的申诉").count() == 0
    with db.transaction() as session:
        session.execute(delete(RoleGrant).where(RoleGrant.member_id == cast["county_leader"].id))
    page.reload()
    expect(page.get_by_text("没有人能处理的申诉")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("1 件申诉，招商局的监督人员和县领导都参与过")
    expect(page.get_by_role("main")).to_contain_text("请再登记一名监督人员")
    sitting.shot("system-stuck")
    assert sitting.barriers() == []
    far = desk("far_admin").at("/system")
    expect(far.get_by_role("heading", name="队列")).to_be_visible()
    assert far.get_by_text("没有人能处理的申诉").count() == 0
