"""GET /me/today and /squads: the first page of the phone in one answer, and whose days somebody may look at."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from tests.api.test_escorts import answer as answer_escort
from tests.api.test_escorts import ask
from tests.api.test_leads import body
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock


def today(api: Api, who: str = "chen") -> Any:
    return api.get("/me/today", who).json


def test_before_the_first_check_in_the_window_is_open_and_not_done(api: Api) -> None:
    seen = today(api)
    assert (seen["on"], seen["checkins"], seen["day"]["counted"]) == ("2026-11-24", [], False)
    assert seen["ends_at"] == "2026-11-25T00:00:00+08:00"
    assert seen["windows"] == [
        {
            "start": "06:00",
            "end": "23:00",
            "opens_at": "2026-11-24T06:00:00+08:00",
            "closes_at": "2026-11-24T23:00:00+08:00",
            "done": False,
        }
    ]
    assert seen["posting"]["station"]
    assert seen["member"]["name"]
    assert seen["consent_given"]


def test_a_check_in_does_the_window_and_stands_in_the_day_and_the_month(api: Api) -> None:
    made = api.check_in("chen").json
    seen = today(api)
    assert seen["windows"][0]["done"]
    assert [(c["id"], c["verdict"]) for c in seen["checkins"]] == [(made["id"], made["verdict"])]
    assert (seen["day"], seen["month"]) == (made["day"], made["month"])


def test_a_day_that_asks_for_two_says_when_the_next_one_counts(api: Api, clock: StoppedClock) -> None:
    rules = {"full_day": {"checkins": 2, "min_gap_min": 240}, "burden_mode": "voluntary"}
    assert api.post("/policies", "admin", {"starts_on": "2026-11-24", "rules": rules}).status_code == 201
    assert (today(api)["more"], today(api)["more_from"]) == (2, None)
    api.check_in("chen")
    seen = today(api)
    assert seen["more"] == 1
    assert datetime.fromisoformat(seen["more_from"]) == clock() + timedelta(hours=4)
    clock.advance(hours=4)
    api.check_in("chen")
    assert today(api)["more"] == 0


def test_a_rejected_check_in_leaves_the_window_open(api: Api) -> None:
    made = api.check_in("chen").json
    rejected = {"decision": "rejected", "reason": "看不清站点", "code": "other"}
    assert api.post(f"/checkins/{made['id']}/reviews", "bureau", rejected).status_code == 201
    assert not today(api)["windows"][0]["done"]


def test_after_midnight_at_the_station_it_is_another_day(api: Api, clock: StoppedClock) -> None:
    api.check_in("chen")
    clock.advance(days=7)
    seen = today(api)
    assert (seen["on"], seen["month"]["month"], seen["checkins"]) == ("2026-12-01", "2026-12", [])


def test_who_is_posted_nowhere_has_no_station_and_still_a_page(api: Api) -> None:
    seen = today(api, "admin")
    assert seen["posting"] is None
    assert seen["checkins"] == []


def test_the_latest_notice_is_told_as_in_the_inbox(api: Api, clock: StoppedClock, notice: Any) -> None:
    notice()
    latest = notice()
    clock.advance(minutes=1)
    seen, inbox = today(api), api.get("/me/notices", "chen").json
    assert seen["notice"]["id"] == str(latest)
    assert seen["notice"] == inbox["items"][0]
    assert seen["unread"] == inbox["unread"] == 2
    assert today(api, "outsider")["notice"] is None


def test_each_sees_the_squads_they_watch(api: Api, cast: Cast) -> None:
    def squads(who: str) -> set[str]:
        return {row["id"] for row in api.get("/squads", who).json["items"]}

    east = str(cast.squads["east-1"])
    assert squads("chen") == squads("leader") == {east}
    assert east in squads("supervisor")
    assert east in squads("bureau")
    assert east not in squads("other_leader") | squads("far_bureau") | squads("admin")
    assert squads("bureau") > squads("supervisor")


def test_asking_again_changes_nothing(api: Api, clock: StoppedClock) -> None:
    first = today(api)
    clock.advance(minutes=5)
    again = today(api)
    assert again.pop("server_time") != first.pop("server_time")
    assert again == first


def test_every_reply_tells_the_servers_clock_also_a_refusal(api: Api, clock: StoppedClock) -> None:
    for answer in (api.get("/me/today", "chen"), api.get("/me/today", None), api.get("/nowhere", "chen")):
        assert int(answer.headers["Server-Time"]) == round(clock().timestamp() * 1000)


def test_an_open_spot_check_stands_on_the_callers_day_alone_until_it_is_answered(api: Api, spot_course: Any) -> None:
    aimed = {"id": str(uuid.uuid4()), "kind": "selfie", "aimed_at": str(api.cast["chen"].id), "reason": "有人反映"}
    assert api.post("/draws", "bureau", aimed).status_code == 201
    assert today(api)["spot_check"] is None
    spot_course(seconds=4)
    seen = today(api)["spot_check"]
    assert (seen["state"], seen["kind"], seen["aimed"], seen["member"]["name"]) == ("open", "selfie", True, "chen")
    assert [today(api, who)["spot_check"] for who in ("colleague", "bureau", "outsider")] == [None] * 3
    ticket = api.post(f"/me/spot-checks/{seen['id']}/camera", "chen").json["ticket"]
    assert api.check_in("chen", kind="spot", ticket=ticket).status_code == 201
    assert today(api)["spot_check"] is None


def test_what_waits_for_a_leaders_answer_is_told_to_who_may_give_it(api: Api) -> None:
    lead = api.post("/leads", "chen", body(api)).json["id"]
    escort = ask(api, lead).json["id"]
    who = ("county_leader", "bureau", "chen", "supervisor", "far_county_leader", "far_bureau")
    assert [today(api, one)["escorts"] for one in who] == [[escort], [escort], [], [], [], []]
    assert answer_escort(api, escort).status_code == 200
    assert [today(api, one)["escorts"] for one in who] == [[]] * 6
