"""What the stories of 复核 have in common: what comes in, and how somebody at the desk goes about it."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.client import Api

ACCEPT, REJECT = re.compile("^通过"), re.compile("^驳回")


def far(api: Api, who: str = "chen", **more: Any) -> str:
    return str(api.check_in(who, lat="31.26", **more).json["id"])


def coarse(api: Api, who: str = "chen") -> str:
    """Nothing speaks against it: only its circle is too wide."""
    return str(api.check_in(who, accuracy_m="2500").json["id"])


def decision(api: Api, checkin: str) -> str | None:
    found: str | None = api.get(f"/checkins/{checkin}", "county_leader").json["decision"]
    return found


def shown(page: Page) -> str:
    """The id of the check-in that is on the desk."""
    return str(page.locator("#stage .item").get_attribute("data-id"))


def looked_at(page: Page) -> None:
    expect(page.locator("[data-fresh]")).to_have_count(0)


def accept_together(page: Page) -> None:
    """On the page with the photos, once it is there: what is pressed at once rests, as everywhere."""
    together = page.get_by_role("button", name="一起通过")
    expect(together).to_be_visible()
    page.wait_for_load_state()  # its script lets it rest
    looked_at(page)
    together.click()


def press(page: Page, *keys: str) -> None:
    """As a person does: no earlier than what has come can have been looked at."""
    looked_at(page)
    for key in keys:
        page.keyboard.press(key)


def settled(page: Page) -> None:
    """Until what was decided in the background is answered. (`networkidle` is over once a page was idle, for good.)"""
    expect(page.locator('[data-sending]:not([data-sending="0"])')).to_have_count(0)
