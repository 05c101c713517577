"""Closing, verifying and publishing a month, GET /units/{id}/month: what is frozen, and what is added later."""

import json
import threading
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from server.__main__ import main
from server.db import Database, count_lock, lock
from server.tally.close import close_due, steps
from server.tally.rules import PolicyRules
from server.tally.target import target_of
from tests.cast import FRANKFURT, SHANGHAI
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


@pytest.fixture
def worked(api: Api, clock: StoppedClock) -> None:
    """Chen was there on two days, her colleague on one; all of it accepted. It is 6 December."""
    api.check_in("chen")
    api.check_in("colleague")
    clock.advance(days=1)
    again = api.check_in("chen", lat=str(SHANGHAI[0] - 0.0003), accuracy_m="17")
    assert again.json["verdict"] == "accepted"
    clock.advance(days=11)


def doubtful(api: Api) -> str:
    response = api.check_in("chen", lat=str(SHANGHAI[0] + 0.03))
    assert response.json["verdict"] == "review"
    return response.json["id"]


def test_closed_it_is_frozen_with_a_hash_and_audited(api: Api, worked: None, rows: Rows) -> None:
    closed = api.close_month().json
    assert (len(closed["inputs_sha256"]), closed["waiting"], closed["policy_version"]) == (64, 0, 1)
    assert "外出驻点 2 人、3 天" in closed["summary"]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'month.closed'") == [(3,)]  # with those before it
    found = api.get("/months/2026-11/verify", "bureau").json
    assert (found["matches"], found["members"], found["differences"]) == (True, 5, [])
    assert found["inputs_sha256"] == closed["inputs_sha256"]


def test_not_before_the_policys_day_and_not_twice(api: Api, clock: StoppedClock) -> None:
    clock.at = clock.at.replace(month=12, day=4)
    early = api.post("/months/2026-11/close", "bureau")
    assert (early.status_code, early.json["code"], early.json["facts"]["closes_on"]) == (
        *(409, "month_not_over"),
        "2026-12-05",
    )
    clock.advance(days=1)
    api.close_month()
    assert api.post("/months/2026-11/close", "bureau").json["code"] == "month_closed"


def test_months_are_closed_in_order_from_the_first_posting_on(api: Api, worked: None) -> None:
    early = api.post("/months/2026-11/close", "bureau")
    assert (early.status_code, early.json["code"], early.json["facts"]["month"]) == (
        *(409, "earlier_month_open"),
        "2026-09",
    )
    assert "2026年9月还没有结账" in early.json["detail"]
    nobody = api.post("/months/2026-08/close", "bureau")
    assert (nobody.status_code, nobody.json["code"]) == (409, "month_before_first")
    assert api.post("/months/2026-09/close", "bureau").status_code == 201
    assert api.post("/months/2026-10/close", "bureau").status_code == 201
    assert api.post("/months/2026-11/close", "bureau").status_code == 201


def test_a_closed_month_is_read_as_it_was_published(api: Api, db: Database, worked: None) -> None:
    api.close_month()
    paths = ("/me/month", "chen"), (f"/members/{api.cast['chen'].id}/month", "supervisor")

    def seen() -> list:
        own = [api.get(path, who, month="2026-11").json for path, who in paths]
        unit = api.get(f"/units/{api.cast.units['east']}/month", "supervisor", month="2026-11").json
        return [*own, unit]

    before = seen()
    with db.engine.begin() as connection:  # as a later release that counts otherwise, or a hand in the database, would
        connection.execute(text("UPDATE postings SET starts_on = '2026-11-20' WHERE county_id = 1"))
    assert seen() == before


def test_what_waits_is_listed_and_blocks_until_it_is_decided(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    leave = api.post("/leaves", "colleague", {"kind": "sick", "starts_on": "2026-11-25", "reason": "发热"}).json["id"]
    clock.advance(days=12)
    api.close_month("2026-10")
    refused = api.post("/months/2026-11/close", "bureau")
    assert (refused.status_code, refused.json["code"]) == (409, "month_waiting")
    assert [(w["kind"], w["id"], w["member"]) for w in refused.json["facts"]["waiting"]] == [
        ("review", checkin, "chen"),
        ("leave", leave, "colleague"),
    ]
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted"})
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True})
    api.close_month()
    assert api.get("/me/month", "chen", month="2026-11").json["confirmed"] == 1.0


def test_from_the_deadline_on_it_closes_and_what_waits_stays_pending(api: Api, clock: StoppedClock) -> None:
    doubtful(api)
    clock.advance(days=16)  # 10 December
    assert api.close_month().json["waiting"] == 1
    assert api.get("/me/month", "chen", month="2026-11").json["pending"] == 1.0


def test_the_worker_closes_what_is_due_in_order_and_once(api: Api, db: Database, worked: None) -> None:
    def run(on: date) -> str | None:
        with db.transaction() as session:
            month = close_due(session, 1, on, api.clock())
            return f"{month:%Y-%m}" if month else None

    assert [run(date(2026, 12, 4)) for _ in range(3)] == ["2026-09", "2026-10", None]
    assert [run(date(2026, 12, 5)) for _ in range(2)] == ["2026-11", None]


def test_a_night_closes_each_month_in_a_transaction_of_its_own(api: Api, db: Database, rows: Rows) -> None:
    closed = []
    for step in steps(db, 1, date(2026, 12, 4), api.clock):
        with db.transaction() as session:
            step.write(session)
        closed.append((step.mark, rows("SELECT count(*) FROM closed_months")[0][0]))
    assert closed == [("2026-09", 1), ("2026-10", 2), ("2026-11", 2)]  # November is not due yet
    assert [step.mark for step in steps(db, 1, date(2026, 12, 4), api.clock)] == ["2026-11"]


@pytest.mark.parametrize(
    ("tampered", "said"),
    [
        ("UPDATE checkins SET decision = 'rejected'", "打卡、证明、请假、派驻、角色或同意书与结账时不同"),
        ("UPDATE site_days SET confirmed_halves = 0", "在岗日与结账时不同"),
        ("UPDATE postings SET starts_on = '2026-11-20' WHERE county_id = 1", "重新折算的结果与结账时不同"),
        ("DELETE FROM month_results", "结账时没有这名队员"),
        ("DELETE FROM consents", "月度表的数字与结账时不同"),
    ],
)
def test_a_change_behind_its_back_is_found(api: Api, db: Database, worked: None, tampered: str, said: str) -> None:
    api.close_month()
    with db.engine.begin() as connection:
        connection.execute(text(tampered))
    found = api.get("/months/2026-11/verify", "county_leader").json
    assert found["matches"] is False
    assert any(said in difference for difference in found["differences"])


def test_the_table_serves_a_circular(api: Api, worked: None) -> None:
    api.close_month()
    table = api.get("/months/2026-11/table", "bureau").json
    assert table["closed"] is True
    rows = {group["group"]: group for unit in table["units"] for group in unit["groups"]}
    east = rows["east-1"]
    assert (east["people"], east["people_out"], east["days"], east["cities"]) == (3, 2, 3.0, ["上海"])
    assert table["zero_groups"] == ["west-1"]
    assert (table["totals"]["groups"], table["totals"]["people"], table["totals"]["days"]) == (2, 5, 3.0)
    assert table["summary"].endswith("驻点 0 天的小分队 1 个：west-1。")
    assert table["ranking"] is None


def test_before_the_close_it_shows_what_stands_and_after_it_what_was_published(
    api: Api, worked: None, db: Database
) -> None:
    before = api.get("/months/2026-11/table", "bureau").json
    assert (before["closed"], before["totals"]["days"]) == (False, 3.0)
    api.close_month()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE squads SET name = 'renamed' WHERE name = 'east-1'"))
    after = api.get("/months/2026-11/table", "bureau").json
    assert (after["units"], after["totals"]) == (before["units"], before["totals"])
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True  # a name is no number


def test_a_units_supervisor_sees_the_own_part_before_and_after(api: Api, worked: None) -> None:
    for _ in range(2):
        part = api.get("/months/2026-11/table", "supervisor").json
        assert ([unit["unit"] for unit in part["units"]], part["totals"]) == (["east"], None)
        if not part["closed"]:
            api.close_month()
    assert api.get("/months/2026-11/table", "far_supervisor").json["closed"] is False


def test_a_units_month_has_its_members_with_their_counts(api: Api, worked: None) -> None:
    month = api.get(f"/units/{api.cast.units['east']}/month", "supervisor", month="2026-11").json
    assert (month["people"], month["people_out"], month["confirmed"]) == (3, 2, 3.0)
    assert [(m["name"], m["confirmed"], m["missing"]) for m in month["members"]] == [
        ("chen", 2.0, 18.0),
        ("colleague", 1.0, 19.0),
        ("leader", 0.0, 20.0),
    ]
    assert api.get(f"/units/{api.cast.units['west']}/month", "supervisor").status_code == 404


def test_who_was_transferred_counts_in_each_unit_with_the_days_there(api: Api, worked: None) -> None:
    moved = {"member": str(api.cast["chen"].id), "squad": "west-1", "station": "上海驻点", "starts_on": "2026-11-25"}
    assert api.post("/postings", "admin", moved).status_code == 201
    for closed in (False, True):
        if closed:
            api.close_month()
        units = {row["unit"]: row for row in api.get("/months/2026-11/table", "bureau").json["units"]}
        for unit, days in (("east", 2.0), ("west", 1.0)):
            month = api.get(f"/units/{api.cast.units[unit]}/month", "bureau", month="2026-11").json
            assert (month["confirmed"], month["people_out"]) == (units[unit]["days"], units[unit]["people_out"])
            assert month["confirmed"] == days
            (chen,) = [member for member in month["members"] if member["name"] == "chen"]
            assert (chen["confirmed"], chen["here"]) == (2.0, 1.0)


def test_a_posting_does_not_reach_into_a_closed_month(api: Api, worked: None) -> None:
    api.close_month()
    body = {
        "member": str(api.cast["chen"].id),
        "squad": str(api.cast.squads["west-1"]),
        "station": str(api.cast.stations["west-1"]),
    }
    refused = api.post("/postings", "admin", body | {"starts_on": "2026-11-28"})
    assert (refused.status_code, refused.json["code"]) == (409, "month_closed")
    before = api.post("/postings", "admin", body | {"starts_on": "2026-08-10", "ends_on": "2026-08-12"})
    assert (before.status_code, before.json["code"]) == (409, "month_closed")
    assert api.post("/postings", "admin", body | {"starts_on": "2026-12-07"}).status_code == 201
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def test_two_addenda_of_one_instant_keep_their_order(api: Api, clock: StoppedClock) -> None:
    """Accepted, then rejected, while the clock stands: the last one holds, whatever ids they drew."""
    checkin = doubtful(api)
    clock.advance(days=16)
    api.close_month("2026-10")
    api.close_month("2026-11")
    for decision, reason, code in (("accepted", "", {}), ("rejected", "不在驻点", {"code": "not_there"})):
        reply = api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": decision, "reason": reason} | code)
        assert reply.status_code == 201
    added = api.get("/me/month", "chen", month="2026-11").json["addenda"]
    assert [a["after"]["confirmed"] for a in added] == [2, 0]
    first, second = (datetime.fromisoformat(a["made_at"]) for a in added)
    assert first < second
    assert added[1]["before"] == added[0]["after"]
    assert added[0]["member"]["name"] == api.cast["chen"].name


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite's writers exclude each other anyway
def test_whoever_counts_while_the_month_is_closed_comes_before_or_after(
    api: Api, db: Database, clock: StoppedClock
) -> None:
    """A review that waits for the close finds it closed, and becomes an addendum."""
    checkin = doubtful(api)
    clock.advance(days=16)
    api.close_month("2026-10")
    answers: list[int] = []
    review = threading.Thread(
        target=lambda: answers.append(
            api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted"}).status_code
        )
    )
    with db.transaction() as session:
        lock(session, count_lock(1))
        review.start()
        review.join(0.5)
        assert review.is_alive()
        close_due(session, 1, date(2026, 12, 10), clock())
    review.join()
    assert answers == [201]
    month = api.get("/me/month", "chen", month="2026-11").json
    assert (month["pending"], [a["cause"] for a in month["addenda"]]) == (1.0, ["review"])
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


@pytest.mark.parametrize(
    ("utc", "on"),
    [
        ("2026-10-24T21:30", "2026-10-24"),  # 23:30 in Frankfurt's summer time
        ("2026-10-24T22:30", "2026-10-25"),  # 00:30 of the day on which the clocks go back
        ("2026-10-25T00:30", "2026-10-25"),  # 02:30 for the first time …
        ("2026-10-25T01:30", "2026-10-25"),  # … and for the second
        ("2026-10-25T22:59", "2026-10-25"),  # 23:59, in winter time
        ("2026-10-25T23:00", "2026-10-26"),
    ],
)
def test_a_day_in_frankfurt_is_whole_also_when_the_clocks_change(
    api: Api, clock: StoppedClock, utc: str, on: str
) -> None:
    clock.at = clock.at.fromisoformat(f"{utc}+00:00")
    body = api.check_in("neighbour", lat=str(FRANKFURT[0]), lng=str(FRANKFURT[1])).json
    assert body["day"]["on"] == on
    clock.advance(seconds=20)
    assert api.check_in("neighbour", lat=str(FRANKFURT[0]), lng=str(FRANKFURT[1])).json["day"]["on"] == on


def test_the_command_line_closes_and_verifies(
    api: Api, db: Database, worked: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", db.url)
    monkeypatch.setattr("server.logs.configure", lambda _level: None)
    monkeypatch.setattr("server.clock.system_clock", api.clock)
    assert main(["month", "verify", "2026-11"]) == 1
    assert "还没有结账" in capsys.readouterr().err
    api.close_month("2026-10")
    assert main(["month", "close", "2026-11"]) == 0
    assert "外出驻点 2 人、3 天" in capsys.readouterr().out
    assert main(["month", "close", "2026-11"]) == 1
    capsys.readouterr()
    assert main(["month", "verify", "2026-11"]) == 0
    assert "与结账时一致，5 人" in capsys.readouterr().out
    with db.engine.begin() as connection:
        changed = "UPDATE month_results SET count = :count WHERE month = '2026-11-01'"
        connection.execute(text(changed), {"count": json.dumps({})})
    assert main(["month", "verify", "2026-11", "--county", "河湾县"]) == 1
    assert "不一致" in capsys.readouterr().out


def test_a_retry_after_the_close_of_what_was_decided_before_adds_nothing(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    asked = {"kind": "training", "starts_on": "2026-11-25", "reason": "培训"}
    leave = api.post("/leaves", "chen", asked).json["id"]
    accept, approve = {"decision": "accepted"}, {"approved": True, "reason": "同意"}
    first = api.post(f"/checkins/{checkin}/reviews", "bureau", accept).json
    api.post(f"/leaves/{leave}/decision", "supervisor", approve)
    clock.advance(days=12)
    api.close_month()
    again = api.post(f"/checkins/{checkin}/reviews", "bureau", accept)
    assert (again.status_code, again.json["review"], again.json["day"]) == (201, first["review"], first["day"])
    assert api.post(f"/leaves/{leave}/decision", "supervisor", approve).status_code == 200
    found = api.get("/months/2026-11/verify", "bureau").json
    assert (found["matches"], found["addenda"], found["differences"]) == (True, 0, [])


def test_somebody_never_posted_who_checks_in_after_the_close_is_not_missed_in_it(
    api: Api, clock: StoppedClock, rows: Rows
) -> None:
    clock.at = clock.at.replace(day=30)
    ticket = api.ticket("supervisor")
    clock.at = clock.at.replace(month=12, day=5)
    api.close_month()
    late = api.check_in("supervisor", captured_at="2026-11-30T02:00:00Z", ticket=ticket)
    assert late.json["day"]["on"] == "2026-11-30"
    assert rows("SELECT addendum FROM checkins") in ([(1,)], [(True,)])
    found = api.get("/months/2026-11/verify", "bureau").json
    assert (found["matches"], found["differences"]) == (True, [])


def test_a_later_release_with_a_new_rule_and_other_words_finds_it_the_same(
    api: Api, worked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.close_month()

    class Later(PolicyRules):
        weather_excuses: bool = False

    def reworded(*given: Any) -> tuple[float, str]:
        target, said = target_of(*given)
        return target, f"按新版说法：{said}"

    monkeypatch.setattr("server.tally.policy.PolicyRules", Later)
    monkeypatch.setattr("server.tally.policy._typed", {})
    monkeypatch.setattr("server.tally.month_fold.target_of", reworded)
    found = api.get("/months/2026-11/verify", "bureau").json
    assert (found["matches"], found["differences"]) == (True, [])
