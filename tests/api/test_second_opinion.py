"""One decision in twenty is silently asked of a second person; where two disagree a third decides."""

import uuid
from collections.abc import Callable
from datetime import date

import pytest

from server.checkins import sample, second_opinion
from server.checkins.models import Review
from server.db import Database
from server.org.models import RoleGrant
from tests.api.test_review import doubtful, review
from tests.cast import JOINED
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


@pytest.fixture(autouse=True)
def _all(monkeypatch: pytest.MonkeyPatch, _no_blind_sample: None) -> None:
    monkeypatch.setattr(second_opinion, "ONE_IN", 1)


@pytest.fixture
def third(api: Api, db: Database) -> str:
    """A third bureau supervisor."""
    grant = {"county_id": 1, "member_id": api.cast["county_leader"].id, "role": "bureau_supervisor"}
    with db.transaction() as session:
        session.add(RoleGrant(**grant, valid_from=JOINED))
    return "county_leader"


def waiting(api: Api, who: str) -> list[dict]:
    return api.get("/reviews/waiting", who).json["items"]


def decided(api: Api, clock: StoppedClock, decision: str = "accepted") -> str:
    """A doubtful check-in on which bureau decided, long enough ago not to take it back."""
    checkin = doubtful(api)
    assert review(api, checkin, "bureau", decision).status_code == 201
    clock.advance(seconds=10)
    return checkin


def test_few_are_drawn_and_by_an_id_that_nobody_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_opinion, "ONE_IN", 20)
    reviews = [Review(id=uuid.uuid4()) for _ in range(20_000)]
    for one in reviews:
        second_opinion.draw(one)
    assert 850 < sum(one.second_opinion == "waiting" for one in reviews) < 1150  # 5 %


def test_it_waits_for_the_other_and_looks_like_any_other(api: Api, clock: StoppedClock) -> None:
    checkin = decided(api, clock, "rejected")
    (row,) = waiting(api, "bureau2")
    assert (row["id"], row["decision"], row["verdict"]) == (checkin, None, "review")
    assert row["reason"].endswith("已转人工复核。")
    whole = api.get(f"/checkins/{checkin}", "bureau2").json
    assert (whole["decision"], whole["reviews"]) == (None, [])
    assert waiting(api, "bureau") == []
    assert api.get(f"/checkins/{checkin}", "bureau").json["decision"] == "rejected"


def test_not_while_the_first_may_still_take_it_back(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    review(api, checkin, "bureau", "accepted")
    assert waiting(api, "bureau2") == []
    assert review(api, checkin, "bureau2", "accepted").json["code"] == "already_decided"
    clock.advance(seconds=10)
    assert len(waiting(api, "bureau2")) == 1


def test_agreeing_changes_nothing_and_tells_nobody(api: Api, clock: StoppedClock, rows: Rows) -> None:
    checkin = decided(api, clock)
    body = review(api, checkin, "bureau2", "accepted", "看过").json
    assert (body["checkin"]["decision"], body["review"]["is_second"]) == ("accepted", False)
    assert rows("SELECT count(*) FROM notices WHERE kind = 'checkin_decided'") == [(1,)]
    assert [one["reviewer"] for one in api.get(f"/checkins/{checkin}", "chen").json["reviews"]] == ["bureau"]
    assert waiting(api, "bureau2") == []
    assert rows("SELECT second_opinion FROM reviews WHERE NOT is_second") == [("agreed",)]


def test_where_they_differ_the_first_holds_until_a_third_has_decided(api: Api, clock: StoppedClock, third: str) -> None:
    checkin = decided(api, clock)
    body = review(api, checkin, "bureau2", "rejected", "不是本人").json
    assert body["checkin"]["decision"] == "rejected", "the second is answered as if theirs was the only word"
    assert api.get(f"/checkins/{checkin}", "chen").json["decision"] == "accepted"
    assert api.get("/me/month", "chen").json["confirmed"] == 1.0
    assert waiting(api, "bureau") == waiting(api, "bureau2") == []
    (row,) = waiting(api, third)
    assert row["decision"] == "accepted"
    both = api.get(f"/checkins/{checkin}", third).json["reviews"]
    assert [(one["reviewer"], one["decision"], one["is_second"]) for one in both] == [
        ("bureau", "accepted", False),
        ("bureau2", "rejected", True),
    ]
    assert review(api, checkin, third, "rejected", "确实不是本人", beside=both[0]["id"]).status_code == 201
    assert api.get("/me/month", "chen").json["confirmed"] == 0.0
    assert waiting(api, third) == []


def test_the_two_who_disagree_do_not_decide(api: Api, clock: StoppedClock) -> None:
    checkin = decided(api, clock)
    first = api.get(f"/checkins/{checkin}", "chen").json["reviews"][0]["id"]
    review(api, checkin, "bureau2", "rejected")
    for who in ("bureau", "bureau2"):
        response = review(api, checkin, who, "rejected", "再说一次", beside=first)
        assert (response.status_code, response.json["code"]) == (403, "involved")


def test_a_third_who_agrees_with_the_first_tells_nobody_twice(
    api: Api, clock: StoppedClock, third: str, rows: Rows
) -> None:
    checkin = decided(api, clock)
    first = api.get(f"/checkins/{checkin}", "chen").json["reviews"][0]["id"]
    review(api, checkin, "bureau2", "rejected")
    assert review(api, checkin, third, "accepted", "是本人", beside=first).status_code == 201
    assert rows("SELECT count(*) FROM notices WHERE kind = 'checkin_decided'") == [(1,)]


@pytest.mark.parametrize(("second", "before"), [("accepted", "agreed"), ("rejected", "differs")])
def test_a_second_opinion_can_be_taken_back_like_any_other(
    api: Api, clock: StoppedClock, rows: Rows, second: str, before: str
) -> None:
    checkin = decided(api, clock)
    state = "SELECT second_opinion FROM reviews WHERE NOT is_second"
    made = review(api, checkin, "bureau2", second).json["review"]["id"]
    assert rows(state) == [(before,)]
    assert api.call("DELETE", f"/checkins/{checkin}/reviews/{made}", "bureau2").status_code == 200
    assert rows(state) == [("waiting",)]
    assert len(waiting(api, "bureau2")) == 1


def test_who_decides_anew_is_compared_by_what_they_say_now(api: Api, clock: StoppedClock, rows: Rows) -> None:
    """Else whoever decides everything twice is never compared with anybody."""
    checkin = decided(api, clock)
    review(api, checkin, "bureau", "rejected", "再看一遍，不是本人")
    assert waiting(api, "bureau2") == []
    clock.advance(seconds=10)
    assert [row["id"] for row in waiting(api, "bureau2")] == [checkin]
    review(api, checkin, "bureau2", "rejected", "不是本人")
    states = rows("SELECT decision, second_opinion FROM reviews WHERE NOT is_second ORDER BY created_at")
    assert states == [("accepted", "overtaken"), ("rejected", "agreed")]


def test_what_another_decided_knowing_the_first_is_asked_of_nobody(api: Api, clock: StoppedClock, third: str) -> None:
    checkin = decided(api, clock)
    first = api.get(f"/checkins/{checkin}", "chen").json["reviews"][0]["id"]
    clock.advance(days=8)  # nobody is asked any more, so that it may be decided anew by anybody
    assert review(api, checkin, "bureau2", "rejected", beside=first).status_code == 201
    clock.advance(seconds=10)
    assert waiting(api, "bureau") == waiting(api, third) == []


def test_a_newer_decision_taken_back_leaves_the_second_asked_as_before(
    api: Api, clock: StoppedClock, rows: Rows
) -> None:
    checkin = decided(api, clock)
    made = review(api, checkin, "bureau", "rejected", "再看一遍，不是本人").json["review"]["id"]
    assert api.call("DELETE", f"/checkins/{checkin}/reviews/{made}", "bureau").status_code == 200
    assert rows("SELECT second_opinion FROM reviews WHERE withdrawn_at IS NULL") == [("waiting",)]
    assert [row["id"] for row in waiting(api, "bureau2")] == [checkin]


def test_nothing_waits_for_ever(api: Api, clock: StoppedClock) -> None:
    checkin = decided(api, clock)
    clock.advance(days=7)
    assert waiting(api, "bureau2") == []
    late = review(api, checkin, "bureau2", "rejected")
    assert (late.status_code, late.json["code"]) == (409, "already_decided")


def test_an_appeal_goes_before_it(api: Api, clock: StoppedClock) -> None:
    checkin = decided(api, clock, "rejected")
    api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "我在"})
    assert waiting(api, "bureau2") == []


def test_only_first_decisions_are_drawn(api: Api, clock: StoppedClock, rows: Rows) -> None:
    """What the machine accepted and a person rejects would show whose turn it is."""
    checkin = api.check_in("chen").json["id"]
    review(api, checkin, "bureau", "rejected")
    clock.advance(seconds=11)
    review(api, checkin, "bureau", "accepted")
    assert rows("SELECT second_opinion FROM reviews") == [(None,), (None,)]


def test_a_blind_sample_stays_blind_for_the_second(
    api: Api, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "ONE_IN", 1)
    checkin = api.check_in("chen").json["id"]
    review(api, checkin, "bureau", "rejected")
    clock.advance(seconds=10)
    (row,) = waiting(api, "bureau2")
    assert (row["verdict"], row["reason"], row["decision"]) == ("review", sample.HIDDEN_REASON, None)
    assert api.get(f"/checkins/{checkin}", "bureau2").json["findings"] == []


def test_a_published_month_does_not_count_it(api: Api, clock: StoppedClock) -> None:
    checkin = decided(api, clock)
    review(api, checkin, "bureau2", "rejected")
    clock.advance(days=17)
    api.close_month()
    other = doubtful_in(api, clock)
    review(api, other, "bureau", "accepted")
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def doubtful_in(api: Api, clock: StoppedClock) -> str:
    """One of the closed month, that came late: an addendum makes the month look at who said what when."""
    late = api.check_in("colleague", lat="31.26", at=clock().replace(month=11, day=30), ticket=None)
    return str(late.json["id"])


def test_how_often_two_disagree_is_told_with_its_interval(api: Api, clock: StoppedClock, db: Database) -> None:
    for second in ("accepted", "accepted", "rejected"):
        review(api, decided(api, clock), "bureau2", second)
    decided(api, clock)
    with db.reading() as session:
        said = list(second_opinion.told(session, date(2026, 11, 1)))
        words = second_opinion.disagreement(session, 1, clock().replace(day=1)).words
    assert said == [
        "Second opinions since 2026-11-01: 4 asked, one in 1; 3 given.",
        "  two people disagree: 1, 33.3% (95 % interval 6.1% to 79.2%)",
        "    first accepted, second rejected: 1",
        "    first rejected, second accepted: 0",
    ]
    assert words == "近 30 天有 3 次打卡由两人各自复核，意见不一 1 次（33%，95% 区间 6%–79%）。"
