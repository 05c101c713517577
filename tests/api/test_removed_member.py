"""GET /members/{id}/month of somebody who was removed: their days stand in the table, and supervisors read why."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from server.checkins.models import CheckIn
from server.db import Database
from server.org.models import DeletionRequest, Member
from tests.client import Api
from tests.conftest import StoppedClock


@pytest.fixture
def gone(api: Api, clock: StoppedClock) -> str:
    """chen checked in on the 24th and was removed the day after, a day ago."""
    assert api.check_in("chen").status_code == 201
    clock.advance(days=1)
    member = str(api.cast["chen"].id)
    assert api.post(f"/members/{member}/remove", "admin", {"reason": "调离"}).status_code == 200
    clock.advance(days=1)
    return member


@pytest.mark.parametrize("who", ["bureau", "county_leader", "supervisor"])
def test_those_who_supervise_read_it(api: Api, gone: str, who: str) -> None:
    month = api.get(f"/members/{gone}/month", who)
    assert (month.status_code, [day["on"] for day in month.json["days"]]) == (200, ["2026-11-24"])


@pytest.mark.parametrize(
    "who", ["leader", "colleague", "neighbour", "other_supervisor", "admin", "outsider", "far_bureau"]
)
def test_nobody_else(api: Api, gone: str, who: str) -> None:
    assert api.get(f"/members/{gone}/month", who).status_code == 404


def test_once_its_term_is_over_it_is_gone(api: Api, gone: str, db: Database) -> None:
    with db.transaction() as session:
        theirs = update(Member).where(Member.id == api.cast["chen"].id)
        session.execute(theirs.values(removed_at=api.clock() - timedelta(days=404)))
    assert api.get(f"/members/{gone}/month", "bureau").status_code == 404


def test_once_it_was_deleted_at_their_request_it_is_gone(api: Api, gone: str, db: Database) -> None:
    ended = {"county_id": 1, "member_id": api.cast["chen"].id, "asked_at": api.clock(), "done_at": api.clock()}
    with db.transaction() as session:
        session.add(DeletionRequest(**ended))
    assert api.get(f"/members/{gone}/month", "bureau").status_code == 200  # something is still kept
    with db.transaction() as session:
        session.execute(update(CheckIn).values(lat=None, lng=None, erased_at=api.clock()))
    assert api.get(f"/members/{gone}/month", "bureau").status_code == 404


def test_what_somebody_vouched_for_is_still_set_aside(api: Api, clock: StoppedClock) -> None:
    member = str(api.cast["chen"].id)
    said = {"member": member, "on": "2026-11-23", "value": 1, "reason": "一起拜访客商"}
    made = api.post("/attestations", "colleague", said).json["id"]
    assert api.post(f"/members/{member}/remove", "admin", {"reason": "调离"}).status_code == 200
    ended = api.post(f"/attestations/{made}/withdrawal", "bureau", {"reason": "两人都不在驻点"})
    assert (ended.status_code, ended.json["day"]["value"]) == (200, 0.0)


def test_what_they_had_asked_for_of_the_days_after_counts_for_nothing(api: Api) -> None:
    asked = {"kind": "official_trip", "starts_on": "2026-11-24", "ends_on": "2026-11-28", "reason": "赴外地洽谈"}
    assert api.post("/leaves", "chen", asked).status_code == 201
    member = str(api.cast["chen"].id)
    assert api.post(f"/members/{member}/remove", "admin", {"reason": "调离"}).status_code == 200
    month = api.get(f"/members/{member}/month", "bureau").json
    assert month["pending"] == 1.0  # of today, which is the last
    assert [day["explanation"] for day in month["days"][1:]] == ["当天没有派驻，请假不计天数，也不减少目标。"] * 4
