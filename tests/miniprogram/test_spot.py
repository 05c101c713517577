"""抽查 on the phones: five drawn and told by WeChat, a photo or an explanation, the draw looked at again; calls."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from server.config import Config
from server.wechat.sandbox.app import RunningSandbox
from server.worker import Worker
from tests.client import Api
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import on_site
from tests.miniprogram.test_offline import sent

Go = Callable[..., None]
FIVE = ("chen", "colleague", "leader", "neighbour", "other_leader")
WHERE = "当时在哪里，在做什么"


@pytest.fixture
def post(config: Config, clock: RunningClock) -> Iterator[Callable[[], None]]:
    """The worker takes to WeChat what is to be sent."""
    worker = Worker(config, clock)
    yield worker.deliver_notices
    worker.db.dispose()


def draws(api: Api, **changes: Any) -> str:
    made = api.post("/draws", "bureau", {"id": str(uuid.uuid4()), "kind": "selfie", "count": 1} | changes)
    assert made.status_code == 201, made.text
    return str(made.json["id"])


def mine(api: Api, who: str = "chen") -> dict[str, Any]:
    found: dict[str, Any] = api.get("/me/spot-checks", who).json["items"][0]
    return found


@pytest.fixture
def asked(api: Api, spot_course: Go, post: Callable[[], None], phones: Phones) -> str:
    """chen's own check, aimed, sent out and taken by WeChat."""
    allows_messages(phones())
    draws(api, aimed_at=str(api.cast["chen"].id), reason="有人反映")
    spot_course(seconds=4)
    post()
    return str(mine(api)["id"])


@pytest.fixture
def missed(asked: str, spot_course: Go) -> str:
    """Its time is over, and what a phone's clock may be wrong by."""
    spot_course(minutes=35)
    return asked


@pytest.fixture
def excused(api: Api, missed: str) -> str:
    """Explained, and a person believed it."""
    said = {"excuse": "driving", "text": "在高速上，一小时后才停车"}
    assert api.post(f"/spot-checks/{missed}/explanation", "chen", said).status_code == 200
    word = {"decision": "excused", "reason": "已向队长核实"}
    assert api.post(f"/spot-checks/{missed}/decision", "supervisor", word).status_code == 200
    return missed


@pytest.fixture
def drawn(api: Api, spot_course: Go) -> None:
    """All who are at work, chen among them; it did not reach them."""
    draws(api, count=5)
    spot_course(seconds=4)
    spot_course(minutes=31)


def allows_messages(phone: Phone) -> Phone:
    return phone.answers_subscription("accept").opens("mine/switches/switches").taps("允许接收").sees("已允许")


def withdraws_consent(api: Api) -> None:
    version = api.get("/consents", "chen").json["version"]
    assert api.post("/consents", "chen", {"version": version, "agreed": False}).status_code == 200


def at_camera(phone: Phone) -> Phone:
    """From today's page, the photo not taken yet."""
    return on_site(phone).opens().taps("打开相机应答").is_on("pages/checkin/checkin").sees("请在照片里", "在围栏内")


def answers(phone: Phone) -> Phone:
    return phone.taps("拍照").sees("重拍").taps("提交")


def stored(api: Api, who: str = "chen") -> list[tuple[str, str]]:
    rows = api.get("/checkins", "bureau", member=str(api.cast[who].id)).json["items"]
    return [(row["kind"], row["verdict"]) for row in rows]


def test_the_tab_of_today_is_marked_until_it_is_answered(phone: Phone, api: Api, asked: str) -> None:
    on_site(phone).opens().sees("抽查")
    assert [(call["index"], call["text"]) for call in phone.calls("setTabBarBadge")][-1] == (0, "1")
    answers(on_site(phone.is_killed()).opens("spot/mine/mine").taps("打开相机应答").sees("请在照片里")).sees(
        "已应答，等人复核。"
    )
    phone.goes_to("pages/today/today").sees_not("打开相机应答")
    assert {"index": 0} in phone.calls("removeTabBarBadge")


def test_five_phones_buzz_one_answers_one_explains_from_a_basement_and_a_doubter_looks_again(
    phones: Phones,
    api: Api,
    clock: RunningClock,
    sandbox: RunningSandbox,
    spot_course: Go,
    post: Callable[[], None],
) -> None:
    clock.set(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))  # 16:30 in China, 09:30 in Frankfurt: all are at work
    held = {who: allows_messages(phones(who)) for who in FIVE}
    draws(api, count=5)
    spot_course(seconds=4)
    before = len(sandbox.state.messages)
    post()
    buzzed = list(sandbox.state.messages)[before:]
    assert sorted(one.openid for one in buzzed) == sorted(api.cast[who].openid for who in FIVE)
    assert {one.page.partition("?")[0] for one in buzzed} == {"spot/mine/mine"}

    first = on_site(held["chen"].is_killed()).opens(buzzed[0].page).sees("请在 17:00 前拍一张照片应答", "还剩 29 分钟")
    answers(first.taps("打开相机应答").sees("请在照片里")).sees("已应答，等人复核。").taps("完成")
    first.sees_not("打开相机应答")
    assert stored(api) == [("spot", "review")]

    basement = held["colleague"].is_killed().opens("spot/mine/mine").sees("打开相机应答").goes_offline()
    spot_course(minutes=35)
    basement.comes_online().pulls_down().sees("未应答").taps("说明原因").taps("没有信号")
    basement.fills(WHERE, "在地下车间看设备").taps("提交说明").sees("colleague说明：没有信号。在地下车间看设备")
    said = mine(api, "colleague")
    assert (said["excuse"], said["explanation"]) == ("no_signal", "在地下车间看设备")

    spot_course(days=30)
    basement.pulls_down().taps("怎样抽的").is_on("spot/proof/proof")
    basement.sees("名单里的都抽中了，没有抽签的余地", "您的号码是", "现在又核对了一遍", "抽中了").sees_not("✕")


def test_today_shows_it_first_and_by_when(phones: Phones, asked: str) -> None:
    phone = phones().opens().sees("抽查（指定）：请在 10:30 前拍一张照片应答", "还剩 29 分钟")
    top = phone.page.locator("wx-page >> text=/抽查（指定）/").first.bounding_box()  # type: ignore[union-attr]
    assert top
    assert top["y"] < 200


def test_nobody_else_sees_it(phones: Phones, asked: str) -> None:
    phones("colleague").opens().sees("23:00 前").sees_not("打开相机应答")
    phones("colleague").opens("spot/mine/mine").sees("还没有抽到您", "本月已抽到您 0 次，最多 2 次。")


def test_what_is_to_be_shown_stands_over_the_open_camera_alone(phones: Phones, api: Api, asked: str) -> None:
    phone = at_camera(phones())
    challenge = phone.data["challenge"]
    phone.sees(challenge).taps("拍照").sees("重拍").sees_not(challenge).taps("重拍").sees(challenge)
    assert len([call for call in phone.calls("request") if call["url"].endswith("/camera")]) == 1
    answers(phone).sees("已应答，等人复核。").taps("查看依据").is_on("pages/evidence/evidence").sees(challenge)
    assert mine(api)["state"] == "answered"


def test_taken_in_a_basement_it_is_kept_and_in_time(phones: Phones, api: Api, asked: str, spot_course: Go) -> None:
    phone = at_camera(phones()).goes_offline()
    answers(phone).sees("没有网络，已存好，联网后自动提交。按拍照的时间算。").taps("回到今天")
    phone.sees("已应答，照片存在手机里").sees_not("打开相机应答").is_killed_and_restarted().sees(
        "已应答，照片存在手机里"
    )
    spot_course(minutes=50)  # that it is unanswered meanwhile: tests/api/test_spot_selfies.py
    sent(phone.comes_online())
    assert (mine(api)["state"], stored(api)) == ("answered", [("spot", "review")])
    phone.goes_to("spot/mine/mine").sees("按时应答", "照片待核").sees_not("说明原因")


def test_without_signal_at_the_camera_it_says_what_to_do(phones: Phones, api: Api, asked: str) -> None:
    phone = on_site(phones()).opens().sees("打开相机应答").goes_offline().taps("打开相机应答")
    phone.sees("还不能应答", "没有网络。", "之后在“抽查”里说明原因").comes_online().taps("再试一次").sees("请在照片里")
    answers(phone).sees("已应答，等人复核。")
    assert mine(api)["state"] == "answered"


def test_one_that_was_answered_elsewhere_needs_no_second_photo(phones: Phones, api: Api, asked: str) -> None:
    phone = on_site(phones()).opens().sees("打开相机应答")
    ticket = api.post(f"/me/spot-checks/{asked}/camera", "chen").json["ticket"]
    assert api.check_in("chen", kind="spot", ticket=ticket).status_code == 201
    phone.taps("打开相机应答").sees("不用再拍", "这次抽查已经应答过了。").taps("看我的抽查").sees("按时应答")


def test_what_was_decided_is_shown_and_asks_for_nothing_more(phones: Phones, excused: str) -> None:
    phone = phones().opens("spot/mine/mine").sees("supervisor：情况属实。已向队长核实", "chen说明：正在开车。在高速上")
    phone.sees_not("说明原因", "改说明", "现在补拍").goes_to("pages/today/today").sees_not("打开相机应答")


def test_consent_comes_first(phones: Phones, api: Api, asked: str) -> None:
    phone = on_site(phones()).opens().sees("打开相机应答")
    withdraws_consent(api)
    phone.pulls_down()
    phone.page.wait_for_function("!__phone.wx.getStorageSync('today').consent_given")  # type: ignore[union-attr]
    phone.taps("打开相机应答").is_on("pages/consent/consent").taps("同意").is_on("pages/checkin/checkin").sees(
        "请在照片里"
    )


def test_opened_by_its_message_the_camera_asks_for_consent(phones: Phones, api: Api, asked: str) -> None:
    withdraws_consent(api)
    phone = on_site(phones()).opens("spot/mine/mine").taps("打开相机应答").is_on("pages/consent/consent").taps("同意")
    answers(phone.is_on("pages/checkin/checkin").sees("请在照片里")).sees("已应答，等人复核。")
    assert mine(api)["state"] == "answered"


def test_a_late_photo_is_late_and_can_be_explained(phones: Phones, api: Api, missed: str) -> None:
    phone = on_site(phones()).opens("spot/mine/mine").sees("未应答").taps("现在补拍").sees("请在照片里")
    answers(phone).sees("已应答，等人复核。").is_killed_and_restarted("spot/mine/mine")
    phone.sees("超时应答").taps("说明原因").taps("提交说明").sees("请选一个原因。").taps("其他原因").taps("提交说明")
    phone.sees("请写一句说明").fills(WHERE, "手机静音").goes_offline().taps("提交说明").sees("写的内容还在")
    phone.comes_online().taps("提交说明").sees("chen说明：其他原因。手机静音").taps("改说明").sees("提交说明")
    assert mine(api)["explanation"] == "手机静音"


def test_what_did_not_arrive_counts_for_nobody(phones: Phones, api: Api, spot_course: Go) -> None:
    draws(api, aimed_at=str(api.cast["chen"].id), reason="有人反映")
    spot_course(seconds=4)
    spot_course(minutes=31)
    phone = phones().opens("spot/mine/mine").sees("没有送达", "不计入任何人", "自拍抽查 · 指定", "本月已抽到您 0 次")
    phone.sees_not("说明原因").taps("怎样抽的").sees("这次不是抽签，是指定的").sees_not("有人反映")


# The call


@pytest.fixture
def to_call(api: Api, spot_course: Go, station_phones: None) -> str:
    made = api.post("/draws", "supervisor", {"id": str(uuid.uuid4()), "kind": "call", "count": 1}).json["id"]
    spot_course(seconds=4)
    return str(api.get(f"/draws/{made}", "bureau").json["checks"][0]["id"])


def test_one_tap_dials_and_what_came_of_it_is_written_down(phones: Phones, api: Api, to_call: str) -> None:
    phone = (
        phones("supervisor").opens().taps("我的").taps("电话抽查").is_on("spot/calls/calls").sees("上海驻点", "east-1")
    )
    phone.taps("拨打 02188886666")
    assert phone.calls("makePhoneCall") == [{"phoneNumber": "02188886666"}]
    phone.taps("记下").sees("请先选结果。").taps("在驻点接听").fills("对方说的姓名（可不填）", "小陈")
    phone.fills("小分队会看到（可不填）", "在写材料").taps("记下").sees("没有要打的电话")
    said = mine(api)
    assert (said["state"], said["calls"][0]["who"], said["calls"][0]["called_by"]) == ("answered", "小陈", "supervisor")
    phones().opens("spot/mine/mine").sees("电话抽查", "按时应答", "supervisor拨打，在驻点接听，小陈，在写材料")


def test_no_answer_counts_the_second_time_and_the_squad_explains(
    phones: Phones, api: Api, to_call: str, clock: RunningClock
) -> None:
    phones().opens("spot/mine/mine").sees("还没有抽到您")  # nobody waits beside the telephone
    phone = (
        phones("supervisor").opens("spot/calls/calls").taps("用别的电话打过了，记结果").taps("无人接听").taps("记下")
    )
    phone.sees("10:00 无人接听。隔 10 分钟再打一次，两次都无人接听才算；请在 10:10 以后打。")
    clock.advance(minutes=11)
    phone.pulls_down().sees_not("以后打").taps("拨打 02188886666").taps("无人接听").goes_offline().taps("记下")
    phone.sees("填的内容还在").comes_online().taps("记下").sees("没有要打的电话")
    squad = phones("colleague").opens("spot/mine/mine").sees("未应答", "supervisor拨打，无人接听").sees_not("现在补拍")
    squad.taps("说明原因").taps("正在与客商会谈").taps("提交说明").sees("colleague说明：正在与客商会谈")
    assert mine(api)["explained_by"] == "colleague"


def test_a_wrong_number_is_nobodys_fault(phones: Phones, to_call: str) -> None:
    phones("supervisor").opens("spot/calls/calls").taps("拨打 02188886666").taps("号码有误").taps("记下").sees(
        "没有要打的电话"
    )
    phones().opens("spot/mine/mine").sees("号码有误", "登记的号码有误，不计入任何人。").sees_not("说明原因")


def test_a_call_that_another_has_logged_meanwhile_is_over(phones: Phones, api: Api, to_call: str) -> None:
    phone = phones("supervisor").opens("spot/calls/calls").taps("拨打 02188886666").taps("无人接听")
    said = {"id": str(uuid.uuid4()), "outcome": "answered", "called_at": api.clock().isoformat()}
    assert api.post(f"/spot-checks/{to_call}/calls", "bureau", said).status_code == 201
    phone.taps("记下").sees("这次电话抽查已经有结果了。").taps("确定").sees("没有要打的电话")


def test_another_unit_has_nothing_to_call_and_a_member_no_entry(phones: Phones, to_call: str) -> None:
    phones("other_supervisor").opens("spot/calls/calls").sees("没有要打的电话")
    phones("leader").opens("pages/me/me").sees("带队").sees_not("电话抽查")


def test_a_draw_from_the_phone_names_whom_once_they_are_asked(phones: Phones, spot_course: Go) -> None:
    phone = phones("supervisor").opens("pages/me/me").taps("发起抽查").is_on("spot/ask/ask").sees("还没有抽签")
    phone.taps("1 个").picks("east（全部小分队）", "east-1").taps("抽签").is_on("spot/draw/draw").sees(
        "已登记，几秒后抽签"
    )
    spot_course(seconds=4)
    phone.sees("进行中：抽中 1，已应答 0", "前应答", "等待应答").taps("怎样抽的").is_on("spot/proof/proof")
    phone.sees("按公布的办法抽的，没有指定谁").goes_back().goes_back().is_on("spot/ask/ask").sees("进行中", "east-1")


def test_a_lost_answer_makes_no_second_draw(phones: Phones, api: Api) -> None:
    phone = phones("bureau").opens("spot/ask/ask").sees("全县").loses_answers("/api/v1/draws").taps("抽签")
    phone.is_on("spot/draw/draw").sees("已登记")
    assert len(api.get("/draws", "bureau").json["items"]) == 1


def test_out_of_hours_it_says_why_nobody_can_be_drawn(phones: Phones, spot_course: Go, clock: RunningClock) -> None:
    clock.set(datetime(2026, 11, 24, 12, 30, tzinfo=UTC))  # 20:30 in China
    phone = phones("supervisor").opens("spot/ask/ask").taps("抽签").is_on("spot/draw/draw")
    spot_course(seconds=4)
    phone.sees("没有人可抽：不在驻点的工作时间，或下班前来不及应答。")


def test_a_drawn_station_is_called_from_there(phones: Phones, station_phones: None, spot_course: Go) -> None:
    phone = phones("supervisor").opens("spot/ask/ask").taps("电话抽查").sees("由您拨打").taps("1 个").taps("抽签")
    phone.is_on("spot/draw/draw")
    spot_course(seconds=4)
    phone.taps("去拨打").is_on("spot/calls/calls").sees("拨打 02188886666")


def test_who_watches_over_nobody_finds_no_draw(phone: Phone) -> None:
    phone.opens("pages/me/me").sees("抽查").sees_not("发起抽查")
