"""Every page of the console as the demo county shows it, to each who has one: `make screenshots` writes
var/screenshots/demo/. From each page of the rail its tabs, and of its first table the first link."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.console.conftest import DESK, SCREENS, TABLET, barriers
from tests.e2e.test_run import Run

ROLES = ("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader", "admin")
SIZES = {"1440": DESK, "1024": TABLET}
_DEMO = SCREENS.parent / "demo"
_TABS, _FIRST = "main nav a, main .tabs a", "main table tbody a[href^='/console/']"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    made = Run(tmp_path_factory.mktemp("demo"))
    made.start()
    yield made
    for process in made.everybody():
        process.kill()
    assert made.process is not None
    made.process.kill()
    made.process.wait()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("size", SIZES)
def test_screenshots(run: Run, chromium: Browser, role: str, size: str) -> None:
    width, height = SIZES[size]
    page = chromium.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    _sign_in(run, page, role)
    seen: set[str] = set()
    for path in _links(page, "nav[aria-label='栏目'] a"):
        complaints += _look(page, path, _DEMO / size / role, seen)
        further = _links(page, _TABS) + _links(page, _FIRST)[:1]
        for one in further:
            complaints += _look(page, one, _DEMO / size / role, seen)
    assert not complaints
    assert len(seen) >= 5
    page.close()


def _sign_in(run: Run, page: Page, role: str) -> None:
    demo = json.loads((run.folder / "var/demo.json").read_text(encoding="utf-8"))
    openid = next(one["openid"] for one in demo["personas"] if one["role"] == role)
    page.goto(f"{demo['sandbox']}/_sandbox/scan?openid={openid}")
    page.wait_for_url(re.compile("/console/"))


def _links(page: Page, which: str) -> list[str]:
    found: list[str] = page.locator(which).evaluate_all("links => links.map(link => link.href)")
    return [link.partition("#")[0] for link in dict.fromkeys(found)]


def _look(page: Page, url: str, folder: Path, seen: set[str]) -> list[str]:
    """Its picture, and what on it keeps somebody out."""
    name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\?.*", "", url.partition("/console/")[2]).strip("/").replace("/", "-")
    if name in seen or name.endswith(".xlsx"):
        return []
    answer = page.goto(url)
    assert answer is not None
    assert answer.ok, url
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(folder / f"{name or 'overview'}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{url} is wider than the screen"
    seen.add(name)
    return [f"{url}: {one}" for one in barriers(page)]
