"""带队: the day of a squad, vouching, flags, reviews, and signing a computer in."""

import re
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from server.checkins import second_opinion
from server.checkins.rejection import GROUNDS
from server.db import Database
from server.flags.models import Flag
from server.org.models import RoleGrant
from tests.api.test_appeal_without_supervisor import without
from tests.api.test_review import appealed, review
from tests.cast import JOINED, Cast
from tests.client import Api
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone

OWN_PAGE = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def test_a_leader_sees_who_is_on_site_and_vouches_for_who_is_not(phones: Phones, api: Api) -> None:
    api.check_in("chen")
    phone = phones("leader").opens().taps("今日情况").sees("1 / 3", "人今天已确认在岗").taps("证明在岗")
    phone.is_on("team/attest/attest").fills("例如：上午一起拜访客商", "上午一起接待客商").taps(
        phone.page.locator(".foot wx-button")  # type: ignore[union-attr]
    )
    phone.sees("在岗").taps("完成").is_on("team/board/board").sees("2 / 3")


@pytest.fixture
def checked(api: Api) -> str:
    """chen's check-in of today."""
    return str(api.check_in("chen").json["id"])


def test_a_leader_opens_a_check_in_from_the_board_and_leaves_a_word(phones: Phones, api: Api, checked: str) -> None:
    phone = phones("leader").opens("team/board/board").taps("chen：看打卡").is_on("pages/evidence/evidence")
    phone.sees("chen", "通过", "逐项核验").taps("写一句").fills("队员会看到，也会看到是谁写的", "明天请到站内拍")
    phone.page.locator(".wechat").get_by_text("留言", exact=True).last.tap()  # type: ignore[union-attr]
    phone.sees("leader 留言", "明天请到站内拍")
    assert api.get(f"/checkins/{checked}", "chen").json["comments"][0]["text"] == "明天请到站内拍"
    phones("chen").opens("pages/evidence/evidence", id=checked).sees("leader 留言", "明天请到站内拍").sees_not("写一句")


def test_a_colleague_vouches_for_half_of_a_day_before(phone: Phone, api: Api) -> None:
    phone.opens("pages/me/me").taps("为同事证明在岗").sees("0 / 3", "人今天已确认在岗", "colleague")
    assert phone.page.get_by_text("证明在岗", exact=True).count() == 2  # type: ignore[union-attr]  # not themselves
    phone.taps(phone.page.locator(".card", has_text="colleague").get_by_text("证明在岗"))  # type: ignore[union-attr]
    phone.is_on("team/attest/attest").sees("11月24日 周二").picks("日期", "2026-11-20").sees("11月20日 周五")
    phone.taps("半天").fills("例如：上午一起拜访客商", "下午一起看厂房").taps(phone.page.locator(".foot wx-button"))  # type: ignore[union-attr]
    phone.sees("已证明colleague在岗", "11月20日 周五：确认半天（含同事或监督人员证明）。")
    (day,) = api.get("/me/month", "colleague", month="2026-11").json["days"]
    assert (day["on"], day["value"], day["sources"][0]["reason"]) == ("2026-11-20", 0.5, "下午一起看厂房")


def test_a_word_is_taken_back_from_the_list_below_the_form(phone: Phone, api: Api) -> None:
    body = {"member": str(api.cast["colleague"].id), "on": "2026-11-23", "value": 1, "reason": "一起看厂房"}
    assert api.post("/attestations", "chen", body).status_code == 201
    phone.opens("pages/me/me").taps("为同事证明在岗")
    phone.taps(phone.page.locator(".card", has_text="colleague").get_by_text("证明在岗"))  # type: ignore[union-attr]
    phone.sees("您最近的证明", "colleague · 11月23日 周一 · 整天", "一起看厂房").screenshot("team-attest-given")
    phone.taps("撤回").fills("写一句原因，同事会看到", "记错了日子")
    phone.page.locator(".wechat").get_by_text("撤回", exact=True).last.tap()  # type: ignore[union-attr]
    phone.sees("已撤回：记错了日子")
    assert api.get("/me/month", "colleague", month="2026-11").json["days"] == []


def test_flags_are_told_in_words_and_shape_and_a_leader_decides_what_comes_next(
    phones: Phones, api: Api, cast: Cast, db: Database, clock: RunningClock
) -> None:
    message = "11月再驻点 5 天即可达标，剩余 7 个可用日。"
    flag = {"county_id": 1, "id": uuid.uuid4(), "member_id": cast["chen"].id, "kind": "behind", "message": message}
    with db.transaction() as session:
        session.add(Flag(**flag, month=date(2026, 11, 1), facts={"missing": 5}, raised_at=clock()))
    phone = phones("leader").opens("team/flags/flags").sees("落后", "▲", message, "11月27日 周五起可以约谈。")
    clock.advance(days=3)
    phone.moves_clock(days=3).is_killed_and_restarted("team/flags/flags").taps("决定约谈").is_on("team/step/step")
    phone.taps("决定约谈").sees("请先听对方说明，再写下来。").fills("先听对方说明，把要点写在这里", "月初在县里开会")
    phone.fills("写一句理由，被告知的人会看到", "商量后半月的安排").taps("决定约谈").is_on("team/flags/flags")
    phone.sees(re.compile("约谈 · leader")).sees_not("决定约谈")
    (step,) = api.get("/flags", "chen").json["items"][0]["steps"]
    assert (step["step"], step["heard"], step["reason"]) == ("talk", "月初在县里开会", "商量后半月的安排")
    phones().clock_is_off(clock.ahead.total_seconds()).opens("team/flags/flags").sees("落后").sees_not("决定约谈")


@pytest.fixture
def waits(api: Api) -> str:
    """chen's check-in of some kilometres away, to be reviewed."""
    return str(api.check_in("chen", lat="31.25", lng="121.49").json["id"])


def test_the_bureau_accepts_what_waits(phones: Phones, api: Api) -> None:
    made = api.check_in("chen", lat="31.30", lng="121.50").json
    assert made["verdict"] == "review"
    phone = phones("bureau").opens("team/reviews/reviews").sees("待核").taps(made["reason"])
    phone.is_on("team/review/review").sees("距离", "最近 30 天", "方块是驻点和围栏，圆点是手机定位（误差 ±20 米）")
    assert phone.page.locator("wx-map .marker").count() == 2  # type: ignore[union-attr]
    phone.taps("写一句")
    phone.fills("队员会看到，也会看到是谁写的", "明天请到站内拍").page.locator(".wechat").get_by_text(
        "留言", exact=True
    ).last.tap()  # type: ignore[union-attr]
    phone.sees("明天请到站内拍").taps("通过").is_on("team/reviews/reviews").sees("都复核完了", "chen 通过")
    seen = api.get(f"/checkins/{made['id']}", "chen").json
    assert (seen["decision"], seen["comments"][0]["text"]) == ("accepted", "明天请到站内拍")
    phone.taps("撤销").sees_not("都复核完了", "撤销").sees(made["reason"])
    assert api.get(f"/checkins/{made['id']}", "chen").json["decision"] is None


def test_what_a_spot_check_has_to_show_stands_under_its_photo(
    phones: Phones, api: Api, spot_course: Callable[..., None]
) -> None:
    api.post(
        "/draws",
        "bureau",
        {"id": str(uuid.uuid4()), "kind": "selfie", "aimed_at": str(api.cast["chen"].id), "reason": "有人反映"},
    )
    spot_course(seconds=4)
    check = api.get("/me/spot-checks", "chen").json["items"][0]["id"]
    ticket = api.post(f"/me/spot-checks/{check}/camera", "chen").json
    made = api.check_in("chen", kind="spot", ticket=ticket["ticket"]).json["id"]
    phone = (
        phones("bureau").opens("team/review/review", id=made).sees(re.compile(f"照片里应出示：.*{ticket['challenge']}"))
    )
    phone.is_killed().opens("pages/evidence/evidence", id=made).sees("照片里应出示")


def test_a_rejection_needs_its_reason_and_the_next_comes_by_itself(phones: Phones, api: Api) -> None:
    first = api.check_in("chen", lat="31.30", lng="121.50").json["id"]
    second = api.check_in("colleague", lat="31.30", lng="121.50").json["id"]
    phone = phones("bureau").opens(f"team/review/review?id={second}").sees("距离").picks("驳回", "位置或场景不在驻点")
    assert phone.field("队员会看到").input_value().startswith("照片或位置看不出在驻点")
    phone.fills("队员会看到", "不在驻点").page.locator(".wechat").get_by_text("驳回", exact=True).tap()  # type: ignore[union-attr]
    phone.page.wait_for_function("id => __phone.page().data.c?.id === id", arg=first)  # type: ignore[union-attr]
    (told,) = api.get(f"/checkins/{second}", "colleague").json["reviews"]
    assert (told["decision"], told["code"], told["reason"]) == ("rejected", "not_there", "不在驻点")
    api.clock.advance(seconds=11)
    phone.sees("colleague 驳回").taps("撤销").sees("没有撤销", re.compile("已过可以撤销的时间"))
    phone.page.locator(".wechat").get_by_text("确定").tap()  # type: ignore[union-attr]


def test_the_phone_and_the_console_reject_in_the_same_words() -> None:
    phone = Path("miniprogram/words.ts").read_text()
    for code, ground in GROUNDS.items():
        assert f"code: '{code}', word: '{ground.word}', sentence: '{ground.sentence}'" in phone


def test_two_who_disagree_are_set_before_a_third(
    phones: Phones, api: Api, db: Database, cast: Cast, clock: RunningClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "ONE_IN", 1)
    with db.transaction() as session:
        third = {"county_id": 1, "member_id": cast["county_leader"].id, "role": "bureau_supervisor"}
        session.add(RoleGrant(**third, valid_from=JOINED))
    made = api.check_in("chen", lat="31.30", lng="121.50").json["id"]
    review(api, made, "bureau", "accepted", "看过")
    clock.advance(seconds=11)
    review(api, made, "bureau2", "rejected", "不是本人")
    phone = phones("county_leader").opens("team/reviews/reviews").taps("chen").sees("已有的复核", "bureau2", "不是本人")
    page = phone.page
    assert page
    page.locator(".foot").get_by_text("驳回").tap()
    page.locator(".wechat .sheet").get_by_text("照片中不是本人").tap()
    page.locator(".wechat").get_by_text("驳回", exact=True).tap()
    phone.is_on("team/reviews/reviews").sees("都复核完了")
    assert api.get(f"/checkins/{made}", "chen").json["decision"] == "rejected"


def test_an_appeal_is_answered_by_who_took_no_part(phones: Phones, api: Api) -> None:
    checkin, _ = appealed(api)
    phone = phones("bureau2").opens("team/appeals/appeals").sees("那天在客户工厂").taps("申诉成立")
    phone.fills("写一句答复，队员会看到", "已与客户核实").page.locator(".wechat").get_by_text("答复", exact=True).tap()  # type: ignore[union-attr]
    phone.sees("没有等您处理的申诉")
    seen = api.get(f"/checkins/{checkin}", "chen").json
    assert (seen["decision"], seen["appeals"][0]["answer"]) == ("accepted", "已与客户核实")


def test_a_scan_names_the_browser_before_it_signs_it_in(phones: Phones, api: Api) -> None:
    begun = api.call("POST", "/console/scans", None, environ_overrides=OWN_PAGE).json
    phone = phones("leader").scans("zhudian-login:" + begun["code"]).opens().taps("我的").taps("扫码登录电脑")
    phone.is_on("team/scan/scan").sees("在这台电脑上登录？", "网络地址", "127.0.0.1").taps("确认登录").sees("✓ 已登录")


def test_a_scan_that_is_over_says_so(phones: Phones) -> None:
    phones("leader").opens("team/scan/scan?code=nothing").sees("不能登录", "这个登录码已失效，请刷新电脑上的页面再扫。")


def test_another_code_is_not_ours(phones: Phones) -> None:
    phones("leader").scans("https://example.com").opens("pages/me/me").taps("扫码登录电脑").sees("这不是驻点通的登录码")


def test_where_the_one_supervisor_reviewed_a_county_leader_answers_and_without_one_the_member_reads_it(
    phones: Phones, api: Api, db: Database
) -> None:
    without(db, api, "bureau2")
    checkin, _ = appealed(api)
    with db.transaction() as session:
        role = {"member_id": api.cast["county_leader"].id, "role": "county_leader"}
        (grant,) = session.scalars(select(RoleGrant).filter_by(**role))
        grant.valid_to = JOINED
    member = phones("chen").opens("pages/evidence/evidence", id=checkin)
    member.sees("申诉：等待答复", re.compile("现在没有人能处理这个申诉")).screenshot("evidence-stuck")
    with db.transaction() as session:
        session.merge(grant).valid_to = None
    leader = phones("county_leader").opens("pages/me/me").taps("申诉").is_on("team/appeals/appeals")
    leader.sees("那天在客户工厂").goes_back().sees_not("复核")
    phones("chen").opens("pages/evidence/evidence", id=checkin).sees_not(re.compile("现在没有人能处理这个申诉"))
