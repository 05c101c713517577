"""A lead from its first report to its signature: who is first has it, and everything about it can be read later."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.org import consent
from tests.cast import SHANGHAI
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def body(api: Api, name: str = "苏州汇川技术有限公司", **changes: Any) -> dict[str, Any]:
    company = {"name": name} | changes.pop("company", {})
    said = {"id": str(uuid.uuid4()), "company": company, "channel": "chamber", "reported_at": api.clock().isoformat()}
    return said | changes


@pytest.fixture
def lead(api: Api) -> str:
    made = api.post("/leads", "chen", body(api))
    assert made.status_code == 201, made.text
    return str(made.json["id"])


def test_the_first_to_report_has_the_claim(api: Api, rows: Rows) -> None:
    made = api.post("/leads", "chen", body(api, intent="扩建二期", investment_wan=12000, next_on="2026-11-30"))
    assert made.status_code == 201
    said = made.json
    assert (said["squad"], said["owner"]["name"], said["stage_word"], said["company"]["state"]) == (
        "east-1",
        "chen",
        "线索",
        "yours",
    )
    assert [one["what"] for one in said["owed"]] == ["respond", "judge", "answer"]
    assert (said["may_edit"], said["may_update"]) == (True, True)
    assert rows("SELECT action FROM audit_events WHERE action LIKE 'lead.%'") == [("lead.reported",)]


def test_the_same_report_again_is_a_repeat_and_with_other_words_a_conflict(api: Api) -> None:
    said = body(api)
    assert [api.post("/leads", "chen", said).status_code for _ in range(2)] == [201, 200]
    again = api.post("/leads", "chen", said | {"intent": "别的"})
    assert (again.status_code, again.json["code"]) == (409, "lead_differs")
    assert api.post("/leads", "colleague", said).status_code == 409


@pytest.mark.parametrize(
    "name", ["苏州汇川技术有限公司", "蘇州匯川技術股份有限公司", "苏州汇川技术（集团）有限责任公司"]
)
def test_the_second_squad_is_told_at_once_whose_it_is(api: Api, lead: str, rows: Rows, name: str) -> None:
    refused = api.post("/leads", "neighbour", body(api, name))
    assert (refused.status_code, refused.json["code"]) == (409, "company_claimed")
    assert refused.json["facts"]["squad"] == "east-1"
    assert "east-1首报" in refused.json["detail"]
    assert "lead" not in refused.json["facts"]
    assert rows("SELECT count(*) FROM leads") == [(1,)]
    assert rows("SELECT count(*) FROM companies") == [(1,)]


def test_a_colleague_is_told_that_it_is_theirs_already(api: Api, lead: str) -> None:
    refused = api.post("/leads", "colleague", body(api))
    assert (refused.json["code"], refused.json["facts"]["lead"]) == ("lead_known", lead)


def test_two_squads_in_one_second_exactly_one_wins(api: Api, rows: Rows) -> None:
    answers: dict[str, Any] = {}

    def go(who: str) -> None:
        answers[who] = api.post("/leads", who, body(api))

    threads = [threading.Thread(target=go, args=(who,)) for who in ("chen", "neighbour")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers.values()) == [201, 409]
    (lost,) = [answer for answer in answers.values() if answer.status_code == 409]
    assert lost.json["code"] == "company_claimed"
    assert rows("SELECT count(*) FROM leads") == [(1,)]
    assert rows("SELECT count(*) FROM companies") == [(1,)]


def test_another_code_is_another_company_however_it_is_called(api: Api, rows: Rows) -> None:
    first, second = "91350211M000100Y46", "911101077776591113"
    assert api.post("/leads", "chen", body(api, company={"uscc": first})).status_code == 201
    assert api.post("/leads", "neighbour", body(api, company={"uscc": second})).status_code == 201
    assert rows("SELECT count(*) FROM companies") == [(2,)]
    refused = api.post("/leads", "neighbour", body(api, "完全不同的名字", company={"uscc": first.lower()}))
    assert refused.json["code"] == "company_claimed"
    unclear = api.post("/leads", "leader", body(api))
    assert (unclear.json["code"], len(unclear.json["facts"]["companies"])) == ("company_unclear", 2)


def test_one_that_is_said_to_be_another_is(api: Api, lead: str, rows: Rows) -> None:
    assert api.post("/leads", "neighbour", body(api, company={"is_other": True})).status_code == 201
    assert rows("SELECT count(*) FROM companies") == [(2,)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"company": {"uscc": "123"}}, "uscc_invalid"),
        ({"company": {"phone": "12"}}, "phone_invalid"),
        ({"company": {"name": "（）"}}, "company_name_invalid"),
        ({"company_id": "0" * 32}, "company_needed"),
        ({"company": {"name": " "}}, "input_invalid"),
        ({"investment_wan": -1}, "input_invalid"),
        ({"next_on": "9999-01-01"}, "input_invalid"),
        ({"reported_at": "0001-01-01T00:00:00+08:00"}, "input_invalid"),
        ({"reported_at": "9999-12-31T23:59:59-08:00"}, "input_invalid"),
    ],
    ids=str,
)
def test_what_cannot_be_stored_is_said(api: Api, rows: Rows, changes: dict[str, Any], code: str) -> None:
    refused = api.post("/leads", "chen", body(api, **changes))
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert rows("SELECT count(*) FROM companies") == [(0,)]


def test_who_is_in_no_squad_reports_nothing(api: Api) -> None:
    assert api.post("/leads", "bureau", body(api)).json["code"] == "no_squad"


def test_forward_as_it_comes_back_with_a_reason(api: Api, lead: str, clock: StoppedClock) -> None:
    clock.advance(minutes=1)
    moved = api.post(f"/leads/{lead}/stages", "colleague", {"stage": "talks"})
    assert (moved.status_code, moved.json["stage_word"]) == (200, "洽谈")
    refused = api.post(f"/leads/{lead}/stages", "chen", {"stage": "visited"})
    assert (refused.status_code, refused.json["code"]) == (422, "reason_needed")
    clock.advance(minutes=1)
    back = api.post(f"/leads/{lead}/stages", "chen", {"stage": "visited", "reason": "对方换了负责人"})
    assert [(e["what"], e["facts"].get("to"), e["reason"]) for e in back.json["events"]][:2] == [
        ("stage", "visited", "对方换了负责人"),
        ("stage", "talks", ""),
    ]


def test_a_signature_ends_it_and_only_the_bureau_takes_it_back(api: Api, lead: str) -> None:
    signed = api.post(f"/leads/{lead}/stages", "chen", {"stage": "signed"})
    assert (signed.json["outcome"], signed.json["owed"], signed.json["may_edit"]) == ("signed", [], False)
    assert api.post(f"/leads/{lead}/stages", "chen", {"stage": "talks", "reason": "x"}).status_code == 403
    assert api.post("/leads", "neighbour", body(api)).status_code == 201, "a new lead of the same company"
    blocked = api.post(f"/leads/{lead}/stages", "bureau", {"stage": "talks", "reason": "误操作"})
    assert (blocked.status_code, blocked.json["code"]) == (409, "company_has_another")


def test_the_bureau_takes_a_signature_back(api: Api, lead: str) -> None:
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "signed"})
    back = api.post(f"/leads/{lead}/stages", "bureau", {"stage": "signing", "reason": "误操作"})
    assert (back.status_code, back.json["outcome"], back.json["stage"]) == (200, None, "signing")


def test_what_is_known_is_brought_up_to_date_and_the_old_stands_in_the_history(
    api: Api, lead: str, clock: StoppedClock
) -> None:
    clock.advance(minutes=1)
    changes = {"investment_wan": 30000, "land_mu": 80.5, "next_action": "陪同考察", "next_on": "2026-12-01"}
    changed = api.post(f"/leads/{lead}/changes", "colleague", changes)
    assert (changed.status_code, changed.json["land_mu"], changed.json["next_on"]) == (200, 80.5, "2026-12-01")
    assert changed.json["events"][0]["facts"]["investment_wan"] == {"from": None, "to": 30000}
    assert api.post(f"/leads/{lead}/changes", "supervisor", changes).status_code == 403


def update(api: Api, **changes: Any) -> dict[str, Any]:
    said = {"id": str(uuid.uuid4()), "text": "拜访了张总，看了厂房", "happened_at": api.clock().isoformat()}
    return said | changes


def test_an_update_beside_ones_check_in_is_corroborated_and_another_is_only_plain(
    api: Api, lead: str, clock: StoppedClock
) -> None:
    api.check_in("chen", kind="visit")
    clock.advance(minutes=40)
    place = {"lat": SHANGHAI[0], "lng": SHANGHAI[1], "datum": "wgs84", "accuracy_m": 30}
    near = api.post(f"/leads/{lead}/updates", "chen", update(api, **place))
    assert (near.status_code, near.json["corroborated"]) == (201, True)
    far = api.post(f"/leads/{lead}/updates", "chen", update(api, **place | {"lat": SHANGHAI[0] + 0.1}))
    assert (far.status_code, far.json["corroborated"]) == (201, False)
    plain = api.post(f"/leads/{lead}/updates", "chen", update(api))
    assert (plain.status_code, plain.json["corroborated"]) == (201, False)
    somebodys = api.post(f"/leads/{lead}/updates", "colleague", update(api, **place))
    assert somebodys.json["corroborated"] is False, "a check-in of one's own"
    clock.advance(hours=3)
    assert api.post(f"/leads/{lead}/updates", "chen", update(api, **place)).json["corroborated"] is False
    assert len(api.get(f"/leads/{lead}", "supervisor").json["updates"]) == 5


def test_an_update_is_taken_once(api: Api, lead: str) -> None:
    said = update(api)
    assert [api.post(f"/leads/{lead}/updates", "chen", said).status_code for _ in range(2)] == [201, 200]
    again = api.post(f"/leads/{lead}/updates", "chen", said | {"text": "别的"})
    assert (again.status_code, again.json["code"]) == (409, "update_differs")


def test_a_time_at_the_ends_of_the_calendar_is_refused(api: Api, lead: str) -> None:
    for at in ("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"):
        place = {"lat": SHANGHAI[0], "lng": SHANGHAI[1], "happened_at": at}
        assert api.post(f"/leads/{lead}/updates", "chen", update(api, **place)).status_code == 422


def test_a_place_needs_consent_and_an_update_without_one_does_not(api: Api, lead: str) -> None:
    withdrawn = {"version": consent.CURRENT_VERSION, "agreed": False}
    assert api.post("/consents", "chen", withdrawn).status_code == 200
    place = {"lat": SHANGHAI[0], "lng": SHANGHAI[1]}
    assert api.post(f"/leads/{lead}/updates", "chen", update(api, **place)).json["code"] == "consent_required"
    assert api.post(f"/leads/{lead}/updates", "chen", update(api)).status_code == 201


def test_others_learn_whose_it_is_and_nothing_more(api: Api, lead: str) -> None:
    for path in (f"/leads/{lead}",):
        assert api.get(path, "neighbour").status_code == 404
        assert api.get(path, "other_supervisor").status_code == 404
        assert api.get(path, "outsider").status_code == 404
        assert api.get(path, "admin").status_code == 404
        assert [api.get(path, who).status_code for who in ("colleague", "leader", "supervisor", "bureau")] == [200] * 4
    assert api.get("/leads", "neighbour").json["items"] == []
    (row,) = api.get("/companies", "neighbour", q="汇川").json["items"]
    assert (row["state"], row["squad"], row["lead"]) == ("claimed", "east-1", None)


def test_the_list_goes_by_pages_and_filters(api: Api, clock: StoppedClock) -> None:
    for name in ("甲一", "乙二", "丙三"):
        api.post("/leads", "chen", body(api, name))
        clock.advance(minutes=1)
    api.post("/leads", "neighbour", body(api, "丁四"))
    first = api.get("/leads", "supervisor", limit=2).json
    rest = api.get("/leads", "supervisor", limit=2, cursor=first["next_cursor"]).json
    assert [row["company"]["name"] for row in first["items"] + rest["items"]] == ["丙三", "乙二", "甲一"]
    assert len(api.get("/leads", "bureau").json["items"]) == 4
    assert len(api.get("/leads", "colleague", mine="true").json["items"]) == 0
    assert len(api.get("/leads", "chen", mine="true", stage="lead").json["items"]) == 3


def test_the_pool_is_for_those_who_work_with_leads(api: Api) -> None:
    assert [api.get("/leads", who, state="pooled").status_code for who in ("chen", "supervisor", "admin")] == [
        200,
        200,
        403,
    ]


def test_a_report_from_the_future_is_of_now(api: Api) -> None:
    ahead = (api.clock() + timedelta(days=2)).isoformat()
    assert (
        api.post("/leads", "chen", body(api, reported_at=ahead)).json["reported_at"][:16]
        == api.clock().isoformat()[:16]
    )


def test_an_update_of_a_visit_is_of_the_moment_of_its_check_in_and_corroborated_by_it(
    api: Api, lead: str, clock: StoppedClock
) -> None:
    """Anywhere, without a place of its own, and however late it is sent."""
    visit = api.check_in("chen", kind="visit", lat="31.9", lng="120.9").json["id"]
    at = clock.at
    clock.advance(hours=5)
    said = update(api, visit=visit)
    made = api.post(f"/leads/{lead}/updates", "chen", said)
    assert (made.status_code, made.json["corroborated"]) == (201, True)
    assert made.json["happened_at"][:16] == at.isoformat()[:16]
    assert api.post(f"/leads/{lead}/updates", "chen", said).status_code == 200
    other = api.post(f"/leads/{lead}/updates", "chen", {k: v for k, v in said.items() if k != "visit"})
    assert (other.status_code, other.json["code"]) == (409, "update_differs")


def test_a_visit_of_somebody_else_or_rejected_or_never_sent_corroborates_nothing(
    api: Api, lead: str, clock: StoppedClock
) -> None:
    theirs = api.check_in("colleague", kind="visit").json["id"]
    rejected = api.check_in("chen", kind="visit").json["id"]
    no = {"decision": "rejected", "reason": "看不清人", "code": "other"}
    assert api.post(f"/checkins/{rejected}/reviews", "bureau", no).status_code == 201
    for visit in (theirs, rejected, str(uuid.uuid4())):
        made = api.post(f"/leads/{lead}/updates", "chen", update(api, visit=visit))
        assert (made.status_code, made.json["corroborated"]) == (201, False)
