"""复核 on a desk, a tablet and a low screen: what matters is seen before deciding, the rest reached by the keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.client import Api
from tests.console.conftest import TABLET, Desks
from tests.console.reviewing import REJECT, far


def under_the_fold(page: Page, *parts: str) -> list[str]:
    """Which of these parts of the check-in one has to scroll to."""
    fold = page.locator("#stage .deciding").bounding_box()
    boxes = {part: page.locator(f"#stage {part}").bounding_box() for part in parts}
    assert fold is not None
    return [part for part, box in boxes.items() if box is None or box["y"] < 0 or box["y"] + box["height"] > fold["y"]]


def test_on_a_tablet_all_that_matters_is_seen_before_deciding(desk: Desks, api: Api) -> None:
    far(api)
    sitting = desk("bureau", size=TABLET)
    page = sitting.at("/review")
    page.locator("#stage .leaflet-container").wait_for()
    sitting.shot("review-tablet")
    assert under_the_fold(page, "header", ".four", ".reason", ".findings >> nth=0", ".map", ".past") == []
    expect(page.locator("#stage").get_by_label("留言（队员看得到）")).to_be_hidden()
    page.keyboard.press("m")
    expect(page.locator("#stage").get_by_label("留言（队员看得到）")).to_be_focused()


@pytest.mark.parametrize("size", [(1440, 900), TABLET])
def test_what_does_not_fit_is_reached_by_the_keyboard(desk: Desks, api: Api, size: tuple[int, int]) -> None:
    far(api)
    sitting = desk("bureau", size=size)
    page = sitting.at("/review")
    page.locator("#stage .fine summary").click()  # all seventeen
    last = ".fine li:last-child"
    assert under_the_fold(page, last) == [last]
    for _ in range(3):
        page.keyboard.press("PageDown")
        if not under_the_fold(page, last):
            break
    assert under_the_fold(page, last) == []
    for _ in range(3):
        page.keyboard.press("PageUp")
    assert under_the_fold(page, ".reason") == []
    assert sitting.barriers() == []


@pytest.mark.parametrize(
    "size", [(1440, 900), TABLET, (720, 450), (375, 812)], ids=["desk", "tablet", "zoomed to 200 %", "phone"]
)
def test_it_holds_on_every_screen(desk: Desks, api: Api, size: tuple[int, int]) -> None:
    far(api)
    far(api, "colleague")
    sitting = desk("bureau", size=size)
    page = sitting.at("/review")
    page.locator(".leaflet-container").first.wait_for()
    sitting.shot("review")
    assert sitting.fits()
    assert sitting.barriers() == []
    item = page.locator("#stage .item")
    item.get_by_role("button", name=REJECT).first.click()
    item.get_by_label("照片看不清").check()
    assert sitting.fits()
    sitting.shot("review-reject")
    item.locator(".reject .strong").click()
    expect(page.locator("#undo")).to_contain_text("已驳回")
