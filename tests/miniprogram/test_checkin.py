"""打卡: three taps from the open app to the verdict, and what the phone says when something is refused."""

import re
from typing import Any

import pytest
from PIL import Image

from server.config import Config
from server.demo.photos import draw_selfie
from tests.client import Api
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import checks_in, on_site, photos_on_disk, takes_a_photo

THREE_ASKED = ["sandbox-reminder", "sandbox-decided", "sandbox-flag"]


def stored(api: Api, who: str = "chen") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get("/checkins", "bureau", member=str(api.cast[who].id)).json["items"]
    return rows


def test_three_taps_to_the_verdict(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("还差 20 天，只剩 7 个可用日", "上海驻点")
    checks_in(phone).sees("通过", "完成", "确认1天。")
    assert [row["verdict"] for row in stored(api)] == ["accepted"]
    phone.taps("完成").is_on("pages/today/today").sees("已打卡", "今天不用再打卡")


def test_the_verdict_leads_to_its_evidence(phone: Phone) -> None:
    checks_in(on_site(phone).opens()).taps("查看依据").is_on("pages/evidence/evidence")
    phone.sees("逐项核验").sees_not("STATION_DISTANCE").taps("详情").sees(re.compile("STATION_DISTANCE"))


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_the_photo_is_a_jpeg_of_1280_px_and_400_kb_at_most(phones: Phones, config: Config, platform: str) -> None:
    """Of a camera with 12 megapixels; an iPhone's gives PNG, and some draw on no canvas off the screen."""
    phone = on_site(phones(platform=platform)).takes(draw_selfie(5, size=(3000, 4000), target_bytes=3_000_000))
    if platform == "ios":
        phone.fails("createOffscreenCanvas", "not supported")
    checks_in(phone.opens()).sees("完成").taps("完成").is_on("pages/today/today")
    assert phone.temporary_photos() == []
    (file,) = photos_on_disk(config)
    assert file.stat().st_size <= 400 * 1024
    with Image.open(file) as photo:
        assert (photo.format, max(photo.size)) == ("JPEG", 1280)


def test_the_facts_of_the_phone_travel_with_the_photo(phone: Phone, api: Api) -> None:
    checks_in(on_site(phone).opens()).sees("完成")
    (form,) = [call["formData"] for call in phone.calls("uploadFile")]
    assert form["ticket"]
    assert form["datum"] == "wgs84"
    assert '"clock_offset_ms"' in form["device"]
    assert {f["code"]: f["outcome"] for f in api.get(f"/checkins/{form['id']}", "chen").json["findings"]}[
        "TICKET"
    ] == "clear"


def test_a_still_can_be_taken_again(phone: Phone) -> None:
    takes_a_photo(on_site(phone).opens()).taps("重拍").taps("拍照").sees("提交")
    assert len(phone.temporary_photos()) == 1
    assert phone.calls("uploadFile") == []


def test_subscriptions_are_asked_in_the_tap_before_the_upload(phone: Phone, api: Api) -> None:
    checks_in(on_site(phone).answers_subscription("accept").opens()).sees("完成")
    made = [call["name"] for call in phone.report()["calls"]]
    assert made.index("requestSubscribeMessage") < made.index("uploadFile")
    assert phone.calls("requestSubscribeMessage")[0]["tmplIds"] == THREE_ASKED


def test_who_refuses_subscriptions_checks_in_all_the_same(phone: Phone) -> None:
    checks_in(on_site(phone).answers_subscription("reject").opens()).sees("通过", "完成")


def test_outside_the_fence_it_is_said_before_and_taken_all_the_same(phone: Phone, api: Api) -> None:
    on_site(phone).stands_at(31.30, 121.50).opens().taps("打卡，23:00 前").sees("在围栏外")
    phone.taps("拍照").taps("提交").sees("待核")
    assert [row["verdict"] for row in stored(api)] == ["review"]


def test_how_far_the_station_is_stays_on_the_phone(phone: Phone, api: Api) -> None:
    on_site(phone).refuses("location").opens().taps("看离驻点多远").sees("没有允许使用位置")
    phone.grants("location").taps("没有允许使用位置", exact=False).sees("在围栏内 · 距驻点", "±20 m")
    phone.stands_at(31.30, 121.50).moves_clock(seconds=40).taps("在围栏内", exact=False).sees(
        "在围栏外 · 距驻点 8.1 km"
    )
    assert not [one for one in phone.calls("request") if "lat" in str(one)]


def test_who_refuses_the_location_is_told_of_the_other_way(phone: Phone) -> None:
    on_site(phone).refuses("location").opens().taps("打卡，23:00 前")
    phone.sees("没有允许使用位置", "证明在岗").grants("location").taps("去允许").sees("在围栏内")


def test_who_lets_wechat_itself_have_no_location_is_led_to_the_systems_settings(phone: Phone) -> None:
    on_site(phone).fails("getLocation", "system permission denied", times=2).opens().taps("打卡，23:00 前")
    phone.sees("手机系统没有允许微信使用位置。到“系统设置 → 微信 → 位置”里允许，回来会自动定位。")
    phone.taps("去系统设置").sees("去系统设置").goes_to_background().comes_back().sees("在围栏内")
    assert len(phone.calls("openAppAuthorizeSetting")) == 1


def test_who_lets_wechat_itself_have_no_camera_is_led_to_the_systems_settings(phone: Phone) -> None:
    on_site(phone).lets_wechat_use_the_camera(False).opens().taps("打卡，23:00 前")
    phone.sees("手机没有允许微信使用摄像头", "到“系统设置 → 微信 → 相机”里允许，回来就能拍。", "证明在岗")
    phone.taps("去系统设置").goes_to_background().comes_back().sees("手机没有允许微信使用摄像头")
    phone.lets_wechat_use_the_camera(True).goes_to_background().comes_back().taps("拍照").sees("重拍")
    assert len(phone.calls("openAppAuthorizeSetting")) == 1


def test_who_refuses_the_camera_is_told_of_the_other_way(phone: Phone) -> None:
    on_site(phone).refuses("camera").opens().taps("打卡，23:00 前").sees("没有允许使用摄像头", "证明在岗")
    phone.taps("返回今天").is_on("pages/today/today").taps("日历").sees("点一天")


def test_who_refuses_the_privacy_agreement_keeps_the_other_pages(phone: Phone) -> None:
    phone.stands_at(31.2309, 121.4741).opens().taps("打卡，23:00 前").sees("使用前请先阅读")
    phone.taps("暂不同意").sees("没有同意隐私保护指引", re.compile("同事或队长.*证明在岗"))
    phone.taps("返回今天").is_on("pages/today/today").taps("消息").sees("还没有消息")


def test_who_refused_the_privacy_guide_is_asked_again_when_they_want(phone: Phone) -> None:
    phone.stands_at(31.2309, 121.4741).opens().taps("打卡，23:00 前").sees("使用前请先阅读").taps("暂不同意")
    phone.taps("再看一次指引").sees("使用前请先阅读").taps("暂不同意").sees_not("使用前请先阅读")
    phone.taps("再看一次指引").taps("同意").sees("在围栏内").taps("拍照").sees("重拍")


def test_who_agrees_to_the_privacy_guide_goes_on(phone: Phone) -> None:
    phone.stands_at(31.2309, 121.4741).opens().taps("打卡，23:00 前").sees("使用前请先阅读")
    phone.taps("同意").sees("在围栏内")


def test_before_the_window_the_button_says_when_it_opens(phones: Phones, clock: RunningClock) -> None:
    clock.advance(hours=-6)
    early = on_site(phones()).opens().sees("窗口未到", "06:00 开始")
    early.taps("窗口未到，06:00 开始").is_on("pages/today/today")


def test_after_the_window_the_button_says_when_the_day_can_be_made_up(phones: Phones, clock: RunningClock) -> None:
    clock.advance(hours=13, minutes=30)
    late = on_site(phones()).opens().sees("时间已过").taps("时间已过，明天起可以申请补卡").is_on("pages/today/today")
    late.screenshot("today-late")
    late.opens("pages/calendar/calendar").taps("24").sees("11月24日 周二").sees_not("申请补卡")
    late.taps("23").taps("申请补卡").is_on("pages/ask/ask")
    late.fills("写一句，审批的人会看", "手机没电了").taps("提交").is_on("pages/leaves/leaves").sees("待审批", "补卡")


def test_who_is_posted_nowhere_has_nothing_to_check_in_to(phones: Phones) -> None:
    phones("admin").agreed_to_privacy().opens().sees("未派驻", "今天没有派驻")


def test_a_wrong_clock_of_the_phone_changes_nothing(phone: Phone, api: Api) -> None:
    on_site(phone).moves_clock(hours=5, minutes=40).opens().sees("23:00 前")
    checks_in(phone).sees("完成")
    assert [row["captured_at"][:13] for row in stored(api)] == ["2026-11-24T02"]


def test_a_rejected_check_in_can_be_objected_to(phone: Phone, api: Api) -> None:
    made = api.check_in("chen").json["id"]
    api.post(f"/checkins/{made}/reviews", "bureau", {"decision": "rejected", "reason": "看不清站点", "code": "other"})
    on_site(phone).opens(f"pages/evidence/evidence?id={made}").sees("驳回", "看不清站点")
    phone.taps("申诉").fills("写明您在哪里、做什么、谁能证明", "当天在站内接待客商").taps("提交申诉").sees(
        "申诉：等待答复", "当天在站内接待客商"
    )
