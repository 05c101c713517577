"""GET /me/export and /me/sign-ins: a person has all that is stored about them, and nothing of anybody else's."""

import io
import json
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server import schema
from server.config import Config
from server.db import Database
from server.demo.photos import draw_selfie
from server.org import consent
from server.org.models import SignIn
from server.privacy.export import NOT_EXPORTED, TABLES
from server.pushes.keep import keep
from server.wechat.push import Push
from tests.api.test_leads import body as reported
from tests.client import Api
from tests.conftest import StoppedClock

PHOTO = draw_selfie(41, size=(480, 640))


def exported(api: Api, who: str = "chen") -> tuple[zipfile.ZipFile, dict[str, Any]]:
    response = api.get("/me/export", who)
    assert (response.status_code, response.mimetype) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(response.data))
    assert archive.testzip() is None
    return archive, json.loads(archive.read("data.json"))


def test_every_table_about_a_member_is_exported_or_says_why_not() -> None:
    about = {name for name, table in schema.metadata.tables.items() if "member_id" in table.c}
    assert about == {table.__tablename__ for table, _ in TABLES.values()} | set(NOT_EXPORTED)
    for table, left_out in TABLES.values():
        assert left_out <= set(table.__table__.c.keys()), table.__tablename__


def test_the_check_in_its_photo_and_what_became_of_it(api: Api) -> None:
    checkin = api.check_in("chen", photo=PHOTO, note="在展会").json["id"]
    reply = api.post(
        f"/checkins/{checkin}/reviews", "bureau", {"decision": "rejected", "reason": "看不清人", "code": "other"}
    )
    assert reply.status_code == 201
    api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "光线太暗"})
    api.post("/leaves", "chen", {"kind": "sick", "starts_on": "2026-11-26", "reason": "发热"})
    archive, data = exported(api)
    (stored,) = data["checkins"]
    assert (stored["id"], stored["note"], stored["verdict"], stored["decision"]) == (
        *(checkin, "在展会", "accepted", "rejected"),
    )
    assert (stored["lat"], stored["device"]["model"]) == (pytest.approx(31.23, abs=0.1), "Redmi Note 9S")
    assert stored["evidence"]["fix"]["accuracy_m"] == 20
    assert archive.read(f"photos/2026-11-24_{checkin}.jpg") == PHOTO
    assert [r["reason"] for r in data["reviews"]] == ["看不清人"]
    assert [a["statement"] for a in data["appeals"]] == ["光线太暗"]
    assert [one["kind"] for one in data["leaves"]] == ["sick"]
    assert [day["on_date"] for day in data["site_days"]] == ["2026-11-24", "2026-11-26"]
    assert [one["words"] for one in data["consents"]] == [list(consent.TEXT)]
    assert data["postings"]
    assert {place["name"] for place in data["places"]} >= {api.get("/me", "chen").json["posting"]["station"]}
    assert data["member"]["name"] == api.cast["chen"].name
    assert "照片原图" in archive.read("说明.txt").decode()


def test_what_wechat_pushed_about_one_and_about_nobody_else(api: Api, db: Database, clock: StoppedClock) -> None:
    for who in ("chen", "colleague"):
        said = {"FromUserName": api.cast[who].openid, "MsgType": "event", "Event": "subscribe_msg_popup_event"}
        with db.transaction() as session:
            keep(session, Push(said, who.encode(), who), clock())
    _, data = exported(api)
    assert [(one["event"], one["said"]["FromUserName"]) for one in data["wechat_events"]] == [
        ("subscribe_msg_popup_event", api.cast["chen"].openid)
    ]


def test_every_column_of_the_member_is_in_it_and_what_is_sealed_is_open(api: Api) -> None:
    to = {"phone": "13800001234", "email": "zhou@example.com"}
    assert api.call("PATCH", f"/members/{api.cast['chen'].id}", "admin", json=to).status_code == 200
    archive, data = exported(api)
    assert (data["member"]["phone"], data["member"]["email"]) == ("+8613800001234", "zhou@example.com")
    named = {"unit_id": "unit", "openid": "wechat_openid", "phone_sealed": "phone", "email_sealed": "email"}
    not_theirs = {"county_id", "phone_digest"}
    stored = {column.name for column in schema.metadata.tables["members"].c} - not_theirs
    columns = {named.get(name, name) for name in stored}
    assert set(data["member"]) == columns
    history = json.loads(archive.read("history.json"))
    assert [e["facts"] for e in history if e["action"] == "member.changed"] == [{"fields": ["phone", "email"]}]


def test_who_looked_at_what_and_when(api: Api, clock: StoppedClock) -> None:
    checkin = api.check_in("chen").json["id"]
    clock.advance(minutes=5)
    links = api.get(f"/checkins/{checkin}", "supervisor").json["photo"]
    assert api.get(links["preview_url"]).status_code == 200
    archive, _data = exported(api)
    looks = [e for e in json.loads(archive.read("history.json")) if e["action"].endswith(".viewed")]
    assert sorted((e["action"], e["by"], e["at"]) for e in looks) == [
        ("checkin.viewed", api.cast["supervisor"].name, "2026-11-24T02:05:00+00:00"),
        ("photo.viewed", api.cast["supervisor"].name, "2026-11-24T02:05:00+00:00"),
    ]


def test_no_secret_and_nothing_of_a_colleagues(api: Api, clock: StoppedClock) -> None:
    """Her colleague sent the same photo first: hers says that it was another's, not whose, when or how far away."""
    theirs = api.check_in("colleague", photo=PHOTO).json["id"]
    clock.advance(days=1)
    mine = api.check_in("chen", photo=PHOTO).json
    assert "PHOTO_REUSE" in {f["code"] for f in mine["findings"] if f["outcome"] == "suspect"}
    archive, data = exported(api)
    everything = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".json")).decode()
    assert theirs not in everything
    assert str(api.cast["colleague"].id) not in everything
    assert [name for name in archive.namelist() if name.startswith("photos/")] == [
        f"photos/2026-11-25_{mine['id']}.jpg"
    ]
    assert "token_sha256" not in everything
    assert data["checkins"][0]["evidence"]["twins"] == [{"same_member": False}]


def test_a_photo_that_is_missing_is_named(api: Api, config: Config) -> None:
    checkin = api.check_in("chen", photo=PHOTO).json["id"]
    next(Path(config.photo_root).rglob("*.jpg")).unlink()
    archive, _data = exported(api)
    assert json.loads(archive.read("missing.json")) == [f"photos/2026-11-24_{checkin}.jpg"]


def test_it_is_audited_and_not_asked_for_all_day(api: Api, clock: StoppedClock, rows) -> None:
    for _ in range(3):
        exported(api)
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'data.exported'") == [(3,)]
    refused = api.get("/me/export", "chen")
    assert (refused.status_code, json.loads(refused.text)["code"]) == (429, "too_many_tries")
    exported(api, "colleague")
    clock.advance(days=1)
    exported(api)


def test_the_devices_that_are_signed_in(api: Api, clock: StoppedClock) -> None:
    (only,) = api.get("/me/sign-ins", "chen").json["items"]
    assert only["this"] is True
    clock.advance(hours=2)
    api.get("/me", "chen")  # moves its end
    (used,) = api.get("/me/sign-ins", "chen").json["items"]
    assert used["seen_at"] > only["seen_at"]
    assert used["expires_at"] != only["expires_at"]


def test_ending_one_signs_that_phone_out_at_once(api: Api, rows) -> None:
    (only,) = api.get("/me/sign-ins", "chen").json["items"]
    assert api.call("DELETE", f"/me/sign-ins/{only['id']}", "colleague").status_code == 404
    assert api.get("/me", "chen").status_code == 200
    assert api.call("DELETE", f"/me/sign-ins/{only['id']}", "chen").status_code == 204
    assert api.get("/me", "chen").status_code == 401
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'session.ended'") == [(1,)]


def test_one_that_is_over_is_not_in_the_list(api: Api, clock: StoppedClock, db: Database) -> None:
    """A second phone, not used for longer than a session lives."""
    colleague = api.cast["colleague"].id
    with db.transaction() as session:
        session.add(
            SignIn(
                county_id=1, id=uuid.uuid4(), member_id=colleague, token_sha256="0" * 64, created_at=clock(),
                seen_at=clock(), expires_at=clock() + timedelta(days=30),
            )
        )  # fmt: skip
    assert len(api.get("/me/sign-ins", "colleague").json["items"]) == 2
    clock.advance(days=31)
    (left,) = api.get("/me/sign-ins", "colleague").json["items"]
    assert left["this"] is True


def test_the_companies_that_one_reported_and_no_more_of_them(api: Api) -> None:
    api.post("/leads", "chen", reported(api, intent="扩建二期"))
    api.post("/leads", "colleague", reported(api, "南京明阳电子有限公司"))
    _, data = exported(api)
    assert [one["company"] for one in data["leads"]] == ["苏州汇川技术有限公司"]
    assert "扩建二期" not in json.dumps(data, ensure_ascii=False)
