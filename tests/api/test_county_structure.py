"""An admin keeps the county's structure: units, squads, what of a station may change, ends of postings, roles."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.client import Api
from tests.conftest import StoppedClock


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, json.loads(answer.text).get("code", "")


def test_a_unit_its_squad_and_its_supervisor(api: Api, rows) -> None:
    assert api.post("/units", "admin", {"name": "投资促进局"}).status_code == 201
    assert code(api.post("/units", "admin", {"name": "投资促进局"})) == (409, "unit_name_taken")
    squad = {"name": "驻深圳小分队", "unit": "投资促进局"}
    assert api.post("/squads", "admin", squad).status_code == 201
    assert code(api.post("/squads", "admin", squad)) == (409, "squad_name_taken")
    assert code(api.post("/squads", "admin", {"name": "驻广州小分队", "unit": "没有的局"})) == (404, "unit_unknown")
    role = {"role": "unit_supervisor", "unit": "投资促进局"}
    path = f"/members/{api.cast['chen'].id}/roles"
    assert code(api.post(path, "admin", {"role": "unit_supervisor"})) == (422, "scope_missing")
    assert api.post(path, "admin", role).status_code == 201
    assert code(api.post(path, "admin", role)) == (409, "role_held")
    assert "unit_supervisor" in json.loads(api.get("/me", "chen").text)["member"]["roles"]
    assert rows(
        "SELECT action FROM audit_events WHERE action LIKE 'unit%' OR action LIKE 'squad%' ORDER BY action"
    ) == [
        ("squad.added",),
        ("unit.added",),
    ]


@pytest.mark.parametrize(("kind", "own", "other"), [("units", "east", "west"), ("squads", "east-1", "west-1")])
def test_a_unit_and_a_squad_are_renamed(api: Api, rows, kind: str, own: str, other: str) -> None:
    path = f"/{kind}/{getattr(api.cast, kind)[own]}"
    answer = api.call("PATCH", path, "admin", json={"name": " 东城 "})
    assert (answer.status_code, answer.json["name"]) == (200, "东城")
    one = kind.removesuffix("s")
    assert code(api.call("PATCH", path, "admin", json={"name": other})) == (409, f"{one}_name_taken")
    assert code(api.call("PATCH", path, "admin", json={"name": ""})) == (422, "input_invalid")
    assert api.call("PATCH", path, "admin", json={"name": "东城"}).status_code == 200  # again: nothing to do
    assert code(api.call("PATCH", f"/{kind}/{uuid.uuid4()}", "admin", json={"name": "西城"})) == (404, "not_found")
    said = rows(
        f"SELECT p.body FROM audit_payloads p JOIN audit_events e ON e.id = p.event_id WHERE e.action = '{one}.changed'"
    )
    assert [json.loads(body)["facts"] for (body,) in said] == [{"name": [own, "东城"]}]


def test_a_closed_month_keeps_the_name_it_was_published_with(api: Api, clock: StoppedClock) -> None:
    api.check_in("chen")
    clock.advance(days=14)
    api.close_month("2026-11")
    for path in (f"/units/{api.cast.units['east']}", f"/squads/{api.cast.squads['east-1']}"):
        assert api.call("PATCH", path, "admin", json={"name": "东城"}).status_code == 200
    (east, _) = api.get("/months/2026-11/table", "bureau").json["units"]
    assert (east["unit"], east["groups"][0]["group"]) == ("east", "east-1")
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def test_a_role_that_is_ended_holds_no_more_at_once(api: Api) -> None:
    assert api.get("/complaints", "bureau").status_code == 200
    grants = {"role": "bureau_supervisor"}
    made = json.loads(api.post(f"/members/{api.cast['chen'].id}/roles", "admin", grants).text)
    assert api.get("/complaints", "chen").status_code == 200
    assert api.call("DELETE", f"/roles/{made['id']}", "admin").status_code == 200
    assert api.get("/complaints", "chen").status_code == 403


def test_the_last_admin_stays(api: Api, rows) -> None:
    ((found,),) = rows("SELECT id FROM role_grants WHERE role = 'admin' AND county_id = 1")
    mine = uuid.UUID(str(found))
    assert code(api.call("DELETE", f"/roles/{mine}", "admin")) == (409, "last_admin")
    api.post(f"/members/{api.cast['bureau'].id}/roles", "admin", {"role": "admin"})
    assert api.call("DELETE", f"/roles/{mine}", "admin").status_code == 200
    assert api.post("/units", "admin", {"name": "某局"}).status_code == 403
    assert api.post("/units", "bureau", {"name": "某局"}).status_code == 201


def test_a_station_s_fence_and_end_change_its_point_does_not(api: Api, rows) -> None:
    path = f"/stations/{api.cast.stations['east-1']}"
    answer = api.call("PATCH", path, "admin", json={"radius_m": 500, "phone": "021-61234567", "valid_to": "2026-12-31"})
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.text)["radius_m"] == 500
    assert code(api.call("PATCH", path, "admin", json={})) == (422, "input_invalid")
    assert code(api.call("PATCH", path, "admin", json={"valid_to": "2026-01-01"})) == (422, "interval_reversed")
    assert json.loads(api.call("PATCH", path, "admin", json={"valid_to": None}).text)["valid_to"] is None
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'station.changed'") == [(2,)]


def test_a_posting_that_ends_frees_the_days_after_it(api: Api, rows, clock: StoppedClock) -> None:
    api.check_in("chen")
    posting = _posting(api, "chen", rows)
    assert code(api.post(f"/postings/{posting}/end", "admin", {"ends_on": "2026-08-01"})) == (422, "interval_reversed")
    assert api.post(f"/postings/{posting}/end", "admin", {"ends_on": "2026-11-23"}).status_code == 200
    assert code(api.post(f"/postings/{posting}/end", "admin", {"ends_on": "2026-11-25"})) == (409, "posting_ended")
    assert json.loads(api.get("/me", "chen").text)["posting"] is None
    body = {"member": str(api.cast["chen"].id), "squad": "east-1", "station": "上海驻点", "starts_on": "2026-11-24"}
    assert api.post("/postings", "admin", body).status_code == 201


def test_what_is_published_is_not_reached(api: Api, rows, clock: StoppedClock) -> None:
    clock.advance(days=20)
    api.close_month()
    posting = _posting(api, "chen", rows)
    assert code(api.post(f"/postings/{posting}/end", "admin", {"ends_on": "2026-11-20"})) == (409, "month_closed")
    assert rows("SELECT count(*) FROM postings WHERE ends_on IS NOT NULL") == [(0,)]


@pytest.mark.parametrize("days", [-1])
def test_no_role_begins_in_the_past(api: Api, clock: StoppedClock, days: int) -> None:
    on = (clock() + timedelta(days=days)).date().isoformat()
    body = {"role": "county_leader", "starts_on": on}
    assert code(api.post(f"/members/{api.cast['chen'].id}/roles", "admin", body)) == (422, "date_out_of_range")


def _id(api: Api, who: str, rows: Any) -> Any:
    """As this engine stores ids."""
    ((found,),) = rows("SELECT id FROM members WHERE name = :n", n=who)
    return found


def _posting(api: Api, who: str, rows: Any) -> uuid.UUID:
    ((found,),) = rows("SELECT id FROM postings WHERE member_id = :m", m=_id(api, who, rows))
    return uuid.UUID(str(found))
