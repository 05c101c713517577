"""The harness itself, by its sample mini-program: what it promises to a page story holds, and it can say no."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from server.demo.photos import draw_selfie
from server.evidence.datum import gcj02_to_wgs84
from server.wechat.sandbox.app import RunningSandbox
from tests.miniprogram.conftest import HARNESS, Phones, RunningClock, compiled
from tests.miniprogram.phone import Phone


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(HARNESS / "sample", tmp_path_factory.getbasetemp().parent / "sample-built")


def test_a_page_shows_what_wxml_wxs_and_components_say(phone: Phone) -> None:
    phone.opens().sees("次数 × 1", "甲 Array", "1. 甲", "3. c")
    phone.taps("次数 × 1", exact=False).sees("次数 × 2")
    phone.taps("去表单").is_on("pages/form/form").sees("首页")


def test_what_is_fixed_at_the_bottom_of_a_page_ends_above_the_tab_bar(phone: Phone) -> None:
    phone.opens()
    bottom = phone.page.get_by_text("底部").bounding_box()
    tabs = phone.page.locator("#tabs").bounding_box()
    assert bottom["y"] + bottom["height"] == tabs["y"]


def test_pages_are_stacked_and_tab_pages_stay_alive(phone: Phone) -> None:
    phone.opens().sees("看到 1 次")
    phone.taps("更多").is_on("pages/more/more").sees("更多：第 1 次")
    phone.taps("首页").sees("看到 2 次")
    phone.taps("更多").sees("更多：第 2 次").taps("首页")
    phone.taps("去拍照").is_on("pages/camera/camera").goes_back().is_on("pages/home/home").sees("看到 4 次")


def test_a_form_collects_what_was_filled_in(phone: Phone) -> None:
    phone.opens("pages/form/form").fills("姓名", "陈燕").fills("说明", "下雨")
    phone.picks("类别：事假", "病假").sees("类别：病假")
    phone.picks("日期：", "2026-11-20").sees("日期：2026-11-20")
    phone.taps(phone.page.get_by_role("switch")).sees("半天")
    phone.taps(phone.page.locator("wx-checkbox input"), 1).sees("选了 tue")
    phone.taps("本人", exact=False).sees("me")
    phone.taps("提交")
    phone.sees(
        '{"name":"陈燕","note":"下雨","kind":1,"on":"2026-11-20","half":true,"days":["tue"],"who":"me","share":30}'
    )


def test_the_person_answers_dialogs(phone: Phone) -> None:
    phone.opens("pages/form/form").taps("问一句").fills("写几个字", "有雨").taps("确定").sees("因为有雨")
    phone.taps("问一句").taps("取消").sees("不说")
    phone.taps("选一项").taps("乙").sees("第 2 项")
    phone.taps("选一项").taps("取消").sees("没有选")


def test_requests_are_real_http_and_fail_as_the_network_fails(phone: Phone) -> None:
    phone.opens().taps("问服务器").sees("200 有日期")
    phone.goes_offline().sees("网络 none").taps("问服务器").sees("没有网络")
    phone.comes_online().sees("网络 wifi").network_is("2g").sees("网络 2g")
    phone.loses_calls("/healthz").taps("问服务器").sees("中断了")
    phone.taps("问服务器").sees("200 有日期")
    phone.server_answers("/healthz", 500).taps("问服务器").sees("500 没有日期")


def test_an_answer_lost_on_the_way_back_is_a_call_that_took_effect(phone: Phone, seen_by_server: list[str]) -> None:
    phone.opens().loses_answers("/healthz").taps("问服务器").sees("中断了")
    assert seen_by_server == ["/healthz"]
    phone.loses_calls("/healthz").sees("中断了").taps("问服务器").sees("中断了")
    assert seen_by_server == ["/healthz"]


def test_a_lossy_network_loses_calls_and_answers(phone: Phone, seen_by_server: list[str]) -> None:
    phone.opens().loses_packets(1.0, seed=3)
    for _ in range(6):
        phone.evaluates("__phone.page().data.answer = ''")
        phone.taps("问服务器").sees("中断了")
    assert 0 < len(seen_by_server) < 6
    phone.network_recovers().taps("问服务器").sees("200 有日期")


def test_files_and_storage_outlive_the_process_and_the_quota_ends_them(phone: Phone) -> None:
    phone.opens("pages/more/more").taps("存一份").sees("文件 1").taps("存一份").sees("文件 2")
    phone.is_killed_and_restarted("pages/more/more").sees("文件 2，字样 字")
    phone.has_room_for(1000).taps("写满").sees("满了")
    phone.has_room_for(10_000).taps("写满").sees("写下了")
    phone.fails("writeFile", "no such device").taps("写满").sees("writeFile:fail no such device")


def test_the_app_opens_without_a_network(phone: Phone) -> None:
    phone.opens().goes_offline().is_killed_and_restarted().sees("网络 none")


def test_the_process_can_end_in_the_middle_of_a_call(phone: Phone, seen_by_server: list[str]) -> None:
    phone.opens().dies("before", "request").taps("问服务器").waits_for_its_end()
    assert seen_by_server == []
    phone.opens().dies("after", "request").taps("问服务器").waits_for_its_end()
    assert seen_by_server == ["/healthz"]
    phone.opens().taps("问服务器").sees("200 有日期")


def test_the_position_comes_in_the_datum_asked_for(phone: Phone) -> None:
    phone.agreed_to_privacy().opens("pages/more/more")
    phone.stands_at(31.2304, 121.4737, accuracy_m=25).taps("定位").sees("31.2304 121.4737 ±25 两种坐标")
    phone.stands_at(50.1109, 8.6821).taps("定位").sees("50.1109 8.6821 ±20 一种坐标")


def test_gcj_02_is_the_server_s(phone: Phone) -> None:
    """The offsets that the phone adds are those that the server takes off again."""
    phone.agreed_to_privacy().opens("pages/more/more").stands_at(39.9087, 116.3975)
    given = phone.evaluates("__phone.wx.getLocation({type: 'gcj02'})")
    assert gcj02_to_wgs84(given["latitude"], given["longitude"]) == pytest.approx((39.9087, 116.3975), abs=1e-6)


def test_the_privacy_agreement_comes_before_the_position(phone: Phone) -> None:
    phone.opens("pages/more/more").taps("定位").sees("需要同意隐私指引").taps("同意").sees("两种坐标")
    phone.is_killed_and_restarted("pages/more/more").taps("定位").sees("两种坐标").sees_not("需要同意隐私指引")


@pytest.mark.parametrize(("what", "said"), [("location", "getLocation:fail auth deny")])
def test_a_refused_permission_fails_and_is_remembered(phone: Phone, what: str, said: str) -> None:
    phone.agreed_to_privacy().refuses(what).opens("pages/more/more").taps("定位").sees(said)
    phone.is_killed_and_restarted("pages/more/more").taps("定位").sees(said)
    phone.grants(what).evaluates("__phone.wx.openSetting()")
    phone.taps("定位").sees("两种坐标")


def test_a_refused_camera_says_so(phone: Phone) -> None:
    phone.agreed_to_privacy().refuses("camera").opens("pages/camera/camera").sees("没有相机权限")
    phone.taps("拍").sees("takePhoto:fail camera is not ready")


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_a_photo_is_taken_drawn_and_sent(phones: Phones, platform: str) -> None:
    phone = phones(platform=platform).agreed_to_privacy().takes(draw_selfie(7, size=(480, 640)))
    phone.opens("pages/camera/camera").sees("相机好了").taps("拍")
    phone.sees(f"{'png' if platform == 'ios' else 'jpeg'} 480×640 → jpeg 240×320")
    phone.taps("上传").sees("答 405")  # the server's own answer to a POST there


def test_a_photo_of_nobody_s_is_a_new_one_each_time(phone: Phone) -> None:
    phone.agreed_to_privacy().opens("pages/camera/camera").sees("相机好了")
    take = "new Promise(done => __phone.wx.createCameraContext().takePhoto({success: r => done("
    digest = "__phone.wx.getFileSystemManager().getFileInfo({filePath: r.tempImagePath, digestAlgorithm: 'sha256'})"
    one, two = (phone.evaluates(f"{take}{digest})}}))")["digest"] for _ in range(2))
    assert one != two


def test_wechat_is_the_sandbox(phone: Phone, sandbox: RunningSandbox) -> None:
    phone.hands_over_number("13800000001").agreed_to_privacy().opens("pages/more/more")
    phone.taps("登录").sees("有 code").taps("手机号").sees("有号码")
    phone.hands_over_number("").taps("手机号").sees("getPhoneNumber:fail user deny")
    phone.scans("https://z/1").taps("扫码").sees("https://z/1").scans("").taps("扫码").sees("scanCode:fail cancel")


def test_a_subscription_needs_a_tap_and_counts_at_wechat(phone: Phone, sandbox: RunningSandbox) -> None:
    credits = lambda: sandbox.state.credits.get(("o-chen", "sandbox-flag"))  # noqa: E731
    requests.post(f"{sandbox.url}/_sandbox/credits", json={"openid": "o-chen", "credits": 0}, timeout=5)
    phone.opens().taps("订阅").sees("accept")
    assert credits() == 1
    phone.answers_subscription("reject").taps("订阅").sees("reject")
    assert credits() == 1
    phone.is_killed_and_restarted()
    refusal = "__phone.wx.requestSubscribeMessage({tmplIds: ['sandbox-flag']}).catch(error => error.errMsg)"
    assert "TAP gesture" in phone.evaluates(refusal)


def test_the_phone_s_clock_may_be_wrong(phone: Phone, clock: RunningClock) -> None:
    phone.opens("pages/more/more").sees("时间 2026-11-24T02:")
    phone.moves_clock(days=1, hours=3).is_killed_and_restarted("pages/more/more").sees("时间 2026-11-25T05:")
    assert clock().day == 24


def test_background_foreground_and_pulling_down(phone: Phone) -> None:
    phone.opens().sees("看到 1 次").goes_to_background().comes_back().sees("看到 2 次")
    phone.pulls_down().sees("刷新了 1 次")
    phone.goes_to_background().comes_back("/pages/more/more").is_on("pages/more/more")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_dark_mode_reaches_pages_and_bars(phones: Phones, theme: str) -> None:
    phone = phones(theme=theme).opens()
    bar = "getComputedStyle(document.getElementById('bar')).backgroundColor"
    page = "getComputedStyle(document.querySelector('wx-page')).backgroundColor"
    dark = ["rgb(17, 17, 17)", "rgb(0, 0, 0)"]
    assert [phone.evaluates(bar), phone.evaluates(page)] == (
        dark if theme == "dark" else ["rgb(255, 255, 255)", "rgb(243, 243, 243)"]
    )
    assert phone.evaluates("__phone.wx.getAppBaseInfo().theme") == theme


def test_large_text_reaches_pages_that_ask_for_it(phones: Phones) -> None:
    phone = phones(fontSize=23).opens("pages/camera/camera")
    assert (
        phone.evaluates("getComputedStyle(document.querySelector('.webview:not([hidden]) wx-page')).fontSize") == "23px"
    )


def test_a_screenshot_is_the_whole_screen(phones: Phones) -> None:
    for size in ((375, 812), (320, 568)):
        path = phones(size=size, scale=2).opens().screenshot(f"harness/sample-{size[0]}")
        assert struct.unpack(">II", path.read_bytes()[16:24]) == (size[0] * 2, size[1] * 2)


SINS: list[tuple[str, str]] = [
    ("大数据", "setData of"),
    ("没有的接口", "wx.* that the harness has not: ['noSuchCall']"),
    ("出错", "a page went wrong"),
    ("别人的图", "asked of other hosts"),
]


@pytest.mark.parametrize(("sin", "said"), SINS, ids=[said for _, said in SINS])
def test_a_story_fails_by_what_went_wrong_unseen(unchecked: Callable[..., Phone], sin: str, said: str) -> None:
    phone = unchecked().opens()
    phone.assert_clean()
    phone.taps(sin).sees(sin)
    with pytest.raises(AssertionError, match=said.replace("*", r"\*").replace("[", r"\[")):
        phone.assert_clean()
    phone.is_killed_and_restarted()
    with pytest.raises(AssertionError):
        phone.assert_clean()


BROKEN: list[tuple[str, str, str, str]] = [
    ("a page that is not there", "app.json", '"pages/form/form"', '"pages/none/none"'),
    ("a component that is not there", "pages/home/home.json", "components/badge/badge", "components/none/none"),
    ("WXML that is none", "pages/home/home.wxml", "</template>", ""),
    ("an expression that is none", "pages/home/home.wxml", "{{answer}}", "{{answer +}}"),
    ("a WXS that is not there", "pages/home/home.wxml", "parts/words.wxs", "parts/none.wxs"),
    ("an @import that is not there", "app.wxss", "parts/tokens.wxss", "parts/none.wxss"),
]


@pytest.mark.parametrize("broken", BROKEN, ids=[what for what, *_ in BROKEN])
def test_the_build_refuses(tmp_path: Path, broken: tuple[str, str, str, str]) -> None:
    _, name, right, wrong = broken
    for path in (HARNESS / "sample").rglob("*"):
        if path.is_file():
            copy = tmp_path / "app" / path.relative_to(HARNESS / "sample")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    spoilt = tmp_path / "app" / name
    assert right in spoilt.read_text()
    spoilt.write_text(spoilt.read_text().replace(right, wrong))
    with pytest.raises(AssertionError, match=r"\w"):
        compiled(tmp_path / "app", tmp_path / "out")
