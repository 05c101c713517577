"""One check-in in fifty is judged without the machine's verdict, so that the machine's own error is known."""

import uuid
from collections.abc import Callable
from datetime import date

import pytest

from server.checkins import sample
from server.db import Database
from tests.api.test_review import doubtful, review
from tests.client import Api

Rows = Callable[..., list]


@pytest.fixture
def _all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "ONE_IN", 1)


def queue(api: Api, who: str = "bureau", holds: str = "review") -> list[dict]:
    return api.get(f"/checkins?holds={holds}", who).json["items"]


@pytest.mark.usefixtures("_all")
def test_the_member_is_told_and_the_day_counts_as_always(api: Api) -> None:
    body = api.check_in("chen").json
    assert (body["verdict"], body["day"]["value"]) == ("accepted", 1.0)
    assert api.get(f"/checkins/{body['id']}", "chen").json["verdict"] == "accepted"
    assert api.get("/me/month", "chen").json["confirmed"] == 1.0


@pytest.mark.usefixtures("_all")
def test_a_reviewer_sees_an_accepted_and_a_doubtful_one_alike(api: Api) -> None:
    ids = {api.check_in("chen").json["id"], doubtful(api)}
    seen = queue(api)
    assert {row["id"] for row in seen} == ids
    assert {(row["verdict"], row["reason"], row["weight"]) for row in seen} == {("review", sample.HIDDEN_REASON, 0.0)}
    for checkin in ids:
        whole = api.get(f"/checkins/{checkin}", "bureau").json
        assert (whole["verdict"], whole["findings"]) == ("review", [])
        assert whole["photo"]["url"]
    assert queue(api, holds="accepted") == []


@pytest.mark.usefixtures("_all")
def test_after_the_decision_everything_is_shown(api: Api) -> None:
    checkin = api.check_in("chen").json["id"]
    body = review(api, checkin, "bureau", "rejected", "不是本人").json
    assert (body["checkin"]["verdict"], body["checkin"]["decision"]) == ("accepted", "rejected")
    assert api.get(f"/checkins/{checkin}", "bureau2").json["findings"] != []
    assert queue(api) == []


@pytest.mark.usefixtures("_all")
@pytest.mark.parametrize("who", ["leader", "supervisor"])
def test_who_cannot_review_sees_what_holds(api: Api, who: str) -> None:
    checkin = api.check_in("chen").json["id"]
    assert queue(api, who) == []
    assert [row["id"] for row in queue(api, who, "accepted")] == [checkin]


def test_few_are_drawn_and_by_what_no_phone_chooses(api: Api, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "ONE_IN", 50)
    drawn = sum(sample.is_drawn(uuid.uuid4()) for _ in range(20_000))
    assert 300 < drawn < 500  # 2 %
    checkin = api.check_in("chen").json["id"]
    ((photo_id, sampled),) = rows("SELECT photo_id, sampled FROM checkins")
    assert sampled == sample.is_drawn(uuid.UUID(str(photo_id)))
    assert str(photo_id) != checkin


@pytest.mark.usefixtures("_all")
def test_the_machines_error_is_told_with_its_interval(api: Api, db: Database) -> None:
    for decision in ("accepted", "accepted", "rejected"):
        review(api, api.check_in("chen").json["id"], "bureau", decision, "看过")
    review(api, doubtful(api), "bureau", "accepted")
    api.check_in("colleague")
    with db.reading() as session:
        said = list(sample.told(session, date(2026, 11, 1)))
    assert said[0] == "Blind sample since 2026-11-01: 5 check-ins, one in 1."
    assert said[1] == "  machine accepted: people accepted 2, rejected 1, 1 wait"
    assert said[2] == "  machine review  : people accepted 1, rejected 0, 0 wait"
    assert said[4] == "  accepted by machine, rejected by people: 33.3% (95 % interval 6.1% to 79.2%)"
