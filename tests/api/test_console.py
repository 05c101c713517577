"""Signing a browser in by name, password and code: in force after the first code, one answer to all that is wrong."""

import base64
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from server.app import create_app
from server.db import Database
from server.org.models import ConsoleAccount, RoleGrant
from tests.client import Api
from tests.conftest import StoppedClock
from tests.doors import FROM_HERE, PASSWORD, enrol, sign_in, totp


def test_the_cookie_is_the_session(api: Api, browser: FlaskClient, secret: str, clock: StoppedClock) -> None:
    answer = sign_in(browser, totp(secret, clock))
    assert answer.status_code == 200, answer.text
    assert answer.json["roles"] == ["unit_supervisor"]
    (cookie,) = answer.headers.getlist("Set-Cookie")
    for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert word in cookie
    assert browser.get("/api/v1/me").json["member"]["name"] == "supervisor"
    (notice,) = api.get("/me/notices", "supervisor").json["items"]
    assert notice["text"].startswith("11月24日 10:00，您的账号在Chrome，Windows登录了控制台。")
    listed = api.get("/me/sign-ins", "supervisor").json["items"]
    assert ("console", "Chrome，Windows") in {(one["kind"], one["device"]) for one in listed}


def test_an_account_is_not_in_force_before_its_first_code(api: Api, browser: FlaskClient, clock: StoppedClock) -> None:
    made = enrol(api).json
    assert made["uri"].startswith("otpauth://totp/")
    assert made["qr_svg"].startswith("<svg")
    assert sign_in(browser, totp(made["secret"], clock)).status_code == 401
    assert api.get("/me/console", "supervisor").json == {"username": "li.si", "confirmed": False}
    assert api.post("/me/console/confirm", "supervisor", {"totp": "000000"}).json["code"] == "code_wrong"
    assert api.post("/me/console/confirm", "supervisor", {"totp": totp(made["secret"], clock)}).status_code == 204
    assert api.get("/me/console", "supervisor").json == {"username": "li.si", "confirmed": True}


def test_whatever_is_wrong_has_one_answer(browser: FlaskClient, secret: str, clock: StoppedClock) -> None:
    good = totp(secret, clock)
    other = f"{(int(good) + 1) % 1_000_000:06d}"
    tries = (
        sign_in(browser, good, name="nobody"),
        sign_in(browser, good, password="长江 河湾 2026 招商?"),
        sign_in(browser, other),
    )
    assert {(one.status_code, one.text) for one in tries} == {(401, tries[0].text)}
    assert "Set-Cookie" not in tries[0].headers
    assert sign_in(browser, good).status_code == 200, "what was wrong did not use the code up"


def test_a_code_works_once(browser: FlaskClient, secret: str, clock: StoppedClock) -> None:
    code = totp(secret, clock)
    assert sign_in(browser, code).status_code == 200
    assert sign_in(browser, code).status_code == 401
    assert sign_in(browser, totp(secret, clock, steps=-1)).status_code == 401, "nor one older than it"
    clock.advance(seconds=30)
    assert sign_in(browser, totp(secret, clock)).status_code == 200


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (1, 200), (2, 401)])
def test_a_clock_may_be_half_a_minute_off(
    browser: FlaskClient, secret: str, clock: StoppedClock, steps: int, status: int
) -> None:
    clock.advance(seconds=90)
    assert sign_in(browser, totp(secret, clock, steps)).status_code == status


def test_guessing_is_slowed_down(browser: FlaskClient, secret: str, clock: StoppedClock) -> None:
    answers = [sign_in(browser, "000000", password=f"guess number {n}") for n in range(11)]
    assert [one.status_code for one in answers] == [401] * 10 + [429]
    assert sign_in(browser, totp(secret, clock)).status_code == 429, "also for who knows it, for a while"
    clock.advance(minutes=15)
    assert sign_in(browser, totp(secret, clock)).status_code == 200


def test_refused_codes_are_audited_and_no_secret_is(
    browser: FlaskClient, secret: str, clock: StoppedClock, rows
) -> None:
    sign_in(browser, "000000")
    sign_in(browser, totp(secret, clock))
    said = [row[0] for row in rows("SELECT action FROM audit_events ORDER BY at, action")]
    assert said.count("console.refused") == 1
    assert {"console.enrolled", "console.confirmed", "session.started"} <= set(said)
    stored = str(rows("SELECT * FROM console_accounts")) + str(rows("SELECT body FROM audit_payloads"))
    for hidden in (PASSWORD, secret, base64.b32decode(secret).hex()):
        assert hidden not in stored


def test_when_the_keys_are_lost_the_server_runs_and_says_so(
    api: Api, secret: str, clock: StoppedClock, db: Database
) -> None:
    config = api.app.extensions["zhudian"].config
    keys = (Fernet.generate_key().decode(),)
    api.app = create_app(config.model_copy(update={"sealing_keys": keys}), clock=clock, db=db)
    assert sign_in(api.app.test_client(), "000000", password="not it at all").json["code"] == "credentials_wrong"
    tries = (sign_in(api.app.test_client(), totp(secret, clock)), enrol(api, totp=totp(secret, clock)))
    assert {(one.status_code, one.json["code"]) for one in tries} == {(409, "totp_unreadable")}
    assert api.call("DELETE", "/me/console", "supervisor").status_code == 204, "which is the way out it names"
    assert enrol(api).status_code == 200


def test_a_known_password_does_not_buy_guesses_without_end(
    api: Api, browser: FlaskClient, secret: str, clock: StoppedClock
) -> None:
    """Ten in a quarter of an hour, three codes right at a time: in a month that would be one chance in twelve."""
    said = []
    for _ in range(4):
        said += [sign_in(browser, "000000").status_code for _ in range(10)]
        clock.advance(minutes=15)
    assert said == [401] * 30 + [429] * 10
    assert sign_in(browser, totp(secret, clock)).status_code == 429
    assert sign_in(browser, totp(secret, clock), password="not it at all").status_code == 401
    clock.advance(days=1)
    assert sign_in(browser, totp(secret, clock)).status_code == 200


def test_a_page_of_another_site_changes_nothing(browser: FlaskClient, secret: str, clock: StoppedClock) -> None:
    assert sign_in(browser, totp(secret, clock)).status_code == 200
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil"}, {}):
        refused = browser.post("/api/v1/logout", headers=headers)
        assert (refused.status_code, refused.json["code"]) == (403, "cross_site")
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.post("/api/v1/logout", headers={"Origin": "http://localhost"}).status_code == 204


def test_signing_out_ends_it_at_once(api: Api, browser: FlaskClient, secret: str, clock: StoppedClock) -> None:
    sign_in(browser, totp(secret, clock))
    kept = browser.get_cookie("zhudian").value
    assert browser.post("/api/v1/logout", headers=FROM_HERE).status_code == 204
    assert browser.get_cookie("zhudian") is None
    again = api.app.test_client()
    again.set_cookie("zhudian", kept)
    assert again.get("/api/v1/me").status_code == 401


def test_it_lasts_half_a_day_without_use(browser: FlaskClient, secret: str, clock: StoppedClock) -> None:
    sign_in(browser, totp(secret, clock))
    clock.advance(hours=11)
    assert browser.get("/api/v1/me").status_code == 200  # which moves its end on
    clock.advance(hours=11)
    assert browser.get("/api/v1/me").status_code == 200
    clock.advance(hours=12, minutes=1)
    assert browser.get("/api/v1/me").status_code == 401


def test_over_https_the_cookie_is_bound_to_the_host(
    api: Api, browser: FlaskClient, secret: str, clock: StoppedClock
) -> None:
    services = api.app.extensions["zhudian"]
    object.__setattr__(services, "config", services.config.model_copy(update={"public_url": "https://z.example"}))
    (cookie,) = sign_in(browser, totp(secret, clock)).headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-zhudian=")
    assert "Secure" in cookie


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaa", "my-li.si-password"])
def test_a_password_that_is_guessed_first_is_refused(api: Api, password: str) -> None:
    assert enrol(api, password=password).status_code == 422


def test_a_name_belongs_to_one(api: Api, secret: str) -> None:
    assert enrol(api, "other_supervisor").json["code"] == "username_taken"
    assert enrol(api, "other_supervisor", name="wang.wu").status_code == 200


def test_an_account_in_force_is_changed_with_its_code_alone(
    api: Api, browser: FlaskClient, secret: str, clock: StoppedClock
) -> None:
    assert enrol(api).json["code"] == "code_wrong"
    assert enrol(api, totp="000000").json["code"] == "code_wrong"
    changed = enrol(api, totp=totp(secret, clock), password="别的密码 也要足够长")
    assert changed.status_code == 200
    assert changed.json["secret"] != secret
    clock.advance(seconds=30)
    assert sign_in(browser, totp(secret, clock)).status_code == 401


def test_without_the_authenticator_the_phone_removes_it(
    api: Api, browser: FlaskClient, secret: str, clock: StoppedClock
) -> None:
    sign_in(browser, totp(secret, clock))
    assert browser.delete("/api/v1/me/console", headers=FROM_HERE).json["code"] == "phone_needed"
    assert api.call("DELETE", "/me/console", "supervisor").status_code == 204
    assert browser.get("/api/v1/me").status_code == 401
    assert api.get("/me", "supervisor").status_code == 200, "the phone stays signed in"
    assert enrol(api).status_code == 200


def test_it_is_for_those_who_supervise(api: Api, browser: FlaskClient, secret: str, clock: StoppedClock, db) -> None:
    assert enrol(api, "chen").json["code"] == "role_required"
    with db.transaction() as session:
        yesterday = clock().date() - timedelta(days=1)
        session.execute(
            update(RoleGrant)
            .where(RoleGrant.member_id == api.cast["supervisor"].id)
            .values(valid_from=yesterday, valid_to=yesterday)
        )
    refused = sign_in(browser, totp(secret, clock))
    assert (refused.status_code, refused.json["code"]) == (403, "role_required")
    assert "Set-Cookie" not in refused.headers


def test_a_browser_sends_no_check_in(browser: FlaskClient, secret: str, clock: StoppedClock) -> None:
    sign_in(browser, totp(secret, clock))
    refused = browser.post("/api/v1/checkins/tickets", headers=FROM_HERE)
    assert (refused.status_code, refused.json["code"]) == (403, "phone_needed")


def test_a_browser_founds_no_account(api: Api, browser: FlaskClient, secret: str, clock: StoppedClock, db) -> None:
    """One left open would become a way in that lasts; with an account in force its code is asked for."""
    sign_in(browser, totp(secret, clock))
    with db.transaction() as session:
        session.execute(delete(ConsoleAccount))
    body = {"username": "li.si", "password": PASSWORD}
    refused = browser.put("/api/v1/me/console", json=body, headers=FROM_HERE)
    assert (refused.status_code, refused.json["code"]) == (403, "phone_needed")
