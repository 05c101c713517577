"""PATCH /members/{id}, POST …/remove, …/transfer, …/lost-phone: what ends at once, and what stays theirs."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.test_console_scan import begin, claim
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def chen(api: Api) -> str:
    return str(api.cast["chen"].id)


def change(api: Api, who: str = "admin", member: str | None = None, **to: Any):
    return api.call("PATCH", f"/members/{member or chen(api)}", who, json=to)


def transfer(api: Api, unit: str = "west", on: str = "2026-11-24", who: str = "admin"):
    return api.post(f"/members/{chen(api)}/transfer", who, {"unit_id": str(api.cast.units[unit]), "from": on})


def remove(api: Api, who: str = "admin", member: str | None = None, reason: str = "调离"):
    return api.post(f"/members/{member or chen(api)}/remove", who, {"reason": reason})


def audited(rows: Rows, action: str) -> list[dict]:
    found = rows(
        "SELECT p.body FROM audit_events e JOIN audit_payloads p ON p.county_id = e.county_id AND p.event_id = e.id"
        " WHERE e.action = :action ORDER BY e.at",
        action=action,
    )
    return [json.loads(body)["facts"] for (body,) in found]


def test_a_number_and_an_address_are_stored_sealed_shown_masked_and_named_in_the_audit(api: Api, rows: Rows) -> None:
    response = change(api, phone="138 0000 1234", email="Zhou@example.com")
    assert (response.status_code, response.json["phone"], response.json["email"]) == (
        *(200, "138****1234"),
        "Z***@example.com",
    )
    (stored,) = rows("SELECT phone_sealed, phone_digest, email_sealed FROM members WHERE name = 'chen'")
    assert all(stored)
    assert "13800001234" not in str(stored)
    assert audited(rows, "member.changed") == [{"fields": ["phone", "email"]}]
    me = api.get("/me", "chen").json
    assert (me["phone"], me["email"]) == ("138****1234", "Z***@example.com")


def test_a_repeat_changes_nothing_and_null_takes_away(api: Api, rows: Rows) -> None:
    change(api, phone="13800001234", email="a@b.cn")
    assert change(api, phone="+8613800001234").status_code == 200
    assert len(audited(rows, "member.changed")) == 1
    assert change(api, phone=None).json == {"id": chen(api), "phone": None, "email": "a***@b.cn"}
    assert rows("SELECT phone_sealed, phone_digest FROM members WHERE name = 'chen'") == [(None, None)]


@pytest.mark.parametrize(
    ("to", "code"),
    [({"phone": "12345"}, "phone_invalid"), ({"email": "zhou"}, "email_invalid"), ({}, "input_invalid"),
     ({"phone": ""}, "input_invalid"), ({"phone": "1" * 31}, "input_invalid")],
)  # fmt: skip
def test_what_cannot_be_is_422(api: Api, to: dict, code: str) -> None:
    response = change(api, **to)
    assert (response.status_code, response.json["code"]) == (422, code)
    made = api.post("/members", "admin", {"name": "周敏", "unit": "east"} | to)
    assert made.status_code == (422 if to else 201)


def test_a_removed_member_is_signed_out_and_free_and_what_they_did_stays(
    api: Api, rows: Rows, clock: StoppedClock
) -> None:
    checkin = api.check_in("chen").json["id"]
    change(api, phone="13800001234", email="a@b.cn")
    code = api.post(f"/members/{chen(api)}/invites", "supervisor").json["invite_code"]
    response = remove(api)
    assert (response.status_code, response.json["removed_at"]) == (200, "2026-11-24T02:00:00Z")
    assert api.get("/me", "chen").status_code == 401
    stored = rows("SELECT openid, bound_at, phone_sealed, phone_digest, email_sealed FROM members WHERE name = 'chen'")
    assert stored == [(None,) * 5]
    assert [str(day) for (day,) in rows("SELECT ends_on FROM postings WHERE member_id = :m", m=_stored(api))] == [
        "2026-11-24"
    ]
    assert [str(day) for (day,) in rows("SELECT valid_to FROM role_grants WHERE member_id = :m", m=_stored(api))] == [
        "2026-11-24"
    ]
    assert rows("SELECT count(*) FROM invites WHERE used_at IS NULL") == [(0,)]
    assert code
    assert rows("SELECT count(*) FROM site_days WHERE confirmed_halves = 2") == [(1,)]
    assert api.get(f"/checkins/{checkin}", "bureau").status_code == 200
    assert audited(rows, "member.removed") == [{"last_day": "2026-11-24", "reason": "调离"}]


def _stored(api: Api) -> str:
    """The id as the database at hand writes it in plain SQL."""
    bare = api.app.extensions["zhudian"].db.is_sqlite
    return api.cast["chen"].id.hex if bare else chen(api)


def test_a_repeat_of_a_removal_answers_the_same(api: Api, rows: Rows, clock: StoppedClock) -> None:
    first = remove(api)
    clock.advance(days=2)
    again = remove(api, reason="又一次")
    assert (again.status_code, again.json) == (200, first.json)
    assert len(audited(rows, "member.removed")) == 1
    assert transfer(api).status_code == 404
    assert api.post(f"/members/{chen(api)}/lost-phone", "admin").status_code == 404
    assert change(api, phone="13800001234").status_code == 404


def test_a_posting_that_was_to_begin_never_does(api: Api, rows: Rows) -> None:
    where = {"squad": "east-1", "station": "上海驻点"}
    assert api.post("/postings", "admin", where | {"member": chen(api), "starts_on": "2026-12-01"}).status_code == 201
    remove(api)
    (left,) = rows("SELECT ends_on FROM postings WHERE member_id = :m", m=_stored(api))
    assert str(left[0]) == "2026-11-24"


def test_nobody_removes_themselves(api: Api) -> None:
    response = remove(api, member=str(api.cast["admin"].id))
    assert (response.status_code, response.json["code"]) == (409, "cannot_remove_self")


def test_a_transfer_signs_out_at_once_and_hands_the_member_to_the_other_unit(api: Api, rows: Rows) -> None:
    api.check_in("chen")
    response = transfer(api)
    assert response.json == {"id": chen(api), "unit_id": str(api.cast.units["west"]), "changed": True}
    assert api.get("/me", "chen").status_code == 401
    assert api.get(f"/members/{chen(api)}/month", "supervisor").status_code == 404
    assert api.get(f"/members/{chen(api)}/month", "other_supervisor").status_code == 200
    assert rows("SELECT openid FROM members WHERE name = 'chen'") == [("o-chen",)], "the WeChat stays bound"
    ends = rows("SELECT ends_on FROM postings WHERE member_id = :m", m=_stored(api))
    assert [str(day) for (day,) in ends] == ["2026-11-23"]
    assert [str(day) for (day,) in rows("SELECT valid_to FROM role_grants WHERE member_id = :m", m=_stored(api))] == [
        "2026-11-23"
    ]
    (facts,) = audited(rows, "member.transferred")
    assert (facts["from_unit"], facts["to_unit"]) == (str(api.cast.units["east"]), str(api.cast.units["west"]))
    assert facts["from"] == "2026-11-24"


def test_a_posting_in_the_new_unit_may_be_entered_before_or_after(api: Api, rows: Rows) -> None:
    where = {"member": chen(api), "squad": "west-1", "station": "法兰克福驻点", "starts_on": "2026-11-24"}
    assert api.post("/postings", "admin", where).status_code == 201
    assert transfer(api).status_code == 200
    kept = rows("SELECT starts_on, ends_on FROM postings WHERE member_id = :m ORDER BY starts_on", m=_stored(api))
    assert [tuple(map(str, row)) for row in kept] == [("2026-09-01", "2026-11-23"), ("2026-11-24", "None")]


def test_a_repeat_of_a_transfer_signs_nobody_out(api: Api, rows: Rows) -> None:
    transfer(api, "east")
    assert api.get("/me", "chen").status_code == 200
    assert transfer(api, "east").json["changed"] is False
    assert audited(rows, "member.transferred") == []


@pytest.mark.parametrize(
    ("unit", "on", "status", "code"),
    [
        ("west", "2026-11-25", 409, "transfer_not_yet"),
        ("west", "2026-09-01", 409, "posting_overlaps"),
        ("far", "2026-11-24", 404, "unit_unknown"),
    ],
)
def test_a_transfer_that_cannot_be(api: Api, unit: str, on: str, status: int, code: str) -> None:
    response = transfer(api, unit, on)
    assert (response.status_code, response.json["code"]) == (status, code)
    assert api.get("/me", "chen").status_code == 200


def test_a_transfer_does_not_reach_into_a_closed_month(api: Api, clock: StoppedClock) -> None:
    clock.advance(days=12)
    api.close_month("2026-11")
    response = transfer(api, on="2026-11-30")
    assert (response.status_code, response.json["code"]) == (409, "month_closed")
    assert api.get("/me", "chen").status_code == 200, "nothing of it was done"
    assert transfer(api, on="2026-12-01").status_code == 200


def test_a_lost_phone_is_one_step_and_the_history_stays(api: Api, rows: Rows) -> None:
    api.check_in("chen")
    older = api.post(f"/members/{chen(api)}/invites", "supervisor").json["invite_code"]
    response = api.post(f"/members/{chen(api)}/lost-phone", "supervisor")
    assert response.status_code == 201
    assert len(response.json["invite_code"]) == 8
    assert response.json["invite_code"] != older
    assert api.get("/me", "chen").status_code == 401
    assert rows("SELECT openid, bound_at FROM members WHERE name = 'chen'") == [(None, None)]
    assert rows("SELECT count(*) FROM invites WHERE used_at IS NULL") == [(1,)]
    assert rows("SELECT count(*) FROM sign_ins WHERE member_id = :m AND revoked_at IS NULL", m=_stored(api)) == [(0,)]
    month = api.get(f"/members/{chen(api)}/month", "supervisor").json
    assert month["confirmed"] == 1
    assert audited(rows, "member.unbound") == [{"cause": "lost_phone"}]
    again = api.post(f"/members/{chen(api)}/lost-phone", "supervisor").json["invite_code"]
    assert again != response.json["invite_code"]


@pytest.mark.parametrize("step", ["lost-phone", "invites"])
@pytest.mark.parametrize("above", ["far_bureau", "far_county_leader", "far_admin"])
def test_a_unit_takes_nobodys_place_who_is_above_it(api: Api, step: str, above: str) -> None:
    """They work in this unit; their invite would make its supervisor an admin, or a reviewer of the unit's own."""
    refused = api.post(f"/members/{api.cast[above].id}/{step}", "far_supervisor")
    assert (refused.status_code, refused.json["code"]) == (403, "above_unit")
    assert api.get("/me", above).status_code == 200
    assert api.post(f"/members/{api.cast['far_leader'].id}/{step}", "far_supervisor").status_code == 201
    assert api.post(f"/members/{api.cast['far_supervisor'].id}/{step}", "far_bureau").status_code == 201


@pytest.mark.parametrize("who", ["supervisor", "admin"])
def test_one_who_is_still_signed_in_somewhere_may_say_so_of_their_own(api: Api, who: str) -> None:
    """At the console, say. It ends that session, too; the invite is in the answer."""
    made = api.post(f"/members/{api.cast[who].id}/lost-phone", who)
    assert (made.status_code, len(made.json.get("invite_code", ""))) == (201, 8)
    assert api.get("/me", who).status_code == 401


def test_what_the_old_wechat_had_accepted_goes_with_it(api: Api, rows: Rows) -> None:
    told = {"id": str(uuid.uuid4()), "answers": {"sandbox-flag": "accept"}}
    assert api.post("/me/subscriptions", "chen", told).status_code == 200
    api.post(f"/members/{chen(api)}/lost-phone", "supervisor")
    assert rows("SELECT count(*) FROM subscription_credits") == [(0,)]


def test_who_may_not_is_told_no_and_an_outsider_nothing(api: Api) -> None:
    for who, status in (("supervisor", 403), ("chen", 403), ("far_admin", 404), (None, 401)):
        assert change(api, who, phone="13800001234").status_code == status
        assert transfer(api, who=who).status_code == status
        assert remove(api, who).status_code == status
    for who, status in (("other_supervisor", 404), ("far_bureau", 404), ("leader", 403), (None, 401)):
        assert api.post(f"/members/{chen(api)}/lost-phone", who).status_code == status
    assert api.get("/me", "chen").status_code == 200


@pytest.mark.parametrize("action", ["lost-phone", "remove"])
def test_a_browser_that_the_phone_let_in_is_out_before_it_came(api: Api, action: str) -> None:
    browser = api.app.test_client()
    code = begin(browser)
    assert api.post(f"/console/scans/{code}/confirm", "supervisor").status_code == 204
    assert api.post(f"/members/{api.cast['supervisor'].id}/{action}", "admin", {}).status_code in (200, 201)
    assert claim(browser, code).status_code == 404
