"""POST /checkins/{id}/reviews and appeals: people decide beside the machine, and the day follows."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from server.db import Database
from tests.cast import SHANGHAI
from tests.client import Api
from tests.conftest import StoppedClock
from tests.meanwhile import while_a_submission_repeats

Rows = Callable[..., list]


def doubtful(api: Api) -> str:
    return api.check_in("chen", lat=str(SHANGHAI[0] + 0.03)).json["id"]


def review(api: Api, checkin: str, who: str, decision: str, reason: str = "照片里看得清办公室", **more: Any):
    code = {"code": "other"} if decision == "rejected" else {}
    return api.post(f"/checkins/{checkin}/reviews", who, {"decision": decision, "reason": reason} | code | more)


def test_an_accepted_review_makes_the_day_count(api: Api) -> None:
    checkin = doubtful(api)
    body = review(api, checkin, "bureau", "accepted").json
    assert (body["day"]["value"], body["day"]["pending"], body["month"]["confirmed"]) == (1.0, 0.0, 1.0)
    assert (body["checkin"]["verdict"], body["checkin"]["decision"]) == ("review", "accepted")


def test_a_rejection_takes_the_day_away_and_the_machines_verdict_stays(api: Api) -> None:
    checkin = api.check_in("chen").json["id"]
    body = review(api, checkin, "bureau", "rejected", "不是本人").json
    assert (body["checkin"]["verdict"], body["checkin"]["decision"]) == ("accepted", "rejected")
    assert body["day"]["value"] == 0.0
    assert body["day"]["explanation"] == "当天的打卡被驳回，可在驳回后 7 天内申诉。"


def test_a_rejection_needs_a_sentence_for_the_member(api: Api) -> None:
    response = review(api, doubtful(api), "bureau", "rejected", "  ")
    assert (response.status_code, response.json["code"]) == (422, "reason_required")


@pytest.mark.parametrize("code", [None, "rude"])
def test_a_rejection_needs_a_code_that_is_known(api: Api, code: str | None) -> None:
    response = review(api, doubtful(api), "bureau", "rejected", code=code)
    assert response.status_code == 422
    assert response.json["detail"] in ("驳回须选择原因。", "填写有误：代码不是可选的值。")


def test_the_code_stands_beside_the_sentence_and_only_of_a_rejection(api: Api, rows: Rows) -> None:
    assert review(api, doubtful(api), "bureau", "rejected", code="not_there").json["review"]["code"] == "not_there"
    assert review(api, doubtful(api), "bureau", "accepted", code="not_there").json["review"]["code"] is None
    assert rows("SELECT code FROM reviews ORDER BY code IS NULL") == [("not_there",), (None,)]


def test_the_member_is_told_once_a_review(api: Api, rows: Rows) -> None:
    checkin = doubtful(api)
    first = review(api, checkin, "bureau", "rejected", "不是本人").json["review"]["id"]
    review(api, checkin, "bureau2", "accepted", beside=first)
    notices = rows("SELECT kind, member_id, facts FROM notices ORDER BY created_at, kind DESC, dedupe_key")
    assert [n[0] for n in notices] == ["checkin_pending", "checkin_decided", "checkin_decided"]
    assert {str(n[1]).replace("-", "") for n in notices} == {api.cast["chen"].id.hex}


def test_nobody_reviews_their_own(api: Api) -> None:
    own = api.check_in("bureau").json["id"]
    response = review(api, own, "bureau", "accepted")
    assert (response.status_code, response.json["code"]) == (403, "own_checkin")


def test_reviews_are_kept_beside_each_other(api: Api) -> None:
    checkin = doubtful(api)
    first = review(api, checkin, "bureau", "rejected", "不是本人").json["review"]["id"]
    review(api, checkin, "bureau2", "accepted", "核对过，是本人", beside=first)
    seen = api.get(f"/checkins/{checkin}", "chen").json
    assert [(r["reviewer"], r["decision"]) for r in seen["reviews"]] == [
        ("bureau", "rejected"),
        ("bureau2", "accepted"),
    ]
    assert seen["decision"] == "accepted"


def appealed(api: Api) -> tuple[str, str]:
    checkin = doubtful(api)
    review(api, checkin, "bureau", "rejected", "位置不符")
    response = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "那天在客户工厂"})
    assert response.status_code == 201, response.text
    return checkin, response.json["id"]


def test_an_upheld_appeal_restores_the_day(api: Api) -> None:
    checkin, appeal = appealed(api)
    answer = api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": True, "answer": "已与客户核实"})
    assert (answer.status_code, answer.json["state"]) == (200, "upheld")
    assert api.get("/me/month", "chen").json["confirmed"] == 1.0
    assert api.get(f"/checkins/{checkin}", "chen").json["appeals"][0]["answer"] == "已与客户核实"


def test_a_denied_appeal_changes_nothing_but_is_answered(api: Api) -> None:
    _checkin, appeal = appealed(api)
    api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": False, "answer": "没有旁证"})
    assert api.get("/me/month", "chen").json["confirmed"] == 0.0


def test_the_reviewer_does_not_answer_the_appeal(api: Api) -> None:
    _checkin, appeal = appealed(api)
    response = api.post(f"/appeals/{appeal}/decision", "bureau", {"upheld": False, "answer": "维持"})
    assert (response.status_code, response.json["code"]) == (403, "involved")


def test_one_open_appeal_at_a_time_and_one_answer(api: Api) -> None:
    checkin, appeal = appealed(api)
    again = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "再说一次"})
    assert (again.status_code, again.json["code"]) == (409, "appeal_open")
    api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": True, "answer": "好"})
    twice = api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": False, "answer": "不"})
    assert (twice.status_code, twice.json["code"]) == (409, "appeal_decided")


def test_what_was_not_rejected_needs_no_appeal(api: Api) -> None:
    checkin = api.check_in("chen").json["id"]
    response = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "为什么"})
    assert (response.status_code, response.json["code"]) == (409, "nothing_to_appeal")


def test_the_same_review_again_is_the_same_review(api: Api, rows: Rows) -> None:
    checkin = doubtful(api)
    first, second = (review(api, checkin, "bureau", "rejected", "位置不符") for _ in range(2))
    assert (second.status_code, second.json["review"]["id"]) == (201, first.json["review"]["id"])
    assert rows("SELECT count(*) FROM notices WHERE kind = 'checkin_decided'") == [(1,)]


def test_a_review_waits_for_an_appeal_and_does_not_overrule_one_that_was_upheld(api: Api) -> None:
    checkin, appeal = appealed(api)
    assert review(api, checkin, "bureau", "rejected", "还是不行").json["code"] == "appeal_decides"
    api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": True, "answer": "已核实"})
    assert review(api, checkin, "bureau", "rejected", "还是不行").json["code"] == "appeal_decides"
    assert api.get("/me/month", "chen").json["confirmed"] == 1.0


def test_who_answered_one_appeal_does_not_answer_the_next(api: Api) -> None:
    checkin, appeal = appealed(api)
    api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": False, "answer": "没有旁证"})
    again = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "找到旁证了"}).json["id"]
    response = api.post(f"/appeals/{again}/decision", "bureau2", {"upheld": False, "answer": "不"})
    assert (response.status_code, response.json["code"]) == (403, "involved")


def test_a_published_month_is_not_changed_by_a_review(api: Api, clock: StoppedClock, rows: Rows) -> None:
    checkin = doubtful(api)
    clock.advance(days=17)  # 11 December: the deadline has passed
    api.close_month()
    assert review(api, checkin, "bureau", "accepted").status_code == 201
    assert review(api, checkin, "bureau", "accepted").status_code == 201  # the same again adds nothing
    month = api.get("/me/month", "chen", month="2026-11").json
    assert (month["confirmed"], month["pending"]) == (0.0, 1.0)
    (added,) = month["addenda"]
    assert (added["cause"], added["before"]["pending"], added["after"]["confirmed"]) == ("review", 2, 2)


def test_an_appeal_after_the_close_is_answered_by_an_addendum(api: Api, clock: StoppedClock) -> None:
    _, appeal = appealed(api)
    clock.advance(days=17)
    api.close_month()
    assert api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": True, "answer": "已核实"}).status_code == 200
    month = api.get("/me/month", "chen", month="2026-11").json
    assert (month["confirmed"], month["pending"]) == (0.0, 1.0), "nobody had answered yet"
    assert [(a["cause"], a["after"]["confirmed"]) for a in month["addenda"]] == [("appeal", 2)]
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def test_an_appeal_comes_within_the_window(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    review(api, checkin, "bureau", "rejected")
    clock.advance(days=7, seconds=1)
    response = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "我在办公室"})
    assert (response.status_code, response.json["code"]) == (409, "appeal_too_late")


def test_a_review_and_a_repeated_submission_do_not_wait_for_each_other(api: Api, db: Database) -> None:
    checkin, seen = doubtful(api), []
    while_a_submission_repeats(db, checkin, lambda: seen.append(review(api, checkin, "bureau", "accepted").status_code))
    assert seen == [201]


def test_an_appeal_and_its_answer_do_not_wait_for_a_repeated_submission(api: Api, db: Database) -> None:
    checkin, seen = doubtful(api), []
    review(api, checkin, "bureau", "rejected")

    def object_to_it() -> None:
        seen.append(api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "我在办公室"}).status_code)

    while_a_submission_repeats(db, checkin, object_to_it)
    assert seen == [201]


def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told_who(api: Api, rows: Rows) -> None:
    checkin, said = doubtful(api), []

    def decide(who: str) -> None:
        said.append(review(api, checkin, who, "accepted"))

    threads = [Thread(target=decide, args=(who,)) for who in ("bureau", "bureau2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.status_code for one in said) == [201, 409]
    refused = next(one.json for one in said if one.status_code == 409)
    assert refused["code"] == "already_decided"
    assert refused["detail"].endswith("已经复核了这次打卡：通过。您的结论没有保存。")
    assert rows("SELECT count(*) FROM reviews") == [(1,)]


def test_who_vouched_for_that_day_does_not_decide_on_it(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    vouched = {"member": str(api.cast["chen"].id), "on": "2026-11-24", "reason": "视频连线看见在办公室"}
    assert api.post("/attestations", "bureau", vouched).status_code == 201
    response = review(api, checkin, "bureau", "accepted")
    assert (response.status_code, response.json["code"]) == (403, "involved")
    assert review(api, checkin, "bureau2", "accepted").status_code == 201
