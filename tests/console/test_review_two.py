"""Two reviewers at the same queue: each sees others, and what one has before them the other does not decide."""

from playwright.sync_api import Page, expect

from tests.api.test_review import review
from tests.client import Api
from tests.console.conftest import Desks
from tests.console.reviewing import ACCEPT, accept_together, coarse, decision, far, press, settled, shown
from tests.miniprogram.conftest import RunningClock


def goes_away(page: Page, clock: RunningClock) -> None:
    """For longer than what is shown is held: off the net, as a desk that is reached holds it on; and not before all
    that it asked for has come, which else is held from later on."""
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    clock.advance(minutes=6)


def test_two_reviewers_at_once_see_different_ones(desk: Desks, api: Api) -> None:
    for who in ("chen", "colleague", "neighbour", "leader"):
        far(api, who)
    pages = [desk(who).at("/review") for who in ("bureau", "bureau2")]
    seen = [page.evaluate("[...document.querySelectorAll('.item')].map(i => i.dataset.id)") for page in pages]
    assert (len(seen[0]), len(seen[1])) == (3, 1)
    assert set(seen[0]).isdisjoint(seen[1])


def test_what_is_on_ones_desk_nobody_else_decides(desk: Desks, api: Api) -> None:
    first = far(api)
    page = desk("bureau").at("/review")
    assert shown(page) == first
    refused = review(api, first, "bureau2", "rejected", "不是本人")  # on the phone
    assert (refused.status_code, refused.json["code"]) == (409, "being_reviewed")
    press(page, "a")
    expect(page.get_by_text("都复核完了。")).to_be_visible()
    settled(page)
    assert decision(api, first) == "accepted"


def test_who_was_away_so_long_that_another_decided_is_told(desk: Desks, api: Api, clock: RunningClock) -> None:
    first, second = far(api), far(api, "colleague")
    page = desk("bureau").at("/review")
    goes_away(page, clock)
    assert review(api, first, "bureau2", "rejected", "不是本人").status_code == 201
    page.context.set_offline(False)
    press(page, "a")
    expect(page.locator("#said")).to_contain_text("bureau2已经复核了这次打卡：驳回。您的结论没有保存。")
    assert shown(page) == second
    assert decision(api, first) == "rejected"


def test_who_was_away_so_long_that_another_looks_at_it_goes_on_with_the_next(
    desk: Desks, api: Api, clock: RunningClock
) -> None:
    first, second = far(api), far(api, "colleague")
    page = desk("bureau").at("/review")
    goes_away(page, clock)
    other = desk("bureau2").at("/review")
    assert shown(other) == first
    page.context.set_offline(False)
    press(page, "a")
    expect(page.locator("#said")).to_contain_text("bureau2正在看这次打卡（")
    expect(page.locator("#said")).not_to_contain_text("它排在下一条")
    assert shown(page) == second
    assert decision(api, first) is None
    press(other, "a")
    settled(other)
    assert decision(api, first) == "accepted"


def test_an_item_by_its_address_says_who_has_it(desk: Desks, api: Api) -> None:
    checkin = far(api)
    desk("bureau").at("/review")
    page = desk("bureau2").at(f"/review/{checkin}")
    expect(page.get_by_text("bureau正在看这一条，请先看下一条。")).to_be_visible()
    expect(page.get_by_role("button", name=ACCEPT)).to_have_count(0)


def test_the_list_says_who_looks_at_what_and_it_is_not_chosen(desk: Desks, api: Api) -> None:
    coarse(api, "chen")
    desk("bureau2").at("/review")
    coarse(api, "colleague")
    sitting = desk("bureau")
    page = sitting.at("/review/list")
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="chen")).to_contain_text("bureau2正在看")
    expect(rows.filter(has_text="colleague")).not_to_contain_text("正在看")
    expect(page.get_by_label("选择chen")).to_have_count(0)
    expect(page.get_by_label("选择colleague")).to_be_visible()
    sitting.shot("review-list-held")
    assert sitting.barriers() == []


def test_what_another_came_to_look_at_meanwhile_is_left_out_of_those_accepted_together(desk: Desks, api: Api) -> None:
    held, free = coarse(api, "chen"), coarse(api, "colleague")
    page = desk("bureau").at("/review/list")
    page.get_by_label("选这一页全部").check()
    page.get_by_role("button", name="看照片并通过所选 2 条").click()
    desk("bureau2").at(f"/review/{held}?unit={api.cast.units['west']}")  # after this one, nothing of this unit
    accept_together(page)
    expect(page.get_by_text("已通过 1 条；1 条没有办成，原因在下面。")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text("bureau2正在看这次打卡（")
    assert [decision(api, one) for one in (held, free)] == [None, "accepted"]
