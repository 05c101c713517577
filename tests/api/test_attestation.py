"""POST /attestations: the way for whoever has no phone, no signal, or gave no consent."""

import threading

import pytest

from tests.client import Api
from tests.conftest import StoppedClock


def attest(
    api: Api, who: str, on: str = "2026-11-24", value: float = 1, member: str = "chen", reason: str = "同在展会"
):
    body = {"member": str(api.cast[member].id), "on": on, "value": value, "reason": reason}
    return api.post("/attestations", who, body)


def test_a_colleagues_word_counts_like_a_checkin_and_is_marked(api: Api) -> None:
    response = attest(api, "colleague")
    assert response.status_code == 201
    assert (response.json["day"]["value"], response.json["month"]["confirmed"]) == (1.0, 1.0)
    (day,) = api.get("/me/month", "chen").json["days"]
    assert day["explanation"] == "确认1天（含同事或监督人员证明）。"
    assert [(s["type"], s["by"], s["reason"]) for s in day["sources"]] == [("attestation", "colleague", "同在展会")]


def test_half_a_day_can_be_vouched_for(api: Api) -> None:
    assert attest(api, "colleague", value=0.5).json["day"]["value"] == 0.5


def test_two_words_and_a_checkin_are_still_one_day(api: Api) -> None:
    attest(api, "colleague")
    attest(api, "leader", value=0.5)
    assert api.check_in("chen").json["day"]["value"] == 1.0
    assert api.get("/me/month", "chen").json["confirmed"] == 1.0


def test_who_refused_consent_is_attested_instead(api: Api) -> None:
    version = api.get("/consents", "chen").json["version"]
    api.post("/consents", "chen", {"version": version, "agreed": False})
    assert attest(api, "supervisor").json["day"]["counted"] is True


@pytest.mark.parametrize("on", ["2026-11-16", "2026-11-25", "2027-01-01"])
def test_only_the_days_still_remembered(api: Api, on: str) -> None:
    response = attest(api, "colleague", on=on)
    assert (response.status_code, response.json["code"]) == (422, "date_out_of_range")


@pytest.mark.parametrize("value", [0, 0.3, 2, -1])
def test_half_or_whole(api: Api, value: float) -> None:
    assert attest(api, "colleague", value=value).status_code == 422


def test_not_for_whoever_is_posted_nowhere(api: Api) -> None:
    assert attest(api, "bureau", member="supervisor").json["code"] == "not_posted"


def test_once_a_day_each_even_when_sent_twice_at_once(api: Api) -> None:
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(attest(api, "colleague").status_code)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409, 409]


def test_a_published_month_is_not_changed_by_a_word(api: Api, clock: StoppedClock) -> None:
    clock.advance(days=12)  # 6 December
    api.close_month()
    response = attest(api, "colleague", on="2026-11-30")
    assert (response.status_code, response.json["day"]["value"]) == (201, 0.0)
    assert "补充说明" in response.json["day"]["explanation"]
    month = api.get("/me/month", "chen", month="2026-11").json
    assert (month["closed"], month["confirmed"], month["days"]) == (True, 0.0, [])
    (added,) = month["addenda"]
    assert (added["on"], added["cause"], added["after"]["confirmed"]) == ("2026-11-30", "attestation", 2)
