"""Whoever has a check-in before them decides on it: POST /checkins/{id}/reviews by somebody else is 409 meanwhile."""

import uuid

import pytest

from server.checkins import claims, second_opinion
from server.db import Database
from server.org.models import RoleGrant
from tests.api.test_review import Rows, doubtful, review
from tests.api.test_review_queue import as_caller
from tests.cast import JOINED
from tests.client import Api
from tests.conftest import StoppedClock


@pytest.fixture
def looks(db: Database, api: Api, clock: StoppedClock):
    """`looks("bureau", checkin)`: it is on this person's desk from now on."""

    def claimed(who: str, checkin: str) -> None:
        one = uuid.UUID(checkin)
        with db.transaction() as session:
            assert claims.claim(session, as_caller(api.cast, who, clock), [one], clock()) == {one}

    return claimed


@pytest.fixture
def third(db: Database, api: Api) -> str:
    """One more who reviews."""
    with db.transaction() as session:
        held = {"county_id": 1, "member_id": api.cast["county_leader"].id, "role": "bureau_supervisor"}
        session.add(RoleGrant(**held, valid_from=JOINED))
    return "county_leader"


def test_nobody_else_decides_and_is_told_who_looks_and_until_when(
    api: Api, looks, clock: StoppedClock, rows: Rows
) -> None:
    checkin = doubtful(api)
    looks("bureau", checkin)
    clock.advance(minutes=2)
    refused = review(api, checkin, "bureau2", "rejected", "不是本人")
    assert (refused.status_code, refused.json["code"]) == (409, "being_reviewed")
    seen, until = "10:00", "10:05"
    assert refused.json["detail"] == (
        f"bureau正在看这次打卡（{seen} 还在看），您的结论没有保存；到 {until} 还没有决定的话，您再来决定。"
    )
    assert refused.json["facts"]["reviewer"] == "bureau"
    assert rows("SELECT count(*) FROM reviews") == [(0,)]
    assert api.get(f"/checkins/{checkin}", "chen").json["decision"] is None


def test_who_has_it_decides_and_may_say_so_again(api: Api, looks, rows: Rows) -> None:
    checkin = doubtful(api)
    looks("bureau", checkin)
    first, second = (review(api, checkin, "bureau", "accepted") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert rows("SELECT count(*) FROM reviews") == [(1,)]


def test_a_claim_is_over_by_itself(api: Api, looks, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    looks("bureau", checkin)
    clock.advance(minutes=5)
    assert review(api, checkin, "bureau2", "accepted").status_code == 201


def test_where_nobody_looks_whoever_reviews_decides(api: Api) -> None:
    assert review(api, doubtful(api), "bureau2", "accepted").status_code == 201


def test_an_outsider_learns_of_no_claim(api: Api, looks) -> None:
    checkin = doubtful(api)
    looks("bureau", checkin)
    refused = review(api, checkin, "far_bureau", "accepted")
    assert (refused.status_code, "bureau正在看" in refused.text) == (404, False)


def test_who_is_silently_asked_second_keeps_nobody_from_deciding_anew(
    api: Api, looks, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "ONE_IN", 1)
    checkin = doubtful(api)
    review(api, checkin, "bureau", "accepted")
    clock.advance(seconds=11)
    looks("bureau2", checkin)
    assert review(api, checkin, "bureau", "rejected", "再看一遍，不是本人").status_code == 201


def test_of_two_thirds_the_one_who_looks_decides(
    api: Api, looks, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch, third: str
) -> None:
    monkeypatch.setattr(second_opinion, "ONE_IN", 1)
    checkin = doubtful(api)
    first = review(api, checkin, "bureau", "accepted").json["review"]["id"]
    clock.advance(seconds=11)
    review(api, checkin, "bureau2", "rejected", "不是本人")
    clock.advance(seconds=11)
    looks("admin", checkin)
    refused = review(api, checkin, third, "rejected", "不是本人", beside=first)
    assert (refused.status_code, refused.json["code"]) == (409, "being_reviewed")
    clock.advance(minutes=5)
    assert review(api, checkin, third, "rejected", "不是本人", beside=first).status_code == 201
