"""Nothing is decided that nobody looked at: a double click, two quick keys and a second sending decide once."""

import pytest
from playwright.sync_api import Page, expect

from tests.client import Api
from tests.console.conftest import Desks
from tests.console.reviewing import ACCEPT, REJECT, coarse, decision, far, looked_at, press, settled, shown


def lined_up(api: Api) -> list[str]:
    return [far(api, who) for who in ("chen", "colleague", "neighbour")]


def two_clicks(page: Page, apart_ms: int) -> None:
    """On the same spot of the screen, whatever stands there by then; apart by the page's own clock, which a busy
    machine holds up no more than what it is compared with."""
    looked_at(page)
    box = page.locator("#stage .item").get_by_role("button", name=ACCEPT).bounding_box()
    assert box is not None
    page.evaluate(
        """([x, y, apart]) => new Promise((done) => {
          const click = () => document.elementFromPoint(x, y).click();
          click();
          setTimeout(() => { click(); done(); }, apart);
        })""",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, apart_ms],
    )


def test_a_double_click_accepts_one(desk: Desks, api: Api) -> None:
    first, second, third = lined_up(api)
    page = desk("bureau").at("/review")
    page.get_by_role("button", name=ACCEPT).dblclick()
    assert shown(page) == second
    settled(page)
    assert [decision(api, one) for one in (first, second, third)] == ["accepted", None, None]


@pytest.mark.parametrize(("apart_ms", "decided"), [(0, 1), (180, 1), (700, 2)])
def test_two_clicks_decide_on_two_only_if_the_second_can_have_been_seen(
    desk: Desks, api: Api, apart_ms: int, decided: int
) -> None:
    made = lined_up(api)
    page = desk("bureau").at("/review")
    two_clicks(page, apart_ms)
    assert shown(page) == made[decided]
    settled(page)
    assert [decision(api, one) for one in made] == ["accepted"] * decided + [None] * (3 - decided)


def test_two_quick_keys_decide_on_one(desk: Desks, api: Api) -> None:
    first, second, third = lined_up(api)
    page = desk("bureau").at("/review")
    page.keyboard.type("aa")
    assert shown(page) == second
    press(page, "r", "1", "Control+Enter", "a", "a")
    assert shown(page) == third
    press(page, "a")
    expect(page.get_by_text("都复核完了。")).to_be_visible()
    settled(page)
    assert [decision(api, one) for one in (first, second, third)] == ["accepted", "rejected", "accepted"]


def test_the_double_click_that_rejects_goes_past_nothing(desk: Desks, api: Api) -> None:
    first, second, third = lined_up(api)
    page = desk("bureau").at("/review")
    page.get_by_role("button", name=REJECT).first.dblclick()
    page.locator("#stage").get_by_label("照片看不清").check()
    page.locator("#stage .reject .strong").dblclick()
    assert shown(page) == second
    settled(page)
    assert [decision(api, one) for one in (first, second, third)] == ["rejected", None, None]


def test_what_has_just_come_looks_as_ever(desk: Desks, api: Api) -> None:
    lined_up(api)
    page = desk("bureau").at("/review")
    look = "element => [element.disabled, getComputedStyle(element).opacity, getComputedStyle(element).backgroundColor]"
    before = page.locator("#stage").get_by_role("button", name=ACCEPT).evaluate(look)
    page.keyboard.press("a")
    assert page.locator("#desk").get_attribute("data-fresh") == "1"
    assert page.locator("#stage").get_by_role("button", name=ACCEPT).evaluate(look) == before


def test_several_are_accepted_together_once(desk: Desks, api: Api) -> None:
    clean = [coarse(api, who) for who in ("chen", "colleague")]
    page = desk("bureau").at("/review/list")
    page.get_by_label("选这一页全部").check()
    page.get_by_role("button", name="看照片并通过所选 2 条").click()
    looked_at(page)
    page.get_by_role("button", name="一起通过").dblclick()
    expect(page.get_by_text("已通过 2 条。")).to_be_visible()
    assert [decision(api, one) for one in clean] == ["accepted", "accepted"]


def test_the_click_that_opened_the_photos_does_not_accept_them(desk: Desks, api: Api) -> None:
    clean = [coarse(api, who) for who in ("chen", "colleague")]
    page = desk("bureau").at("/review/list")
    click = "document.querySelector('.decide button')?.click()"
    page.add_init_script(f"addEventListener('DOMContentLoaded', () => {click})")
    page.get_by_label("选这一页全部").check()
    page.get_by_role("button", name="看照片并通过所选 2 条").click()
    expect(page.locator(".sheet img")).to_have_count(2)
    looked_at(page)
    assert [decision(api, one) for one in clean] == [None, None]
    page.get_by_role("button", name="一起通过").click()
    expect(page.get_by_text("已通过 2 条。")).to_be_visible()
