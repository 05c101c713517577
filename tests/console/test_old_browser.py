"""A county office's browser: Chromium 83 of May 2020. Every page opens in it and loses nothing of its looks; each main
story goes as in today's."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_openapi import OpenAPI
from playwright.sync_api import Browser, Page, Playwright, expect
from python_calamine import CalamineWorkbook

from tests.api.test_leads import body, update
from tests.browser.test_pages import ARGUMENTS
from tests.client import Api
from tests.console import old_browser
from tests.console.conftest import TODAYS, Desks
from tests.console.reviewing import decision, far, press, settled
from tests.console.test_exports import ask
from tests.console.test_register import GOOD, workbook

STATIC = Path(__file__).parents[2] / "server" / "console" / "static"
# Whatever stands in a row with gaps between: of 2020 only grids know them.
GAPS = """[...document.querySelectorAll('body *')].filter(one => {
  const style = getComputedStyle(one);
  return /flex/.test(style.display) && one.children.length > 1 && !/^(normal|0px)$/.test(style.columnGap);
}).map(one => one.outerHTML.slice(0, 80))"""
# But for :focus-visible (of 86), without which a ring is shown always, or where the photo's is, by the browser.
UNKNOWN = """rules => rules.flatMap(([selectors, said]) => [
  ...selectors.filter(one => !/:focus-visible/.test(one) && !CSS.supports(`selector(${one})`)),
  ...said.filter(([name, value]) => !CSS.supports(name, value)).map(([name, value]) => `${name}: ${value}`),
])"""
# Of ECharts and of Leaflet.
THEIRS = {"resize", "isValid"}
# Whatever a script can call by a name in this browser.
CALLABLE = """() => [...new Set(Object.getOwnPropertyNames(window).flatMap(name => {
  const one = Object.getOwnPropertyDescriptor(window, name).value, known = one && /object|function/.test(typeof one);
  const names = of => of ? Object.getOwnPropertyNames(of) : [];
  return [name, ...(known ? [...names(one), ...names(one.prototype)] : [])];
}))]"""


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=str(old_browser.unpacked()), args=ARGUMENTS)
    assert browser.version.split(".")[0] == old_browser.MAJOR
    yield browser
    browser.close()


@pytest.fixture
def county(api: Api) -> None:
    """Something to see on each page."""
    for who in ("chen", "colleague", "neighbour"):
        far(api, who)
    ask(api)
    lead = api.post("/leads", "chen", body(api, investment_wan=12000)).json["id"]
    assert api.post(f"/leads/{lead}/updates", "chen", update(api)).status_code == 201
    said = {"id": "00000000-0000-4000-8000-000000000001", "kind": "complaint", "text": "照片太大，传不上去"}
    assert api.post("/me/complaints", "chen", said).status_code == 201


@pytest.mark.parametrize("who", ["bureau", "admin"])
def test_every_page_opens(desk: Desks, routes: OpenAPI, county: None, who: str) -> None:
    """Whatever links lead to, one page of each kind, without an error (the desk sees to that)."""
    sitting = desk(who)
    found, seen = ["/console/"], set()
    while found:
        path = found.pop(0)
        endpoint = routes.url_map.bind("").match(path, "GET")[0]
        if endpoint in seen or endpoint.endswith(("_sheet", "_template")):
            continue
        seen.add(endpoint)
        page = sitting.at(path.removeprefix("/console"))
        assert page.get_by_role("heading").count(), path
        assert page.evaluate(GAPS) == [], path
        assert sitting.fits(), path
        links = page.locator("a[href^='/console/']").evaluate_all("all => all.map(one => one.pathname)")
        found += [link for link in links if link not in found]
    assert len(seen) > (20 if who == "bureau" else 8), seen


def test_no_style_is_lost(desk: Desks) -> None:
    """Each selector and each declaration of our sheets is known to it, or stands beside one that is."""
    page = desk(None).at("/sign-in")
    for sheet in sorted(STATIC.glob("*.css")):
        assert (sheet.name, page.evaluate(UNKNOWN, list(rules(sheet.read_text())))) == (sheet.name, [])


def rules(sheet: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Selectors and declarations of each rule; what has a twin with -webkit- before it is left out."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    for selectors, said in re.findall(r"([^{};]+)\{([^{}]*)\}", sheet):
        told = said.replace("!important", "").split(";")
        pairs = [[part.strip() for part in one.split(":", 1)] for one in told if ":" in one]
        names = {name for name, _ in pairs}
        kept = [pair for pair in pairs if f"-webkit-{pair[0]}" not in names and not pair[0].startswith("--")]
        at = selectors.strip().startswith("@")
        yield [] if at else [one.strip() for one in re.split(r",(?![^(]*\))", selectors)], [] if at else kept


def test_no_script_calls_what_came_later(desk: Desks, playwright: Playwright) -> None:
    """Also where no story comes by: nothing that today's browser has and this one has not."""
    known = set(desk(None).at("/sign-in").evaluate(CALLABLE))
    with playwright.chromium.launch(executable_path=str(TODAYS), args=ARGUMENTS) as today:
        page = today.new_page()
        page.goto("about:blank")
        later = set(page.evaluate(CALLABLE)) - known
    assert {"at", "replaceAll", "structuredClone", "hasOwn"} <= later
    scripts = {script.name: script.read_text() for script in sorted(STATIC.glob("*.js"))}
    own = {name for text in scripts.values() for name in re.findall(r"function (\w+)\(", text)} | THEIRS
    for script, text in scripts.items():
        assert (script, set(re.findall(r"\b(\w+)\(", text)) & later - own) == (script, set())


def test_by_scanning(desk: Desks, api: Api) -> None:
    visitor = desk(None)
    with visitor.page.expect_response("**/console/scans") as made:
        visitor.at("/sign-in")
    expect(visitor.page.get_by_role("img", name="登录码，请用小程序扫描")).to_be_visible()
    assert api.post(f"/console/scans/{made.value.json()['code']}/confirm", "bureau").status_code == 204
    expect(visitor.page.get_by_role("heading", name="总览")).to_be_visible()


def test_the_queue_is_cleared_by_keyboard_and_one_decision_taken_back(desk: Desks, api: Api) -> None:
    first, second, third = (far(api, who) for who in ("chen", "colleague", "neighbour"))
    sitting = desk("bureau")
    page = sitting.at("/review")
    page.keyboard.press("z")
    expect(page.locator("#stage .shot")).to_have_attribute("data-whole", "1")
    sitting.shot("old-review")
    for keys, there in ((["z", "a"], second), (["u"], first), (["a"], second), (["r", "1", "Control+Enter"], third)):
        press(page, *keys)
        expect(page.locator(f'#stage .item[data-id="{there}"]')).to_be_visible()
        settled(page)
    press(page, "a")
    expect(page.get_by_text("都复核完了。")).to_be_visible()
    settled(page)
    assert [decision(api, one) for one in (first, second, third)] == ["accepted", "rejected", "accepted"]


def test_a_workbook_is_taken_in_and_one_is_brought_out(desk: Desks, api: Api, tmp_path: Path) -> None:
    page = desk("admin").at("/register/import")
    page.get_by_label("登记表（.xlsx）").set_input_files(workbook(tmp_path, GOOD))
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_text("6 行都可以导入。")).to_be_visible()
    page.get_by_role("button", name="全部导入").click()
    expect(page.get_by_role("status")).to_have_text("已导入 6 行。")
    keeps_in(page, tmp_path)
    page.get_by_role("link", name="导出 Excel").click()
    expect(page.get_by_role("status")).to_have_text("已导出，请在浏览器的下载里查看。")
    page.wait_for_timeout(100)
    (brought,) = tmp_path.glob("squads-*.xlsx")
    rows = CalamineWorkbook.from_filelike(brought.open("rb")).get_sheet_by_index(0).to_python()
    assert ["投资促进局", "驻苏州小分队", 1.0] in rows


def keeps_in(page: Page, folder: Path) -> None:
    """Where downloads go: Playwright asks for them in words that this browser does not know yet."""
    told = page.context.new_cdp_session(page)
    told.send("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})


@pytest.mark.parametrize(("name", "path"), [("month", "/months"), ("overview", "/")])
def test_the_month_and_the_overview_are_printed(desk: Desks, county: None, name: str, path: str) -> None:
    """Each in a tab of its own: this browser once did not go on to the next page after it had printed."""
    sitting = desk("county_leader")
    page = sitting.at(path)
    expect(page.locator("canvas").first).to_be_visible()
    sitting.shot(f"old-{name}")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
