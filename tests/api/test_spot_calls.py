"""电话抽查 and a month's results: who was called, when nobody's answering counts, and the sums."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from tests.client import Api
from tests.conftest import StoppedClock
from tests.spots import answer, call, draw, mine

Rows = Callable[..., list]
Go = Callable[..., None]


def test_the_call_sheet_has_the_number_and_an_answer_ends_it(api: Api, to_call: str) -> None:
    (row,) = api.get("/spot-calls", "supervisor").json["items"]
    assert (row["id"], row["squad"], row["phone"]) == (to_call, "east-1", "02188886666")
    assert mine(api, "chen") == [], "nobody waits beside the telephone"
    done = call(api, to_call, "answered", who="小陈", note="在驻点办公")
    assert (done.status_code, done.json["state_word"], done.json["calls"][0]["who"]) == (201, "按时应答", "小陈")
    assert api.get("/spot-calls", "supervisor").json["items"] == []
    assert call(api, to_call, "no_answer").status_code == 409
    assert mine(api, "chen")[0]["calls"][0]["outcome_word"] == "在驻点接听", "the squad sees what came of it"
    assert "驻点电话有人接听" in [one["title"] for one in api.get("/me/file", "chen").json["events"]]
    assert "驻点电话有人接听" not in [one["title"] for one in api.get("/me/file", "neighbour").json["events"]]


def test_no_answer_counts_with_the_second_attempt_ten_minutes_later(
    api: Api, to_call: str, clock: StoppedClock, rows: Rows
) -> None:
    assert call(api, to_call, "no_answer").json["state"] == "open"
    clock.advance(minutes=9)
    assert call(api, to_call, "no_answer").json["state"] == "open"
    clock.advance(minutes=1, seconds=1)
    assert call(api, to_call, "no_answer").json["state"] == "unanswered"
    said = api.post(f"/spot-checks/{to_call}/explanation", "colleague", {"excuse": "meeting", "text": "都去企业了"})
    assert (said.status_code, said.json["explained_by"]) == (200, "colleague")
    assert api.post(f"/spot-checks/{to_call}/explanation", "neighbour", {"excuse": "meeting"}).status_code == 404
    assert rows("SELECT count(DISTINCT member_id) FROM notices WHERE kind = 'spot_missed'")[0][0] >= 2


def test_a_wrong_number_is_nobodys_fault_and_the_same_call_again_is_a_retry(api: Api, to_call: str) -> None:
    said = {"id": str(uuid.uuid4()), "outcome": "wrong_number", "called_at": api.clock().isoformat()}
    path = f"/spot-checks/{to_call}/calls"
    assert [api.post(path, "supervisor", said).status_code for _ in range(2)] == [201, 200]
    assert api.get("/spot-results?month=2026-11", "supervisor").json["squads"] == []
    assert api.post(path, "other_supervisor", said).status_code == 404
    assert api.post(path, "chen", said).status_code == 403


def test_one_that_nobody_calls_is_given_up_after_three_days(api: Api, to_call: str, spot_course: Go) -> None:
    spot_course(days=2)
    assert len(api.get("/spot-calls", "supervisor").json["items"]) == 1
    spot_course(days=2)
    assert api.get("/spot-calls", "supervisor").json["items"] == []
    assert mine(api) == []
    assert api.get("/spot-results?month=2026-11", "supervisor").json["squads"] == []


def test_a_station_without_a_number_cannot_be_called(api: Api, spot_course: Go) -> None:
    made = draw(api, "supervisor", kind="call").json["id"]
    spot_course(seconds=4)
    seen = api.get(f"/draws/{made}", "supervisor").json
    assert seen["checks"] == []
    assert [row["why"] for row in seen["pool"]] == ["驻点没有登记固定电话"]


def test_a_months_results_by_unit_and_squad(api: Api, asked: str, spot_course: Go, clock: StoppedClock) -> None:
    clock.advance(minutes=6)
    checkin = answer(api, asked).json["id"]
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted", "reason": "手势正确"})
    found = api.get("/spot-results?month=2026-11", "bureau").json
    (line,) = found["squads"]
    expected = {"name": "east-1", "unit": "east", "drawn": 1, "in_time": 1, "late": 0, "accepted": 1, "unanswered": 0}
    assert {key: line[key] for key in expected} == expected
    assert 300 <= line["median_s"] <= 400
    assert [one["name"] for one in found["units"]] == ["east"]
    assert api.get("/spot-results?month=2026-11", "other_supervisor").json["squads"] == []
    assert api.get("/spot-results?month=2026-13", "bureau").status_code == 422


def test_the_squad_has_a_day_to_explain_from_when_it_was_told(api: Api, to_call: str, clock: StoppedClock) -> None:
    clock.advance(days=1)
    for _ in range(2):
        call(api, to_call, "no_answer")
        clock.advance(minutes=11)
    failed = {"decision": "failed", "reason": "没有人"}
    early = api.post(f"/spot-checks/{to_call}/decision", "supervisor", failed)
    assert (early.status_code, early.json["code"]) == (409, "spot_not_heard")
    clock.advance(hours=25)
    assert api.post(f"/spot-checks/{to_call}/decision", "supervisor", failed).status_code == 200


def test_a_call_of_before_the_draw_or_after_work_does_not_count(api: Api, to_call: str, clock: StoppedClock) -> None:
    old = call(api, to_call, "no_answer", called_at="2026-10-24T02:00:00Z")
    assert (old.status_code, old.json["code"]) == (422, "call_too_early")
    clock.advance(hours=12)  # ten at night
    for _ in range(3):
        assert call(api, to_call, "no_answer").json["state"] == "open"
        clock.advance(minutes=11)
    clock.advance(hours=11)  # nine in the morning and more
    assert call(api, to_call, "no_answer").json["state"] == "open"
    clock.advance(minutes=11)
    assert call(api, to_call, "no_answer").json["state"] == "unanswered"


def test_two_calls_written_down_at_once_count_for_nothing(api: Api, to_call: str, clock: StoppedClock) -> None:
    """When a call was made nobody can check."""
    at = (clock() + timedelta(minutes=1)).isoformat()
    clock.advance(minutes=20)
    first, second = (call(api, to_call, "no_answer", called_at=moment).json for moment in (at, clock().isoformat()))
    assert (first["state"], second["state"]) == ("open", "open")
    assert [(one["is_late"], one["logged_at"] >= one["called_at"]) for one in second["calls"]] == [
        (True, True),
        (False, True),
    ]
    clock.advance(minutes=11)
    assert call(api, to_call, "no_answer").json["state"] == "unanswered"
    assert mine(api, "colleague")[0]["calls"][0]["is_late"], "the squad is told"


def test_a_squad_on_leave_is_not_called(api: Api, station_phones: None, spot_course: Go) -> None:
    for who in ("chen", "colleague", "leader"):
        leave = {"kind": "training", "starts_on": "2026-11-24", "reason": "培训"}
        made = api.post("/leaves", who, leave).json["id"]
        assert api.post(f"/leaves/{made}/decision", "bureau", {"approved": True}).status_code == 200
    drawn = draw(api, "supervisor", kind="call").json["id"]
    spot_course(seconds=4)
    assert [row["why"] for row in api.get(f"/draws/{drawn}", "supervisor").json["pool"]] == ["请假或公出"]


def test_the_countys_call_is_not_the_units_to_make(api: Api, station_phones: None, spot_course: Go) -> None:
    made = draw(api, "bureau", kind="call", unit=str(api.cast.units["east"])).json["id"]
    spot_course(seconds=4)
    (row,) = api.get("/spot-calls", "bureau").json["items"]
    for path in ("/spot-calls", "/spot-checks?state=all"):
        assert api.get(path, "supervisor").json["items"] == []
    assert api.get(f"/draws/{made}", "supervisor").json["checks"] == []
    assert call(api, row["id"], "answered").status_code == 404, "the unit's supervisor says nobody was away"
    said = {"id": str(uuid.uuid4()), "outcome": "forwarded", "called_at": api.clock().isoformat()}
    done = api.post(f"/spot-checks/{row['id']}/calls", "bureau", said)
    assert (done.status_code, done.json["state_word"]) == (201, "呼叫转移后接听")
    (line,) = api.get("/spot-results?month=2026-11", "supervisor").json["squads"]
    assert (line["calls"], line["calls_answered"], line["calls_forwarded"]) == (1, 0, 1)


def test_a_station_whose_people_are_all_on_leave_is_not_called(api: Api, to_call: str, clock: StoppedClock) -> None:
    assert call(api, to_call, "no_answer").json["state"] == "open"
    for who in ("chen", "colleague", "leader"):
        leave = api.post("/leaves", who, {"kind": "training", "starts_on": "2026-11-24", "reason": "培训"}).json["id"]
        assert api.post(f"/leaves/{leave}/decision", "bureau", {"approved": True}).status_code == 200
    clock.advance(minutes=11)
    done = call(api, to_call, "no_answer").json
    assert (done["state"], done["state_word"]) == ("void", "已作废：请假或公出")
