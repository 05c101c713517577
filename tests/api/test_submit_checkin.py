"""POST /checkins: what a member's submission becomes."""

from tests.client import Api


def test_an_honest_checkin_is_accepted_and_counts(api: Api) -> None:
    response = api.check_in("chen")
    assert response.status_code == 201, response.text
    body = response.json
    assert body["verdict"] == "accepted", body
    assert body["day"] | {"explanation": ""} == {
        "on": "2026-11-24",
        "value": 1.0,
        "counted": True,
        "pending": 0.0,
        "excused": 0.0,
        "explanation": "",
    }
    assert body["month"]["confirmed"] == 1.0
    assert body["month"]["target"] == 20.0
