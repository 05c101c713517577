"""POST /login, /bind, /logout and GET /me: from a WeChat code to a session, through the sandbox over real HTTP."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from server.api.session import UNATTENDED
from server.config import Config
from server.db import Database
from server.rate_limits import spend
from server.wechat.sandbox.app import RunningSandbox
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


@pytest.fixture
def config(config: Config, sandbox: RunningSandbox) -> Config:
    """That of a server whose WeChat is the sandbox."""
    sandbox.state.faults.clear()
    return config.model_copy(update={"sandbox_port": sandbox.port})


def code(sandbox: RunningSandbox, openid: str) -> str:
    return requests.post(f"{sandbox.url}/_sandbox/codes", timeout=10, json={"openid": openid}).json()["code"]


def login(api: Api, sandbox: RunningSandbox, openid: str):
    return api.post("/login", None, {"code": code(sandbox, openid)})


def with_token(api: Api, token: str, path: str = "/api/v1/me", method: str = "GET", **headers: str):
    headers |= {"Authorization": f"Bearer {token}"}
    return api.app.test_client().open(path, method=method, headers=headers)


def test_a_bound_wechat_signs_in(api: Api, sandbox: RunningSandbox) -> None:
    response = login(api, sandbox, "o-chen")
    assert response.status_code == 200
    assert response.json["member"]["name"] == "chen"
    assert response.json["member"]["roles"] == ["member"]
    me = with_token(api, response.json["token"]).json
    assert (me["member"]["county"], me["member"]["unit"], me["consent_given"]) == ("河湾县", "east", True)
    assert (me["posting"]["squad"], me["posting"]["station"]) == ("east-1", "上海驻点")


def test_the_token_is_stored_as_a_digest(api: Api, sandbox: RunningSandbox, rows: Rows) -> None:
    token = login(api, sandbox, "o-chen").json["token"]
    assert token not in str(rows("SELECT * FROM sign_ins"))


def test_a_code_serves_once(api: Api, sandbox: RunningSandbox) -> None:
    used = code(sandbox, "o-chen")
    assert api.post("/login", None, {"code": used}).status_code == 200
    again = api.post("/login", None, {"code": used})
    assert (again.status_code, again.json["code"]) == (401, "wechat_code_invalid")


def test_an_unknown_wechat_is_led_to_binding_and_bound_once(
    api: Api, sandbox: RunningSandbox, clock: StoppedClock
) -> None:
    refused = login(api, sandbox, "o-new-phone")
    assert (refused.status_code, refused.json["code"]) == (403, "binding_required")
    invite = api.post(f"/members/{api.cast['chen'].id}/invites", "supervisor").json["invite_code"]
    body = {"invite_code": invite.lower(), "binding": refused.json["facts"]["binding"]}
    bound = api.post("/bind", None, body)
    assert (bound.status_code, bound.json["member"]["name"]) == (200, "chen")
    # a new WeChat takes over: the old session ends, the old openid is nobody's
    assert api.get("/me", "chen").status_code == 401
    assert login(api, sandbox, "o-chen").json["code"] == "binding_required"
    assert login(api, sandbox, "o-new-phone").status_code == 200
    again = api.post("/bind", None, {"invite_code": invite, "code": code(sandbox, "o-another")})
    assert (again.status_code, again.json["code"]) == (403, "invite_invalid")


def test_a_newer_invite_voids_the_older(api: Api, sandbox: RunningSandbox) -> None:
    older, newer = (api.post(f"/members/{api.cast['chen'].id}/invites", "supervisor").json["invite_code"] for _ in "12")
    refused = api.post("/bind", None, {"invite_code": older, "code": code(sandbox, "o-thief")})
    assert refused.json["code"] == "invite_invalid"
    assert api.post("/bind", None, {"invite_code": newer, "code": code(sandbox, "o-new-two")}).status_code == 200


def test_an_invite_expires(api: Api, sandbox: RunningSandbox, clock: StoppedClock) -> None:
    invite = api.post(f"/members/{api.cast['chen'].id}/invites", "supervisor").json["invite_code"]
    clock.advance(days=8)
    response = api.post("/bind", None, {"invite_code": invite, "code": code(sandbox, "o-new")})
    assert response.json["code"] == "invite_invalid"


def test_a_bound_wechat_does_not_take_a_second_member(api: Api, sandbox: RunningSandbox) -> None:
    invite = api.post(f"/members/{api.cast['chen'].id}/invites", "supervisor").json["invite_code"]
    response = api.post("/bind", None, {"invite_code": invite, "code": code(sandbox, "o-colleague")})
    assert (response.status_code, response.json["code"]) == (409, "already_bound")


def test_guessing_invites_is_cut_short(api: Api, sandbox: RunningSandbox, clock: StoppedClock) -> None:
    binding = login(api, sandbox, "o-guesser").json["facts"]["binding"]
    answers = [api.post("/bind", None, {"invite_code": f"GUESS{n:03}", "binding": binding}) for n in range(11)]
    assert [a.status_code for a in answers] == [403] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    clock.advance(hours=1)
    assert api.post("/bind", None, {"invite_code": "GUESS999", "binding": binding}).status_code == 403


def noted(rows: Rows) -> list[tuple[int, dict]]:
    """The wrong codes in the audit: (county, facts)."""
    statement = (
        "SELECT e.county_id, p.body FROM audit_events e JOIN audit_payloads p ON p.event_id = e.id"
        " WHERE e.action = 'invite.wrong_code'"
    )
    found = [(county, json.loads(body)["facts"]) for county, body in rows(statement)]
    return sorted(found, key=lambda one: (one[1]["tries"], one[0]))


def test_wrong_codes_stand_in_the_audit_twice_at_most_and_without_the_code(
    api: Api, sandbox: RunningSandbox, clock: StoppedClock, rows: Rows
) -> None:
    binding = login(api, sandbox, "o-guesser").json["facts"]["binding"]
    for number in range(12):
        api.post("/bind", None, {"invite_code": f"GUESS{number:03}", "binding": binding})
    who = hashlib.sha256(b"o-guesser").hexdigest()
    tried = {"wechat_sha256": who, "from": "127.0.0.1"}
    assert noted(rows) == [(county, tried | {"tries": tries}) for tries in (1, 10) for county in (1, 2)], (
        "in each county's, as nobody knows whose it was meant to be"
    )
    said = "".join(str(row) for row in rows("SELECT body FROM audit_payloads"))
    assert "GUESS" not in said
    assert "o-guesser" not in said


def test_many_who_guess_do_not_flood_the_audit(
    api: Api, sandbox: RunningSandbox, clock: StoppedClock, rows: Rows
) -> None:
    def guess(name: str) -> int:
        body = {"invite_code": "ABCD2345", "code": code(sandbox, name)}
        return api.post("/bind", None, body).status_code

    assert {guess(f"o-guesser-{number}") for number in range(25)} == {403}
    assert len(noted(rows)) == 2 * 20
    clock.advance(hours=1)
    assert guess("o-guesser-1") == 403
    assert len(noted(rows)) == 2 * 21


def test_the_right_code_is_no_guess(api: Api, sandbox: RunningSandbox, rows: Rows) -> None:
    invite = api.post(f"/members/{api.cast['chen'].id}/invites", "supervisor").json["invite_code"]
    assert api.post("/bind", None, {"invite_code": invite, "code": code(sandbox, "o-new")}).status_code == 200
    assert noted(rows) == []


def test_an_invite_of_the_unit_before_binds_nobody(api: Api, sandbox: RunningSandbox) -> None:
    """Its supervisor has the slip still, and no say over the member any more."""
    chen = api.cast["chen"].id
    invite = api.post(f"/members/{chen}/invites", "supervisor").json["invite_code"]
    moved = api.post(
        f"/members/{chen}/transfer", "admin", {"unit_id": str(api.cast.units["west"]), "from": "2026-11-24"}
    )
    assert moved.status_code == 200, moved.text
    refused = api.post("/bind", None, {"invite_code": invite, "code": code(sandbox, "o-old-office")})
    assert (refused.status_code, refused.json["code"]) == (403, "invite_invalid")


def test_an_invite_of_who_was_removed_binds_nobody(api: Api, sandbox: RunningSandbox) -> None:
    chen = api.cast["chen"].id
    invite = api.post(f"/members/{chen}/invites", "supervisor").json["invite_code"]
    assert api.post(f"/members/{chen}/remove", "admin", {"reason": "调离"}).status_code == 200
    refused = api.post("/bind", None, {"invite_code": invite, "code": code(sandbox, "o-old-slip")})
    assert (refused.status_code, refused.json["code"]) == (403, "invite_invalid")


def test_within_the_unit_it_stays_good(api: Api, sandbox: RunningSandbox) -> None:
    """Another squad of the same unit: whoever issued it may issue the next one as well."""
    chen = api.cast["chen"].id
    invite = api.post(f"/members/{chen}/invites", "supervisor").json["invite_code"]
    posting = {"member": str(chen), "squad": "east-1", "station": "上海驻点", "starts_on": "2027-01-01"}
    assert api.post("/postings", "admin", posting).status_code == 201
    assert api.post("/bind", None, {"invite_code": invite, "code": code(sandbox, "o-new")}).status_code == 200


@pytest.mark.parametrize(("issuer", "answer"), [("supervisor", 403), ("admin", 200)])
def test_a_new_role_voids_what_somebody_else_issued(
    api: Api, sandbox: RunningSandbox, issuer: str, answer: int
) -> None:
    """A unit's supervisor must not become an admin by a slip from before; the admin's own stays good."""
    chen = api.cast["chen"].id
    invite = api.post(f"/members/{chen}/invites", issuer).json["invite_code"]
    assert api.post(f"/members/{chen}/roles", "admin", {"role": "admin"}).status_code == 201
    assert api.post("/bind", None, {"invite_code": invite, "code": code(sandbox, "o-slip")}).status_code == answer


def test_one_invite_raced_by_two_phones_binds_one(api: Api, sandbox: RunningSandbox) -> None:
    invite = api.post(f"/members/{api.cast['chen'].id}/invites", "supervisor").json["invite_code"]
    codes = [code(sandbox, f"o-racer-{n}") for n in range(4)]
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda c=c: answers.append(api.post("/bind", None, {"invite_code": invite, "code": c}).status_code)
        )
        for c in codes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 403, 403, 403]


def test_a_made_up_binding_is_refused(api: Api) -> None:
    response = api.post("/bind", None, {"invite_code": "ABCDEFGH", "binding": "made-up"})
    assert (response.status_code, response.json["code"]) == (403, "binding_expired")


def test_signing_out_ends_this_session_alone(api: Api, sandbox: RunningSandbox) -> None:
    first, second = (login(api, sandbox, "o-chen").json["token"] for _ in range(2))
    assert with_token(api, first, "/api/v1/logout", "POST").status_code == 204
    assert with_token(api, first).status_code == 401
    assert with_token(api, second).status_code == 200


def test_a_session_slides_while_it_is_used_and_ends_when_it_is_not(
    api: Api, sandbox: RunningSandbox, clock: StoppedClock
) -> None:
    token, left_alone = (login(api, sandbox, "o-chen").json["token"] for _ in range(2))
    for status in (200, 401, 401):
        clock.advance(days=20)
        assert with_token(api, token).status_code == 200
        assert with_token(api, left_alone, **{UNATTENDED: "1"}).status_code == status, "its page asks by itself"
    clock.advance(days=31)
    assert with_token(api, token).status_code == 401


def test_a_removed_member_is_out_at_once(api: Api, sandbox: RunningSandbox, db: Database, clock: StoppedClock) -> None:
    from server.org.models import Member

    token = login(api, sandbox, "o-chen").json["token"]
    with db.transaction() as session:
        session.get(Member, (1, api.cast["chen"].id)).removed_at = clock() - timedelta(seconds=1)
    assert with_token(api, token).status_code == 401
    assert login(api, sandbox, "o-chen").json["code"] == "binding_required"


def test_wechat_down_says_try_again(api: Api, sandbox: RunningSandbox) -> None:
    fault = {"path": "/sns/jscode2session", "times": 1, "http_status": 502}
    requests.post(f"{sandbox.url}/_sandbox/faults", timeout=10, json=fault)
    response = login(api, sandbox, "o-chen")
    assert (response.status_code, response.json["code"]) == (503, "wechat_unavailable")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer nonsense", "bearer\ttoken"])
def test_no_session_no_answer(api: Api, header: str) -> None:
    response = api.app.test_client().get("/api/v1/me", headers={"Authorization": header})
    assert (response.status_code, response.json["code"]) == (401, "session_required")


def test_an_address_that_tries_without_end_is_told_to_wait(
    api: Api, sandbox: RunningSandbox, db: Database, clock: StoppedClock
) -> None:
    with db.transaction() as session:
        for _ in range(600):
            spend(session, "login-from:127.0.0.1", 600, 3600, clock())
    response = api.post("/login", None, {"code": "whatever"})
    assert (response.status_code, response.json["code"]) == (429, "too_many_tries")
