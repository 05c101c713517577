"""月度: results by unit and squad, down to a day; closed after it was told what that does; the workbook has what is
shown."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from server.db import Database
from tests.cast import SHANGHAI, Cast
from tests.client import Api
from tests.console.conftest import TABLET, Desks
from tests.miniprogram.conftest import RunningClock
from tests.watch.given import site_day

Rows = Callable[..., list]


@pytest.fixture
def month(api: Api, clock: RunningClock) -> str:
    """The month in which chen came on two days, the colleague on one."""
    clock.set(datetime.fromisoformat("2026-11-17T10:00:00+08:00"))
    for who in ("chen", "colleague"):
        api.check_in(who)
    clock.advance(days=1)
    api.check_in("chen", lat=str(SHANGHAI[0] + 0.0004))  # the very same point again would be looked at
    return "2026-11"


def close_before(api: Api, clock: RunningClock) -> None:
    """It is 7 December, and the months before November are closed."""
    clock.set(datetime.fromisoformat("2026-12-07T10:00:00+08:00"))
    api.close_month("2026-10")


def sheets(page: Page, path: str) -> dict[str, list[list]]:
    """The workbook at this address as Excel would read it."""
    answer = page.request.get(page.url.split("/console")[0] + f"/console{path}")
    assert answer.status == 200, answer.text()
    book = CalamineWorkbook.from_filelike(BytesIO(answer.body()))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_down_from_the_county_to_a_day(desk: Desks, month: str) -> None:
    sitting = desk("bureau")
    page = sitting.at("/months")
    expect(page).to_have_url(re.compile("/months/2026-11$"))
    expect(page.get_by_text("2026年11月，全县 2 个招商小分队外出驻点 2 人、3 天")).to_be_visible()
    east = page.get_by_role("row").filter(has=page.get_by_role("link", name="east", exact=True))
    expect(east.get_by_role("cell").nth(2)).to_have_text("60")  # what November asks of three people
    expect(east.get_by_role("cell").nth(3)).to_have_text("3")
    expect(east.get_by_role("cell").nth(6)).to_have_text("5%")
    expect(
        page.get_by_role("img", name=re.compile("east 3 天，目标 60 天；west 0 天")).locator("canvas")
    ).to_be_visible()
    sitting.shot("month")
    assert sitting.fits()
    assert sitting.barriers() == []
    page.get_by_role("link", name="east", exact=True).click()
    people = page.get_by_role("region", name="队员")
    row = people.get_by_role("row").filter(has_text="chen")
    expect(row.get_by_role("cell")).to_have_text(["chen", "上海", "2", "–", "–", "–", "20", "18", "2"])
    sitting.shot("month-unit")
    row.get_by_role("link").click()
    page.locator("#d2026-11-17").click()
    expect(page.locator("#day")).to_contain_text("10:00 驻点打卡，自动核验")


def test_the_bars_tell_apart_what_the_table_tells_apart(api: Api, month: str, db: Database, cast: Cast) -> None:
    site_day(db, cast, "chen", 0, 0, 2, 0, on=date(2026, 11, 19))
    site_day(db, cast, "neighbour", 0, 2, 0, 0, on=date(2026, 11, 19))
    page = api.app.test_client().get("/console/months/2026-11", headers={"Authorization": "Bearer token-bureau"}).text
    chart = json.loads(page.partition("data-chart='")[2].partition("'")[0])
    assert [chart[name] for name in ("names", "confirmed", "excused", "pending", "target")] == [
        *(["east", "west"], [3, 0], [1, 0], [0, 1], [60, 40])
    ]


def test_filters_stand_in_the_address(desk: Desks, month: str, cast: Cast) -> None:
    page = desk("bureau").at("/months/2026-11")
    page.get_by_label("小分队").select_option("west-1")
    expect(page).to_have_url(re.compile(f"squad={cast.squads['west-1']}"))
    expect(page.get_by_role("link", name="east", exact=True)).to_have_count(0)
    expect(page.get_by_text("其中在此")).to_be_visible()


@pytest.mark.parametrize(
    ("who", "unit", "squad"),
    [("supervisor", "west", ""), ("leader", "", "west-1"), ("far_bureau", "east", ""), ("far_bureau", "", "east-1")],
)
def test_of_others_nothing_by_address_either(
    desk: Desks, month: str, cast: Cast, who: str, unit: str, squad: str
) -> None:
    page = desk(who).at("/months/2026-11")
    asked = f"unit={cast.units[unit]}" if unit else f"squad={cast.squads[squad]}"
    expect(page.get_by_role("heading", name="2026年11月")).to_be_visible()
    assert (unit or squad) not in page.get_by_role("main").inner_text()
    for path in (f"/months/2026-11?{asked}", f"/months/2026-11/results.xlsx?{asked}"):
        answer = page.request.get(page.url.split("/console")[0] + f"/console{path}")
        assert answer.status == 404, path


def test_a_leader_reads_the_own_squad(desk: Desks, month: str) -> None:
    page = desk("leader").at("/months/2026-11")
    expect(page.get_by_role("link", name="east-1")).to_be_visible()
    expect(page.get_by_role("region", name="队员").get_by_role("row").filter(has_text="colleague")).to_be_visible()


def test_closing_says_what_it_does_and_does_it(
    desk: Desks, month: str, api: Api, clock: RunningClock, rows: Rows
) -> None:
    close_before(api, clock)
    sitting = desk("bureau")
    page = sitting.at("/months/2026-11")
    page.get_by_role("link", name="结账…").click()
    expect(page.get_by_role("main")).to_contain_text("5 名队员这个月的天数和各单位的结果表固定下来")
    expect(page.get_by_text("没有等待处理的事项。")).to_be_visible()
    sitting.shot("month-close")
    assert sitting.barriers() == []
    page.get_by_role("button", name="结账，固定 11月 的结果").click()
    expect(page.get_by_role("status")).to_have_text("2026年11月已结账，结果不再改动。")
    expect(page.get_by_text("已结账", exact=True)).to_be_visible()
    assert rows("SELECT count(*) FROM closed_months WHERE month = '2026-11-01'") == [(1,)]
    expect(page.get_by_role("link", name="结账…")).to_have_count(0)


def test_what_waits_holds_it_up_and_is_named(
    desk: Desks, month: str, api: Api, clock: RunningClock, rows: Rows
) -> None:
    api.post("/leaves", "colleague", {"kind": "sick", "starts_on": "2026-11-20", "reason": "发热"})
    close_before(api, clock)
    page = desk("bureau").at("/months/2026-11/close")
    expect(page.get_by_role("row").filter(has_text="colleague")).to_contain_text("请假")
    expect(page.get_by_role("button", name=re.compile("^结账，"))).to_be_disabled()
    sent = page.evaluate("fetch('/console/months/2026-11/close', {method: 'POST'}).then(a => a.status)")
    assert sent == 409
    assert rows("SELECT count(*) FROM closed_months WHERE month = '2026-11-01'") == [(0,)]


def test_nobody_else_closes(desk: Desks, month: str, api: Api, clock: RunningClock) -> None:
    close_before(api, clock)
    for who in ("county_leader", "supervisor"):
        page = desk(who).at("/months/2026-11")
        expect(page.get_by_role("link", name="结账…")).to_have_count(0)
        for method in ("GET", "POST"):
            sent = page.evaluate("m => fetch('/console/months/2026-11/close', {method: m}).then(a => a.status)", method)
            assert (who, method, sent) == (who, method, 403)


def test_a_closed_month_is_counted_anew(
    desk: Desks, month: str, api: Api, clock: RunningClock, db: Database, rows: Rows
) -> None:
    close_before(api, clock)
    leader = desk("leader").at("/months/2026-11")
    assert desk("bureau").at("/months/2026-11").get_by_role("button", name="重新核算").count() == 0  # it is open
    api.close_month("2026-11")
    sitting = desk("county_leader")
    page = sitting.at("/months/2026-11")
    page.route("**/verify", lambda route: (page.wait_for_timeout(300), route.continue_()))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.url.endswith("/verify") else None)
    page.get_by_role("button", name="重新核算").dblclick()
    expect(page.get_by_text(re.compile("^正在按依据重新核算 11月"))).to_be_visible()
    expect(page.get_by_text("2026年11月的结果与依据一致。")).to_be_visible()
    expect(page.get_by_text(re.compile("^正在按依据重新核算"))).to_have_count(0)
    assert sent == ["POST"]  # the second click is not a second order
    sitting.shot("month-verified")
    assert sitting.barriers() == []
    with db.transaction() as session:
        session.execute(text("UPDATE site_days SET confirmed_halves = 1 WHERE on_date = '2026-11-17'"))
    page.get_by_role("button", name="重新核算").click()
    expect(page.get_by_text("处与结账时不同。")).to_be_visible()
    expect(page.get_by_text("chen：在岗日与结账时不同。")).to_be_visible()
    assert rows("SELECT count(*) FROM closed_months WHERE month = '2026-11-01'") == [(1,)]
    leader.reload()
    expect(leader.get_by_role("button", name="重新核算")).to_have_count(0)
    for asker, path, status in ((leader, "2026-11", 403), (page, "2026-12", 404), (page, "2026-13", 404)):
        answer = asker.evaluate("p => fetch(p, {method: 'POST'}).then(a => a.status)", f"/console/months/{path}/verify")
        assert (path, answer) == (path, status)


def test_what_came_later_stands_beside_it(desk: Desks, month: str, api: Api, clock: RunningClock) -> None:
    close_before(api, clock)
    api.close_month("2026-11")
    body = {"member": str(api.cast["leader"].id), "on": "2026-11-30", "value": 1, "reason": "一起接待客商"}
    assert api.post("/attestations", "bureau", body).status_code == 201
    sitting = desk("bureau")
    page = sitting.at("/months/2026-11")
    added = page.get_by_role("region", name=re.compile("^补充说明"))
    expect(added.get_by_role("row").filter(has_text="leader")).to_contain_text("确认 0 → 1")
    added.scroll_into_view_if_needed()
    sitting.shot("month-addenda")
    assert [row[1] for row in sheets(page, "/months/2026-11/results.xlsx")["补充说明"][3:]] == ["leader"]


def test_a_file_says_what_a_published_month_comes_to_with_what_came_later(
    desk: Desks, month: str, api: Api, clock: RunningClock
) -> None:
    """A day is vouched for, and that is taken back: what was published stays, and beside it what is known now."""
    close_before(api, clock)
    api.close_month("2026-11")
    who = api.cast["leader"].id
    vouched = api.post(
        "/attestations", "bureau", {"member": str(who), "on": "2026-11-30", "value": 1, "reason": "一起接待客商"}
    )
    sitting = desk("bureau")
    file = sitting.at(f"/people/{who}?month=2026-11").get_by_role("region", name=re.compile("^2026年11月"))
    expect(file).to_contain_text("确认 0 天，待核 0 天")
    expect(file).to_contain_text("加上结账后的补充说明：确认 1 天，公出培训 0 天；公布的结果不改。")
    sitting.shot("file-addenda")
    taken_back = f"/attestations/{vouched.json['id']}/withdrawal"
    assert api.post(taken_back, "bureau", {"reason": "看错了日期"}).status_code == 200
    file = sitting.at(f"/people/{who}?month=2026-11").get_by_role("region", name=re.compile("^2026年11月"))
    expect(file).to_contain_text("加上结账后的补充说明：确认 0 天")
    file = sitting.at(f"/people/{who}?month=2026-12").get_by_role("region", name=re.compile("^2026年12月"))
    expect(file).not_to_contain_text("补充说明")


def test_the_workbook_has_real_numbers_and_dates_and_no_formula(
    desk: Desks, month: str, db: Database, cast: Cast, rows: Rows
) -> None:
    with db.transaction() as session:
        session.execute(text("UPDATE members SET name = '=1+1' WHERE id = :id"), {"id": cast["chen"].id.hex})
    page = desk("bureau").at("/months/2026-11")
    found = sheets(page, "/months/2026-11/results.xlsx")
    title, note, heading, *table = found["结果"]
    assert (title[0], note[0]) == ("河湾县 2026年11月驻点招商结果", "尚未结账，是到导出时为止的数字。")
    assert heading[:6] == ["单位", "小分队", "派驻人数", "在岗人数", "目标天数", "在岗天数"]
    assert [row[:6] for row in table] == [
        ["east", "east-1", 3, 2, 60, 3],
        ["east", "小计", 3, 2, 60, 3],
        ["west", "west-1", 2, 0, 40, 0],
        ["west", "小计", 2, 0, 40, 0],
        ["合计", "", 5, 2, 100, 3],
    ]
    people = found["队员"][3:]
    assert people[0][:3] == ["=1+1", "上海", 2]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'month.exported'") == [(1,)]


def test_what_is_filtered_is_what_is_exported(desk: Desks, month: str, cast: Cast) -> None:
    page = desk("bureau").at(f"/months/2026-11?unit={cast.units['west']}")
    link = page.get_by_role("link", name="导出 Excel").get_attribute("href")
    assert link
    found = sheets(page, link.removeprefix("/console"))
    assert {row[0] for row in found["结果"][3:]} == {"west"}
    assert [row[0] for row in found["队员"][3:]] == ["neighbour", "other_leader"]


def test_before_the_first_posting_there_is_nothing_to_say_or_to_close(desk: Desks) -> None:
    page = desk("bureau").at("/months/2022-09")
    expect(page.get_by_text("9月这里没有派驻，也没有在岗记录。")).to_be_visible()
    main = page.get_by_role("main").inner_text()
    assert "0 个招商小分队" not in main
    assert page.get_by_role("link", name="结账…").count() == 0
    assert page.get_by_role("link", name="‹ 8月").count() == 0
    page.goto(page.url.replace("2022-09", "2026-12"))
    assert page.get_by_role("link", name="1月 ›").count() == 0


def test_there_is_no_such_month(desk: Desks) -> None:
    page = desk("bureau").at("/months/2026-11")
    for path in ("/months/2026-13", "/months/1999-01", "/months/x/results.xlsx", "/months/2026-13/close"):
        answer = page.request.get(page.url.replace("/months/2026-11", path))
        assert (path, answer.status) == (path, 404)


def test_months_before_anybody_was_posted_are_empty_in_words(desk: Desks, month: str) -> None:
    page = desk("bureau").at("/months/2025-01")
    expect(page.get_by_text("1月这里没有派驻，也没有在岗记录。")).to_be_visible()
    later = date(2026, 11, 17) + timedelta(days=60)
    page = desk("bureau", size=TABLET).at(f"/months/{later:%Y-%m}")
    expect(page.get_by_text("这个月还没开始。")).to_be_visible()
