"""POST /bind with `phone_code`: the number WeChat vouches for binds the one member who is registered with it."""

import threading
from collections.abc import Callable

import pytest
import requests
from cryptography.fernet import Fernet

from server.app import create_app
from server.config import Config
from server.db import Database
from server.privacy.reseal import reseal
from server.sealing import Sealer
from server.wechat.sandbox.app import RunningSandbox
from tests.client import Api

Rows = Callable[..., list]
NUMBER = "13800001234"


@pytest.fixture
def config(config: Config, sandbox: RunningSandbox) -> Config:
    """That of a server whose WeChat is the sandbox."""
    sandbox.state.faults.clear()
    return config.model_copy(update={"sandbox_port": sandbox.port})


def order(sandbox: RunningSandbox, what: str, **values: object) -> dict:
    return requests.post(f"{sandbox.url}/_sandbox/{what}", timeout=10, json=values).json()


def bind(api: Api, sandbox: RunningSandbox, openid: str, number: str = NUMBER, country: str = "86", **more: object):
    phone_code = order(sandbox, "phone-codes", openid=openid, number=number, country_code=country)["code"]
    login_code = order(sandbox, "codes", openid=openid)["code"]
    return api.post("/bind", None, {"phone_code": phone_code, "code": login_code} | more)


def new_member(api: Api, who: str = "admin", phone: str | None = NUMBER, unit: str = "east") -> str:
    made = api.post("/members", who, {"name": "周敏", "unit": unit, "phone": phone})
    assert made.status_code == 201, made.text
    return made.json["id"]


def test_the_one_who_is_registered_is_bound_and_signed_in(api: Api, sandbox: RunningSandbox, rows: Rows) -> None:
    member = new_member(api, phone="138 0000 1234")
    bound = bind(api, sandbox, "o-zhou")
    assert (bound.status_code, bound.json["member"]["id"]) == (200, member)
    me = api.app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {bound.json['token']}"}).json
    assert me["phone"] == "138****1234"
    again = api.post("/login", None, {"code": order(sandbox, "codes", openid="o-zhou")["code"]})
    assert again.json["member"]["id"] == member
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'member.bound'") == [(1,)]
    said = "".join(str(row) for row in rows("SELECT body FROM audit_payloads"))
    assert NUMBER not in said
    assert '"by": "phone"' in said


def test_of_any_county_and_country(api: Api, sandbox: RunningSandbox) -> None:
    member = new_member(api, "far_admin", "+49 151 12345678", "far")
    bound = bind(api, sandbox, "o-far", "15112345678", "49")
    assert (bound.status_code, bound.json["member"]["id"], bound.json["member"]["county"]) == (200, member, "远山县")


def test_a_number_that_nobody_registered_says_what_to_do(api: Api, sandbox: RunningSandbox) -> None:
    new_member(api, phone=None)
    refused = bind(api, sandbox, "o-zhou")
    assert (refused.status_code, refused.json["code"]) == (404, "phone_unknown")
    assert "邀请码" in refused.json["detail"]


def test_a_number_of_two_needs_an_invite(api: Api, sandbox: RunningSandbox) -> None:
    new_member(api)
    new_member(api, "far_admin", NUMBER, "far")
    refused = bind(api, sandbox, "o-zhou")
    assert (refused.status_code, refused.json["code"]) == (409, "phone_shared")


def test_who_is_bound_is_never_taken_over_by_a_number(api: Api, sandbox: RunningSandbox) -> None:
    """Numbers are given to others after a while: the supervisor who knows the person has the last word."""
    chen = api.cast["chen"].id
    assert api.call("PATCH", f"/members/{chen}", "admin", json={"phone": NUMBER}).status_code == 200
    refused = bind(api, sandbox, "o-new-owner-of-the-number")
    assert (refused.status_code, refused.json["code"]) == (409, "bound_elsewhere")
    assert "监督人员" in refused.json["detail"]
    assert api.get("/me", "chen").status_code == 200, "and nobody is signed out"
    assert api.post(f"/members/{chen}/lost-phone", "supervisor").status_code == 201


@pytest.mark.parametrize("wechat", ["o-chen", "o-new-account-with-the-card-of-the-phone"])
def test_a_lost_phone_does_not_bind_itself_again(api: Api, sandbox: RunningSandbox, wechat: str) -> None:
    """Its WeChat still has the number, and its card still gets the short messages: only the invite is in her hands."""
    chen = api.cast["chen"].id
    assert api.call("PATCH", f"/members/{chen}", "admin", json={"phone": NUMBER}).status_code == 200
    invite = api.post(f"/members/{chen}/lost-phone", "supervisor").json["invite_code"]
    refused = bind(api, sandbox, wechat)
    assert (refused.status_code, refused.json["code"]) == (404, "phone_unknown")
    assert "邀请码" in refused.json["detail"]
    changed = api.call("PATCH", f"/members/{chen}", "admin", json={"email": "a@b.cn"}).json
    assert changed["phone"] == "138****1234", "she can still be called"
    body = {"invite_code": invite, "code": order(sandbox, "codes", openid="o-hers")["code"]}
    assert api.post("/bind", None, body).status_code == 200


def test_once_the_number_is_entered_again_it_will_do(api: Api, sandbox: RunningSandbox, db: Database) -> None:
    chen = api.cast["chen"].id
    api.call("PATCH", f"/members/{chen}", "admin", json={"phone": NUMBER})
    api.post(f"/members/{chen}/lost-phone", "supervisor")
    config = api.app.extensions["zhudian"].config
    keys = (Fernet.generate_key().decode(), *config.sealing_keys)
    reseal(db, Sealer(keys))
    api.app = create_app(config.model_copy(update={"sealing_keys": keys}), clock=api.clock, db=db)
    assert bind(api, sandbox, "o-finder").json["code"] == "phone_unknown", "new keys say nothing about the number"
    assert api.call("PATCH", f"/members/{chen}", "admin", json={"phone": NUMBER}).status_code == 200
    assert bind(api, sandbox, "o-hers").status_code == 200


def test_a_wechat_that_is_bound_does_not_take_a_second_member(api: Api, sandbox: RunningSandbox) -> None:
    new_member(api)
    refused = bind(api, sandbox, "o-colleague")
    assert (refused.status_code, refused.json["code"]) == (409, "already_bound")


def test_who_was_removed_is_nobody(api: Api, sandbox: RunningSandbox) -> None:
    member = new_member(api)
    assert api.post(f"/members/{member}/remove", "admin").status_code == 200
    assert bind(api, sandbox, "o-zhou").json["code"] == "phone_unknown"


def test_a_code_serves_once_and_only_its_owner(api: Api, sandbox: RunningSandbox) -> None:
    new_member(api)
    of_another = order(sandbox, "phone-codes", openid="o-victim", number=NUMBER)["code"]
    refused = bind(api, sandbox, "o-thief", phone_code=of_another)
    assert (refused.status_code, refused.json["code"]) == (403, "phone_code_invalid")
    assert bind(api, sandbox, "o-victim", phone_code=of_another).status_code == 200
    assert bind(api, sandbox, "o-third", phone_code=of_another).json["code"] == "phone_code_invalid"


def test_the_403_of_a_login_will_do_in_place_of_a_login_code(api: Api, sandbox: RunningSandbox) -> None:
    member = new_member(api)
    refused = api.post("/login", None, {"code": order(sandbox, "codes", openid="o-zhou")["code"]})
    body = {"binding": refused.json["facts"]["binding"], "code": None}
    assert bind(api, sandbox, "o-zhou", **body).json["member"]["id"] == member


@pytest.mark.parametrize("more", [{"invite_code": "ABCD2345"}, {"phone_code": None}])
def test_one_of_both_ways_is_chosen(api: Api, sandbox: RunningSandbox, more: dict) -> None:
    refused = bind(api, sandbox, "o-zhou", **more)
    assert (refused.status_code, refused.json["code"]) == (422, "input_invalid")


def test_wechat_down_says_try_again_and_nothing_is_bound(api: Api, sandbox: RunningSandbox) -> None:
    new_member(api)
    order(sandbox, "faults", path="/wxa/business/getuserphonenumber", times=1, http_status=502)
    refused = bind(api, sandbox, "o-zhou")
    assert (refused.status_code, refused.json["code"]) == (503, "wechat_unavailable")
    assert bind(api, sandbox, "o-zhou").status_code == 200


def test_trying_without_end_is_told_to_wait_before_wechat_is_paid_again(api: Api, sandbox: RunningSandbox) -> None:
    before = sandbox.state.calls["/wxa/business/getuserphonenumber"]
    said = [bind(api, sandbox, "o-zhou").status_code for _ in range(12)]
    assert said == [404] * 10 + [429] * 2
    assert sandbox.state.calls["/wxa/business/getuserphonenumber"] == before + 10


def test_rows_sealed_under_an_older_key_are_found(api: Api, sandbox: RunningSandbox, db: Database) -> None:
    member = new_member(api)
    config = api.app.extensions["zhudian"].config
    keys = (Fernet.generate_key().decode(), *config.sealing_keys)
    api.app = create_app(config.model_copy(update={"sealing_keys": keys}), clock=api.clock, db=db)
    assert bind(api, sandbox, "o-zhou").json["member"]["id"] == member


def test_one_number_raced_by_four_phones_binds_one(api: Api, sandbox: RunningSandbox) -> None:
    new_member(api)
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(bind(api, sandbox, f"o-racer-{n}").status_code))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409]
