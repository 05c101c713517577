"""While an appeal is open its day waits like any other: nothing is held against the member until somebody answers."""

import pytest

from tests.client import Api
from tests.conftest import StoppedClock

FAR_AWAY = {"lat": 31.4, "lng": 120.9}


def rejected(api: Api, checkin: str = "") -> str:
    checkin = checkin or str(api.check_in("chen", **FAR_AWAY).json["id"])
    body = {"decision": "rejected", "code": "not_there", "reason": "不在驻点"}
    assert api.post(f"/checkins/{checkin}/reviews", "bureau", body).status_code == 201
    return checkin


def appeal(api: Api, checkin: str) -> str:
    made = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "当时在园区拜访企业"})
    assert made.status_code == 201
    return str(made.json["id"])


def answer(api: Api, made: str, upheld: bool) -> None:
    body = {"upheld": upheld, "answer": "已核实"}
    assert api.post(f"/appeals/{made}/decision", "bureau2", body).status_code == 200


def november(api: Api) -> tuple[float, float, float]:
    month = api.get("/me/month", "chen", month="2026-11").json
    return month["confirmed"], month["pending"], month["rejected"]


def test_the_day_is_pending_and_says_so(api: Api) -> None:
    checkin = rejected(api)
    assert november(api) == (0.0, 0.0, 1.0)
    appeal(api, checkin)
    assert november(api) == (0.0, 1.0, 0.0)
    (day,) = api.get("/me/month", "chen", month="2026-11").json["days"]
    assert day["explanation"] == "待核1天（含正在处理的申诉），不计为缺勤。"


@pytest.mark.parametrize(("upheld", "stands"), [(True, (1.0, 0.0, 0.0)), (False, (0.0, 0.0, 1.0))])
def test_the_answer_decides(api: Api, upheld: bool, stands: tuple[float, float, float]) -> None:
    answer(api, appeal(api, rejected(api)), upheld)
    assert november(api) == stands


@pytest.mark.parametrize("answered", [None, True, False])
@pytest.mark.parametrize("made_before", [True, False])
def test_a_closed_month_verifies_whatever_becomes_of_an_appeal(
    api: Api, clock: StoppedClock, made_before: bool, answered: bool | None
) -> None:
    sent = str(api.check_in("chen", **FAR_AWAY).json["id"])
    clock.advance(days=11)
    checkin = rejected(api, sent)
    made = appeal(api, checkin) if made_before else None
    clock.advance(days=6)  # 11 December: what waits is waited for no longer; an appeal has seven days
    api.close_month()
    clock.advance(seconds=1)
    made = made or appeal(api, checkin)
    clock.advance(seconds=1)
    if answered is not None:
        answer(api, made, answered)
    assert november(api) == ((0.0, 1.0, 0.0) if made_before else (0.0, 0.0, 1.0)), "as it was published"
    found = api.get("/months/2026-11/verify", "bureau").json
    assert (found["matches"], found["differences"]) == (True, [])


def test_after_two_answers_the_word_stands(api: Api) -> None:
    checkin = rejected(api)
    answer(api, appeal(api, checkin), upheld=False)
    made = appeal(api, checkin)
    body = {"upheld": False, "answer": "已核实"}
    assert api.post(f"/appeals/{made}/decision", "county_leader", body).status_code == 200
    third = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "再说一次"})
    assert (third.status_code, third.json["code"]) == (409, "appeals_used")
    assert november(api) == (0.0, 0.0, 1.0)
