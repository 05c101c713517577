"""One company: what it is, all its leads, everyone who had to do with it; put right by those who deal with it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.test_leads import body, update
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
USCC, OTHER_USCC = "91350211M000100Y46", "911101077776591113"


@pytest.fixture
def company(api: Api) -> str:
    """Chen's: reported, followed up and moved on."""
    given = {"uscc": USCC, "phone": "0512-66666666", "home_city": "苏州", "size": "large"}
    lead = api.post("/leads", "chen", body(api, "苏州汇川技术有限公司", company=given)).json
    assert api.post(f"/leads/{lead['id']}/updates", "colleague", update(api)).status_code == 201
    assert api.post(f"/leads/{lead['id']}/stages", "chen", {"stage": "talks"}).status_code == 200
    return str(lead["company"]["id"])


def read(api: Api, company: str, who: str) -> dict[str, Any]:
    found = api.get(f"/companies/{company}", who)
    assert found.status_code == 200, found.text
    return dict(found.json)


def people(api: Api, company: str, who: str) -> dict[str, list[tuple[str, int]]]:
    return {
        one["member"]["name"]: [(deed["what"], deed["times"]) for deed in one["did"]]
        for one in read(api, company, who)["people"]
    }


def change(api: Api, company: str, who: str = "chen", **to: Any) -> TestResponse:
    return api.post(f"/companies/{company}/changes", who, to)


def test_its_leads_over_time_and_everyone_who_had_to_do_with_it(api: Api, company: str, clock: StoppedClock) -> None:
    lead = read(api, company, "chen")["leads"][0]["id"]
    closing = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话", "evidence": "前台回复"}
    asked = api.post(f"/leads/{lead}/closing", "chen", closing).json["id"]
    granted = {"decision": "granted", "answer": "同意"}
    assert api.post(f"/lead-requests/{asked}/decision", "supervisor", granted).status_code == 200
    clock.advance(days=30)
    again = api.post("/leads", "neighbour", body(api, "苏州汇川技术有限公司"))
    assert again.status_code == 201, again.text

    found = read(api, company, "bureau")
    assert [(one["squad"], one["stage"], one["outcome"]) for one in found["leads"]] == [
        ("west-1", "lead", None),
        ("east-1", "talks", "dead_end"),
    ]
    assert people(api, company, "bureau") == {
        "neighbour": [("reported", 1)],
        "supervisor": [("decided", 1)],
        "chen": [("reported", 1), ("moved", 1), ("asked", 1), ("entered", 1)],
        "colleague": [("updated", 1)],
    }
    assert [one["may_open"] for one in found["people"]] == [True] * 4


def test_each_sees_what_their_own_subtree_did(api: Api, company: str) -> None:
    asked = {"id": str(uuid.uuid4()), "kind": "join", "reason": "认识他们"}
    assert api.post(f"/companies/{company}/requests", "neighbour", asked).status_code == 201
    assert set(people(api, company, "leader")) == {"chen", "colleague"}
    assert set(people(api, company, "supervisor")) == {"chen", "colleague"}
    theirs = read(api, company, "other_leader")
    assert (theirs["state"], theirs["squad"], theirs["leads"], theirs["phone"]) == ("claimed", "east-1", [], None)
    assert [one["member"]["name"] for one in theirs["people"]] == ["neighbour"], "what their own squad asked"
    assert people(api, company, "bureau")["neighbour"] == [("asked", 1)]


def test_a_look_that_tells_of_anothers_claim_is_audited_and_known_to_the_bureau_alone(api: Api, company: str) -> None:
    read(api, company, "neighbour")
    read(api, company, "chen")
    assert api.get("/companies", "other_leader", q="汇川").status_code == 200
    told = people(api, company, "bureau")
    assert (told["neighbour"], told["other_leader"]) == ([("searched", 1)], [("searched", 1)])
    assert "neighbour" not in people(api, company, "county_leader")


def test_nobody_copies_the_whole_directory_by_its_ids(api: Api, company: str) -> None:
    statuses = [api.get(f"/companies/{company}", "neighbour").status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]


@pytest.mark.parametrize("who", ["outsider", "far_bureau"])
def test_of_another_county_there_is_no_such_company(api: Api, company: str, who: str) -> None:
    assert api.get(f"/companies/{company}", who).status_code == 404
    assert change(api, company, who, home_city="上海").status_code == 404


def test_what_it_is_is_put_right_and_found_by_its_new_name(api: Api, company: str, rows: Rows) -> None:
    made = change(api, company, name="无锡惠安科技有限公司", home_city="无锡", size=None, phone="0510-88888888")
    assert made.status_code == 200, made.text
    said = made.json
    assert (said["name"], said["home_city"], said["size"], said["phone"], said["uscc"]) == (
        "无锡惠安科技有限公司",
        "无锡",
        None,
        "+8651088888888",
        USCC,
    )
    for typed in ("无锡惠安", "hakj", "0510 88888888"):
        assert [one["id"] for one in api.get("/companies", "chen", q=typed).json["items"]] == [company], typed
    for typed in ("苏州汇川技术", "051266666666"):
        assert api.get("/companies", "chen", q=typed).json["items"] == [], typed
    events = api.get(f"/leads/{said['lead']}", "chen").json["events"]
    (event,) = (one for one in events if one["what"] == "changed")
    assert event["by"] == "chen"
    assert event["facts"] == {
        "name": {"from": "苏州汇川技术有限公司", "to": "无锡惠安科技有限公司"},
        "home_city": {"from": "苏州", "to": "无锡"},
        "size": {"from": "large", "to": None},
        "phone": {},
    }
    (stored,) = rows("SELECT body FROM audit_payloads WHERE body LIKE '%home_city%'")
    assert "88888888" not in stored[0]


def test_the_same_again_changes_nothing(api: Api, company: str, rows: Rows) -> None:
    for _ in range(2):
        assert change(api, company, phone="+86 512 6666 6666", home_city="昆山").status_code == 200
    assert rows("SELECT count(*) FROM lead_events WHERE what = 'changed'") == [(1,)]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'company.changed'") == [(1,)]


@pytest.mark.parametrize("who", ["colleague", "leader", "supervisor", "bureau"])
def test_those_who_deal_with_it_may(api: Api, company: str, who: str) -> None:
    assert change(api, company, who, industry="机器人").json["industry"] == "机器人"
    assert read(api, company, who)["may_edit"] is True


@pytest.mark.parametrize("who", ["neighbour", "other_leader", "other_supervisor", "county_leader", "admin"])
def test_others_may_not(api: Api, company: str, who: str) -> None:
    refused = change(api, company, who, industry="机器人")
    assert (refused.status_code, refused.json["code"]) == (403, "not_the_keeper")
    assert read(api, company, "bureau")["industry"] is None


def test_of_a_company_that_nobody_follows_the_bureau_keeps_the_facts(api: Api, company: str, rows: Rows) -> None:
    lead = read(api, company, "chen")["lead"]
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "signed"})
    assert change(api, company, "chen", size="small").status_code == 200, "the last lead was theirs"
    assert change(api, company, "neighbour", size="small").status_code == 403


def test_two_companies_never_share_a_code(api: Api, company: str) -> None:
    api.post("/leads", "chen", body(api, "南京明阳电子有限公司", company={"uscc": OTHER_USCC}))
    refused = change(api, company, uscc=OTHER_USCC.lower(), is_other=True)
    assert (refused.status_code, refused.json["code"]) == (409, "uscc_known")
    assert "南京明阳电子有限公司" in refused.json["detail"]
    assert read(api, company, "chen")["uscc"] == USCC


def test_nor_a_name_unless_they_are_said_to_be_two(api: Api, company: str) -> None:
    api.post("/leads", "neighbour", body(api, "南京明阳电子有限公司"))
    refused = change(api, company, name="南京明阳电子（集团）有限公司")
    assert (refused.status_code, refused.json["code"]) == (409, "company_known")
    assert read(api, company, "chen")["name"] == "苏州汇川技术有限公司"
    assert change(api, company, name="南京明阳电子（集团）有限公司", is_other=True).status_code == 200
    assert change(api, company, home_city="南京").status_code == 200, "it was said once"


def test_a_name_is_free_to_share_where_the_codes_differ(api: Api, company: str) -> None:
    api.post("/leads", "neighbour", body(api, "南京明阳电子有限公司", company={"uscc": OTHER_USCC}))
    assert change(api, company, name="南京明阳电子有限公司").status_code == 200
    refused = change(api, company, uscc=None)
    assert (refused.status_code, refused.json["code"]) == (409, "company_known"), "by the code they were two"


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ({"uscc": "123"}, "uscc_invalid"),
        ({"phone": "12"}, "phone_invalid"),
        ({"name": "（）"}, "company_name_invalid"),
        ({"name": ""}, "input_invalid"),
        ({"size": "huge"}, "input_invalid"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_lost(api: Api, company: str, to: dict[str, Any], code: str) -> None:
    before = read(api, company, "chen")
    refused = change(api, company, home_city="昆山", **to)
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert read(api, company, "chen") == before
