"""复核 as a list: filtered by its address; several clean ones accepted together, once their photos were seen."""

from typing import Any

from playwright.sync_api import expect

from tests.api.test_review import review
from tests.client import Api
from tests.console.conftest import Desks
from tests.console.reviewing import accept_together, coarse, decision, far, press, shown
from tests.miniprogram.conftest import RunningClock


def test_several_clean_ones_together_once_their_photos_were_seen(
    desk: Desks, api: Api, clock: RunningClock, rows: Any
) -> None:
    clean = [coarse(api, who) for who in ("chen", "colleague")]
    doubted = far(api, "leader")
    sitting = desk("bureau")
    page = sitting.at("/review/list")
    expect(page.get_by_label("选择leader")).to_have_count(0)
    page.get_by_label("选这一页全部").check()
    sitting.shot("review-list")
    page.get_by_role("button", name="看照片并通过所选 2 条").click()
    expect(page.locator(".sheet img")).to_have_count(2)
    expect(page.locator(".sheet img").last).not_to_have_js_property("naturalWidth", 0)
    sitting.shot("review-confirm")
    assert sitting.barriers() == []
    assert review(api, clean[0], "bureau2", "accepted", "看过").status_code == 201
    accept_together(page)
    expect(page.get_by_text("已通过 1 条；1 条没有办成，原因在下面。")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text("已经有人复核过了，没有改动。")
    assert [decision(api, one) for one in (*clean, doubted)] == ["accepted", "accepted", None]
    sitting.shot("review-done")
    clock.advance(seconds=50)  # the member is not told yet
    page.keyboard.press("u")
    expect(page.get_by_text("已撤销 1 条，队员没有收到通知。")).to_be_visible()
    assert [decision(api, one) for one in (*clean, doubted)] == ["accepted", None, None]
    clock.advance(minutes=5)
    told = "SELECT count(*) FROM notices WHERE kind = 'checkin_decided' AND member_id = :who"
    assert rows(told, who=api.cast["colleague"].id.hex) == [(0,)]


def test_what_was_accepted_together_stands_after_a_minute_and_is_nobody_elses_to_take_back(
    desk: Desks, api: Api, clock: RunningClock
) -> None:
    made = coarse(api)
    page = desk("bureau").at("/review/list")
    page.get_by_label("选这一页全部").check()
    page.get_by_role("button", name="看照片并通过所选 1 条").click()
    accept_together(page)
    sent = page.locator("form.take-back").evaluate("form => new URLSearchParams(new FormData(form)).toString()")
    other = desk("bureau2").at("/review/list")
    forged = "sent => fetch('/console/review/bulk/undo', {method: 'POST', body: new URLSearchParams(sent)})"
    assert "只能撤销自己的复核。" in other.evaluate(forged + ".then(a => a.text())", sent)
    far_away = desk("far_bureau").at("/review/list")
    assert far_away.evaluate(forged + ".then(a => a.status)", sent) == 404
    clock.advance(seconds=61)
    page.keyboard.press("u")
    expect(page.get_by_text("已过可以撤销的时间")).to_be_visible()
    assert decision(api, made) == "accepted"


def test_a_doubtful_one_is_not_accepted_together_by_a_forged_form(desk: Desks, api: Api) -> None:
    doubted = far(api)
    page = desk("bureau").at("/review/list")
    said = page.evaluate(
        "id => fetch('/console/review/bulk', {method: 'POST', body: new URLSearchParams({id})}).then(a => a.text())",
        doubted,
    )
    assert "有需要核实的发现，请逐条复核。" in said
    assert decision(api, doubted) is None


def test_filters_stand_in_the_address(desk: Desks, api: Api) -> None:
    east, _west = far(api), far(api, "neighbour")
    page = desk("bureau").at("/review")
    page.get_by_label("单位").select_option(label="east")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("#progress")).to_have_text("今天已复核 0 条，还剩 1 条")
    assert shown(page) == east
    assert f"unit={api.cast.units['east']}" in page.url
    press(page, "a")
    expect(page.get_by_text("没有符合筛选的打卡了。")).to_be_visible()
