"""A phone with the mini-program on it: what a person does with it, and what they see, as a story reads."""

import base64
import json
import mimetypes
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Route, expect

APP = "http://miniprogram.localhost/"
SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"
MOST_SET_DATA_BYTES = 64 * 1024
# What a mini-program knows its server by while it is developed (miniprogram/api); here it leads to the test's server.
DEVELOPED_AGAINST = "http://127.0.0.1:8000"
_PATIENCE_MS = 10_000
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_NATIVE = {
    "location": "userLocation",
    "camera": "camera",
    "album": "writePhotosAlbum",
    "calendar": "addPhoneCalendar",
}
# The browser's own words about a failed request; a page says what it makes of it itself.
_EXPECTED = re.compile(r"Failed to load resource|net::ERR_")


class Phone:
    """One phone of one person. `opens` comes first; `assert_clean` at the end of its story.

    `built` is the folder that harness/build.mjs wrote, `server` and `sandbox` the addresses of this test's.
    """

    def __init__(self, browser: Browser, built: Path, server: str, sandbox: str, openid: str, **looks: Any) -> None:
        size = looks.pop("size", (375, 812))
        self._built, self.server = built, server
        self._context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=looks.pop("scale", 1),
            has_touch=True,
            is_mobile=True,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            color_scheme=looks.pop("theme", "light"),
            permissions=["geolocation"],
            geolocation={"latitude": 31.2304, "longitude": 121.4737, "accuracy": 20},
        )
        self._context.set_default_timeout(_PATIENCE_MS)
        self._context.route(APP + "**", self._file)
        self._slowdown = looks.pop("cpu_slowdown", 1)
        notch = size[1] > 700
        self._device: dict[str, Any] = {
            "openid": openid,
            "sandbox": sandbox,
            "hosts": {DEVELOPED_AGAINST: server},
            "statusBarPx": 44 if notch else 20,
            "homeBarPx": 34 if notch else 0,
        } | looks
        self.page: Page | None = None
        self._errors: list[str] = []
        self._context.on("request", self._asked)
        self._allowed = (APP, server, sandbox, "data:", "blob:")
        self._strangers: list[str] = []
        self._reports: list[dict[str, Any]] = []
        self._told_missing: set[str] = set()
        self.lost = 0  # calls and answers, of those that `loses_packets` had in hand

    # What happens to it

    def opens(self, path: str = "", **query: str) -> Self:
        """The app is opened: at its first page, or from a message or a code at this one."""
        if query:
            path += "?" + "&".join(f"{key}={value}" for key, value in query.items())
        self._device["path"] = f"/{path}" if path and not path.startswith("/") else path
        self.page = self._context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._errors.append(str(error)))
        self.page.add_init_script(f"window.__device = {json.dumps(self._device)}")
        if self._slowdown != 1:
            session = self._context.new_cdp_session(self.page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": self._slowdown})
        self.page.goto(APP)
        self.page.wait_for_function("window.__phone?.page().ready || window.__report?.errors.length")
        return self

    def is_killed(self) -> Self:
        """The process ends without a word; what was written stays."""
        assert self.page
        self.page.evaluate("window.__phone?.settled()")
        self._reports.append(self.report())
        self.page.close()
        self.page = None
        return self

    def is_killed_and_restarted(self, path: str = "", **query: str) -> Self:
        return self.is_killed().opens(path, **query)

    def dies(self, when: str, api: str, at: str = "") -> Self:
        """The process ends "before" or "after" the next call of this wx.* whose address has `at` in it;
        `waits_for_its_end` says when it did."""
        return self._changes(dies={"api": api, "when": when, "at": at})

    def waits_for_its_end(self) -> Self:
        assert self.page
        self.page.wait_for_function("window.__report.dead === true")
        self._device["dies"] = None
        return self.is_killed()

    def goes_to_background(self) -> Self:
        return self._does("background()")

    def comes_back(self, path: str = "") -> Self:
        return self._does(f"foreground({json.dumps(path)})")

    def goes_offline(self) -> Self:
        self._context.set_offline(True)
        return self

    def comes_online(self) -> Self:
        self._context.set_offline(False)
        return self

    def network_is(self, kind: str) -> Self:
        """wifi, 4g, 3g, 2g."""
        return self._changes(networkType=kind)

    def loses_packets(self, share: float, seed: int = 1) -> Self:
        """This share of all calls to the server does not arrive, and as many answers get lost on the way back."""
        chance = random.Random(seed)

        def lossy(route: Route) -> None:
            drawn = chance.random()
            self.lost += drawn < share
            if drawn < share / 2:
                route.abort("connectionreset")
            elif drawn < share:
                _carried_out_but_lost(route)
            else:
                route.continue_()

        self._context.route(self.server + "/**", lossy)
        return self

    def loses_answers(self, path: str, times: int = 1) -> Self:
        """The next calls of this path take effect, their answers are lost."""
        return self._spoils(path, times, _carried_out_but_lost)

    def loses_calls(self, path: str, times: int = 1) -> Self:
        """The next calls of this path do not arrive."""
        return self._spoils(path, times, lambda route: route.abort("connectionreset"))

    def server_answers(self, path: str, status: int, body: str = "", times: int = 1) -> Self:
        """The next calls of this path are answered so, by a proxy in front of the server."""
        return self._spoils(path, times, lambda route: route.fulfill(status=status, body=body))

    def network_recovers(self) -> Self:
        """What was lost or spoilt before is so no longer."""
        self._context.unroute_all(behavior="wait")
        self._context.route(APP + "**", self._file)
        return self

    def stands_at(self, lat: float, lng: float, accuracy_m: float = 20) -> Self:
        """WGS-84."""
        self._context.set_geolocation({"latitude": lat, "longitude": lng, "accuracy": accuracy_m})
        return self

    def takes(self, photo: bytes | Path) -> Self:
        """What is before the camera from now on: a JPEG."""
        data = photo.read_bytes() if isinstance(photo, Path) else photo
        return self._changes(photo=f"data:image/jpeg;base64,{base64.b64encode(data).decode()}")

    def refuses(self, what: str) -> Self:
        """To WeChat's question: location, camera, album, calendar, photo (nothing is chosen), privacy."""
        return self._answers(what, False)

    def grants(self, what: str) -> Self:
        return self._answers(what, True)

    def lets_wechat_use_the_camera(self, is_on: bool) -> Self:
        """In the phone's own settings."""
        return self._changes(systemCamera=is_on)

    def agreed_to_privacy(self) -> Self:
        """The agreement is behind this person."""
        return self._changes(privacyNeeded=False)

    def answers_subscription(self, answer: str, template: str = "*", *, always: bool = False) -> Self:
        """accept, reject or ban; `always`: 总是保持以上选择 is ticked."""
        self._device["subscription"] = self._device.get("subscription", {}) | {template: answer, "always": always}
        return self._changes(subscription=self._device["subscription"])

    def answers_employee_relation(self, answer: str) -> Self:
        """To the dialogs of 用工关系: accept or reject."""
        return self._changes(employee=answer)

    def knows_as_lasting(self, *templates: str) -> Self:
        """Templates of the 长期 kind, which WeChat asks for apart from others."""
        return self._changes(lastingTemplates=list(templates))

    def hands_over_number(self, number: str) -> Self:
        return self._changes(phoneNumber=number)

    def scans(self, code: str) -> Self:
        """What the next scanned code says."""
        return self._changes(scan=code)

    def fails(self, api: str, message: str, times: int = 1) -> Self:
        """The next calls of this wx.* (its …Sync alike) fail with this errMsg."""
        self._device["faults"] = self._device.get("faults", {}) | {api: [message] * times}
        return self._changes(faults=self._device["faults"])

    def has_room_for(self, quota_bytes: int) -> Self:
        return self._changes(quotaBytes=quota_bytes)

    def moves_clock(self, **delta: float) -> Self:
        """The phone's own clock alone, by hours=, minutes=, seconds=, days=."""
        units = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
        moved = sum(units[unit] * amount for unit, amount in delta.items())
        return self.clock_is_off(self._device.get("clockOffsetMs", 0) / 1000 + moved)

    def clock_is_off(self, seconds: float) -> Self:
        """How far the phone's clock is from the machine's."""
        return self._changes(clockOffsetMs=round(seconds * 1000))

    def switches_theme(self, theme: str) -> Self:
        assert self.page
        self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        return self

    # What the person does

    def taps(self, what: str | re.Pattern[str] | Locator, nth: int = 0, *, exact: bool = True) -> Self:
        """What bears this text or label, of those visible."""
        target = what if isinstance(what, Locator) else self._named(what, exact)
        target.nth(nth).tap()
        return self

    def fills(self, field: str, text: str) -> Self:
        """The field of this placeholder, label or name."""
        self.field(field).fill(text)
        return self

    def confirms(self, field: str) -> Self:
        """Enter, in this field."""
        self.field(field).press("Enter")
        return self

    def picks(self, opener: str, choice: str) -> Self:
        """A picker: tap it, then the choice; of a date, a time or a month as the picker writes it."""
        self.taps(opener, exact=False)
        sheet = self._page.locator(".wechat .sheet")
        if sheet.locator("input").count():
            sheet.locator("input").fill(choice)
            sheet.get_by_text("确定").tap()
        else:
            sheet.get_by_text(choice, exact=True).tap()
        return self

    def pulls_down(self) -> Self:
        return self._does("pullDown()")

    def goes_back(self) -> Self:
        return self._does("back()")

    def goes_to(self, url: str) -> Self:
        """By a message or a code, the app being open."""
        return self._does(f"open({json.dumps(url if url.startswith('/') else '/' + url)})")

    def scrolls_to(self, text: str) -> Self:
        self._named(text, False).first.scroll_into_view_if_needed()
        return self

    # What is seen

    def sees(self, *texts: str | re.Pattern[str]) -> Self:
        """All of these, within patience."""
        for text in texts:
            expect(self._seen(text).first).to_be_visible(timeout=_PATIENCE_MS)
        return self

    def sees_not(self, *texts: str | re.Pattern[str]) -> Self:
        for text in texts:
            expect(self._seen(text)).to_have_count(0, timeout=_PATIENCE_MS)
        return self

    def is_on(self, path: str) -> Self:
        """The page on top."""
        self._page.wait_for_function("path => window.__phone?.page().path === path", arg=path)
        return self

    def text(self) -> str:
        """All that the page on top shows."""
        return self._page.locator(".webview:visible wx-page").inner_text()

    @property
    def data(self) -> dict[str, Any]:
        """The data of the page on top."""
        return dict(self._page.evaluate("window.__phone.page().data"))

    def evaluates(self, expression: str) -> Any:
        """JavaScript on the phone; `wx` is there as `__phone.wx`, a module of the app as `__phone.load("api/…")`."""
        return self._page.evaluate(expression)

    def calls(self, api: str) -> list[dict[str, Any]]:
        """With what this wx.* was called, in this life of the app."""
        return [call["options"] for call in self.report()["calls"] if call["name"] == api]

    def temporary_photos(self) -> list[str]:
        """What this life of the app has left in WeChat's temporary folder."""
        return list(self._page.evaluate("window.__phone.temporaryPhotos()"))

    def field(self, name: str) -> Locator:
        page = self._page.locator(".webview:visible wx-page, .wechat")
        named = page.locator(f'wx-input[name="{name}"] input, wx-textarea[name="{name}"] textarea')
        return named.or_(page.get_by_placeholder(name, exact=True)).or_(page.get_by_label(name, exact=True)).first

    def screenshot(self, name: str) -> Path:
        path = SCREENSHOTS / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._page.screenshot(path=str(path), animations="disabled")
        return path

    # Its record

    def report(self) -> dict[str, Any]:
        return dict(self._page.evaluate("window.__report"))

    def expects_error(self, part: str) -> Self:
        """An error of this story that belongs to it."""
        self._wait_for_error(part)
        self._page.evaluate("part => __report.errors = __report.errors.filter(one => !one.includes(part))", part)
        self._errors = [error for error in self._errors if part not in error]
        return self

    def assert_clean(self) -> None:
        """In no life of the app: a missing wx.*, an error in the console, a setData over 64 KB, another host asked."""
        reports = self._reports + ([self.report()] if self.page else [])
        for report in reports:
            assert report["missing"] == [], f"wx.* that the harness has not: {report['missing']}"
            assert report["errors"] == [], "\n".join(report["errors"])
            largest = report["largestSetData"]
            assert largest["bytes"] <= MOST_SET_DATA_BYTES, f"setData of {largest['bytes']} bytes in {largest['where']}"
        assert self._errors == [], "\n".join(self._errors)
        assert self._strangers == [], f"asked of other hosts: {self._strangers}"

    def close(self) -> None:
        self._context.close()

    # How

    @property
    def _page(self) -> Page:
        assert self.page, "the app is not open"
        return self.page

    def _file(self, route: Route) -> None:
        """The app itself: on the phone, whatever the network is."""
        name = route.request.url.removeprefix(APP).partition("?")[0] or "index.html"
        path = self._built / name
        if not path.is_file():
            route.fulfill(status=404, body="")
            return
        route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(name)[0] or "application/octet-stream")

    def _spoils(self, path: str, times: int, spoil: Callable[[Route], Any]) -> Self:
        self._context.route(re.compile(re.escape(self.server) + r"(/api/v1)?" + path + r"(\?|$)"), spoil, times=times)
        return self

    def _changes(self, **device: Any) -> Self:
        self._device |= device
        if self.page:
            self.page.evaluate("changes => window.__phone.change(changes)", device)
        return self

    def _answers(self, what: str, answer: bool) -> Self:
        self._device["answers"] = self._device.get("answers", {}) | {_NATIVE.get(what, what): answer}
        return self._changes(answers=self._device["answers"])

    def _does(self, what: str) -> Self:
        self._page.evaluate(f"() => {{ window.__phone.{what} }}")
        return self

    def _seen(self, text: str | re.Pattern[str]) -> Locator:
        return self._page.get_by_text(text).locator("visible=true")

    def _named(self, what: str | re.Pattern[str], exact: bool) -> Locator:
        page = self._page
        written = page.get_by_text(what, exact=exact).or_(page.get_by_label(what, exact=exact))
        return written.locator("visible=true")

    def _wait_for_error(self, part: str) -> None:
        self._page.wait_for_function("part => __report.errors.some(one => one.includes(part))", arg=part)

    def _asked(self, request: Request) -> None:
        """A mini-program speaks to its server alone; fonts and pictures it ships."""
        if not request.url.startswith(self._allowed):
            self._strangers.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _EXPECTED.search(message.text):
            self._errors.append(message.text)


def _carried_out_but_lost(route: Route) -> None:
    route.fetch()
    route.abort("connectionreset")
