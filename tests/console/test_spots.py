"""抽查 at the console: five drawn in ten seconds, one explained and decided, one call, and the proof a month later."""

import re
import uuid
from collections.abc import Callable

from playwright.sync_api import expect

from tests.client import Api
from tests.console.conftest import Desks
from tests.console.test_exports import sheet
from tests.miniprogram.conftest import RunningClock
from tests.spots import aimed, call, draw

Go = Callable[..., None]


def test_a_supervisor_draws_and_later_proves_that_it_was_not_aimed(
    desk: Desks, api: Api, spot_course: Go, clock: RunningClock
) -> None:
    sitting = desk("bureau")
    page = sitting.at("/spot")
    expect(page.get_by_text("还没有抽签。")).to_be_visible()
    page.get_by_label("数量").fill("5")
    page.get_by_text("怎样抽，为什么不能指定结果").click()
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("spots")
    page.get_by_role("button", name="抽签", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("取种子抽签"))).to_be_visible()
    spot_course(seconds=4)
    expect(page.get_by_role("heading", name=re.compile("进行中"))).to_be_visible(timeout=10_000)
    checks = page.get_by_role("table", name="抽中的")
    expect(checks.get_by_text("等待应答")).not_to_have_count(0)
    expect(page.get_by_role("heading", name="核对无误")).to_be_visible(timeout=10_000)
    page.get_by_text(re.compile("^名单：")).click()
    expect(page.get_by_text("抽中", exact=True).last).to_be_visible()
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("spot-draw")
    where = page.url.partition("/console")[2]
    clock.advance(days=31)
    page = desk("county_leader").at(where)
    expect(page.get_by_role("heading", name="核对无误")).to_be_visible()


def test_in_a_window_nobody_sees_whom_before(desk: Desks, api: Api, spot_course: Go) -> None:
    page = desk("supervisor").at("/spot")
    page.get_by_label("一段时间内，每人的时刻各不相同").check()
    page.get_by_role("button", name="抽签", exact=True).click()
    expect(page.get_by_text("请填写抽查时段的日期、开始和结束。")).to_be_visible()
    page.get_by_label("日期").fill("2026-11-25")
    page.get_by_label("从", exact=True).fill("10:00")
    page.get_by_label("到", exact=True).fill("16:00")
    page.get_by_role("button", name="抽签", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("取种子抽签"))).to_be_visible()
    spot_course(seconds=4)
    expect(page.get_by_text("全部发出以前，谁都看不到抽中了谁。")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("heading", name="核对无误")).to_have_count(0)


def test_an_explanation_is_decided_in_place(desk: Desks, api: Api, spot_course: Go) -> None:
    aimed(api)
    spot_course(seconds=4)
    check = api.get("/me/spot-checks", "chen").json["items"][0]["id"]
    assert api.post(f"/me/spot-checks/{check}/camera", "chen").status_code == 201
    spot_course(minutes=31)
    said = {"excuse": "no_signal", "text": "地下车间没有信号，出来才看到"}
    assert api.post(f"/spot-checks/{check}/explanation", "chen", said).status_code == 200
    sitting = desk("supervisor")
    page = sitting.at("/spot/checks?state=undecided")
    expect(page.get_by_role("article")).to_contain_text("没有信号：地下车间没有信号，出来才看到")
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("spot-checks")
    page.get_by_label("裁定的理由（本人会看到）").fill("已与企业核实")
    page.get_by_role("button", name="chen：情况属实").click()
    expect(page.get_by_role("status")).to_have_text("已裁定，本人会收到消息。")
    expect(page.get_by_text("没有等您裁定的。")).to_be_visible()
    *_, row = sheet(api, "/spot/checks/list.xlsx", "supervisor")
    assert (row[1], row[6], row[8]) == ("chen", "未应答", "是")
    assert len(sheet(api, "/spot/checks/list.xlsx", "other_supervisor")) == 3


def test_the_call_sheet_from_the_draw_to_the_second_attempt(
    desk: Desks, api: Api, spot_course: Go, station_phones: None, clock: RunningClock
) -> None:
    made = draw(api, "supervisor", kind="call").json["id"]
    spot_course(seconds=4)
    sitting = desk("supervisor")
    page = sitting.at("/spot/calls")
    expect(page.get_by_role("link", name="02188886666")).to_have_attribute("href", "tel:02188886666")
    assert sitting.barriers() == []
    sitting.shot("spot-calls")
    page.get_by_label("接听的人").press("Enter")
    expect(page.get_by_role("article")).to_be_visible()  # without an outcome nothing is sent
    assert api.get("/spot-calls", "supervisor").json["items"][0]["calls"] == []
    page.get_by_role("radio", name="east-1：无人接听").check()
    page.get_by_role("button", name="east-1：记下").click()
    expect(page.get_by_role("status")).to_contain_text("10 分钟后再打一次")
    clock.advance(minutes=11)
    page = sitting.at("/spot/calls")
    expect(page.get_by_text("满 10 分钟后再打一次。")).to_be_visible()
    page.get_by_label("接听的人").fill("小陈")
    page.get_by_role("radio", name="east-1：在驻点接听").check()
    page.get_by_role("button", name="east-1：记下").click()
    expect(page.get_by_text("现在没有要打的电话。")).to_be_visible()
    page = sitting.at("/months/2026-11")
    expect(page.get_by_role("region", name=re.compile("抽查"))).to_contain_text("east-1")
    page = sitting.at("/spot/results")
    expect(page.get_by_role("row", name=re.compile("east-1"))).to_be_visible()
    assert sitting.barriers() == []
    sitting.shot("spot-results")
    check = api.get(f"/draws/{made}", "supervisor").json["checks"][0]["id"]
    assert call(api, check, "no_answer").status_code == 409


def test_an_aimed_one_begins_at_a_members_file_and_is_marked(desk: Desks, api: Api, spot_course: Go) -> None:
    page = desk("supervisor").at(f"/people/{api.cast['chen'].id}")
    page.get_by_role("link", name="指定抽查").click()
    expect(page.get_by_role("heading", name="指定抽查 chen")).to_be_visible()
    page.get_by_label("为什么指定").fill("有人反映不在驻点")
    page.get_by_role("button", name="发出抽查").click()
    expect(page.get_by_role("heading", name=re.compile("取种子抽签"))).to_be_visible()
    expect(page.get_by_text("有人反映不在驻点")).to_be_visible()
    spot_course(seconds=4)
    expect(page.get_by_text("这是指定的抽查，不是抽签")).to_be_visible(timeout=10_000)


def test_the_bureau_draws_among_a_unit(desk: Desks, api: Api) -> None:
    page = desk("bureau").at("/spot")
    page.get_by_label("范围").select_option("east")
    page.get_by_label("数量").fill("1")
    page.get_by_role("button", name="抽签").click()
    expect(page.get_by_role("heading", name=re.compile("取种子抽签"))).to_be_visible()
    assert [one["among"] for one in api.get("/draws", "bureau").json["items"]] == ["east"]


def test_a_chosen_squad_is_called(
    desk: Desks, api: Api, spot_course: Go, station_phones: None, clock: RunningClock
) -> None:
    sitting = desk("supervisor")
    page = sitting.at("/spot")
    page.get_by_text("不抽签，指定抽查一个驻点或一个人").click()
    page.get_by_role("combobox", name="小分队").select_option("east-1")
    page.get_by_label("为什么指定").fill("上周两次没有人接")
    assert sitting.barriers() == []
    sitting.shot("spots-aimed-call")
    page.get_by_role("button", name="列入电话抽查").click()
    expect(page.get_by_text("上周两次没有人接")).to_be_visible()
    spot_course(seconds=4)
    page = sitting.at("/spot/calls")
    expect(page.get_by_role("article")).to_contain_text("02188886666")


def test_who_does_not_watch_sees_nothing(desk: Desks, api: Api, spot_course: Go) -> None:
    made = draw(api, "supervisor").json["id"]
    spot_course(seconds=4)
    page = desk("other_supervisor").at(f"/spot/draws/{made}")
    expect(page.get_by_text("没有找到，或您无权查看。")).to_be_visible()
    page = desk("leader").at("/spot/calls")
    expect(page.get_by_text("您的角色不能做这一步。")).to_be_visible()
    page = desk("bureau").at(f"/spot/draws/{uuid.uuid4()}")
    expect(page.get_by_text("没有找到，或您无权查看。")).to_be_visible()


def test_the_reviewer_sees_beside_the_photo_what_it_has_to_show(desk: Desks, api: Api, spot_course: Go) -> None:
    aimed(api)
    spot_course(seconds=4)
    check = api.get("/me/spot-checks", "chen").json["items"][0]["id"]
    camera = api.post(f"/me/spot-checks/{check}/camera", "chen").json
    assert api.check_in("chen", kind="spot", ticket=camera["ticket"]).status_code == 201
    sitting = desk("bureau")
    page = sitting.at("/review")
    expect(page.get_by_text("照片里应出示：")).to_contain_text(camera["challenge"])
    sitting.shot("review-spot")
    page = sitting.at(f"/people/{api.cast['chen'].id}")
    expect(page.get_by_text("抽查按时应答")).to_be_visible()
    page = sitting.at("/spot/checks?state=answered")
    page.get_by_role("link", name="看照片和要求出示的内容").click()
    expect(page.get_by_text("照片里应出示：")).to_be_visible()
