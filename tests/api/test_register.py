"""POST /stations, /members, /postings, /members/{id}/invites: the register an admin keeps."""

from collections.abc import Callable

import pytest

from server.evidence.datum import wgs84_to_gcj02
from tests.client import Api

Rows = Callable[..., list]
STATION = {"name": "苏州驻点", "city": "苏州", "lat": 31.3, "lng": 120.6, "datum": "wgs84", "radius_m": 300}


def test_a_station_is_kept_in_wgs84_with_the_datum_it_came_in(api: Api, rows: Rows) -> None:
    lat, lng = wgs84_to_gcj02(31.3, 120.6)
    response = api.post("/stations", "admin", STATION | {"lat": lat, "lng": lng, "datum": "gcj02"})
    assert response.status_code == 201
    assert (response.json["lat"], response.json["lng"]) == pytest.approx((31.3, 120.6), abs=1e-7)
    assert rows("SELECT datum, given_lat FROM stations WHERE name = '苏州驻点'") == [("gcj02", pytest.approx(lat))]


@pytest.mark.parametrize(
    "change",
    [
        {"lat": 91},
        {"lat": "x"},
        {"radius_m": 5},
        {"radius_m": 99999},
        {"tz": "Mars/Base"},
        {"tz": "localtime"},
        {"tz": "Factory"},
        {"datum": "bd09"},
        {"name": " "},
    ],
    ids=str,
)
def test_a_station_that_cannot_be_is_422(api: Api, change: dict) -> None:
    assert api.post("/stations", "admin", STATION | change).status_code == 422


def test_two_stations_of_one_name_are_409(api: Api) -> None:
    assert api.post("/stations", "admin", STATION).status_code == 201
    assert api.post("/stations", "admin", STATION).json["code"] == "station_name_taken"


def new_member(api: Api) -> str:
    body = {"name": "周敏", "unit": str(api.cast.units["east"]), "squad": str(api.cast.squads["east-1"])}
    return api.post("/members", "admin", body).json["id"]


def posting(api: Api, member: str, starts_on: str, ends_on: str | None = None, squad: str = "east-1"):
    body = {
        "member": member,
        "squad": str(api.cast.squads[squad]),
        "station": str(api.cast.stations[squad]),
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    return api.post("/postings", "admin", body)


def test_a_new_member_is_posted_and_prorated(api: Api) -> None:
    member = new_member(api)
    assert posting(api, member, "2026-11-16").status_code == 201
    month = api.get(f"/members/{member}/month", "supervisor").json
    assert month["target"] == 10.0
    assert month["target_explanation"] == "目标 20 天，本月派驻 15/30 天，折算 10 天，应驻 10 天。"


def test_a_transfer_ends_one_posting_and_starts_another(api: Api, rows: Rows) -> None:
    member = new_member(api)
    posting(api, member, "2026-11-01")
    assert posting(api, member, "2026-11-20").status_code == 201
    assert [
        tuple(map(str, r))
        for r in rows("SELECT starts_on, ends_on FROM postings WHERE starts_on >= '2026-11-01' ORDER BY 1")
    ] == [
        ("2026-11-01", "2026-11-19"),
        ("2026-11-20", "None"),
    ]
    assert api.get(f"/members/{member}/month", "supervisor").json["target"] == 20.0


def test_postings_do_not_overlap(api: Api) -> None:
    member = new_member(api)
    posting(api, member, "2026-11-01", "2026-11-30")
    response = posting(api, member, "2026-11-15")
    assert (response.status_code, response.json["code"]) == (409, "posting_overlaps")


def test_an_interval_has_its_ends_in_order(api: Api) -> None:
    assert posting(api, new_member(api), "2026-11-20", "2026-11-19").json["code"] == "interval_reversed"


def test_what_is_another_countys_does_not_exist_here(api: Api) -> None:
    body = {
        "member": str(api.cast["outsider"].id),
        "squad": str(api.cast.squads["east-1"]),
        "station": str(api.cast.stations["east-1"]),
        "starts_on": "2026-12-01",
    }
    assert api.post("/postings", "admin", body).json["code"] == "member_unknown"
    body |= {"member": new_member(api), "station": str(api.cast.stations["far-1"])}
    assert api.post("/postings", "admin", body).json["code"] == "station_unknown"


def test_a_squad_belongs_to_the_unit_that_is_named(api: Api) -> None:
    body = {"name": "周敏", "unit": str(api.cast.units["west"]), "squad": str(api.cast.squads["east-1"])}
    assert api.post("/members", "admin", body).json["code"] == "squad_of_other_unit"


def test_an_invite_is_shown_once_and_stored_as_a_digest(api: Api, rows: Rows) -> None:
    code = api.post(f"/members/{new_member(api)}/invites", "supervisor").json["invite_code"]
    assert len(code) == 8
    ((stored,),) = rows("SELECT code_sha256 FROM invites")
    assert code not in stored


def test_after_a_transfer_one_belongs_to_the_new_squad(api: Api) -> None:
    chen = str(api.cast["chen"].id)
    assert posting(api, chen, "2026-11-24", squad="west-1").status_code == 201
    old, new = (f"/squads/{api.cast.squads[name]}/today" for name in ("east-1", "west-1"))
    assert (api.get(old, "chen").status_code, api.get(new, "chen").status_code) == (404, 200)
    assert api.get(f"/members/{chen}/month", "leader").status_code == 404
    assert api.get(f"/members/{chen}/month", "other_leader").status_code == 200
    word = {"member": chen, "on": "2026-11-24", "value": 1, "reason": "同在现场"}
    assert api.post("/attestations", "colleague", word).status_code == 404
    assert api.post("/attestations", "neighbour", word).status_code == 201


def test_what_was_sent_twice_makes_no_second_person(api: Api, rows) -> None:
    body = {"name": "周敏", "unit": "east"}
    made = api.post("/members", "admin", body).json["id"]
    again = api.post("/members", "admin", body)
    assert (again.status_code, again.json["code"], again.json["facts"]) == (409, "member_exists", {"member": made})
    assert again.json["detail"].startswith("east已经登记了周敏。")
    assert rows("SELECT count(*) FROM members WHERE name = '周敏'") == [(1,)]


def test_two_of_one_name_are_two_if_one_says_so_and_in_two_units_anyway(api: Api) -> None:
    body = {"name": "周敏", "unit": "east"}
    assert api.post("/members", "admin", body).status_code == 201
    assert api.post("/members", "admin", body | {"is_other": True}).status_code == 201
    assert api.post("/members", "admin", body | {"unit": "west"}).status_code == 201


def test_who_was_removed_is_no_namesake(api: Api) -> None:
    body = {"name": "周敏", "unit": "east"}
    made = api.post("/members", "admin", body).json["id"]
    assert api.post(f"/members/{made}/remove", "admin", {}).status_code == 200
    assert api.post("/members", "admin", body).status_code == 201


def test_a_script_may_name_squad_unit_and_station(api: Api) -> None:
    made = api.post("/members", "admin", {"name": "周敏", "unit": "east", "squad": "east-1"})
    assert made.status_code == 201
    body = {"member": made.json["id"], "squad": "east-1", "station": "上海驻点", "starts_on": "2026-12-01"}
    assert api.post("/postings", "admin", body).status_code == 201
    assert api.post("/postings", "far_admin", body).json["code"] == "member_unknown"
    assert api.post("/members", "far_admin", {"name": "周敏", "unit": "east"}).json["code"] == "unit_unknown"


@pytest.mark.parametrize("starts_on", ["0001-01-01", "9999-12-31"])
def test_a_posting_lies_in_our_century(api: Api, starts_on: str) -> None:
    assert posting(api, new_member(api), starts_on).status_code == 422
