"""What takes long says how far it is by the server's own count, ends whether or not anybody stays to see, and is never
said to be whole before its answer is there."""

import io
import json
import re
import socket
import time
import urllib.request
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from flask_openapi import OpenAPI
from playwright.sync_api import Page, Route, expect
from werkzeug.test import TestResponse

from server.console import following
from tests.client import Api
from tests.console.conftest import TABLET, Desks
from tests.console.test_chains import workbook
from tests.console.test_exports import read
from tests.console.test_month import close_before
from tests.doors import FROM_HERE
from tests.leads.test_directory import NODE, target
from tests.miniprogram.conftest import RunningClock

Rows = Callable[..., list]
COMPANIES = "SELECT count(*) FROM companies"


def directory(rows: int) -> dict[str, Any]:
    return workbook([NODE], [tuple(target(number)) for number in range(rows)])


def followed(api: Api, method: str, path: str, who: str = "bureau", **sent: Any) -> TestResponse:
    headers = FROM_HERE | {"Authorization": f"Bearer token-{who}", "HX-Request": "true", following.FOLLOW: "1"}
    return api.app.test_client().open(f"/console{path}", method=method, headers=headers, **sent)


def imported(api: Api, book: bytes, commit: str = "false") -> TestResponse:
    given = {"workbook": (io.BytesIO(book), "名录.xlsx"), "commit": commit}
    return followed(api, "POST", "/leads/import", data=given)


def lines(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.mimetype == "application/x-ndjson", answer.text
    return [json.loads(line) for line in answer.text.splitlines() if line]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each word is a line, however quick the work is."""
    monkeypatch.setattr(following, "_EVERY_S", 0.0)


def try_out(page: Page, rows: int) -> None:
    page.get_by_label("表格（.xlsx）").set_input_files(directory(rows))
    page.get_by_role("button", name="试运行").click()


def test_an_import_says_at_which_row_it_is(desk: Desks) -> None:
    sitting = desk("bureau", size=TABLET)
    page = sitting.at("/leads/import")
    try_out(page, 2500)
    busy = page.locator("#said .busy")
    expect(busy).to_have_text(re.compile(r"^正在逐行检查.*离开这个页面就看不到结果。"))
    expect(busy).to_have_text(re.compile(r"。已(检查|比对|处理) [\d,]+ / 2,500 (行|家企业)，已 \d+ 秒$"))
    assert 0 <= busy.get_by_role("progressbar", name=re.compile("^正在逐行检查")).evaluate("bar => bar.position") < 1
    sitting.shot("following")
    expect(page.get_by_text("2501 行都可以导入。")).to_be_visible()
    expect(busy).to_have_count(0)
    page.get_by_role("button", name="全部导入").click()
    expect(page.get_by_role("status")).to_have_text("已导入 2501 行。")


def test_its_figures_grow_and_are_never_the_whole(api: Api, at_once: None) -> None:
    *told, last = lines(imported(api, directory(600)["buffer"]))
    assert (last["status"], "601 行都可以导入" in last["text"]) == (200, True)
    steps = [one["step"] for one in told]
    assert steps == sorted(steps, key=["已检查", "已比对", "已处理"].index)
    for step in set(steps):
        figures = [one["done"] for one in told if one["step"] == step and one["of"] == 600]
        assert figures == sorted(figures)
        assert all(done < 600 for done in figures)


def test_what_is_refused_says_why_and_nothing_of_it_was_whole(desk: Desks, api: Api, rows: Rows) -> None:
    *told, last = lines(imported(api, b"no workbook", commit="true"))
    assert (told, last["status"], "打不开这个文件" in last["text"]) == ([], 422, True)
    page = desk("bureau").at("/leads/import")
    file = {"name": "名录.xlsx", "mimeType": "x", "buffer": b"no workbook"}
    page.get_by_label("表格（.xlsx）").set_input_files(file)
    page.get_by_role("button", name="试运行").click()
    expect(page.locator("#said")).to_have_text("打不开这个文件，须是 Excel 的 .xlsx 表格。")
    assert rows(COMPANIES) == [(0,)]


def test_who_closes_the_page_loses_the_answer_not_the_work(server: str, api: Api, rows: Rows) -> None:
    book = directory(1500)["buffer"]
    edge = b"--edge\r\nContent-Disposition: form-data; name="
    body = edge + b'"commit"\r\n\r\ntrue\r\n' + edge + b'"workbook"; filename="a.xlsx"\r\n\r\n'
    body += book + b"\r\n--edge--\r\n"
    headers = {
        "Host": server.removeprefix("http://"),
        "Authorization": "Bearer token-bureau",
        "Content-Type": "multipart/form-data; boundary=edge",
        "Content-Length": str(len(body)),
        following.FOLLOW: "1",
    } | FROM_HERE
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    host, port = headers["Host"].split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"POST /console/leads/import HTTP/1.1\r\n{head}\r\n".encode() + body)
        assert line.recv(12) == b"HTTP/1.1 200"
    until = time.monotonic() + 20
    while rows(COMPANIES) != [(1500,)]:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_line_that_breaks_off_is_not_taken_for_an_answer(desk: Desks) -> None:
    page = desk("bureau").at("/leads/import")
    half = json.dumps({"step": "已检查", "done": 5, "of": 9, "unit": "行"}) + '\n{"status": 200, "he'

    def cut(route: Route) -> None:
        route.fulfill(status=200, content_type="application/x-ndjson", body=half)

    for broken in (cut, lambda route: route.abort()):
        page.route("**/leads/import", broken)
        try_out(page, 1)
        expect(page.locator("#said .bad")).to_have_text(
            "连接断了，不知道做完没有。请刷新页面看一看，再决定要不要重做。"
        )
        expect(page.locator("#result")).to_be_empty()
        page.unroute("**/leads/import")


def test_an_export_a_close_and_a_count_anew_say_it_too(api: Api, clock: RunningClock, at_once: None) -> None:
    api.check_in("chen")
    close_before(api, clock)
    for _ in range(300):
        api.get("/today", "bureau")
    *told, last = lines(followed(api, "GET", "/audit/list.xlsx"))
    assert [(one["step"], one["of"], one["unit"]) for one in told][:1] == [("已取出", None, "行")]
    assert read(b64decode(last["base64"]))[0][0] == "河湾县 审计"
    for path, status in (("/months/2026-11/close", 204), ("/months/2026-11/verify", 200), ("/audit/verify", 200)):
        *told, last = lines(followed(api, "POST", path))
        assert last["status"] == status, path
        assert all(one["done"] < one["of"] or one["unit"] == "条" for one in told), path
    assert "记录链完整" in last["text"]


def test_who_may_not_come_in_gets_no_line(api: Api, routes: OpenAPI) -> None:
    for who, path in (("chen", "/audit/list.xlsx"), ("chen", "/leaves")):
        answer = followed(api, "GET", path, who)
        assert (answer.status_code, answer.mimetype) == (403, "text/html")
    answer = followed(api, "GET", "/audit/list.xlsx", "supervisor")
    (last,) = lines(answer)
    assert (last["status"], "您的角色不能做这一步" in last["text"]) == (403, True)
    assert followed(api, "GET", "/nothing").status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"detail": "服务暂时连不上，请稍后再试。"}', "服务暂时连不上，请稍后再试。没有收到答复，可能已经存上；"),
        ("<h1>502 Bad Gateway</h1>", "没有收到答复，可能已经存上；"),
    ],
)
def test_a_proxys_answer_takes_no_place_on_the_page(desk: Desks, body: str, said: str) -> None:
    page = desk("bureau").at("/audit")
    page.route("**/audit/verify", lambda route: route.fulfill(status=502, body=body))
    page.get_by_role("button", name="核对整条记录链").click()
    expect(page.locator("#said")).to_contain_text(said)
    expect(page.locator("#report")).to_be_empty()
    expect(page.get_by_role("button", name="核对整条记录链")).to_be_visible()


def test_who_is_not_signed_in_is_followed_nowhere(server: str) -> None:
    for path in ("/console/static/console.js", "/console/sign-in"):
        asked = urllib.request.Request(server + path, headers={"Zhudian-Follow": "1"})
        with urllib.request.urlopen(asked) as answer:
            assert "ndjson" not in answer.headers["Content-Type"]
