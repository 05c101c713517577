"""A member asks that what was collected of them be deleted: it goes with the month's close; what it counted stays."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from server.config import Config
from server.db import Database
from server.org.models import Member
from tests.api.test_my_data import exported
from tests.client import Api
from tests.conftest import StoppedClock
from tests.worker.conftest import files

Rows = Callable[..., list]
NEXT_NIGHT = datetime(2026, 11, 25, 2, tzinfo=UTC)
# On the tenth a month no longer waits for what is undecided.
DECEMBER, THEN = datetime(2026, 12, 11, 2, tzinfo=UTC), datetime(2026, 12, 12, 2, tzinfo=UTC)
ASKED = {"understood": True}


def ask(api: Api, who: str = "chen") -> dict:
    response = api.post("/me/deletion", who, ASKED)
    assert response.status_code == 200, response.text
    return response.json


def test_before_one_asks_it_says_what_goes_and_what_stays(api: Api) -> None:
    said = api.get("/me/deletion", "chen").json
    assert (said["asked_at"], said["done_at"], said["left"]) == (None, None, 0)
    assert any("照片、位置" in line for line in said["text"])
    assert any("不会因为删除而被预警" in line for line in said["text"])


def test_asking_has_to_be_meant(api: Api, rows: Rows) -> None:
    for body in ({}, {"understood": False}):
        assert api.post("/me/deletion", "chen", body).status_code == 422
    assert rows("SELECT * FROM deletion_requests") == []


def test_asking_withdraws_consent_and_forgets_how_to_reach_them(api: Api, db: Database, rows: Rows) -> None:
    with db.transaction() as session:
        session.execute(update(Member).values(phone_sealed="p", phone_digest="d", email_sealed="e"))
    ask(api)
    assert api.get("/me", "chen").json["consent_given"] is False
    assert api.check_in("chen").json["code"] == "consent_required"
    theirs = "SELECT phone_sealed, phone_digest, email_sealed FROM members WHERE {} ORDER BY name"
    chen = api.cast["chen"].id
    assert len([row for row in rows(theirs.format("1 = 1")) if row == (None, None, None)]) == 1
    assert {str(row[0]).replace("-", "") for row in rows("SELECT id FROM members WHERE phone_sealed IS NULL")} == {
        chen.hex
    }


def test_what_the_open_month_needs_waits_for_its_close(
    api: Api, erase, config: Config, clock: StoppedClock, rows: Rows
) -> None:
    checkin = api.check_in("chen").json["id"]
    api.check_in("colleague")
    assert ask(api)["left"] == 1
    erase(NEXT_NIGHT)
    assert len(files(config)) == 2
    clock.at = DECEMBER
    closed = api.close_month().json
    erase(THEN)
    assert len(files(config)) == 1, "the colleague's stays"
    found = api.get(f"/checkins/{checkin}", "chen").json
    assert (found["lat"], found["photo"], found["verdict"]) == (None, None, "accepted")
    assert {f["message"] for f in found["findings"]} == {"所依据的数据已应本人要求删除。"}
    assert api.get("/me/month", "chen", month="2026-11").json["confirmed"] == 1.0
    verified = api.get("/months/2026-11/verify", "bureau").json
    assert (verified["matches"], verified["inputs_sha256"]) == (True, closed["inputs_sha256"])
    state = api.get("/me/deletion", "chen").json
    assert state["left"] == 0
    assert state["done_at"] is not None
    assert "申请的删除已办理" in api.get("/me/notices", "chen").json["items"][0]["text"]
    assert rows("SELECT count(*) FROM checkins WHERE erased_at IS NOT NULL") == [(1,)]


def test_who_sent_nothing_is_done_with_the_next_night(api: Api, erase) -> None:
    ask(api)
    erase(NEXT_NIGHT)
    assert api.get("/me/deletion", "chen").json["done_at"] is not None


@pytest.mark.parametrize("state", ["open", "may come"])
def test_what_may_be_disputed_waits(api: Api, erase, config: Config, clock: StoppedClock, state: str) -> None:
    checkin = api.check_in("chen", lat="31.26").json["id"]
    clock.at = datetime(2026, 12, 8, 2, tzinfo=UTC)
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "rejected", "reason": "不在驻点", "code": "other"})
    if state == "open":
        assert api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "我在"}).status_code == 201
    ask(api)
    clock.at = DECEMBER
    api.close_month()
    erase(THEN)
    assert len(files(config)) == 1
    assert api.get("/me/deletion", "chen").json["left"] == 1
    erase(datetime(2027, 2, 1, 2, tzinfo=UTC))
    assert len(files(config)) == (1 if state == "open" else 0)


def test_what_comes_after_is_not_meant_by_it(api: Api, erase, config: Config, clock: StoppedClock) -> None:
    api.check_in("chen")
    ask(api)
    clock.advance(hours=1)
    version = api.get("/consents", "chen").json["version"]
    assert api.post("/consents", "chen", {"version": version, "agreed": True}).status_code == 200
    clock.advance(days=1)
    later = api.check_in("chen").json["id"]
    clock.at = DECEMBER
    api.close_month()
    erase(THEN)
    assert len(files(config)) == 1
    found = api.get(f"/checkins/{later}", "chen").json
    assert found["photo"] is not None
    assert api.get("/me/deletion", "chen").json["done_at"] is not None


def test_its_place_goes_from_what_came_after(api: Api, erase, clock: StoppedClock, rows: Rows) -> None:
    """A check-in of the next month was judged beside the last fix of the month that is deleted."""
    clock.at = datetime(2026, 11, 30, 2, tzinfo=UTC)
    api.check_in("chen", lat="31.23061")
    clock.at = datetime(2026, 12, 1, 2, tzinfo=UTC)
    api.check_in("chen", lat="31.23052")
    ask(api)
    clock.at = DECEMBER
    api.close_month()
    erase(THEN)
    ((evidence,),) = rows("SELECT evidence FROM checkins WHERE erased_at IS NULL")
    evidence = json.loads(evidence) if isinstance(evidence, str) else evidence
    assert (evidence["previous"], evidence["history"]) == (None, [])


def test_its_place_goes_from_what_came_after_in_the_same_month(
    api: Api, erase, clock: StoppedClock, rows: Rows
) -> None:
    """She agreed again and went on; what she sent before is gone, also as the place before those check-ins."""
    api.check_in("chen", lat="31.23061")
    ask(api)
    clock.advance(hours=1)
    version = api.get("/consents", "chen").json["version"]
    assert api.post("/consents", "chen", {"version": version, "agreed": True}).status_code == 200
    clock.advance(days=1)
    api.check_in("chen", lat="31.23052")
    clock.advance(days=1)
    api.check_in("chen", lat="31.23054")
    clock.at = DECEMBER
    api.close_month()
    erase(THEN)
    kept = rows("SELECT evidence FROM checkins WHERE erased_at IS NULL ORDER BY received_at")
    seen = [json.loads(row) if isinstance(row, str) else row for (row,) in kept]
    assert "31.23061" not in str(seen)
    assert [[fix["lat"] for fix in one["history"]] for one in seen] == [[], [31.23052]]
    assert [one["previous"] and one["previous"]["lat"] for one in seen] == [None, 31.23052]


def test_it_can_be_taken_back_until_it_is_done(api: Api, erase, config: Config, clock: StoppedClock) -> None:
    api.check_in("chen")
    ask(api)
    assert api.call("DELETE", "/me/deletion", "chen").status_code == 204
    assert api.call("DELETE", "/me/deletion", "chen").status_code == 404
    clock.at = DECEMBER
    api.close_month()
    erase(THEN)
    assert len(files(config)) == 1
    assert api.get("/me/deletion", "chen").json["asked_at"] is None
    assert api.get("/me", "chen").json["consent_given"] is False, "agreeing again is a step of its own"


def test_asking_again_changes_nothing_and_all_of_it_is_audited(
    api: Api, erase, clock: StoppedClock, rows: Rows
) -> None:
    api.check_in("chen")
    first = ask(api)
    clock.advance(hours=1)
    assert ask(api)["asked_at"] == first["asked_at"]
    clock.at = DECEMBER
    api.close_month()
    erase(THEN)
    said = [row[0] for row in rows("SELECT action FROM audit_events ORDER BY at, action")]
    for action in ("deletion.asked", "consent.withdrawn", "evidence.erased", "deletion.done"):
        assert said.count(action) == 1, action
    assert [row["done_at"] is not None for row in exported(api)[1]["deletion_requests"]] == [True]


def test_nobody_else_reads_or_takes_it_back(api: Api) -> None:
    ask(api)
    for other in ("colleague", "supervisor", "bureau", "outsider"):
        assert api.get("/me/deletion", other).json["asked_at"] is None
        assert api.call("DELETE", "/me/deletion", other).status_code == 404
    assert api.get("/me/deletion").status_code == 401


def test_it_raises_no_flag(api: Api, erase, clock: StoppedClock, rows: Rows, config: Config) -> None:
    """Who may not be photographed is attested; asking for deletion is no reason to be called behind."""
    from server.worker import Worker

    ask(api)
    worker = Worker(config, clock)
    worker.flags_now()
    worker.db.dispose()
    chen = api.cast["chen"].id.hex
    assert chen not in {str(row[0]).replace("-", "") for row in rows("SELECT member_id FROM flags")}
