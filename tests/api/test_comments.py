"""POST /checkins/{id}/comments: what leaders and supervisors know; it decides nothing, and the member reads it."""

from collections.abc import Callable

import pytest

from tests.api.test_review import doubtful
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def say(api: Api, checkin: str, who: str, text: str = "当天在园区开会，可以核实"):
    return api.post(f"/checkins/{checkin}/comments", who, {"text": text})


def test_the_member_reads_who_said_what(api: Api, clock: StoppedClock) -> None:
    checkin = doubtful(api)
    assert say(api, checkin, "leader", "我在场").status_code == 201
    clock.advance(seconds=1)
    assert say(api, checkin, "supervisor").status_code == 201
    said = api.get(f"/checkins/{checkin}/comments", "chen").json["items"]
    assert [(one["author"], one["text"]) for one in said] == [
        ("leader", "我在场"),
        ("supervisor", "当天在园区开会，可以核实"),
    ]
    assert api.get(f"/checkins/{checkin}", "chen").json["comments"] == said


def test_it_decides_nothing_and_is_audited(api: Api, rows: Rows) -> None:
    checkin = doubtful(api)
    say(api, checkin, "leader")
    assert api.get(f"/checkins/{checkin}", "chen").json["decision"] is None
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'checkin.commented'") == [(1,)]


def test_not_on_ones_own(api: Api) -> None:
    response = say(api, doubtful(api), "chen")
    assert (response.status_code, response.json["code"]) == (403, "own_checkin")


@pytest.mark.parametrize("text", ["", "  \n ", "长" * 301])
def test_it_has_to_say_something_and_be_short(api: Api, text: str) -> None:
    assert say(api, doubtful(api), "leader", text).status_code == 422


@pytest.mark.parametrize("who", ["colleague", "other_leader", "far_bureau"])
def test_an_outsider_learns_nothing(api: Api, who: str) -> None:
    checkin = doubtful(api)
    assert say(api, checkin, who).status_code == 404
    assert api.get(f"/checkins/{checkin}/comments", who).status_code == 404
