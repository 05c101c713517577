"""The leads' table narrowed, and filters kept under names: one's own, twenty at most, gone when they are forgotten."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from server.db import Database
from server.leads import chains
from server.org.scope import Caller, Grant
from tests.api.test_leads import body, update
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def named(api: Api, who: str = "bureau", **asked: Any) -> set[str]:
    """Which of the leads are found, by the one character that tells their companies apart."""
    found = api.get("/leads", who, **asked)
    assert found.status_code == 200, found.text
    return {one["company"]["name"][0] for one in found.json["items"]}


@pytest.fixture
def leads(api: Api, db: Database, clock: StoppedClock) -> dict[str, str]:
    """By the first character of their companies: 甲 of chen's, 乙 of her colleague's, 丙 of the neighbour's."""
    with db.transaction() as session:
        who = api.cast["bureau"]
        grants = (Grant("bureau_supervisor", None, None),)
        bureau = Caller(1, who.id, "bureau", who.unit_id, clock().date(), grants, who.id, True)
        node = chains.add_node(session, bureau, "新能源", "core", "电池", clock())
    made = {}
    for name, by, said in (
        ("甲电池", "chen", {"investment_wan": 100, "channel": "exhibition", "intent": "扩建二期"}),
        ("乙电子", "colleague", {"investment_wan": 5000, "company": {"industry": "电子信息"}}),
        ("丙食品", "neighbour", {"next_action": "看厂房"}),
    ):
        reply = api.post("/leads", by, body(api, f"{name}有限公司", **said))
        assert reply.status_code == 201, reply.text
        made[name[0]] = reply.json["id"]
        if name[0] == "甲":
            placed = {"node": str(node.id)}
            company = reply.json["company"]["id"]
            assert api.call("PUT", f"/companies/{company}/node", "chen", json=placed).status_code == 200
            made["node"] = str(node.id)
    return made


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "甲乙丙"),
        ({"channel": "exhibition"}, "甲"),
        ({"invest_from": 100}, "甲乙"),
        ({"invest_from": 101}, "乙"),
        ({"invest_to": 100}, "甲"),
        ({"invest_from": 101, "invest_to": 4999}, ""),
        ({"industry": "新能源"}, "甲"),
        ({"industry": "电子信息"}, "乙"),
        ({"q": "乙 电子"}, "乙"),
        ({"q": "二期"}, "甲"),
        ({"q": "看厂"}, "丙"),
        ({"q": "%"}, ""),
        ({"q": "（）"}, ""),
        ({"stage": "talks"}, ""),
    ],
)
def test_by_one_thing_or_another(api: Api, leads: dict[str, str], asked: dict[str, Any], found: str) -> None:
    assert named(api, **asked) == set(found)


def test_by_unit_squad_owner_and_node(api: Api, leads: dict[str, str]) -> None:
    cast = api.cast
    assert named(api, unit=str(cast.units["east"])) == {"甲", "乙"}
    assert named(api, squad=str(cast.squads["west-1"])) == {"丙"}
    assert named(api, owner=str(cast["colleague"].id)) == {"乙"}
    assert named(api, node=leads["node"]) == {"甲"}
    assert named(api, "chen", mine="true") == {"甲"}
    assert named(api, unit=str(cast.units["east"]), invest_from=101) == {"乙"}


def test_no_filter_reaches_beyond_what_one_may_see(api: Api, leads: dict[str, str]) -> None:
    assert named(api, "neighbour", owner=str(api.cast["chen"].id)) == set()
    assert named(api, "neighbour", unit=str(api.cast.units["east"])) == set()
    assert named(api, "far_bureau", node=leads["node"]) == set()


def test_by_what_is_overdue_as_each_row_says(api: Api, leads: dict[str, str], clock: StoppedClock) -> None:
    """Over a month of days, with a weekend in it each week: the filter and the row agree on every one."""
    api.post(f"/leads/{leads['乙']}/updates", "colleague", update(api, answers=True))
    api.post(f"/leads/{leads['丙']}/stages", "neighbour", {"stage": "contacted"})
    seen = set()
    for _ in range(26):
        clock.advance(days=1)
        rows = api.get("/leads", "bureau").json["items"]
        for what in ("respond", "judge", "answer", "report"):
            late = {
                one["company"]["name"][0]
                for one in rows
                if any(owed["what"] == what and owed["days_late"] for owed in one["owed"])
            }
            assert named(api, late=what) == late, (what, clock())
            seen |= {(what, name) for name in late}
        anything = {one["company"]["name"][0] for one in rows if any(owed["days_late"] for owed in one["owed"])}
        assert named(api, late="any") == anything
    assert {what for what, _ in seen} == {"respond", "judge", "answer", "report"}


def test_of_the_pool_nothing_is_told_by_a_filter(api: Api, leads: dict[str, str], rows: Rows, db: Database) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE leads SET squad_id = NULL, owner_id = NULL, claimed_at = NULL")
    assert named(api, "neighbour", state="pooled") == {"甲", "乙", "丙"}
    assert named(api, "neighbour", state="pooled", q="甲") == {"甲"}
    assert named(api, "neighbour", state="pooled", q="二期") == set()
    for secret in ({"invest_from": 1}, {"channel": "exhibition"}, {"late": "any"}):
        refused = api.get("/leads", "neighbour", state="pooled", **secret)
        assert (refused.status_code, refused.json["code"]) == (422, "filter_not_for_pool")


def keep(api: Api, name: str, who: str = "supervisor", **wanted: Any) -> Any:
    return api.post("/me/lead-filters", who, {"name": name, "wanted": wanted})


def kept(api: Api, who: str = "supervisor") -> list[str]:
    return [one["name"] for one in api.get("/me/lead-filters", who).json["items"]]


def test_one_is_kept_renamed_and_forgotten(api: Api) -> None:
    made = keep(api, "大项目", invest_from=10000, stage="talks")
    assert made.status_code == 201
    assert (made.json["wanted"]["invest_from"], made.json["wanted"]["stage"]) == (10000, "talks")
    path = f"/me/lead-filters/{made.json['id']}"
    assert api.call("PUT", f"{path}/name", "supervisor", json={"name": "过亿项目"}).json["name"] == "过亿项目"
    assert kept(api) == ["过亿项目"]
    assert api.call("DELETE", path, "supervisor").status_code == 204
    assert kept(api) == []
    assert api.call("DELETE", path, "supervisor").status_code == 404


def test_the_same_name_again_takes_the_new_filter(api: Api) -> None:
    assert [keep(api, "大项目", invest_from=wan).status_code for wan in (10000, 20000)] == [201, 200]
    (one,) = api.get("/me/lead-filters", "supervisor").json["items"]
    assert one["wanted"]["invest_from"] == 20000


def test_two_of_one_person_never_share_a_name(api: Api) -> None:
    keep(api, "大项目")
    other = keep(api, "小项目").json["id"]
    refused = api.call("PUT", f"/me/lead-filters/{other}/name", "supervisor", json={"name": "大项目"})
    assert (refused.status_code, refused.json["code"]) == (409, "filter_known")
    assert kept(api) == ["大项目", "小项目"]


def test_twenty_and_no_more(api: Api) -> None:
    for number in range(20):
        assert keep(api, f"筛选{number}").status_code == 201
    refused = keep(api, "再一个")
    assert (refused.status_code, refused.json["code"]) == (409, "filters_full")
    assert keep(api, "筛选3", stage="talks").status_code == 200


@pytest.mark.parametrize("who", ["other_supervisor", "bureau", "far_bureau"])
def test_nobody_elses_are_seen_or_touched(api: Api, who: str) -> None:
    path = f"/me/lead-filters/{keep(api, '大项目').json['id']}"
    assert kept(api, who) == []
    assert api.call("PUT", f"{path}/name", who, json={"name": "我的"}).status_code == 404
    assert api.call("DELETE", path, who).status_code == 404
    assert kept(api) == ["大项目"]


@pytest.mark.parametrize("wanted", [{"stage": "x"}, {"invest_from": -1}, {"unit": "x"}, {"late": "x"}])
def test_a_filter_that_is_none_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    assert keep(api, "坏的", **wanted).status_code == 422
    assert api.get("/leads", "supervisor", **wanted).status_code == 422


def test_whatever_id_it_names_it_finds_nothing_and_is_no_error(api: Api, leads: dict[str, str]) -> None:
    for field in ("unit", "squad", "owner", "node"):
        assert named(api, **{field: str(uuid.uuid4())}) == set()
