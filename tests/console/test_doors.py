"""登录: by which ways one comes to the console, and what whoever may not come in sees."""

import json
import re
from collections.abc import Iterator

import pytest
from flask_openapi import OpenAPI
from playwright.sync_api import expect

from server.db import Database
from tests.client import Api
from tests.console.conftest import Desks, signed_in
from tests.doors import FROM_HERE, PASSWORD, enrol, totp
from tests.miniprogram.conftest import RunningClock

FROM_A_MAIL = {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def secret(api: Api, clock: RunningClock) -> str:
    """Of the authenticator of the unit supervisor, whose account is in force."""
    made = str(json.loads(enrol(api).text)["secret"])
    assert api.post("/me/console/confirm", "supervisor", {"totp": totp(made, clock)}).status_code == 204
    clock.advance(minutes=1)
    return made


def test_by_name_password_and_code(desk: Desks, secret: str, clock: RunningClock) -> None:
    visitor = desk(None)
    page = visitor.at("/account")
    expect(page.get_by_role("heading", name="密码登录")).to_be_visible()
    visitor.shot("sign-in")
    assert visitor.barriers() == []
    page.get_by_label("用户名").fill("li.si")
    page.get_by_label("密码", exact=True).fill("不是这个密码 2026")
    page.get_by_label("动态码").fill("000000")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("不对")
    assert page.get_by_label("用户名").input_value() == "li.si"
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("动态码").fill(totp(secret, clock))
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()  # where the visitor wanted to go
    assert page.get_by_role("main").inner_text().count("用户名 li.si") == 1
    visitor.shot("account")
    assert visitor.barriers() == []
    page.get_by_role("button", name="退出", exact=True).click()
    expect(page.get_by_role("heading", name="密码登录")).to_be_visible()
    visitor.at("/account")
    expect(page.get_by_role("heading", name="密码登录")).to_be_visible()


def test_by_scanning(desk: Desks, api: Api) -> None:
    visitor = desk(None)
    with visitor.page.expect_response("**/console/scans") as made:
        visitor.at("/sign-in")
    expect(visitor.page.get_by_role("img", name="登录码，请用小程序扫描")).to_be_visible()
    code = made.value.json()["code"]
    assert api.post(f"/console/scans/{code}/confirm", "leader").status_code == 204
    expect(visitor.page.get_by_role("heading", name="总览")).to_be_visible()


def test_a_device_of_ones_own_is_signed_out(desk: Desks) -> None:
    here, elsewhere = desk("bureau"), desk("bureau")
    page = here.at("/account")
    page.get_by_role("row", name=re.compile("Windows 上的 Chrome")).filter(
        has=page.get_by_role("button", name="退出这个设备")
    ).get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("已退出那个设备。")
    elsewhere.at("/account")
    expect(elsewhere.page.get_by_role("heading", name="密码登录")).to_be_visible()


def test_what_was_not_answered_may_have_been_done_and_is_said_so(desk: Desks) -> None:
    here = desk("bureau")
    desk("bureau")
    page = here.at("/account")
    page.route("**/end", lambda route: route.abort())
    page.get_by_role("button", name="退出这个设备").first.click()
    expect(page.get_by_role("status")).to_have_text("没有收到答复，可能已经存上；请刷新看看再决定要不要再点。")


def test_who_was_signed_out_while_writing_signs_in_beside_it_and_sends_it_then(
    desk: Desks, db: Database, cast, clock: RunningClock
) -> None:
    admin = desk("admin")
    page = admin.at("/register/people")
    page.get_by_text("登记新人员").click()
    page.get_by_label("姓名", exact=True).fill("王小明")
    page.get_by_label("单位").select_option(label="east")
    clock.advance(hours=13)
    page.get_by_role("button", name="登记", exact=True).click()
    note = page.get_by_role("alert")
    expect(note).to_contain_text("登录已过期，填写的内容还在。")
    expect(page.get_by_label("姓名", exact=True)).to_have_value("王小明")
    admin.shot("expired")
    assert admin.barriers() == []
    with admin.context.expect_page() as opened:
        note.get_by_role("link", name="在新标签页登录").click()
    expect(opened.value.get_by_role("heading", name="密码登录")).to_be_visible()
    cookie = {"name": "zhudian", "value": signed_in(db, cast, "admin", clock), "url": admin.server}
    admin.context.add_cookies([cookie | {"sameSite": "Strict"}])  # as the other tab's answer brings it
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("heading", name="王小明")).to_be_visible()


def test_who_was_signed_out_while_reading_is_told_why_and_comes_back(
    desk: Desks, api: Api, clock: RunningClock
) -> None:
    here = desk("bureau")
    page = here.at("/leads/chains")
    clock.advance(hours=13)
    page = here.at("/review/list?days=3")
    expect(page.get_by_role("status").first).to_have_text("登录已过期，请重新登录；登录后回到刚才的页面。")
    expect(page.locator("input[name=next]")).to_have_value("/console/review/list?days=3")
    here.shot("sign-in-expired")
    stranger = desk(None).at("/review/list?days=3")
    expect(stranger.get_by_role("status").first).to_have_text("请先登录，之后打开您要看的页面。")


def test_a_part_of_a_page_leads_back_to_the_page(api: Api) -> None:
    headers = FROM_HERE | {"HX-Request": "true", "HX-Current-URL": "http://localhost/console/leads/chains?node=1"}
    answer = api.app.test_client().get("/console/flags", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/console/sign-in?next=/console/leads/chains?node%3D1"


def test_a_link_in_a_mail_finds_whoever_is_signed_in(api: Api) -> None:
    """SameSite=Strict keeps the cookie back for the first request of another site's link; our own page asks again."""
    answer = api.app.test_client().get("/console/account", headers=FROM_A_MAIL)
    assert (answer.status_code, "url=/console/account" in answer.text) == (200, True)


def test_nobody_is_sent_elsewhere_by_signing_in(api: Api, secret: str, clock: RunningClock) -> None:
    for to in ("//evil.example", "https://evil.example", "/console/../x//y", "/console\\evil"):
        form = {"username": "li.si", "password": PASSWORD, "totp": totp(secret, clock), "next": to}
        answer = api.app.test_client().post("/console/sign-in", data=form, headers=FROM_HERE)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/console/")
        clock.advance(minutes=1)


def pages(app: OpenAPI) -> Iterator[tuple[str, str]]:
    """Every page and action of the console behind the door."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("desk.") and rule.endpoint not in ("desk.static", "desk.sign_in", "desk.enter"):
            methods = set(rule.methods or ()) & {"GET", "POST"}
            address = re.sub(r"<[^>]*>", "00000000-0000-4000-8000-000000000000", rule.rule)
            yield from ((method, address) for method in methods)


def test_who_is_not_signed_in_sees_the_door_only(api: Api, routes: OpenAPI) -> None:
    found = list(pages(routes))
    assert len(found) > 3
    for method, address in found:
        answer = api.app.test_client().open(address, method=method, headers=FROM_HERE)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/console/sign-in"), address


def test_who_supervises_nobody_sees_nothing(api: Api, routes: OpenAPI, rows, db: Database) -> None:
    for method, address in pages(routes):
        headers = FROM_HERE | {"Authorization": "Bearer token-chen"}
        answer = api.app.test_client().open(address, method=method, headers=headers)
        if address != "/console/sign-out":
            assert answer.status_code == 403, address
            assert "您的角色不能做这一步" in answer.text


def test_another_site_changes_nothing(api: Api, routes: OpenAPI, db: Database, cast, clock) -> None:
    browser = api.app.test_client()
    browser.set_cookie("zhudian", signed_in(db, cast, "bureau", clock))
    for method, address in pages(routes):
        if method == "POST":
            answer = browser.post(address, headers=FROM_A_MAIL)
            assert answer.status_code == 403, address


def test_an_address_that_is_none_is_said_in_words(desk: Desks) -> None:
    here = desk("bureau")
    answer = here.page.goto(f"{here.server}/console/nothing")
    assert answer is not None
    assert answer.status == 404
    expect(here.page.get_by_text("没有这个地址")).to_be_visible()
    here.shot("refused")


def test_pages_run_nothing_but_our_own_files(api: Api, db: Database, cast, clock) -> None:
    browser = api.app.test_client()
    browser.set_cookie("zhudian", signed_in(db, cast, "bureau", clock))
    answer = browser.get("/console/account")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    script = re.search(r'src="(/console/static/vendor/htmx[^"]+)"', answer.text)
    assert script is not None
    assert "immutable" in browser.get(script[1]).headers["Cache-Control"]
