"""The inbox, what is turned off, and what could not be delivered: GET /me/notices and its neighbours."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.notify.messages import KINDS
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
Write = Callable[..., uuid.UUID]
REMINDER = {"station": "上海驻点", "on": "2026-11-24", "closes": "18:00"}


def inbox(api: Api, who: str = "chen", **query: Any) -> dict[str, Any]:
    response = api.get("/me/notices", who, **query)
    assert response.status_code == 200, response.text
    return response.json


def put(api: Api, *items: dict[str, Any], who: str = "chen") -> Any:
    return api.call("PUT", "/me/notice-settings", who, json={"items": list(items)})


def test_a_notice_says_what_why_and_how_to_turn_it_off(api: Api, notice: Write) -> None:
    made = notice()
    (row,) = inbox(api)["items"]
    assert row == {
        "id": str(made),
        "kind": "checkin_decided",
        "title": "复核结果",
        "text": "您11月23日 周一的打卡被驳回。理由：看不清站点。如有不同意见，可以申诉。",
        "page": "pages/calendar/calendar",
        "created_at": row["created_at"],
        "read_at": None,
        "late": False,
        "why": "这是您自己的打卡。",
        "mute": "这件事须让您知道，收件箱里不能关闭；微信和邮件的提醒可以在“我的—消息设置”里关闭。",
        "outside": "正在发送。",
    }


def test_newest_first_a_page_at_a_time_and_how_many_are_unread(api: Api, notice: Write) -> None:
    made = [str(notice()) for _ in range(5)]
    notice("colleague")
    first = inbox(api, limit=2)
    assert [row["id"] for row in first["items"]] == made[:2:-1]
    assert first["unread"] == 5
    second = inbox(api, limit=3, cursor=first["next_cursor"])
    assert [row["id"] for row in second["items"]] == made[2::-1]
    assert second["next_cursor"] is None


def test_reading_some_or_all_up_to_an_instant(api: Api, notice: Write, rows: Rows) -> None:
    made = [str(notice()) for _ in range(3)]
    theirs = str(notice("colleague"))
    for _repeat in range(2):
        assert api.post("/me/notices/read", "chen", {"ids": [made[0], theirs]}).json == {"unread": 2}
    assert inbox(api, "colleague")["unread"] == 1, "somebody else's stays as it is"
    assert [row["id"] for row in inbox(api, unread="true")["items"]] == [made[2], made[1]]
    second = inbox(api)["items"][1]["created_at"]
    assert api.post("/me/notices/read", "chen", {"until": second}).json == {"unread": 1}
    first_read = rows("SELECT read_at FROM notices WHERE read_at IS NOT NULL ORDER BY created_at")[0]
    api.post("/me/notices/read", "chen", {"ids": made})
    assert rows("SELECT read_at FROM notices WHERE read_at IS NOT NULL ORDER BY created_at")[0] == first_read


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["x"]}, {"until": "2026-11-24"}, {"until": None}])
def test_what_is_to_be_read_must_be_said(api: Api, body: dict[str, Any]) -> None:
    assert api.post("/me/notices/read", "chen", body).status_code == 422


def test_ids_and_until_together_are_refused(api: Api) -> None:
    body = {"ids": [str(uuid.uuid4())], "until": "2026-11-24T00:00:00+08:00"}
    assert api.post("/me/notices/read", "chen", body).status_code == 422


def test_a_reminder_whose_time_is_over_says_so(api: Api, notice: Write, clock: StoppedClock) -> None:
    notice(kind="reminder", facts=REMINDER, expires_at=clock() + timedelta(hours=8), state="expired")
    assert inbox(api)["items"][0]["late"] is False
    clock.advance(hours=9)
    (row,) = inbox(api)["items"]
    assert row["late"] is True
    assert row["text"] == "11月24日 周二还没有收到您在上海驻点的打卡，18:00前打卡有效。这次打卡时间已过。"
    assert row["outside"] == "已经过时，没有再发到微信。"


def tried(outcome: str) -> dict[str, Any]:
    return {"channel": "subscribe", "at": "2026-11-24T02:00:00+00:00", "outcome": outcome, "error": None}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"state": "sent", "channel": "subscribe"}, "已发到微信“服务通知”。"),
        ({"state": "sent", "channel": "employee"}, "已发到微信“小程序助手”。"),
        ({"state": "sent", "channel": "email"}, "已发到您的邮箱。"),
        ({"state": "refused", "last_error": "no WeChat is bound"}, "您还没有绑定微信，没有发出。"),
        ({"state": "refused", "last_error": "WeChat errcode 43101: refused"}, "订阅次数用完了"),
        ({"state": "refused", "last_error": "WeChat errcode 40003: refused"}, "请重新登录小程序"),
        (
            {"state": "refused", "last_error": "WeChat errcode 40256: refused"},
            "没有开通“小程序助手”消息",
        ),
        (
            {"state": "refused", "last_error": "WeChat errcode 50001: refused"},
            "没有开通“小程序助手”消息",
        ),
        ({"state": "refused", "last_error": "SMTP 550: recipient"}, "请检查邮箱地址"),
        ({"state": "failed"}, "没有发出去"),
        ({"state": "uncertain"}, "可能已经送到"),
        ({"state": "muted"}, "您关闭了这类消息的提醒，只放在这里。"),
        ({"state": "muted", "last_error": "it goes by e-mail alone, and this server sends none"}, "本县没有开通邮件"),
        ({"state": "sending", "channel": "subscribe"}, "正在发送。"),
        ({"due": timedelta(minutes=10), "tries": [tried("uncertain")]}, "可能已经送到；10:11 再发一次。"),
        ({"due": timedelta(hours=21)}, "11月25日 周三 07:01 发送。"),
    ],
    ids=str,
)
def test_what_became_of_it_outside(api: Api, notice: Write, clock: StoppedClock, row: dict, says: str) -> None:
    if "due" in row:
        row = {name: value for name, value in row.items() if name != "due"} | {
            "due_at": clock() + timedelta(minutes=1) + row["due"]
        }
    notice(**row)
    assert says in inbox(api)["items"][0]["outside"]


def test_a_kind_that_no_release_knows_any_more_is_shown_all_the_same(api: Api, notice: Write) -> None:
    notice(kind="of_old", facts={})
    notice(facts={"nothing": "that fits"})
    assert [row["title"] for row in inbox(api)["items"]] == ["复核结果", "（这类消息已停用）"]


# Settings


def test_the_kinds_of_ones_roles_and_what_the_inbox_must_keep(api: Api) -> None:
    mine = {item["kind"]: item for item in api.get("/me/notice-settings", "chen").json["items"]}
    assert mine["reminder"] == {
        "kind": "reminder",
        "title": "打卡提醒",
        "purpose": "打卡时间快结束时提醒您",
        **{
            "inbox": True,
            "inbox_fixed": False,
            "wechat": True,
            "email": None,
        },  # nobody reads their mail within the hour
    }
    assert {name for name, item in mine.items() if not item["inbox_fixed"]} == {
        *("reminder", "month_reached", "leave_ending", "flag_closed", "lead_late")
    }
    assert "leave_asked" not in mine
    assert "leave_asked" in {item["kind"] for item in api.get("/me/notice-settings", "supervisor").json["items"]}


def test_turned_off_outside_it_still_lies_in_the_inbox(api: Api, notice: Write, rows: Rows) -> None:
    for _repeat in range(2):
        response = put(api, {"kind": "checkin_decided", "wechat": False, "email": False})
        assert response.status_code == 200
    item = next(item for item in response.json["items"] if item["kind"] == "checkin_decided")
    assert (item["inbox"], item["wechat"], item["email"]) == (True, False, False)
    notice()
    (row,) = inbox(api)["items"]
    assert row["mute"].startswith("您已关闭这类消息的微信和邮件提醒")
    assert len(rows("SELECT id FROM audit_events WHERE action = 'notice.settings_changed'")) == 1, "a repeat is none"


def test_of_a_kind_that_goes_by_wechat_alone_one_switch_is_all_there_is(api: Api, notice: Write) -> None:
    notice(kind="reminder", facts={"station": "苏州驻点", "on": "2026-11-24", "closes": "18:00"})
    assert "可以在“我的—消息设置”里关闭" in inbox(api)["items"][0]["mute"]
    put(api, {"kind": "reminder", "wechat": False})
    assert "您已关闭" in inbox(api)["items"][0]["mute"]


def test_what_may_be_turned_off_altogether_comes_back_with_all_it_missed(api: Api, notice: Write) -> None:
    notice(kind="reminder", facts=REMINDER)
    notice()
    assert put(api, {"kind": "reminder", "inbox": False}).status_code == 200
    answer = inbox(api)
    assert ([row["kind"] for row in answer["items"]], answer["unread"]) == (["checkin_decided"], 1)
    put(api, {"kind": "reminder", "inbox": True})
    assert inbox(api)["unread"] == 2


@pytest.mark.parametrize("kind", sorted(name for name, kind in KINDS.items() if not kind.may_mute))
def test_what_was_decided_about_somebody_stays_in_their_inbox(api: Api, rows: Rows, kind: str) -> None:
    refused = put(api, {"kind": "reminder", "email": False}, {"kind": kind, "inbox": False})
    assert (refused.status_code, refused.json["code"]) == (422, "notice_needed")
    assert rows("SELECT kind FROM notice_mutes") == [], "all or nothing"


def test_a_kind_that_does_not_exist(api: Api) -> None:
    refused = put(api, {"kind": "nope", "wechat": False})
    assert (refused.status_code, refused.json["code"]) == (422, "notice_kind_unknown")


def test_settings_are_each_members_own(api: Api, notice: Write) -> None:
    put(api, {"kind": "reminder", "inbox": False})
    notice("colleague", kind="reminder", facts=REMINDER)
    assert inbox(api, "colleague")["unread"] == 1


# Dead letters


def test_a_dead_letter_says_to_whom_and_why_and_not_what(api: Api, dead_notice: uuid.UUID, notice: Write) -> None:
    notice()  # alive
    notice("outsider", state="failed")
    response = api.get("/notices/dead", "bureau")
    (row,) = response.json["items"]
    assert (row["id"], row["title"], row["member"]["name"]) == (str(dead_notice), "复核结果", "chen")
    assert (row["state"], row["reason"]) == ("failed", "模板编号不对，请检查 WECHAT_TEMPLATES。")
    assert "看不清站点" not in response.text


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("WeChat errcode 43101: refused", "订阅"),
        ("no acceptance is left by our own ledger; WeChat was not asked", "订阅次数用完了"),
        ("no WeChat is bound", "没有绑定微信"),
        ("SMTP 550: recipient", "邮箱地址"),
        ("facts do not fit the kind: KeyError('on')", "内容与这类消息不符。"),
        ("WeChat errcode -1: refused", "多次发送没有成功。"),
        (None, "多次发送没有成功。"),
        ("WeChat errcode 93000: refused", "GROUP_BOTS"),
        ("WeChat errcode 40097: refused", "没有送到，对方答复错误码 40097。"),  # asked once, and it is not known why
        ("the member was removed", "本人已不在名册上。"),
    ],
)
def test_reasons_are_in_plain_words(api: Api, notice: Write, error: str | None, says: str) -> None:
    notice(state="failed", last_error=error)
    assert says in api.get("/notices/dead", "admin").json["items"][0]["reason"]


def test_those_of_one_state(api: Api, notice: Write) -> None:
    made = {state: str(notice(state=state)) for state in ("failed", "refused", "uncertain", "sent", "expired", "muted")}
    for state in ("failed", "refused", "uncertain"):
        found = [row["id"] for row in api.get("/notices/dead", "bureau", state=state).json["items"]]
        assert found == [made[state]]
    assert len(api.get("/notices/dead", "bureau").json["items"]) == 3


def test_a_summary_that_died_is_the_groups(api: Api, notice: Write, db: Any) -> None:
    made = notice(kind="month_circular", facts={"text": "…"}, state="failed")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE notices SET member_id = NULL")
    (row,) = api.get("/notices/dead", "bureau").json["items"]
    assert (row["id"], row["member"], row["title"]) == (str(made), None, "月度通报")


def test_a_dead_letter_is_sent_anew_once_and_audited(api: Api, dead_notice: uuid.UUID, rows: Rows) -> None:
    response = api.post(f"/notices/{dead_notice}/resend", "bureau")
    assert (response.status_code, response.json) == (200, {"id": str(dead_notice), "state": "pending"})
    assert rows("SELECT state, channel, attempts, last_error FROM notices") == [("pending", None, 0, None)]
    again = api.post(f"/notices/{dead_notice}/resend", "bureau")
    assert (again.status_code, again.json["code"]) == (409, "notice_not_dead")
    assert len(rows("SELECT id FROM audit_events WHERE action = 'notice.resent'")) == 1


def test_what_is_late_is_not_sent_anew(api: Api, notice: Write, clock: StoppedClock) -> None:
    made = notice(state="failed", expires_at=clock())
    refused = api.post(f"/notices/{made}/resend", "bureau")
    assert (refused.status_code, refused.json["code"]) == (409, "notice_late")


def test_another_countys_dead_letter_does_not_exist(api: Api, dead_notice: uuid.UUID) -> None:
    for unknown in (dead_notice, uuid.uuid4()):
        assert api.post(f"/notices/{unknown}/resend", "far_bureau").status_code == 404
