"""我的: who I am here, my devices, a copy of all of it, its deletion."""

from tests.client import Api
from tests.miniprogram.phone import Phone


def test_the_file_names_unit_role_and_station(phone: Phone) -> None:
    phone.opens("pages/me/me").sees("chen", "队员", "east-1 · 上海驻点").sees_not("带队")


def test_my_file_holds_what_stands_about_my_service(phone: Phone, api: Api) -> None:
    leave = {"kind": "training", "starts_on": "2026-11-19", "ends_on": "2026-11-20", "reason": "产业链培训"}
    api.post(f"/leaves/{api.post('/leaves', 'chen', leave).json['id']}/decision", "supervisor", {"approved": True})
    api.check_in("chen")
    phone.opens("pages/me/me").taps("我的档案").is_on("mine/file/file").sees(
        "east-1 · 上海驻点（上海）", "2026年9月1日起", "产业链培训"
    )
    phone.sees("1 / 20", "10:00 驻点打卡 · 上海驻点", "培训 11月19日至11月20日，已同意")
    phone.taps("上个月").sees("2026年10月", "这个月还没有记录。").taps("下个月").taps("10:00 驻点打卡 · 上海驻点")
    phone.is_on("pages/evidence/evidence").sees("逐项核验")


def test_another_device_is_signed_out(phone: Phone, api: Api) -> None:
    phone.opens("mine/devices/devices").sees("这就是您手上的这台").taps("退出登录")
    phone.page.locator(".wechat").get_by_text("退出", exact=True).tap()  # type: ignore[union-attr]
    phone.sees_not("退出登录")
    assert api.get("/me", "chen").status_code == 401


def test_a_copy_of_everything_is_handed_over_as_a_file(phone: Phone) -> None:
    phone.opens("mine/data/data").taps("导出我的信息").sees("已准备好，还没有发出去。离开这一页就要重新导出。")
    phone.taps("发送到微信聊天").sees("已发送")  # in a tap of its own: WeChat asks for one
    assert phone.calls("shareFileMessage")[0]["fileName"].endswith(".zip")


def test_deletion_is_read_asked_for_and_taken_back(phone: Phone, api: Api) -> None:
    phone.opens("mine/data/data").taps("删除我的信息").sees("我已了解，申请删除").taps("我已了解，申请删除")
    phone.page.locator(".wechat").get_by_text("删除", exact=True).tap()  # type: ignore[union-attr]
    phone.sees("撤回申请")
    assert api.get("/me/deletion", "chen").json["asked_at"]
    phone.taps("撤回申请").sees("删除我的信息")
    assert api.get("/me/deletion", "chen").json["asked_at"] is None


def test_consent_is_withdrawn_as_easily_as_given(phone: Phone, api: Api) -> None:
    phone.opens("mine/data/data").taps("查看或撤回").is_on("pages/consent/consent").taps("撤回同意")
    phone.sees("好的，不收集照片和位置")
    assert not api.get("/consents", "chen").json["given"]


def test_about_says_what_it_does_and_where_to_complain(phone: Phone) -> None:
    phone.opens("mine/about/about").sees("投诉和建议", "不记录行踪")
