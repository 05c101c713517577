"""The pages there are, in a real Chromium: the browsable API and the sandbox's phones. Pictures go to var/screens/."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, Playwright
from werkzeug.serving import make_server

from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from tests.client import Api

SCREENS = Path(__file__).parents[2] / "var" / "screens"
PHONE, DESK = (375, 812), (1440, 900)
# Chromium as Debian ships it; as root it needs --no-sandbox, and without the rest it looks for Google at every start.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium-headless-shell", args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    running = RunningSandbox(create_sandbox("wx1", "secret"))
    yield running
    running.stop()


def opened(browser: Browser, url: str, size: tuple[int, int], errors: list[str]) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    return page


def fits(page: Page) -> bool:
    """Nothing makes the page wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def shot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENS / f"{name}.png"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_phones_without_a_message_say_so_in_words(browser: Browser, sandbox: RunningSandbox, size) -> None:
    errors: list[str] = []
    page = opened(browser, sandbox.url, size, errors)
    assert "还没有" in page.inner_text("body")
    assert fits(page)
    shot(page, f"sandbox-empty-{size[0]}")
    assert errors == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_message_looks_like_a_message_and_stays_text(browser: Browser, sandbox: RunningSandbox, size) -> None:
    sandbox.state.register("o-chen", name="陈燕", role="member")
    fields = {
        "thing1": "11月驻点进度",
        "phrase2": "进度落后",
        "thing3": "<script>alert(1)</script>",
        "thing4": "再驻5天可达标",
    }
    sandbox.state.keep(
        openid="o-chen",
        template_id="sandbox-flag",
        title="驻点进度通知",
        fields=fields,
        page="pages/calendar/calendar",
        miniprogram_state="formal",
    )
    errors: list[str] = []
    page = opened(browser, sandbox.url, size, errors)
    text = page.inner_text("body")
    for said in ("驻点进度通知", "陈燕", "进度落后", "<script>alert(1)</script>", "再驻5天可达标"):
        assert said in text
    assert fits(page)
    shot(page, f"sandbox-message-{size[0]}")
    assert errors == []


def test_the_api_can_be_browsed(browser: Browser, api: Api) -> None:
    server = make_server("127.0.0.1", 0, api.app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    errors: list[str] = []
    page = opened(browser, f"http://127.0.0.1:{server.port}/docs", DESK, errors)
    page.wait_for_selector(".opblock-summary")
    assert "驻点通 Zhudian API" in page.inner_text("body")
    most = sum(len(item) for item in api.get("/openapi.json").json["paths"].values())
    seen: set[str] = set()
    for _ in range(100):  # it draws what one scrolls to
        seen |= set(page.eval_on_selector_all(".opblock-summary", "all => all.map(e => e.textContent.trim())"))
        if len(seen) >= most:
            break
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(100)
    assert len(seen) == most
    shot(page, "docs")
    server.shutdown()
    assert errors == []
