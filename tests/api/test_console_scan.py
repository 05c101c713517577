"""Signing a browser in by scanning: the phone confirms, only the browser that began is let in, and once."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import update

from server.org import signin
from server.org.models import Member
from tests.client import Api
from tests.conftest import StoppedClock
from tests.doors import FROM_HERE, begin, claim


def test_the_browser_is_signed_in_as_whoever_confirmed(api: Api, browser: FlaskClient) -> None:
    code = begin(browser)
    assert claim(browser, code).json == {"state": "waiting", "member": None}
    shown = api.get(f"/console/scans/{code}", "supervisor").json
    assert (shown["device"], shown["address"], shown["confirmed"]) == ("Chrome，Windows", "127.0.0.1", False)
    assert api.post(f"/console/scans/{code}/confirm", "supervisor").status_code == 204
    answer = claim(browser, code)
    assert answer.json["state"] == "signed_in"
    assert answer.json["member"]["name"] == "supervisor"
    assert browser.get("/api/v1/me").json["member"]["name"] == "supervisor"
    assert "console" in {one["kind"] for one in api.get("/me/sign-ins", "supervisor").json["items"]}


def test_a_code_shown_elsewhere_lets_nobody_else_in(api: Api, browser: FlaskClient) -> None:
    """QR phishing: the page that lures has the code, not the cookie."""
    code = begin(browser)
    api.post(f"/console/scans/{code}/confirm", "supervisor")
    thief = api.app.test_client()
    assert claim(thief, code).status_code == 404
    begin(thief)
    assert claim(thief, code).status_code == 404, "nor with the cookie of another code"
    assert claim(browser, code).json["state"] == "signed_in"


def test_it_is_claimed_once(api: Api, browser: FlaskClient) -> None:
    code = begin(browser)
    api.post(f"/console/scans/{code}/confirm", "supervisor")
    assert claim(browser, code).status_code == 200
    assert claim(browser, code).json["code"] == "scan_over"
    assert api.get(f"/console/scans/{code}", "supervisor").status_code == 404


def test_it_is_over_after_two_minutes(api: Api, browser: FlaskClient, clock: StoppedClock) -> None:
    code = begin(browser)
    clock.advance(seconds=121)
    for answer in (
        api.get(f"/console/scans/{code}", "supervisor"),
        api.post(f"/console/scans/{code}/confirm", "supervisor"),
        claim(browser, code),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "scan_over")


def test_the_first_to_confirm_it_is_who_it_is(api: Api, browser: FlaskClient) -> None:
    code = begin(browser)
    assert api.post(f"/console/scans/{code}/confirm", "supervisor").status_code == 204
    assert api.post(f"/console/scans/{code}/confirm", "supervisor").status_code == 204, "again it changes nothing"
    assert api.post(f"/console/scans/{code}/confirm", "bureau").json["code"] == "scan_taken"
    assert claim(browser, code).json["member"]["name"] == "supervisor"


def test_who_supervises_nobody_confirms_none(api: Api, browser: FlaskClient) -> None:
    code = begin(browser)
    assert api.post(f"/console/scans/{code}/confirm", "chen").json["code"] == "role_required"
    assert api.post(f"/console/scans/{code}/confirm").status_code == 401
    assert claim(browser, code).json["state"] == "waiting"


def test_a_browser_confirms_no_other(api: Api, browser: FlaskClient) -> None:
    first = begin(browser)
    api.post(f"/console/scans/{first}/confirm", "supervisor")
    claim(browser, first)
    second = begin(api.app.test_client())
    refused = browser.post(f"/api/v1/console/scans/{second}/confirm", headers=FROM_HERE)
    assert (refused.status_code, refused.json["code"]) == (403, "phone_needed")


def test_who_was_removed_meanwhile_is_not_let_in(api: Api, browser: FlaskClient, db, clock: StoppedClock) -> None:
    code = begin(browser)
    api.post(f"/console/scans/{code}/confirm", "supervisor")
    with db.transaction() as session:
        session.execute(update(Member).where(Member.id == api.cast["supervisor"].id).values(removed_at=clock()))
    assert claim(browser, code).status_code == 404


def test_only_digests_are_stored_and_they_are_forgotten(
    api: Api, browser: FlaskClient, db, clock: StoppedClock, rows
) -> None:
    code = begin(browser)
    assert code not in str(rows("SELECT * FROM console_scans"))
    with db.transaction() as session:
        signin.forget_old(session, clock() + timedelta(days=1))
    assert rows("SELECT * FROM console_scans") == []


def test_another_sites_page_begins_none(browser: FlaskClient) -> None:
    assert browser.post("/api/v1/console/scans").json["code"] == "cross_site"
