"""DELETE /checkins/{id}/reviews/{review}: for ten seconds a decision is taken back, and the member hears nothing."""

from collections.abc import Callable

from werkzeug.test import TestResponse

from tests.api.test_review import doubtful, review
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def undo(api: Api, checkin: str, done: TestResponse, who: str = "bureau") -> TestResponse:
    return api.call("DELETE", f"/checkins/{checkin}/reviews/{done.json['review']['id']}", who)


def told(api: Api) -> list[str]:
    """What chen reads in her inbox."""
    return [row["kind"] for row in api.get("/me/notices", "chen").json["items"]]


def test_what_held_before_holds_again_and_the_day_with_it(api: Api) -> None:
    checkin = doubtful(api)
    done = review(api, checkin, "bureau", "rejected")
    back = undo(api, checkin, done)
    assert (back.status_code, back.json["checkin"]["decision"]) == (200, None)
    assert (back.json["day"]["pending"], back.json["day"]["rejected"]) == (1.0, 0.0)
    assert api.get(f"/checkins/{checkin}", "chen").json["reviews"] == []
    assert checkin in [row["id"] for row in api.get("/reviews/waiting", "bureau2").json["items"]]


def test_the_member_is_told_after_ten_seconds_and_never_of_what_was_taken_back(
    api: Api, clock: StoppedClock, rows: Rows
) -> None:
    checkin = doubtful(api)
    done = review(api, checkin, "bureau", "rejected")
    assert told(api) == ["checkin_pending"]
    undo(api, checkin, done)
    clock.advance(seconds=11)
    assert told(api) == ["checkin_pending"]
    assert rows("SELECT count(*) FROM notices WHERE kind = 'checkin_decided'") == [(0,)]
    review(api, checkin, "bureau", "accepted")
    clock.advance(seconds=10)
    assert told(api) == ["checkin_decided", "checkin_pending"]


def test_a_held_notice_is_not_even_unread(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    unread = api.get("/me/today", "chen").json["unread"]
    review(api, checkin, "bureau", "accepted")
    assert api.get("/me/today", "chen").json["unread"] == unread
    clock.advance(seconds=10)
    assert api.get("/me/today", "chen").json["unread"] == unread + 1


def test_the_review_is_kept_as_withdrawn_and_audited(api: Api, rows: Rows) -> None:
    checkin = doubtful(api)
    undo(api, checkin, review(api, checkin, "bureau", "accepted"))
    assert rows("SELECT decision, withdrawn_at IS NOT NULL FROM reviews") == [("accepted", True)]
    actions = [row[0] for row in rows("SELECT action FROM audit_events WHERE action LIKE 'checkin.review%'")]
    assert sorted(actions) == ["checkin.review_undone", "checkin.reviewed"]


def test_again_changes_nothing(api: Api, rows: Rows) -> None:
    checkin = doubtful(api)
    done = review(api, checkin, "bureau", "accepted")
    assert [undo(api, checkin, done).status_code for _ in range(2)] == [200, 200]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'checkin.review_undone'") == [(1,)]


def test_after_ten_seconds_it_is_too_late(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    done = review(api, checkin, "bureau", "accepted")
    clock.advance(seconds=10, microseconds=1)
    late = undo(api, checkin, done)
    assert (late.status_code, late.json["code"]) == (409, "undo_too_late")
    assert api.get(f"/checkins/{checkin}", "chen").json["decision"] == "accepted"


def test_nobody_takes_back_what_another_decided(api: Api) -> None:
    checkin = doubtful(api)
    done = review(api, checkin, "bureau", "accepted")
    other = undo(api, checkin, done, "bureau2")
    assert (other.status_code, other.json["code"]) == (403, "not_own_review")


def test_not_when_the_member_has_appealed(api: Api) -> None:
    checkin = doubtful(api)
    done = review(api, checkin, "bureau", "rejected")
    assert api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "我在"}).status_code == 201
    assert undo(api, checkin, done).json["code"] == "undo_overtaken"


def test_not_when_somebody_decided_anew(api: Api) -> None:
    checkin = doubtful(api)
    done = review(api, checkin, "bureau", "rejected")
    review(api, checkin, "bureau2", "accepted", beside=done.json["review"]["id"])
    assert undo(api, checkin, done).json["code"] == "undo_overtaken"


def test_an_earlier_decision_of_ones_own_comes_back(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    review(api, checkin, "bureau", "accepted")
    clock.advance(minutes=1)
    back = undo(api, checkin, review(api, checkin, "bureau", "rejected"))
    assert (back.json["checkin"]["decision"], back.json["day"]["value"]) == ("accepted", 1.0)


def test_after_an_undo_the_same_words_are_a_new_review(api: Api, rows: Rows) -> None:
    checkin = doubtful(api)
    first = review(api, checkin, "bureau", "accepted")
    undo(api, checkin, first)
    second = review(api, checkin, "bureau", "accepted")
    assert second.json["review"]["id"] != first.json["review"]["id"]
    assert second.json["day"]["value"] == 1.0


def test_a_month_that_was_closed_between_verifies(api: Api, clock: StoppedClock) -> None:
    """The published result keeps the decision that held then, the addendum says what it is now."""
    checkin = doubtful(api)
    clock.advance(days=17)
    done = review(api, checkin, "bureau", "accepted")
    api.close_month()
    assert undo(api, checkin, done).status_code == 200
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True
    (added,) = api.get("/me/month", "chen", month="2026-11").json["addenda"]
    assert (added["cause"], added["before"]["confirmed"], added["after"]["confirmed"]) == ("withdrawal", 2, 0)


def test_undone_after_the_close_it_leaves_two_addenda_and_the_month_verifies(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    clock.advance(days=17)
    api.close_month()
    undo(api, checkin, review(api, checkin, "bureau", "accepted"))
    added = api.get("/me/month", "chen", month="2026-11").json["addenda"]
    assert [(a["cause"], a["after"]["confirmed"]) for a in added] == [("review", 2), ("withdrawal", 0)]
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True
