"""申诉 where no uninvolved bureau supervisor is left: a county leader decides; without one the answer says so."""

from datetime import date

import pytest
from sqlalchemy import delete, update

from server.db import Database
from server.org.models import RoleGrant
from tests.api.test_review import appealed, doubtful, review
from tests.client import Api

NOBODY_LEFT = (
    "现在没有人能处理这个申诉：招商局的监督人员都参与过这次复核，也没有没参与过的县领导。请县里再登记一名监督人员。"
)


def without(db: Database, api: Api, *names: str) -> None:
    with db.transaction() as session:
        session.execute(delete(RoleGrant).where(RoleGrant.member_id.in_([api.cast[name].id for name in names])))


def answer(api: Api, appeal: str, who: str = "county_leader"):
    return api.post(f"/appeals/{appeal}/decision", who, {"upheld": True, "answer": "已与客户核实"})


@pytest.fixture
def alone(db: Database, api: Api) -> None:
    """The county has one bureau supervisor, who reviews."""
    without(db, api, "bureau2")


def test_a_county_leader_sees_it_and_decides(api: Api, alone: None) -> None:
    checkin, appeal = appealed(api)
    (shown,) = api.get("/appeals", "county_leader").json["items"]
    assert shown["id"] == appeal
    assert api.get("/appeals", "bureau").json["items"] == []
    (told,) = api.get(f"/checkins/{checkin}", "chen").json["appeals"]
    assert (told["state"], told["stuck"]) == ("open", "")
    assert answer(api, appeal).json["state"] == "upheld"
    assert api.get("/me/month", "chen").json["confirmed"] == 1.0
    assert answer(api, appeal).json["code"] == "appeal_decided"


def test_nothing_else_is_theirs(api: Api, alone: None) -> None:
    checkin, _ = appealed(api)
    body = {"decision": "accepted"}
    assert api.post(f"/checkins/{checkin}/reviews", "county_leader", body).status_code == 403


@pytest.mark.parametrize(
    ("who", "status"), [("supervisor", 403), ("leader", 403), ("admin", 404), ("far_county_leader", 404)]
)
def test_nobody_elses_either(api: Api, alone: None, who: str, status: int) -> None:
    _, appeal = appealed(api)
    assert answer(api, appeal, who).status_code == status
    assert api.get("/appeals", who).json["items"] == []


def test_while_an_uninvolved_supervisor_is_there_it_is_theirs(api: Api) -> None:
    _, appeal = appealed(api)
    refused = answer(api, appeal)
    assert (refused.status_code, refused.json["code"]) == (403, "bureau_decides")
    assert answer(api, appeal, "bureau2").status_code == 200


@pytest.mark.parametrize("gone", ["removed", "ended"])
def test_who_is_no_supervisor_any_more_stands_in_nobodys_way(api: Api, db: Database, gone: str) -> None:
    _, appeal = appealed(api)
    if gone == "removed":
        path = f"/members/{api.cast['bureau2'].id}/remove"
        assert api.post(path, "admin", {"reason": "退休"}).status_code == 200
    else:
        with db.transaction() as session:
            theirs = update(RoleGrant).where(RoleGrant.member_id == api.cast["bureau2"].id)
            session.execute(theirs.values(valid_to=date(2026, 11, 23)))
    assert answer(api, appeal).status_code == 200


def test_a_leader_who_is_involved_does_not_decide(api: Api, alone: None) -> None:
    _, appeal = appealed(api)
    said = {"member": str(api.cast["chen"].id), "on": "2026-11-24", "value": 1, "reason": "在展会上见过"}
    assert api.post("/attestations", "county_leader", said).status_code == 201
    assert answer(api, appeal).json["code"] == "involved"
    assert api.get("/appeals", "county_leader").json["items"] == []


def test_where_nobody_is_left_the_answer_says_what_to_do(api: Api, db: Database) -> None:
    without(db, api, "bureau2", "county_leader")
    checkin = doubtful(api)
    review(api, checkin, "bureau", "rejected", "位置不符")
    made = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "那天在客户工厂"})
    assert (made.status_code, made.json["stuck"]) == (201, NOBODY_LEFT)
    (told,) = api.get(f"/checkins/{checkin}", "chen").json["appeals"]
    assert told["stuck"] == NOBODY_LEFT
    with db.transaction() as session:
        grant = {"role": "bureau_supervisor", "valid_from": date(2026, 11, 24)}
        session.add(RoleGrant(county_id=1, member_id=api.cast["bureau2"].id, **grant))
    (told,) = api.get(f"/checkins/{checkin}", "chen").json["appeals"]
    assert told["stuck"] == ""
