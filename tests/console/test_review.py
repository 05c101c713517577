"""复核 at the console: cleared by keyboard alone, never lost, and blind where it has to be."""

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import expect

from server.checkins import sample, second_opinion
from server.db import Database
from server.demo.photos import draw_selfie
from server.org.models import RoleGrant
from tests.api.test_review import appealed, review
from tests.cast import JOINED, Cast
from tests.client import Api
from tests.console.conftest import Desks
from tests.console.reviewing import (
    ACCEPT,
    decision,
    far,
    press,
    settled,
    shown,
)
from tests.miniprogram.conftest import RunningClock


def test_the_queue_is_cleared_by_keyboard_alone(desk: Desks, api: Api) -> None:
    made = [far(api, who) for who in ("chen", "colleague", "neighbour", "leader")]
    page = desk("bureau").at("/review")
    expect(page.locator("#progress")).to_have_text("今天已复核 0 条，还剩 4 条")
    order = []
    for keys in (["a"], ["r", "2", "Control+Enter"], ["a"], ["r", "1", "Control+Enter"]):
        order.append(shown(page))
        press(page, *keys)
        expect(page.locator(f'#stage .item[data-id="{order[-1]}"]')).to_have_count(0)
        if len(order) < 4:
            expect(page.locator("#stage .item")).to_be_visible()
    expect(page.get_by_text("都复核完了。")).to_be_visible()
    settled(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("相加就是疑点权重")
    expect(page.get_by_role("dialog")).to_contain_text("用来检验机器判得准不准")
    assert set(order) == set(made)
    assert [decision(api, one) for one in order] == ["accepted", "rejected", "accepted", "rejected"]
    told = api.get(f"/checkins/{order[1]}", "county_leader").json["reviews"][0]
    assert (told["code"], told["reason"]) == (
        "not_there",
        "照片或位置看不出在驻点，这次没有通过。若当时在外走访，可以申诉说明。",
    )
    expect(page.locator("#progress")).to_have_text("今天已复核 4 条，还剩 0 条")


def test_the_next_is_there_before_the_decision_was_answered(desk: Desks, api: Api) -> None:
    first, second = far(api), far(api, "colleague")
    page = desk("bureau").at("/review")
    held: list[Any] = []
    page.route("**/reviews", lambda route: held.append(route))
    assert shown(page) == first
    press(page, "a")
    assert shown(page) == second
    shot = page.locator("#stage .shot")
    assert shot.evaluate("image => image.complete && image.naturalWidth > 0"), "its photo was loaded before"
    assert (len(held), decision(api, first)) == (1, None)
    held[0].continue_()
    settled(page)
    assert decision(api, first) == "accepted"


def test_what_the_line_swallowed_comes_back_as_the_next(desk: Desks, api: Api) -> None:
    first, second = far(api), far(api, "colleague")
    page = desk("bureau").at("/review")
    page.route("**/reviews", lambda route: route.abort())
    press(page, "a")
    expect(page.locator("#said")).to_contain_text("没有收到答复，结论可能已经存上；")
    expect(page.locator("#said")).to_contain_text("它排在下一条。")
    assert shown(page) == second
    page.unroute("**/reviews")
    press(page, "a")
    assert shown(page) == first
    press(page, "a")
    expect(page.get_by_text("都复核完了。")).to_be_visible()
    settled(page)
    assert [decision(api, one) for one in (first, second)] == ["accepted", "accepted"]


def test_what_was_saved_and_not_answered_is_decided_again_without_harm(desk: Desks, api: Api, rows: Any) -> None:
    first = far(api)
    page = desk("bureau").at("/review")

    def swallow(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/reviews", swallow)
    press(page, "a")
    expect(page.locator("#said")).to_contain_text("再决定一次也没有关系，同样的结论只算一次。")
    page.unroute("**/reviews")
    press(page, "a")
    expect(page.get_by_text("都复核完了。")).to_be_visible()
    settled(page)
    assert decision(api, first) == "accepted"
    assert rows("SELECT count(*) FROM reviews") == [(1,)]


def test_whatever_is_within_its_ten_seconds_is_taken_back_the_newest_first(desk: Desks, api: Api, rows: Any) -> None:
    first, second, third = (far(api, who) for who in ("chen", "colleague", "neighbour"))
    page = desk("bureau").at("/review")
    press(page, "a")
    press(page, "r", "1", "Control+Enter")
    expect(page.locator("#undo")).to_contain_text("，还有之前的 1 条。10 秒内可以撤销，之后通知队员。")
    assert shown(page) == third
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator(f'#stage .item[data-id="{first}"]')).to_be_visible()
    expect(page.locator("#undo")).to_be_empty()
    expect(page.locator("#said")).to_contain_text("已撤销，队员没有收到通知。")
    settled(page)
    assert [decision(api, one) for one in (first, second)] == [None, None]
    assert rows("SELECT count(*) FROM notices WHERE kind = 'checkin_decided'") == [(0,)]
    for there in (first, second, third):
        assert shown(page) == there
        press(page, "a")
    expect(page.get_by_text("都复核完了。")).to_be_visible()


def test_too_late_is_said(desk: Desks, api: Api, clock: RunningClock) -> None:
    first, _ = far(api), far(api, "colleague")
    page = desk("bureau").at("/review")
    press(page, "a")
    settled(page)
    clock.advance(seconds=11)
    page.keyboard.press("u")
    expect(page.locator("#said")).to_contain_text("已过可以撤销的时间")
    assert decision(api, first) == "accepted"


def test_back_and_forth_without_deciding(desk: Desks, api: Api) -> None:
    first, second = far(api), far(api, "colleague")
    page = desk("bureau").at("/review")
    for key, there in (("j", second), ("k", first), ("j", second)):
        page.keyboard.press(key)
        assert shown(page) == there
    page.keyboard.press("j")
    expect(page.get_by_text("还剩 2 条，是您跳过的。")).to_be_visible()
    page.keyboard.press("k")
    assert shown(page) == second
    assert decision(api, first) is decision(api, second) is None


def test_the_end_says_what_is_left_and_waits_for_what_comes(desk: Desks, api: Api) -> None:
    made = [far(api, who) for who in ("chen", "colleague", "neighbour", "leader")]
    sitting = desk("bureau")
    sitting.page.clock.install()
    page = sitting.at("/review")
    desk("bureau2").at("/review")
    for key in ("a", "j", "a"):
        press(page, key)
    expect(page.get_by_text("还剩 2 条：1 条同事正在看，1 条您跳过了。")).to_be_visible()
    expect(page.locator("#progress")).to_have_text("今天已复核 2 条，还剩 2 条")
    sitting.shot("review-end")
    assert sitting.barriers() == []
    page.keyboard.press("j")
    expect(page.locator(f'#stage .item[data-id="{made[1]}"]')).to_be_visible()
    press(page, "a")
    expect(page.get_by_text("还剩 1 条，同事正在看。")).to_be_visible()
    expect(page.get_by_text("都复核完了")).to_have_count(0)
    listed = sitting.another()
    listed.goto(f"{sitting.server}/console/review/list")
    expect(listed.get_by_role("row").filter(has_text="bureau2正在看")).to_have_count(1)

    came = far(api, "chen")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.clock.run_for(60_000)
    settled(page)
    assert asked == [], "nobody looks at the page"
    page.evaluate("delete document.hidden")
    page.clock.run_for(16_000)
    expect(page.locator(f'#stage .item[data-id="{came}"]')).to_be_visible()


def test_a_look_is_written_when_it_is_seen_and_its_links_are_renewed(desk: Desks, api: Api, rows: Any) -> None:
    for who in ("chen", "colleague", "neighbour"):
        far(api, who)

    def written() -> dict[str, int]:
        actions = "('checkin.viewed', 'checkin.preloaded', 'photo.viewed', 'photo.preloaded')"
        return dict(rows(f"SELECT action, count(*) FROM audit_events WHERE action IN {actions} GROUP BY action"))

    sitting = desk("bureau")
    sitting.page.clock.install()
    page = sitting.at("/review")
    settled(page)
    ahead = {"checkin.preloaded": 2, "photo.preloaded": 2}
    assert written() == ahead | {"checkin.viewed": 1, "photo.viewed": 1}
    with page.expect_response("**/look"):
        page.keyboard.press("j")
        page.clock.run_for(100)
    assert written() == ahead | {"checkin.viewed": 2, "photo.viewed": 2}, "the third was seen by nobody"
    with page.expect_response("**/photos/**") as whole:
        page.keyboard.press("z")  # by the link that came with the look
    assert whole.value.status == 200
    page.keyboard.press("z")
    page.clock.run_for(290_000)
    page.locator("#stage .shot").evaluate("shot => delete shot.dataset.whole")
    with page.expect_response("**/look") as renewed:
        page.keyboard.press("z")
    expect(page.locator("#stage .shot")).to_have_attribute("data-whole", "1")
    assert set(renewed.value.json()) == {"whole", "twin", "lasts_s"}


def test_the_one_that_one_comes_back_to_is_claimed_again(desk: Desks, api: Api, rows: Any) -> None:
    for who in ("chen", "colleague", "neighbour", "leader"):
        far(api, who)
    page = desk("bureau").at("/review")
    first = shown(page)
    for key in ("j", "k"):
        with page.expect_response("**/review/next"):
            page.keyboard.press(key)
    assert shown(page) == first
    settled(page)
    claimed = {str(uuid.UUID(str(one))) for (one,) in rows("SELECT checkin_id FROM review_claims")}
    assert first in claimed


def test_while_a_rejection_is_written_no_key_accepts(desk: Desks, api: Api) -> None:
    checkin = far(api)
    page = desk("bureau").at("/review")
    page.keyboard.press("r")
    page.keyboard.press("2")
    page.locator("#stage .shot").click()
    press(page, "a")
    page.keyboard.press("j")
    assert shown(page) == checkin
    settled(page)
    assert decision(api, checkin) is None


def test_half_a_rejection_survives_a_reload(desk: Desks, api: Api) -> None:
    far(api)
    page = desk("bureau").at("/review")
    page.keyboard.press("r")
    page.keyboard.press("6")
    page.keyboard.type("请补一张能看清")
    page.reload()
    words = page.get_by_label("给队员的话")
    expect(words).to_have_value("请补一张能看清")
    expect(page.get_by_label("其他")).to_be_checked()
    page.get_by_label("照片看不清").check()
    expect(words).to_have_value("请补一张能看清")  # what one wrote oneself no choice takes away


def test_half_a_comment_survives_a_reload_and_goes_once_it_is_said(desk: Desks, api: Api) -> None:
    checkin = far(api)
    page = desk("bureau").at("/review")
    page.keyboard.press("m")
    page.keyboard.type("当天园区停电")
    page.reload()
    words = page.locator("#stage").get_by_label("留言（队员看得到）")
    expect(words).to_have_value("当天园区停电")
    page.locator("#stage").get_by_role("button", name="留言", exact=True).click()
    expect(page.locator("#stage .comments")).to_contain_text("bureau")
    page.goto(f"{page.url.split('/console/')[0]}/console/review/{checkin}")
    expect(words).to_have_value("")
    expect(page.locator("#stage .comments > p")).to_contain_text("当天园区停电")


def test_a_rejection_says_why(desk: Desks, api: Api) -> None:
    checkin = far(api)
    page = desk("bureau").at("/review")
    page.keyboard.press("r")
    page.keyboard.press("6")
    page.keyboard.press("Control+Enter")
    assert shown(page) == checkin
    page.keyboard.press("Escape")
    expect(page.get_by_label("给队员的话")).to_be_hidden()
    assert decision(api, checkin) is None


def test_the_photo_is_set_beside_the_one_it_equals(desk: Desks, api: Api, clock: RunningClock) -> None:
    photo = draw_selfie(4242, size=(480, 640))
    api.check_in("colleague", photo=photo)
    clock.advance(days=1)
    far(api, photo=photo)
    sitting = desk("bureau")
    page = sitting.at("/review")
    expect(page.locator(".findings").first).to_contain_text("相同")
    page.keyboard.press("c")
    twin = page.locator("#stage .twin")
    expect(twin).to_contain_text("colleague 11月24日 周二")
    expect(twin.locator("img")).not_to_have_js_property("naturalWidth", 0)
    sitting.shot("review-compare")
    page.keyboard.press("c")
    expect(twin).to_be_hidden()


def test_zoomed_turned_and_what_the_file_says(desk: Desks, api: Api) -> None:
    far(api)
    page = desk("bureau").at("/review")
    shot = page.locator("#stage .shot")
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="放大Z")).to_have_attribute("aria-pressed", "true")
    expect(shot).to_have_attribute("data-whole", "1")
    before = shot.evaluate("image => image.style.transform")
    page.keyboard.press("ArrowRight")
    assert shot.evaluate("image => image.style.transform") != before
    page.keyboard.press("o")
    assert "rotate(90deg)" in shot.evaluate("image => image.style.transform")
    page.keyboard.press("e")
    expect(page.get_by_text("照片没有自带信息")).to_be_visible()


def test_a_blind_sample_shows_evidence_and_no_conclusion(
    desk: Desks, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "ONE_IN", 1)
    checkin = api.check_in("chen").json["id"]
    page = desk("bureau").at("/review")
    item = page.locator("#stage .item")
    expect(item).to_contain_text(sample.HIDDEN_REASON)
    text, markup = item.inner_text(), item.evaluate("item => item.outerHTML")
    assert not re.search("核验发现|已通过|正常|需核实", text)
    assert "accepted" not in markup.split('class="past"')[1].split("judged")[0]
    assert item.locator(".judged").count() == 1
    press(page, "a")
    settled(page)
    assert decision(api, checkin) == "accepted"


def test_who_is_asked_second_is_not_told(
    desk: Desks, api: Api, clock: RunningClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "ONE_IN", 1)
    checkin = far(api)
    review(api, checkin, "bureau", "rejected", "不是本人")
    clock.advance(seconds=11)
    page = desk("bureau2").at("/review")
    assert shown(page) == checkin
    markup = page.locator("#stage .item").evaluate("item => item.outerHTML")
    assert "不是本人" not in markup.replace("照片中不是本人", "").replace("看不出是您本人", "")
    assert "人工复核驳回" not in markup
    expect(page.locator("#stage .judged")).to_have_count(1)
    press(page, "a")
    settled(page)
    assert decision(api, checkin) == "rejected"


def test_two_who_disagree_are_set_before_a_third(
    desk: Desks, api: Api, db: Database, cast: Cast, clock: RunningClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "ONE_IN", 1)
    with db.transaction() as session:
        third = {"county_id": 1, "member_id": cast["county_leader"].id, "role": "bureau_supervisor"}
        session.add(RoleGrant(**third, valid_from=JOINED))
    checkin = far(api)
    review(api, checkin, "bureau", "accepted", "看过")
    clock.advance(seconds=11)
    review(api, checkin, "bureau2", "rejected", "不是本人")
    sitting = desk("county_leader")
    page = sitting.at("/review")
    item = page.locator("#stage .item")
    expect(item).to_contain_text("意见不一：两人各自复核，结论不同，请您决定。")
    expect(item).to_contain_text("bureau2")
    expect(item).to_contain_text("不是本人")
    sitting.shot("review-differs")
    press(page, "r", "1", "Control+Enter")
    expect(page.get_by_text("都复核完了。")).to_be_visible()
    settled(page)
    assert decision(api, checkin) == "rejected"


def test_what_does_not_wait_is_read_and_may_be_decided_anew(desk: Desks, api: Api) -> None:
    checkin = api.check_in("chen").json["id"]
    page = desk("bureau").at(f"/review/{checkin}")
    expect(page.get_by_text("已有结论；您可以重新复核")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    settled(page)
    assert decision(api, checkin) == "rejected"


def test_a_unit_supervisor_reads_and_comments_and_does_not_decide(desk: Desks, api: Api) -> None:
    checkin, other = far(api), far(api, "neighbour")
    sitting = desk("supervisor")
    page = sitting.at("/review")
    expect(page.get_by_role("row")).to_have_count(2)  # the heading, and chen's
    page.get_by_role("link", name="打开chen").click()
    expect(page.get_by_text("复核由招商局的监督人员决定；您可以留言说明情况。")).to_be_visible()
    expect(page.get_by_role("button", name=ACCEPT)).to_have_count(0)
    assert "west" not in page.content(), "nothing to narrow by, and no name of a unit that is not theirs"
    press(page, "a")
    page.keyboard.press("m")
    page.keyboard.type("当天在园区对接会，我在场")
    page.get_by_role("button", name="留言", exact=True).click()
    expect(page.locator(".comments")).to_contain_text("supervisor")
    expect(page.locator(".comments")).to_contain_text("当天在园区对接会，我在场")
    assert sitting.barriers() == []
    assert decision(api, checkin) is None
    assert [one["text"] for one in api.get(f"/checkins/{checkin}", "chen").json["comments"]] == [
        "当天在园区对接会，我在场"
    ]
    look = "id => fetch(`/console/review/${id}/look`, {method: 'POST'}).then(a => a.status)"
    assert [page.evaluate(look, one) for one in (checkin, other)] == [200, 404]
    assert page.goto(f"{sitting.server}/console/review/{other}").status == 404
    for path in ("next", "confirm", "bulk", "bulk/undo"):
        status = page.evaluate("path => fetch('/console/review/' + path, {method: 'POST'}).then(a => a.status)", path)
        assert status == 403, path


@pytest.mark.parametrize("who", ["far_bureau", "other_leader"])
def test_an_outsider_gets_nothing_by_guessing(desk: Desks, api: Api, who: str) -> None:
    checkin = far(api)
    sitting = desk(who)
    assert sitting.page.goto(f"{sitting.server}/console/review/{checkin}").status == 404
    page = sitting.at("/review")
    assert "chen" not in page.inner_text("main")


def test_an_appeal_is_answered_beside_its_evidence(desk: Desks, api: Api) -> None:
    checkin, _ = appealed(api)
    sitting = desk("bureau2")
    page = sitting.at("/review/appeals")
    card = page.get_by_role("article", name="chen的申诉")
    expect(card).to_contain_text("那天在客户工厂")
    sitting.shot("appeals")
    assert sitting.barriers() == []
    card.get_by_label("答复").fill("已与客户核实")
    card.get_by_role("button", name="申诉成立").click()
    expect(page.locator("#said")).to_contain_text("申诉成立，打卡已改为通过")
    expect(page.get_by_text("没有等您处理的申诉。")).to_be_visible()
    assert decision(api, checkin) == "accepted"


def test_an_appeal_does_not_come_to_who_rejected(desk: Desks, api: Api) -> None:
    appealed(api)
    page = desk("bureau").at("/review/appeals")
    expect(page.get_by_text("没有等您处理的申诉。")).to_be_visible()


def test_a_hostile_note_is_words(desk: Desks, api: Api) -> None:
    far(api, note="<img src=x onerror=alert(1)>\"'><script>alert(1)</script>")
    page = desk("bureau").at("/review")
    expect(page.locator("#stage .item")).to_contain_text("<script>alert(1)</script>")
