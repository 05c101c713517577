"""导出: a list leaves as it stands on the page with these filters: typed, bounded, under whoever's name it was made; it
says nothing that the page does not."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from flask_openapi import OpenAPI
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from server.checkins import second_opinion
from server.console import exports
from server.db import Database
from tests.api.test_review import doubtful, review
from tests.cast import Cast
from tests.client import Api
from tests.console.conftest import Desks
from tests.console.test_flags import raise_flag
from tests.console.test_leaves import ask
from tests.miniprogram.conftest import RunningClock

Rows = Callable[..., list]
ROLES = ("leader", "supervisor", "bureau", "county_leader", "admin")


def asked(api: Api, path: str, who: str) -> Any:
    return api.app.test_client().get(f"/console{path}", headers={"Authorization": f"Bearer token-{who}"})


def sheet(api: Api, path: str, who: str = "bureau") -> list[list[Any]]:
    """Title, note, headings and rows of the workbook at this address, as Excel would read it."""
    answer = asked(api, path, who)
    assert answer.status_code == 200, answer.text
    return read(answer.data)


def read(content: bytes) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return book.get_sheet_by_index(0).to_python()


def addresses(routes: OpenAPI) -> list[str]:
    return sorted(
        rule.rule.removeprefix("/console") for rule in routes.url_map.iter_rules() if "/list.xlsx" in rule.rule
    )


def test_a_click_says_that_it_is_made_and_brings_what_is_filtered(desk: Desks, api: Api, rows: Rows) -> None:
    ask(api)
    ask(api, who="neighbour", reason="=1+1")
    sitting = desk("bureau")
    page = sitting.at("/leaves?state=all")
    page.route("**/list.xlsx*", lambda route: (page.wait_for_timeout(300), route.continue_()))
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").click()
        expect(page.get_by_text(re.compile("^正在导出…离开这个页面就看不到结果。"))).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("已导出，请在浏览器的下载里查看。")
    assert download.value.suggested_filename == "leaves-20261124.xlsx"
    title, note, heading, *found = read(download.value.path().read_bytes())
    assert title[0] == "河湾县 请假"
    assert re.fullmatch(r"状态：全部。共 2 行。bureau 导出于 2026-11-24 \d\d:\d\d。", note[0])
    assert heading[:3] == ["队员", "类型", "第一天"]
    assert [(row[0], str(row[2]), row[4], row[5]) for row in found] == [
        ("neighbour", "2026-11-26", 1.0, "=1+1"),
        ("chen", "2026-11-26", 1.0, "孩子住院"),
    ]
    assert isinstance(found[0][6], datetime)
    ((said,),) = rows(
        "SELECT p.body FROM audit_payloads p JOIN audit_events e ON e.id = p.event_id AND e.action = 'list.exported'"
    )
    assert json.loads(said)["facts"] == {"list": "leaves", "filters": {"状态": "全部"}, "rows": 2}


def test_a_refusal_is_said_on_the_page(desk: Desks, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    page = desk("bureau").at("/leaves")
    page.route("**/list.xlsx*", lambda route: route.continue_(url=f"{route.request.url}?state=nothing"))
    page.get_by_role("link", name="导出 Excel").click()
    expect(page.locator("#said .bad")).to_contain_text("填写有误")
    page.unroute("**/list.xlsx*")
    page.route("**/list.xlsx*", lambda route: route.abort())
    page.get_by_role("link", name="导出 Excel").click()
    expect(page.locator("#said .bad")).to_have_text("没有网络，没有导出；联网后再试一次。")


def test_each_list_has_its_people_and_nobody_elses(
    api: Api, routes: OpenAPI, db: Database, cast: Cast, clock: RunningClock
) -> None:
    ask(api)
    ask(api, who="neighbour")
    raise_flag(db, cast, clock)
    raise_flag(db, cast, clock, who="neighbour", kind="behind")
    doubtful(api)
    body = {"id": "00000000-0000-4000-8000-000000000001", "kind": "complaint", "text": "照片太大，传不上去"}
    assert api.post("/me/complaints", "chen", body).status_code == 201
    own = {
        ("/leaves/list.xlsx", "supervisor"): ["chen"],
        ("/leaves/list.xlsx", "other_supervisor"): ["neighbour"],
        ("/leaves/list.xlsx?state=approved", "supervisor"): [],
        ("/leaves/list.xlsx", "far_bureau"): [],
        ("/people/list.xlsx?q=c", "bureau"): ["chen", "colleague"],
        ("/people/list.xlsx", "leader"): ["chen", "colleague", "leader"],
        ("/complaints/list.xlsx", "admin"): ["chen"],
        ("/complaints/list.xlsx", "far_admin"): [],
        ("/review/list.xlsx", "bureau"): ["chen"],
        ("/review/list.xlsx", "supervisor"): ["chen"],
        ("/review/list.xlsx", "other_supervisor"): [],
        ("/register/list.xlsx", "supervisor"): ["east"],
        ("/register/list.xlsx", "admin"): ["bureau", "east", "west"],
        ("/register/stations/list.xlsx?q=法兰", "admin"): ["法兰克福驻点"],
        ("/register/stations/list.xlsx", "supervisor"): ["上海驻点"],
        ("/register/people/list.xlsx?q=far", "admin"): [],
        ("/register/people/list.xlsx?q=chen", "admin"): ["chen"],
        ("/notices/list.xlsx?state=sent", "bureau"): [],
    }
    for (path, who), names in own.items():
        assert (path, who, [row[0] for row in sheet(api, path, who)[3:]]) == (path, who, names)
    flags = sheet(api, "/flags/list.xlsx?kind=at_risk", "bureau")
    assert [(row[0], row[1]) for row in flags[3:]] == [("有风险", "chen")]
    assert "类型：有风险" in flags[1][0]
    assert (
        len(addresses(routes)) == 13
    )  # the leads' own and the escorts': test_leads.py, test_escorts.py, test_spots.py


def test_who_may_not_read_a_page_exports_nothing(api: Api, routes: OpenAPI) -> None:
    """Each list's workbook opens to exactly those to whom its page opens."""
    for path in addresses(routes):
        listed = "/review/list" if path.startswith("/review") else path.removesuffix("/list.xlsx")
        for who in ROLES:
            statuses = [asked(api, one, who).status_code for one in (listed, path)]
            assert statuses[0] == statuses[1], (path, who, statuses)


def test_an_odd_address_is_refused_in_words_or_taken(api: Api) -> None:
    for address in (
        *("/people/list.xlsx?cursor=x", "/leaves/list.xlsx?limit=9999", "/flags/list.xlsx?kind=x"),
        *("/audit/list.xlsx?before=x", "/audit/list.xlsx?about=nobody&action=x", "/review/list.xlsx?weight=nan"),
        *("/register/stations/list.xlsx?cursor=W10=", "/review/list.xlsx?unit=x", "/notices/list.xlsx?_method=PUT"),
        *("/register/people/list.xlsx?q=%00", "/review/list.xlsx?days=2&weight=0.5&finding=NOTHING"),
    ):
        answer = asked(api, address, "admin" if address.startswith("/register") else "bureau")
        assert answer.status_code in (200, 422), address


def test_what_is_cut_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    monkeypatch.setattr(exports, "PAGE", 1)
    for day in (20, 21, 22):
        ask(api, starts_on=f"2026-12-{day}")
    _, note, _, *found = sheet(api, "/leaves/list.xlsx")
    assert len(found) == 2
    assert "只有前 2 行，后面还有；请缩小筛选，分几次导出。" in note[0]


def test_nobody_exports_all_day(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(60):
        assert asked(api, "/register/list.xlsx", "admin").status_code == 200
    refused = asked(api, "/register/list.xlsx", "admin")
    assert (refused.status_code, "尝试次数过多" in refused.text) == (429, True)


def test_what_one_is_asked_about_is_in_no_workbook(
    api: Api, clock: RunningClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second opinion is asked for silently: neither the queue's workbook nor the audit's tells it."""
    monkeypatch.setattr(second_opinion, "ONE_IN", 1)
    checkin = doubtful(api)
    assert review(api, checkin, "bureau", "rejected", "不是本人").status_code == 201
    clock.advance(seconds=10)
    (row,) = sheet(api, "/review/list.xlsx", "bureau2")[3:]
    assert (row[0], row[4]) == ("chen", "")
    assert "不是本人" not in str(row)
    seen = {
        who: [row[3] for row in sheet(api, "/audit/list.xlsx?about=chen", who)[3:]] for who in ("bureau2", "bureau")
    }
    assert "复核打卡" in seen["bureau"]
    assert "复核打卡" not in seen["bureau2"]
    assert "提交打卡" in seen["bureau2"]
    assert "复核打卡" not in asked(api, "/audit?about=chen", "bureau2").text.partition("<table>")[2]
    assert review(api, checkin, "bureau2", "rejected", "不是本人").status_code == 201
    assert "复核打卡" in [row[3] for row in sheet(api, "/audit/list.xlsx?about=chen", "bureau2")[3:]]
