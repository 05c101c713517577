"""GET /appeals: the open appeals that the caller may decide, the longest waiting first."""

import pytest

from tests.api.test_review import appealed, doubtful, review
from tests.client import Api
from tests.conftest import StoppedClock


def open_ones(api: Api, who: str) -> list[dict]:
    return api.get("/appeals", who).json["items"]


def test_the_statement_stands_beside_the_check_in(api: Api) -> None:
    checkin, appeal = appealed(api)
    (one,) = open_ones(api, "bureau2")
    assert (one["id"], one["statement"], one["checkin"]["id"]) == (appeal, "那天在客户工厂", checkin)
    assert one["checkin"]["member"]["name"] == "chen"


@pytest.mark.parametrize("who", ["bureau", "chen", "supervisor", "county_leader", "admin", "far_bureau"])
def test_not_to_the_reviewer_nor_to_who_does_not_decide(api: Api, who: str) -> None:
    appealed(api)
    assert open_ones(api, who) == []


def test_an_answered_one_is_gone_and_who_answered_does_not_see_the_next(api: Api) -> None:
    checkin, appeal = appealed(api)
    api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": False, "answer": "没有旁证"})
    assert open_ones(api, "bureau2") == []
    api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "找到旁证了"})
    assert open_ones(api, "bureau2") == []


def test_who_vouched_for_that_day_is_involved(api: Api) -> None:
    _, appeal = appealed(api)
    vouched = {"member": str(api.cast["chen"].id), "on": "2026-11-24", "reason": "视频里看见"}
    assert api.post("/attestations", "bureau2", vouched).status_code == 201
    assert open_ones(api, "bureau2") == []
    answer = api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": True, "answer": "好"})
    assert (answer.status_code, answer.json["code"]) == (403, "involved")


def test_page_by_page_the_oldest_first(api: Api, clock: StoppedClock) -> None:
    made = []
    for _ in range(3):
        checkin = doubtful(api)
        review(api, checkin, "bureau", "rejected")
        made.append(api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "我在"}).json["id"])
        clock.advance(minutes=1)
    first = api.get("/appeals", "bureau2", limit=2).json
    rest = api.get("/appeals", "bureau2", limit=2, cursor=first["next_cursor"]).json
    assert [one["id"] for one in (*first["items"], *rest["items"])] == made
