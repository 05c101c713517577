"""A desk: a signed-in Chromium at the console of a real server, on which nothing may go wrong unseen."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask_openapi import OpenAPI
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from server.app import make_services
from server.config import Config
from server.db import Database
from server.org.models import SignIn
from server.org.signin import digest
from tests.browser.test_pages import ARGUMENTS
from tests.cast import Cast
from tests.client import Api
from tests.console import old_browser
from tests.miniprogram.conftest import RunningClock, clock, served

__all__ = ["clock", "served"]
SCREENS = Path(__file__).parents[2] / "var" / "screenshots" / "console"
AXE = Path(__file__).parents[2] / "server" / "console" / "node_modules" / "axe-core" / "axe.min.js"
TODAYS = Path("/usr/bin/chromium-headless-shell")
DESK, TABLET = (1440, 900), (1024, 768)
_PATIENCE_MS = 10_000
# Said by the browser and by htmx about an answer of 4xx or none, which a page says in its own words.
_EXPECTED = re.compile("Failed to load resource|htmx:(sendError|afterRequest)")


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """With the web's own rules, which the mini-program's goes without."""
    browser = playwright.chromium.launch(executable_path=str(TODAYS), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def database_url(sqlite_cast: Any, tmp_path: Path) -> str:
    """SQLite: what the services do on either database their own tests say; here it is what the browser makes of it."""
    path = tmp_path / "zhudian.db"
    path.write_bytes(Path(sqlite_cast[0]).read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def config(database_url: str, tmp_path: Path, served: str) -> Config:
    return Config(_env_file=None, database_url=database_url, photo_root=tmp_path / "photos", public_url=served)


@pytest.fixture
def server(routes: OpenAPI, served: str, config: Config, clock: RunningClock, db: Database) -> str:
    """The address of the server, with this story's database and clock behind it."""
    routes.extensions["zhudian"] = make_services(config, clock, db)
    return served


@pytest.fixture
def api(server: str, routes: OpenAPI, cast: Cast, clock: RunningClock) -> Api:
    """The same server by its API: how check-ins come in."""
    return Api(routes, cast, clock)


def barriers(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out: serious and critical."""
    page.evaluate(AXE.read_text())  # by the debugger, which the page's CSP does not bind
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


class Desk:
    """One person's browser at the console: `page` is Playwright's; `at` opens an address of the console."""

    def __init__(self, context: BrowserContext, server: str) -> None:
        self.context, self.server = context, server
        context.set_default_timeout(_PATIENCE_MS)
        self.wrong: list[str] = []
        self.page: Page = self.another()

    def another(self) -> Page:
        """One more tab, watched like the first."""
        page = self.context.new_page()
        if self.context.browser and self.context.browser.version.startswith(f"{old_browser.MAJOR}."):
            old_browser.teach(page)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._asked)
        return page

    def at(self, path: str = "/") -> Page:
        self.page.goto(f"{self.server}/console{path}")
        return self.page

    def shot(self, name: str) -> None:
        """What the page looks like, for people: under var/screenshots/console."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size or {"width": 0}
        self.page.screenshot(path=str(SCREENS / f"{name}-{size['width']}.png"))

    def fits(self) -> bool:
        """Nothing makes the page wider than the screen."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    def barriers(self) -> list[str]:
        return barriers(self.page)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _EXPECTED.search(message.text):
            self.wrong.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.server, "data:", "blob:")):
            self.wrong.append(f"asks elsewhere: {request.url}")


Desks = Callable[..., Desk]


@pytest.fixture
def desk(chromium: Any, server: str, cast: Cast, db: Database, clock: RunningClock) -> Iterator[Desks]:
    """`desk("bureau", size=(1024, 768))`: somebody of the cast, signed in; `desk(None)`: nobody."""
    made: list[Desk] = []

    def sit(who: str | None = "bureau", size: tuple[int, int] = DESK, **looks: Any) -> Desk:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", timezone_id="Asia/Shanghai", **looks
        )
        if who:
            cookie = {"name": "zhudian", "value": signed_in(db, cast, who, clock), "url": server, "sameSite": "Strict"}
            context.add_cookies([cookie])
        made.append(Desk(context, server))
        return made[-1]

    yield sit
    for one in made:
        one.context.close()
    assert [wrong for one in made for wrong in one.wrong] == []


def signed_in(db: Database, cast: Cast, who: str, clock: Callable[[], Any]) -> str:
    """A session of this person at a browser; its token."""
    person, token = cast[who], uuid.uuid4().hex
    with db.transaction() as session:
        session.add(
            SignIn(
                county_id=person.county_id,
                member_id=person.id,
                kind="console",
                device="Windows 上的 Chrome",
                token_sha256=digest(token),
                created_at=clock(),
                seen_at=clock(),
                expires_at=clock() + timedelta(hours=12),
            )
        )
    return token
