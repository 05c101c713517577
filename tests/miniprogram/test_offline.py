"""没有信号: kept before it is sent, sent once, whatever happens in between."""

from typing import Any

from server.org import consent
from tests.client import Api
from tests.miniprogram.conftest import Phones
from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import checks_in, invited, on_site, takes_a_photo

KEPT = "没有网络，已存好，联网后自动提交。"


def ids(api: Api) -> list[str]:
    rows: list[dict[str, Any]] = api.get("/checkins", "bureau", member=str(api.cast["chen"].id)).json["items"]
    return [row["id"] for row in rows]


def sent(phone: Phone) -> Phone:
    """The queue is empty."""
    phone.page.wait_for_function("!(__phone.wx.getStorageSync('unsent') || []).length")  # type: ignore[union-attr]
    return phone


def test_offline_it_is_kept_and_sent_when_the_network_is_back(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前").goes_offline()
    checks_in(phone).sees(KEPT).taps("回到今天").sees("1 次打卡还没有提交", "已打卡", "已存好，联网后自动提交")
    assert ids(api) == []
    sent(phone.comes_online())
    phone.sees_not("1 次打卡还没有提交")
    assert len(ids(api)) == 1


def test_killed_offline_and_restarted_offline_it_still_waits(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前").goes_offline()
    checks_in(phone).sees(KEPT)
    phone.is_killed_and_restarted().sees("1 次打卡还没有提交", "显示的是上次的内容")
    sent(phone.comes_online())
    assert len(ids(api)) == 1


def test_one_kept_by_the_version_before_updates_were_is_sent_by_this_one(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前").goes_offline()
    checks_in(phone).sees(KEPT)
    phone.evaluates("""(() => {
        const [{ kind, photos, ...rest }] = __phone.wx.getStorageSync('unsent');
        __phone.wx.setStorageSync('unsent', [{ ...rest, photo: photos[0] }]);
    })()""")
    phone.is_killed_and_restarted().sees("1 次打卡还没有提交")
    sent(phone.comes_online())
    assert len(ids(api)) == 1


def test_in_a_basement_the_ticket_kept_ahead_is_used(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前")
    phone.page.wait_for_function("(__phone.wx.getStorageSync('tickets') || []).length >= 3")  # type: ignore[union-attr]
    phone.goes_offline()
    checks_in(phone).sees(KEPT)
    sent(phone.comes_online())
    found = api.get(f"/checkins/{ids(api)[0]}", "chen").json
    assert {f["code"]: f["outcome"] for f in found["findings"]}["TICKET"] == "clear"


def test_the_answer_lost_after_the_commit_it_counts_once(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前").loses_answers("/checkins")
    checks_in(phone).sees(KEPT)
    (only,) = ids(api)
    phone.taps("回到今天").taps("1 次打卡还没有提交").is_on("pages/unsent/unsent").taps("现在提交")
    sent(phone)
    assert ids(api) == [only]


def test_killed_before_the_upload_it_is_sent_at_the_next_start(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前")
    takes_a_photo(phone).dies("before", "uploadFile").taps("提交").waits_for_its_end()
    assert ids(api) == []
    sent(phone.opens())
    assert len(ids(api)) == 1


def test_killed_after_the_upload_it_counts_once(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前")
    takes_a_photo(phone).dies("after", "uploadFile").taps("提交").waits_for_its_end()
    sent(phone.opens())
    assert len(ids(api)) == 1


def test_a_server_error_then_success(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前").server_answers("/checkins", 500)
    checks_in(phone).sees("服务器忙，已存好，稍后自动提交。").taps("回到今天").taps("1 次打卡还没有提交").taps(
        "现在提交"
    )
    sent(phone)
    assert len(ids(api)) == 1


def test_a_session_that_ends_before_the_upload_is_renewed_and_nothing_is_lost(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前")
    takes_a_photo(phone)
    for one in api.get("/me/sign-ins", "chen").json["items"]:
        if not one["this"]:
            api.call("DELETE", f"/me/sign-ins/{one['id']}", "chen")
    phone.taps("提交").sees("通过", "完成")
    assert len(ids(api)) == 1


def test_a_full_phone_says_so_and_keeps_the_photo_on_the_screen(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前")
    takes_a_photo(phone).has_room_for(1000).taps("提交").sees("手机里存不下了")
    phone.has_room_for(200 * 1024 * 1024).taps("提交").sees("完成")
    assert len(ids(api)) == 1


def test_withdrawn_consent_holds_it_until_it_is_given_again(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前").goes_offline()
    checks_in(phone).sees(KEPT)
    api.post("/consents", "chen", {"version": consent.CURRENT_VERSION, "agreed": False})
    phone.comes_online().taps("回到今天").taps("1 次打卡还没有提交").sees("需要处理", "阅读并同意")
    phone.taps("阅读并同意").taps("同意").is_on("pages/today/today")
    sent(phone)
    assert len(ids(api)) == 1


def test_ten_of_a_hundred_packets_lost_it_counts_once(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前").loses_packets(0.1, seed=165)
    checks_in(phone)
    phone.network_recovers().goes_to_background().comes_back()
    sent(phone)
    assert phone.lost
    assert len(ids(api)) == 1


def test_what_one_has_kept_is_never_sent_in_the_name_of_another(phone: Phone, phones: Phones, api: Api) -> None:
    """While a check-in waits on the phone, its WeChat is bound to a colleague."""
    on_site(phone).opens().sees("23:00 前").goes_offline()
    checks_in(phone).sees(KEPT)
    api.post(f"/members/{api.cast['chen'].id}/lost-phone", "admin")
    code = invited(api, "colleague")
    elsewhere = phones().agreed_to_privacy().opens().taps("知道了，开始")
    elsewhere.fills("单位给您的邀请码", code).taps("绑定").is_on("pages/consent/consent")
    phone.comes_online().taps("回到今天").sees("23:00 前").sees_not("1 次打卡还没有提交")
    assert api.get("/checkins", "bureau").json["items"] == []
    kept = phone.page.evaluate("__phone.wx.getStorageSync('unsent')")  # type: ignore[union-attr]
    assert [item["member"] for item in kept] == [str(api.cast["chen"].id)]


def test_what_is_held_can_be_given_up(phone: Phone, api: Api) -> None:
    on_site(phone).opens().sees("23:00 前").server_answers("/checkins", 422, '{"code":"x","detail":"照片打不开。"}')
    checks_in(phone).sees("照片打不开。").taps("回到今天").taps("1 次打卡还没有提交").sees("需要处理").taps("删除")
    phone.page.locator(".wechat").get_by_text("删除", exact=True).last.tap()  # type: ignore[union-attr]
    phone.sees("没有待发送的")
    assert ids(api) == []


def test_on_two_phones_at_once_the_day_counts_once(phones: Phones, api: Api) -> None:
    first, second = (on_site(phones()).opens().sees("23:00 前") for _ in range(2))
    takes_a_photo(first)
    takes_a_photo(second).taps("提交").sees("完成")
    first.taps("提交").sees("完成", "确认1天。")
    assert len(ids(api)) == 2
    assert api.get("/me/month", "chen").json["confirmed"] == 1
