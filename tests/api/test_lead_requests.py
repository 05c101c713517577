"""What somebody outside the squad decides: joining, the claim itself, a dead end. And no lead is dropped in silence."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.api.test_leads import body, lead, update
from tests.client import Api
from tests.conftest import StoppedClock

__all__ = ["lead"]
Rows = Callable[..., list]


@pytest.fixture
def company(api: Api, lead: str) -> str:
    return str(api.get(f"/leads/{lead}", "chen").json["company"]["id"])


def ask(api: Api, company: str, kind: str = "join", who: str = "neighbour", **more: Any) -> Any:
    said = {"id": str(uuid.uuid4()), "kind": kind, "reason": "我们在本地有关系"} | more
    return api.post(f"/companies/{company}/requests", who, said)


def decide(api: Api, request: str, decision: str = "granted", who: str = "bureau", answer: str = "两队一起谈") -> Any:
    return api.post(f"/lead-requests/{request}/decision", who, {"decision": decision, "answer": answer})


def told(rows: Rows, kind: str) -> list[tuple[str, str]]:
    """Who was told what by notices of this kind."""
    found = rows(
        "SELECT m.name, n.dedupe_key FROM notices n JOIN members m ON m.id = n.member_id AND m.county_id = n.county_id"
        f" WHERE n.kind = '{kind}' ORDER BY m.name"
    )
    return [(name, key.split(":")[1]) for name, key in found]


def test_a_second_squad_is_let_in_by_the_bureau_and_the_claim_stays(
    api: Api, lead: str, company: str, rows: Rows
) -> None:
    asked = ask(api, company)
    assert (asked.status_code, asked.json["state"], asked.json["lead"], asked.json["holder"]) == (
        201,
        "open",
        None,
        "east-1",
    )
    assert {name for name, _ in told(rows, "lead_asked")} == {"bureau", "bureau2"}
    assert api.get(f"/leads/{lead}", "neighbour").status_code == 404
    granted = decide(api, asked.json["id"])
    assert (granted.status_code, granted.json["state"]) == (200, "granted")
    seen = api.get(f"/leads/{lead}", "neighbour").json
    assert (seen["squad"], seen["joined"], seen["may_edit"], seen["may_update"]) == ("east-1", ["west-1"], False, True)
    assert api.post(f"/leads/{lead}/updates", "neighbour", update(api)).status_code == 201
    assert api.post(f"/leads/{lead}/stages", "neighbour", {"stage": "talks"}).status_code == 403
    assert told(rows, "lead_news") == [("chen", "joined"), ("neighbour", "join_granted")]
    assert decide(api, asked.json["id"]).status_code == 200, "the same decision again is a retry"
    assert rows("SELECT DISTINCT state FROM notices WHERE kind = 'lead_asked'") == [("expired",)], "not sent any more"
    assert decide(api, asked.json["id"], "refused").json["code"] == "request_decided"
    assert ask(api, company).json["code"] == "lead_known"


def test_a_contest_shows_both_times_and_the_loser_stays_in(api: Api, lead: str, company: str, rows: Rows) -> None:
    earlier = "2026-11-20T09:00:00+08:00"
    asked = ask(api, company, "contest", reported_at=earlier)
    assert datetime.fromisoformat(asked.json["reported_at"]) == datetime.fromisoformat(earlier)
    assert asked.json["claimed_at"] is not None
    decide(api, asked.json["id"], answer="先接触的是西队")
    after = api.get(f"/leads/{lead}", "neighbour").json
    assert (after["squad"], after["owner"]["name"], after["joined"]) == ("west-1", "neighbour", ["east-1"])
    assert api.get(f"/leads/{lead}", "chen").json["may_edit"] is False
    assert ("chen", "lost") in told(rows, "lead_news")


def test_the_same_request_twice_and_a_second_one(api: Api, company: str) -> None:
    request = str(uuid.uuid4())
    assert [ask(api, company, id=request).status_code for _ in range(2)] == [201, 200]
    assert ask(api, company, id=request, reason="别的").json["code"] == "request_differs"
    assert ask(api, company).json["code"] == "request_waits"
    assert ask(api, company, "contest").status_code == 201


@pytest.mark.parametrize(
    ("who", "status"),
    [
        *[("chen", 404), ("neighbour", 404), ("other_leader", 404), ("admin", 404), ("outsider", 404)],
        *[("far_bureau", 404), ("supervisor", 404), ("other_supervisor", 404)],
        *[("bureau", 200), ("county_leader", 200)],
    ],
)
def test_between_two_units_only_the_county_decides(api: Api, company: str, who: str, status: int) -> None:
    asked = ask(api, company).json["id"]
    assert decide(api, asked, who=who).status_code == status
    listed = [one["id"] for one in api.get("/lead-requests", who, state="all").json["items"]]
    assert (asked in listed) is (status == 200)


def closing(api: Api, lead: str, who: str = "chen", **more: Any) -> Any:
    said = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话三次，上门两次", "evidence": "11月20日前台回复"}
    return api.post(f"/leads/{lead}/closing", who, said | more)


def test_a_dead_end_needs_somebody_outside(api: Api, lead: str, rows: Rows, clock: StoppedClock) -> None:
    asked = closing(api, lead)
    assert (asked.status_code, asked.json["code_word"]) == (201, "多次联系没有回应")
    assert {name for name, _ in told(rows, "lead_asked")} == {"supervisor"}, "it is a matter of one unit"
    assert api.get(f"/leads/{lead}", "chen").json["outcome"] is None
    assert decide(api, asked.json["id"], who="leader").status_code == 404
    clock.advance(minutes=1)
    assert decide(api, asked.json["id"], who="supervisor", answer="同意").status_code == 200
    closed = api.get(f"/leads/{lead}", "chen").json
    assert (closed["outcome"], closed["may_update"]) == ("dead_end", False)
    assert closed["events"][0]["facts"] == {
        "code": "no_reply",
        "tried": "电话三次，上门两次",
        "evidence": "11月20日前台回复",
    }
    for path, what in ((f"/leads/{lead}/stages", {"stage": "talks"}), (f"/leads/{lead}/updates", update(api))):
        assert api.post(path, "chen", what).json["code"] == "lead_ended"


def test_a_closing_that_is_refused_changes_nothing(api: Api, lead: str, rows: Rows) -> None:
    asked = closing(api, lead)
    decide(api, asked.json["id"], "refused", who="supervisor", answer="再联系一次商会")
    assert api.get(f"/leads/{lead}", "chen").json["outcome"] is None
    assert told(rows, "lead_news") == [("chen", "close_refused")]


@pytest.mark.parametrize("missing", ["code", "tried", "evidence"])
def test_a_closing_says_why_what_was_tried_and_by_what_it_shows(api: Api, lead: str, missing: str) -> None:
    assert closing(api, lead, **{missing: ""}).status_code == 422


def test_one_word_opens_it_again_with_its_history(api: Api, lead: str, clock: StoppedClock) -> None:
    decide(api, closing(api, lead).json["id"], who="supervisor")
    clock.advance(days=3)
    opened = api.post(f"/leads/{lead}/reopen", "colleague", {"reason": "对方来电"})
    assert (opened.status_code, opened.json["outcome"], opened.json["squad"]) == (200, None, "east-1")
    assert {"claimed", "close_asked", "closed", "reopened"} <= {one["what"] for one in opened.json["events"]}
    assert api.post(f"/leads/{lead}/reopen", "colleague", {}).status_code == 200, "a repeat changes nothing"


def test_it_stays_closed_where_somebody_has_begun_anew(api: Api, lead: str) -> None:
    decide(api, closing(api, lead).json["id"], who="supervisor")
    assert api.post("/leads", "neighbour", body(api)).status_code == 201
    assert api.post(f"/leads/{lead}/reopen", "chen", {}).json["code"] == "company_has_another"


def test_who_is_inside_decides_nothing_even_with_the_role(api: Api, lead: str, company: str) -> None:
    """The supervisor of the unit who also sits in the squad."""
    granted = api.post(f"/members/{api.cast['leader'].id}/roles", "admin", {"role": "unit_supervisor", "unit": "east"})
    assert granted.status_code == 201, granted.text
    asked = closing(api, lead).json["id"]
    refused = decide(api, asked, who="leader")
    assert (refused.status_code, refused.json["code"]) == (403, "own_request")


def test_a_signature_leaves_nothing_to_decide(api: Api, lead: str, company: str) -> None:
    asked = ask(api, company).json["id"]
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "signed"})
    assert decide(api, asked).json["code"] == "request_decided"


def test_what_is_not_decided_stands_beside_the_lead_in_words(api: Api, lead: str) -> None:
    company = api.get(f"/leads/{lead}", "chen").json["company"]["id"]
    joining = {"id": str(uuid.uuid4()), "kind": "join", "reason": "商会会长是我们的老乡"}
    asked = api.post(f"/companies/{company}/requests", "neighbour", joining).json["id"]
    closing = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话三次", "evidence": "前台回复"}
    api.clock.advance(minutes=1)
    assert api.post(f"/leads/{lead}/closing", "chen", closing).status_code == 201
    for who in ("chen", "supervisor", "bureau"):
        (row,) = api.get("/leads", who).json["items"]
        assert row["asked"] == ["申请加入", "申请终止"]
    assert api.get("/leads", "neighbour").json["items"] == []
    api.post(f"/lead-requests/{asked}/decision", "bureau", {"decision": "refused", "answer": "先由首报的跟进"})
    assert api.get(f"/leads/{lead}", "chen").json["asked"] == ["申请终止"]
