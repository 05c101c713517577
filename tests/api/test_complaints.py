"""意见: a member complains or suggests; whoever answers is told, answers once, and the member reads the answer."""

import json
import uuid
from datetime import date
from typing import Any

from server.complaints import service
from server.db import Database
from tests.client import Api
from tests.conftest import StoppedClock


def say(api: Api, who: str = "chen", **more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "kind": "complaint", "text": "周末也要求打卡，负担太重"} | more


def titles(api: Api, who: str) -> list[str]:
    return [one["title"] for one in json.loads(api.get("/me/notices", who).text)["items"]]


def test_it_is_kept_with_its_term_and_whoever_answers_is_told(api: Api) -> None:
    answer = api.post("/me/complaints", "chen", say(api))
    assert answer.status_code == 201, answer.text
    made = json.loads(answer.text)
    assert (made["word"], made["due_on"], made["late"], made["answer"]) == ("投诉", "2026-12-01", False, None)
    for who in ("bureau", "bureau2", "admin"):
        assert titles(api, who) == ["收到意见"], who
    assert titles(api, "supervisor") == []  # it may be about them


def test_sent_again_it_is_the_same(api: Api, rows) -> None:
    said = say(api)
    assert [api.post("/me/complaints", "chen", said).status_code for _ in range(2)] == [201, 200]
    assert api.post("/me/complaints", "chen", said | {"text": "别的话"}).status_code == 409
    assert api.post("/me/complaints", "colleague", said).status_code == 409
    assert rows("SELECT count(*) FROM complaints") == [(1,)]
    assert titles(api, "bureau") == ["收到意见"]


def test_it_is_answered_once_and_the_member_reads_the_answer(api: Api, rows) -> None:
    made = json.loads(api.post("/me/complaints", "chen", say(api, kind="suggestion")).text)
    path, body = f"/complaints/{made['id']}/answer", {"answer": "已提请县里研究，12月起周末不再要求打卡。"}
    assert [api.post(path, "bureau", body).status_code for _ in range(2)] == [200, 200]
    other = api.post(path, "bureau2", {"answer": "另一个答复"})
    assert (other.status_code, json.loads(other.text)["code"]) == (409, "complaint_answered")
    (mine,) = json.loads(api.get("/me/complaints", "chen").text)["items"]
    assert (mine["answer"], mine["answered_by"]) == (body["answer"], "bureau")
    (notice,) = json.loads(api.get("/me/notices", "chen").text)["items"]
    assert notice["text"] == f"您提的建议已有答复：{body['answer']}"
    assert json.loads(api.get("/complaints", "bureau").text)["items"] == []
    asked = rows("SELECT DISTINCT state FROM notices WHERE kind = 'complaint_made'")
    assert asked == [("expired",)], "it is not sent any more"
    assert titles(api, "bureau2") == ["收到意见"]
    assert len(json.loads(api.get("/complaints", "bureau", state="answered").text)["items"]) == 1
    assert rows("SELECT action FROM audit_events WHERE action LIKE 'complaint%' ORDER BY at, action") == [
        ("complaint.answered",),
        ("complaint.made",),
    ]


def test_nobody_answers_their_own(api: Api) -> None:
    made = json.loads(api.post("/me/complaints", "bureau", say(api)).text)
    refused = api.post(f"/complaints/{made['id']}/answer", "bureau", {"answer": "没有问题"})
    assert (refused.status_code, json.loads(refused.text)["code"]) == (403, "own_complaint")
    assert titles(api, "bureau") == []


def test_what_is_due_is_brought_to_mind_once(api: Api, db: Database, clock: StoppedClock) -> None:
    api.post("/me/complaints", "chen", say(api))

    def remind(on: date) -> None:
        with db.transaction() as session:
            service.remind(session, 1, on, clock())

    remind(date(2026, 11, 30))
    assert titles(api, "bureau") == ["收到意见"]
    clock.advance(days=7)
    for day in (1, 2):
        remind(date(2026, 12, day))
    assert titles(api, "bureau") == ["意见待答复", "收到意见"]
    clock.advance(days=1)
    (late,) = json.loads(api.get("/complaints", "bureau").text)["items"]
    assert late["late"] is True


def test_nothing_said_is_nothing_kept(api: Api, rows) -> None:
    for text in ("", "  ", "x" * 1001):
        assert api.post("/me/complaints", "chen", say(api, text=text)).status_code == 422
    assert api.post("/me/complaints", "chen", say(api, kind="praise")).status_code == 422
    assert rows("SELECT count(*) FROM complaints") == [(0,)]


def test_twenty_a_day_are_enough(api: Api) -> None:
    assert {api.post("/me/complaints", "chen", say(api)).status_code for _ in range(20)} == {201}
    assert api.post("/me/complaints", "chen", say(api)).status_code == 429
