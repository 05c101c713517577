"""Somebody leaves: their leads go to another in one step, and none is left behind."""

from typing import Any

import pytest

from tests.api.test_leads import body
from tests.client import Api


@pytest.fixture
def leads(api: Api) -> list[str]:
    return [str(api.post("/leads", "chen", body(api, name)).json["id"]) for name in ("甲一实业", "乙二实业")]


def hand_over(api: Api, by: str, to: str, giver: str = "chen") -> Any:
    path = f"/members/{api.cast[giver].id}/leads/handover"
    return api.post(path, by, {"to": str(api.cast[to].id), "reason": "调回县里"})


def test_all_of_them_in_one_step_within_the_squad(api: Api, leads: list[str]) -> None:
    assert hand_over(api, "leader", "colleague").json == {"handed_over": 2}
    assert hand_over(api, "leader", "colleague").json == {"handed_over": 0}
    for lead in leads:
        said = api.get(f"/leads/{lead}", "colleague").json
        assert (said["owner"]["name"], said["squad"], said["events"][0]["reason"]) in (
            ("colleague", "east-1", "调回县里"),
            ("colleague", "east-1", ""),
        )
    notices = api.get("/me/notices", "colleague").json["items"]
    assert [one["kind"] for one in notices] == ["lead_news"] * 2


def test_to_another_unit_it_is_the_bureaus(api: Api, leads: list[str]) -> None:
    assert hand_over(api, "leader", "neighbour").json["code"] == "not_your_squad"
    assert hand_over(api, "supervisor", "neighbour").json["code"] == "not_your_squad"
    assert hand_over(api, "bureau", "neighbour").json == {"handed_over": 2}
    assert api.get(f"/leads/{leads[0]}", "neighbour").json["squad"] == "west-1"
    assert api.get(f"/leads/{leads[0]}", "chen").status_code == 404


@pytest.mark.parametrize(
    ("by", "to", "code"),
    [
        ("chen", "colleague", "role_required"),
        ("bureau", "supervisor", "not_posted"),
        ("bureau", "chen", "same_person"),
        ("bureau", "outsider", "not_found"),
        ("far_bureau", "outsider", "not_found"),
    ],
)
def test_who_may_not_and_to_whom_not(api: Api, leads: list[str], by: str, to: str, code: str) -> None:
    assert hand_over(api, by, to).json["code"] == code


def test_a_sibling_leader_hands_over_nothing_of_ours(api: Api, leads: list[str]) -> None:
    assert hand_over(api, "other_leader", "neighbour").json == {"handed_over": 0}
    assert api.get(f"/leads/{leads[0]}", "chen").json["owner"]["name"] == "chen"
