"""/leaves: asked for by the member, decided by somebody else by the length, withdrawn; the day follows at once."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from server.db import Database
from server.flags.nightly import run_nightly
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def ask(api: Api, who: str = "chen", kind: str = "training", first: str = "2026-11-25", last: str = "", **more: Any):
    body = {"kind": kind, "starts_on": first, "reason": "参加市里培训"} | ({"ends_on": last} if last else {}) | more
    return api.post("/leaves", who, body)


def decide(api: Api, leave: str, who: str = "supervisor", approved: bool = True, reason: str = "同意"):
    return api.post(f"/leaves/{leave}/decision", who, {"approved": approved, "reason": reason})


def withdraw(api: Api, leave: str, who: str = "chen"):
    return api.post(f"/leaves/{leave}/withdrawal", who, {"reason": "培训改期"})


def told(rows: Rows) -> list[tuple[str, str]]:
    query = "SELECT n.kind, m.name FROM notices n JOIN members m ON m.id = n.member_id WHERE n.kind LIKE 'leave%'"
    return sorted(rows(query))


def test_asked_approved_counted_told_and_audited(api: Api, rows: Rows) -> None:
    asked = ask(api, last="2026-11-26")
    assert (asked.status_code, asked.json["state"], asked.json["word"]) == (201, "pending", "培训")
    assert told(rows) == [("leave_asked", "supervisor")]
    assert api.get("/me/month", "chen").json["excused"] == 0.0
    assert decide(api, asked.json["id"]).json["decided_by"] == "supervisor"
    month = api.get("/me/month", "chen").json
    assert (month["excused"], [d["on"] for d in month["days"]]) == (2.0, ["2026-11-25", "2026-11-26"])
    assert month["days"][0]["sources"][0]["id"] == asked.json["id"]
    assert told(rows) == [("leave_asked", "supervisor"), ("leave_decided", "chen")]
    actions = rows("SELECT action FROM audit_events WHERE action LIKE 'leave.%' ORDER BY at, action DESC")
    assert sorted(actions) == [("leave.approved",), ("leave.asked",)]


@pytest.mark.parametrize("end", [withdraw, decide])
def test_who_was_asked_is_not_told_of_it_outside_once_it_is_over(api: Api, rows: Rows, end: Callable[..., Any]) -> None:
    first, other = ask(api), ask(api, first="2026-11-27")
    end(api, first.json["id"])
    waits = rows("SELECT dedupe_key, state FROM notices WHERE kind = 'leave_asked'")
    assert {(key.split(":")[1], state) for key, state in waits} == {
        (first.json["id"], "expired"),
        (other.json["id"], "pending"),
    }
    titles = [one["title"] for one in api.get("/me/notices", "supervisor").json["items"]]
    assert titles.count("请假审批") == 2


def test_refused_changes_nothing_and_says_why(api: Api) -> None:
    leave = ask(api).json["id"]
    assert decide(api, leave, approved=False, reason="").json["code"] == "reason_required"
    assert decide(api, leave, approved=False, reason="人手不足").json["answer"] == "人手不足"
    assert api.get("/me/month", "chen").json["excused"] == 0.0
    assert withdraw(api, leave).json["code"] == "leave_decided"


def test_withdrawn_no_longer_counts_and_whoever_approved_is_told(api: Api, rows: Rows) -> None:
    leave = ask(api).json["id"]
    decide(api, leave)
    assert withdraw(api, leave).json["state"] == "withdrawn"
    assert withdraw(api, leave).status_code == 200
    assert api.get("/me/month", "chen").json["excused"] == 0.0
    assert api.get("/me/month", "chen").json["days"] == []
    assert ("leave_withdrawn", "supervisor") in told(rows)
    assert decide(api, leave, "bureau").json["code"] == "leave_decided"


def test_the_same_decision_again_is_a_retry(api: Api, rows: Rows) -> None:
    leave = ask(api).json["id"]
    assert [decide(api, leave).status_code for _ in range(2)] == [200, 200]
    assert decide(api, leave, "bureau").json["code"] == "leave_decided"
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'leave.approved'") == [(1,)]


def test_nobody_withdraws_for_another(api: Api) -> None:
    assert withdraw(api, ask(api).json["id"], "supervisor").json["code"] == "not_own_leave"


def test_two_absences_at_once_are_refused_and_the_other_is_named(api: Api) -> None:
    leave = ask(api, last="2026-11-27").json["id"]
    refused = ask(api, kind="sick", first="2026-11-27", last="2026-11-30")
    assert (refused.status_code, refused.json["code"]) == (409, "leave_overlaps")
    assert (refused.json["facts"]["leave"], refused.json["detail"]) == (leave, "11月27日已有培训申请，请先撤回那一个。")
    withdraw(api, leave)
    assert ask(api, kind="sick", first="2026-11-27", last="2026-11-30").status_code == 201


def test_two_half_days_of_one_date_go_together_and_a_third_does_not(api: Api) -> None:
    assert ask(api, value=0.5).status_code == 201
    assert ask(api, kind="sick", value=0.5).status_code == 201
    assert ask(api, kind="personal", value=0.5).json["code"] == "leave_overlaps"


def test_of_two_at_the_same_instant_one_is_refused(api: Api) -> None:
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(api).status_code)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"last": "2026-11-24"}, "interval_reversed"),
        ({"last": "2026-11-26", "value": 0.5}, "half_of_one_day"),
        ({"value": 0.3}, "value_invalid"),
        ({"first": "2026-08-01"}, "date_out_of_range"),
        ({"last": "2028-01-01"}, "date_out_of_range"),
        ({"first": "0001-01-01"}, "input_invalid"),
        ({"kind": "holiday"}, "input_invalid"),
        ({"reason": " "}, "input_invalid"),
    ],
)
def test_what_cannot_be_asked_for(api: Api, change: dict, code: str) -> None:
    response = ask(api, **change)
    assert (response.status_code, response.json["code"]) == (422, code)


def test_who_is_posted_nowhere_needs_no_leave(api: Api) -> None:
    assert ask(api, "supervisor").json["code"] == "not_posted"


def test_a_made_up_day_counts_as_presence_and_is_marked(api: Api) -> None:
    leave = ask(api, kind="make_up", first="2026-11-23").json["id"]
    decide(api, leave)
    (day,) = api.get("/me/month", "chen").json["days"]
    assert (day["value"], day["explanation"]) == (1.0, "确认1天（含补卡）。")


def test_made_up_days_have_a_deadline_and_a_quota(api: Api) -> None:
    assert ask(api, kind="make_up", first="2026-11-20").json["code"] == "make_up_too_late"
    assert ask(api, kind="make_up", first="2026-11-25").json["code"] == "make_up_ahead"
    today = ask(api, kind="make_up", first="2026-11-24")  # which is not past yet
    assert (today.status_code, today.json["code"]) == (422, "make_up_ahead")
    assert ask(api, kind="make_up", first="2026-11-21", last="2026-11-22").status_code == 201
    refused = ask(api, kind="make_up", first="2026-11-23", value=0.5)
    assert (refused.status_code, refused.json["code"]) == (409, "make_up_quota")
    assert refused.json["detail"] == "11月最多补卡 2 天，已经用完。"


def test_which_days_are_past_says_the_stations_date(api: Api, clock: StoppedClock) -> None:
    clock.advance(hours=14, minutes=30)  # the 25th in Shanghai, still the 24th in Frankfurt
    assert ask(api, kind="make_up", first="2026-11-24").status_code == 201
    assert ask(api, "neighbour", kind="make_up", first="2026-11-24").json["code"] == "make_up_ahead"


def test_the_addenda_of_one_decision_stand_by_date(api: Api, clock: StoppedClock) -> None:
    clock.advance(days=17)
    leave = ask(api, first="2026-11-21", last="2026-11-30").json["id"]
    api.close_month()
    assert decide(api, leave, "bureau").status_code == 200
    added = api.get("/me/month", "chen", month="2026-11").json["addenda"]
    assert [a["on"] for a in added] == [f"2026-11-{day}" for day in range(21, 31)]


def test_approved_after_the_close_it_is_an_addendum_and_the_open_days_count(api: Api, clock: StoppedClock) -> None:
    clock.advance(days=17)  # 11 December: what waits is waited for no longer
    leave = ask(api, first="2026-11-30", last="2026-12-01").json["id"]
    assert api.close_month().json["waiting"] == 1
    assert decide(api, leave).status_code == 200
    november = api.get("/me/month", "chen", month="2026-11").json
    assert (november["excused"], november["pending"]) == (0.0, 1.0), "as it was published: nobody had decided"
    assert [(a["on"], a["cause"], a["after"]["excused"]) for a in november["addenda"]] == [("2026-11-30", "leave", 2)]
    assert api.get("/me/month", "chen", month="2026-12").json["excused"] == 1.0
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True
    clock.advance(seconds=1)  # addenda are told by their times
    withdraw(api, leave)
    assert [a["cause"] for a in api.get("/me/month", "chen", month="2026-11").json["addenda"]] == [
        "leave",
        "withdrawal",
    ]
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def test_until_somebody_decides_its_days_are_pending_and_explained(api: Api) -> None:
    ask(api, first="2026-11-24", last="2026-11-25")
    month = api.get("/me/month", "chen", month="2026-11").json
    assert (month["pending"], month["excused"]) == (2.0, 0.0)
    assert [day["explanation"] for day in month["days"]] == ["待核1天（含等待审批的申请），不计为缺勤。"] * 2


@pytest.mark.parametrize("approved", [True, False])
def test_decided_it_is_pending_no_more(api: Api, approved: bool) -> None:
    leave = ask(api, first="2026-11-24", last="2026-11-25").json["id"]
    assert decide(api, leave, approved=approved).status_code == 200
    month = api.get("/me/month", "chen", month="2026-11").json
    assert (month["pending"], month["excused"]) == (0.0, 2.0 if approved else 0.0)


def test_withdrawn_it_is_pending_no_more(api: Api) -> None:
    withdraw(api, ask(api, first="2026-11-24", last="2026-11-25").json["id"])
    assert api.get("/me/month", "chen", month="2026-11").json["pending"] == 0.0


def test_personal_leave_changes_nothing_and_so_waits_for_nothing(api: Api) -> None:
    ask(api, kind="personal", first="2026-11-24", last="2026-11-25")
    assert api.get("/me/month", "chen", month="2026-11").json["pending"] == 0.0


@pytest.mark.parametrize("then", ["approved", "rejected", "withdrawn", "nothing"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_closed_month_verifies_whatever_becomes_of_a_request(
    api: Api, clock: StoppedClock, when: str, then: str
) -> None:
    clock.advance(days=17)
    if when == "before":
        leave = ask(api, first="2026-11-28", last="2026-11-30").json["id"]
    assert api.close_month().json["waiting"] == (when == "before")
    clock.advance(seconds=1)
    if when == "after":
        leave = ask(api, first="2026-11-28", last="2026-11-30").json["id"]
        clock.advance(seconds=1)
    if then in ("approved", "rejected"):
        assert decide(api, leave, approved=then == "approved").status_code == 200
    elif then == "withdrawn":
        withdraw(api, leave)
    assert api.get("/me/month", "chen", month="2026-11").json["pending"] == (3.0 if when == "before" else 0.0)
    found = api.get("/months/2026-11/verify", "bureau").json
    assert (found["matches"], found["differences"]) == (True, [])


def test_lists_show_the_own_and_the_watched(api: Api) -> None:
    ask(api)
    ask(api, "neighbour")
    assert [item["member"]["name"] for item in api.get("/leaves", "chen").json["items"]] == ["chen"]
    assert [item["member"]["name"] for item in api.get("/leaves", "other_supervisor").json["items"]] == ["neighbour"]
    assert len(api.get("/leaves", "bureau", state="pending").json["items"]) == 2
    assert api.get("/leaves", "bureau", state="approved").json["items"] == []
    assert api.get("/leaves", "far_bureau").json["items"] == []


def test_refused_twice_the_same_days_are_not_asked_for_a_third_time(api: Api) -> None:
    for _ in range(2):
        assert decide(api, ask(api, last="2026-11-26").json["id"], approved=False).status_code == 200
    again = ask(api, first="2026-11-26")
    assert (again.status_code, again.json["code"]) == (409, "leave_refused_before")
    assert ask(api, first="2026-11-27").status_code == 201
    assert ask(api, "neighbour", last="2026-11-26").status_code == 201


def test_a_member_asks_so_often_a_day(api: Api, clock: StoppedClock) -> None:
    """Each request counts its days anew, and those of a closed month leave an addendum: not without end."""
    for day in range(1, 11):
        assert withdraw(api, ask(api, first=f"2026-12-{day:02}").json["id"]).status_code == 200
    refused = ask(api)
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_tries")
    assert ask(api, who="colleague").status_code == 201
    clock.advance(days=1)
    assert ask(api).status_code == 201


def test_taking_it_back_before_anybody_can_refuse_it_has_an_end(api: Api) -> None:
    """Each request makes its days wait, and what waits holds flags back."""
    for _ in range(3):
        withdraw(api, ask(api).json["id"])
    again = ask(api)
    assert (again.status_code, again.json["code"]) == (409, "leave_taken_back_before")
    assert ask(api, first="2026-11-27").status_code == 201


def test_who_was_refused_a_holiday_may_fall_ill(api: Api) -> None:
    for _ in range(2):
        leave = ask(api, kind="annual", first="2026-12-01", last="2026-12-31").json["id"]
        decide(api, leave, "bureau", approved=False, reason="年底走不开")
    assert ask(api, kind="annual", first="2026-12-10").json["code"] == "leave_refused_before"
    assert ask(api, kind="sick", first="2026-12-10").status_code == 201


def test_a_main_leader_tells_of_a_trip_without_being_posted(api: Api) -> None:
    """The flag about their unit asks them to: coverage goes by it."""
    trip = ask(api, "supervisor", kind="official_trip")
    assert trip.status_code == 201
    assert decide(api, trip.json["id"], "bureau").status_code == 200
    assert ask(api, "supervisor", kind="sick").json["code"] == "not_posted"
    assert ask(api, "bureau", kind="official_trip").json["code"] == "not_posted"


def test_an_approval_without_words_says_so_much(api: Api) -> None:
    approved = decide(api, ask(api).json["id"], reason="")
    assert (approved.status_code, approved.json["answer"]) == (200, "同意")


def test_a_members_month_has_as_many_days_left_as_the_night_reckons(api: Api, db: Database) -> None:
    """Personal leave of five of the last seven days: two are left, in the month and for a flag."""
    decide(api, ask(api, kind="personal", first="2026-11-26", last="2026-11-30").json["id"], "bureau")
    assert api.get("/me/month", "chen").json["remaining_days"] == 2
    with db.transaction() as session:
        run_nightly(session, 1, date(2026, 11, 24), api.clock())
    (flag,) = [f for f in api.get("/flags", "chen").json["items"] if f["month"] == "2026-11"]
    assert flag["facts"]["remaining_days"] == 2
    unit = api.get(f"/units/{api.cast.units['east']}/month", "supervisor", month="2026-11").json
    assert [m["remaining_days"] for m in unit["members"] if m["name"] == "chen"] == [2]
