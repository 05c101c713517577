"""消息: the inbox, why each came, and the switches."""

from server.db import Database
from server.notify import templates
from server.wechat.client import Template
from tests.client import Api
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone


def rejected(api: Api) -> str:
    made = str(api.check_in("chen").json["id"])
    api.post(f"/checkins/{made}/reviews", "bureau", {"decision": "rejected", "reason": "看不清站点", "code": "other"})
    api.clock.advance(seconds=11)  # until then the reviewer may take it back, and the member is not told
    return made


def test_a_message_opens_with_why_it_came_and_is_read(phone: Phone, api: Api) -> None:
    rejected(api)
    phone.opens().sees("复核结果", "1 条未读").taps("消息").taps("复核结果")
    phone.sees("为什么收到：这是您自己的打卡。", "去看看", "都看过了")
    assert api.get("/me/notices", "chen").json["unread"] == 0


def test_a_message_leads_to_its_page(phone: Phone, api: Api) -> None:
    rejected(api)
    phone.opens("pages/messages/messages").taps("复核结果").taps("去看看").is_on("pages/calendar/calendar")


def test_an_answer_that_comes_behind_another_page_leaves_the_tabs_alone(phone: Phone, api: Api) -> None:
    rejected(api)
    phone.opens().sees("1 条未读").loses_calls("/me/today").is_killed_and_restarted()
    with phone.page.expect_response("**/me/today"):  # type: ignore[union-attr]
        phone.evaluates("void __phone.wx.navigateTo({ url: '/mine/about/about' })")
    phone.is_on("mine/about/about").sees("投诉和建议")
    assert len(phone.calls("setTabBarBadge")) == 1  # as the phone remembered it
    with phone.page.expect_response("**/me/today"):  # type: ignore[union-attr]
        phone.goes_back()
    phone.page.wait_for_function("__report.calls.filter(call => call.name === 'setTabBarBadge').length === 2")  # type: ignore[union-attr]


def test_all_are_read_at_once(phone: Phone, api: Api) -> None:
    rejected(api)
    phone.opens("pages/messages/messages").taps("全部已读").sees("都看过了")
    assert api.get("/me/notices", "chen").json["unread"] == 0


def test_without_messages_it_says_what_will_come(phone: Phone) -> None:
    phone.opens("pages/messages/messages").sees("还没有消息", "打卡复核、请假审批和进度提醒会放在这里。")


def test_a_switch_turns_a_kind_off(phone: Phone, api: Api) -> None:
    phone.opens("mine/switches/switches").sees("打卡提醒")
    phone.page.get_by_label("打卡提醒，微信", exact=True).locator("input").first.dispatch_event("click")  # type: ignore[union-attr]
    phone.page.wait_for_function("!__phone.page().data.items.find(one => one.kind === 'reminder').wechat")  # type: ignore[union-attr]
    rows = {row["kind"]: row for row in api.get("/me/notice-settings", "chen").json["items"]}
    assert (rows["reminder"]["wechat"], rows["reminder"]["inbox"]) == (False, True)


def test_who_never_checks_in_allows_messages_where_they_are_set(phones: Phones, api: Api) -> None:
    phone = phones("supervisor").answers_subscription("accept").opens("mine/switches/switches").sees("微信消息")
    phone.taps("允许接收").sees("已允许。每允许一次能收一条", "还能收 1 条")
    said = api.get("/me/subscriptions", "supervisor").json["items"]
    assert sum(one["credits"] or 0 for one in said) == 3
    phone.answers_subscription("reject").taps("允许接收").sees("没有允许。")


def test_a_lasting_template_is_asked_for_by_itself_and_once(
    phone: Phone, api: Api, db: Database, clock: RunningClock
) -> None:
    """WeChat shows no dialog for both kinds together (20002)."""
    with db.transaction() as session:
        templates.keep(session, [Template("sandbox-reminder", "打卡提醒", ("thing1",), lasting=True)], clock())
    phone.knows_as_lasting("sandbox-reminder").answers_subscription("acceptWithAudio").opens("mine/switches/switches")
    phone.sees("允许一次，以后一直能收。").taps("允许接收").sees("已允许，以后一直能收。", "一直能收")
    assert phone.calls("requestSubscribeMessage")[-1]["tmplIds"] == ["sandbox-reminder"]
    phone.answers_subscription("accept").taps("允许接收").sees("已允许。每允许一次能收一条", "还能收 1 条")
    assert "sandbox-reminder" not in phone.calls("requestSubscribeMessage")[-1]["tmplIds"]
    said = {one["template_id"]: one["credits"] for one in api.get("/me/subscriptions", "chen").json["items"]}
    assert [said[id_] for id_ in ("sandbox-reminder", "sandbox-decided", "sandbox-task")] == [1, 1, None]


def test_answering_a_request_asks_for_the_next_message(phones: Phones, api: Api) -> None:
    asked = {"kind": "training", "starts_on": "2026-11-25", "reason": "招商培训"}
    assert api.post("/leaves", "chen", asked).status_code == 201
    phone = phones("supervisor").answers_subscription("accept").opens("team/approvals/approvals")
    with phone.page.expect_response(lambda r: r.request.method == "POST" and r.url.endswith("/me/subscriptions")):  # type: ignore[union-attr]
        phone.taps("同意")
    phone.sees("没有等您审批的申请")
    said = {one["template_id"]: one["credits"] for one in api.get("/me/subscriptions", "supervisor").json["items"]}
    assert said["sandbox-leave"] == 1
