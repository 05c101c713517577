"""The chain map: where the county has somebody to talk to, where only names, and where nobody."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from server.db import Database
from server.leads import chains, companies
from server.leads.chains import Target
from server.org.scope import Caller, Grant
from server.sealing import Sealer
from tests.api.test_leads import body
from tests.cast import Cast
from tests.client import Api

Rows = Callable[..., list]


@pytest.fixture
def bureau(cast: Cast, clock: Any) -> Caller:
    who = cast["bureau"]
    return Caller(
        1, who.id, "bureau", who.unit_id, clock().date(), (Grant("bureau_supervisor", None, None),), who.id, True
    )


@pytest.fixture
def directory(db: Database, bureau: Caller, config: Any, clock: Any) -> None:
    with db.transaction() as session:
        for side, name in (("upstream", "正极材料"), ("core", "电池"), ("downstream", "回收")):
            chains.add_node(session, bureau, "新能源", side, name, clock())
        listed = [
            Target(companies.New(name), "新能源", node, "全国100强名录")
            for name, node in (("甲一材料", "正极材料"), ("乙二材料", "正极材料"), ("丙三电池", "电池"))
        ]
        chains.add_targets(session, bureau, Sealer(config.sealing_keys), listed, clock())


def chart(api: Api, who: str = "county_leader") -> dict[str, tuple[int, int, int, int]]:
    (industry,) = api.get("/chains", who).json["industries"]
    return {one["name"]: (one["companies"], one["targets"], one["leads"], one["signed"]) for one in industry["nodes"]}


def test_where_there_is_nobody_to_talk_to(api: Api, directory: None) -> None:
    lead = api.post("/leads", "chen", body(api, "甲一材料有限公司")).json["id"]
    assert chart(api) == {"正极材料": (2, 2, 1, 0), "电池": (1, 1, 0, 0), "回收": (0, 0, 0, 0)}
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "signed"})
    assert chart(api)["正极材料"] == (2, 2, 0, 1)


def test_at_a_node_whose_each_is_and_no_more(api: Api, directory: None) -> None:
    api.post("/leads", "chen", body(api, "甲一材料"))
    (industry,) = api.get("/chains", "other_supervisor").json["industries"]
    found = api.get(f"/chains/{industry['nodes'][0]['id']}/companies", "other_supervisor").json["items"]
    assert [(one["name"], one["state"], one["squad"], one["lead"]) for one in found] == [
        ("乙二材料", "free", None, None),
        ("甲一材料", "claimed", "east-1", None),
    ]


def test_the_squad_that_has_it_says_where_it_stands(api: Api, directory: None, rows: Rows) -> None:
    company = api.post("/leads", "chen", body(api, "丁四回收")).json["company"]["id"]
    node = api.get("/chains", "bureau").json["industries"][0]["nodes"][2]["id"]
    assert api.call("PUT", f"/companies/{company}/node", "neighbour", json={"node": node}).status_code == 403
    assert api.call("PUT", f"/companies/{company}/node", "colleague", json={"node": node}).status_code == 200
    assert chart(api)["回收"] == (1, 0, 1, 0)
    unknown = api.call("PUT", f"/companies/{company}/node", "chen", json={"node": str(uuid.uuid4())})
    assert (unknown.status_code, unknown.json["code"]) == (404, "node_unknown")
    assert api.call("PUT", f"/companies/{company}/node", "chen", json={"node": None}).status_code == 200
    assert chart(api)["回收"] == (0, 0, 0, 0)


def test_another_county_has_its_own(api: Api, directory: None) -> None:
    assert api.get("/chains", "far_bureau").json == {"industries": []}
