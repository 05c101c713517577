"""Pictures of a 跟进: sent before it, there with it, seen by those who see the lead, each look audited."""

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from server.config import Config
from server.demo.photos import draw_selfie
from server.evidence.types import ExifFacts
from server.org import consent
from tests.api.test_leads import body, lead, update
from tests.api.test_my_data import exported
from tests.client import Api

Rows = Callable[..., list]
__all__ = ["lead"]
FACTORY = draw_selfie(81, size=(640, 480))


def send(api: Api, lead: str, who: str = "chen", photo: bytes = FACTORY, one: str | None = None) -> TestResponse:
    form = {"id": one or str(uuid.uuid4()), "photo": (io.BytesIO(photo), "p.jpg")}
    return api.call("POST", f"/leads/{lead}/photos", who, data=form)


def sent(api: Api, lead: str, times: int = 1) -> list[str]:
    return [str(send(api, lead, photo=draw_selfie(90 + n, size=(320, 240))).json["id"]) for n in range(times)]


def follow_up(api: Api, lead: str, photos: list[str], **changes: Any) -> TestResponse:
    return api.post(f"/leads/{lead}/updates", changes.pop("who", "chen"), update(api, photos=photos, **changes))


def test_an_update_has_its_pictures_in_their_order(api: Api, lead: str) -> None:
    first, second, third = sent(api, lead, 3)
    made = follow_up(api, lead, [third, first, second])
    assert made.status_code == 201
    shown = [api.get(one["url"]).data for one in api.get(f"/leads/{lead}", "leader").json["updates"][0]["photos"]]
    alone = [follow_up(api, lead, sent(api, lead, n + 1)[n:]).json["photos"][0]["url"] for n in range(3)]
    as_sent = [api.get(url).data for url in alone]
    assert shown == [as_sent[2], as_sent[0], as_sent[1]]


def test_a_picture_sent_twice_is_there_once_and_under_its_id_no_other(
    api: Api, lead: str, rows: Rows, config: Config
) -> None:
    one = str(uuid.uuid4())
    assert [send(api, lead, one=one).status_code for _ in range(2)] == [201, 200]
    other = send(api, lead, one=one, photo=draw_selfie(82, size=(640, 480)))
    assert (other.status_code, other.json["code"]) == (409, "photo_differs")
    assert send(api, lead, "colleague", one=one).json["code"] == "photo_differs", "nor anybody else's"
    assert rows("SELECT count(*) FROM lead_photos") == [(1,)]
    assert follow_up(api, lead, [one]).status_code == 201
    assert send(api, lead, one=one).status_code == 200, "a late repeat"
    (stored,) = rows("SELECT storage_key FROM photos")
    assert (config.photo_root / stored[0]).is_file()


def test_an_update_waits_for_its_pictures_and_is_told_which(api: Api, lead: str, rows: Rows) -> None:
    (there,), absent = sent(api, lead), str(uuid.uuid4())
    said = update(api, photos=[there, absent])
    refused = api.post(f"/leads/{lead}/updates", "chen", said)
    assert (refused.status_code, refused.json["code"], refused.json["facts"]["photos"]) == (
        *(409, "photos_missing", [absent]),
    )
    assert rows("SELECT count(*) FROM lead_updates") == [(0,)]
    assert send(api, lead, one=absent).status_code == 201
    assert [api.post(f"/leads/{lead}/updates", "chen", said).status_code for _ in range(2)] == [201, 200]


def test_a_picture_is_of_one_update_of_one_lead_and_of_who_sent_it(api: Api, lead: str) -> None:
    (mine,) = sent(api, lead)
    assert follow_up(api, lead, [mine], who="colleague").json["code"] == "photos_missing"
    second = str(api.post("/leads", "chen", body(api, "甲一")).json["id"])
    assert follow_up(api, second, [mine]).json["code"] == "photos_missing"
    assert follow_up(api, lead, [mine]).status_code == 201
    assert follow_up(api, lead, [mine]).json["code"] == "photos_missing"


def test_the_same_update_with_other_pictures_is_a_conflict(api: Api, lead: str) -> None:
    first, second = sent(api, lead, 2)
    said = update(api, photos=[first])
    assert api.post(f"/leads/{lead}/updates", "chen", said).status_code == 201
    again = api.post(f"/leads/{lead}/updates", "chen", said | {"photos": [second]})
    assert (again.status_code, again.json["code"]) == (409, "update_differs")


def test_six_pictures_and_not_seven_nor_one_twice(api: Api, lead: str) -> None:
    seven = sent(api, lead, 7)
    assert follow_up(api, lead, seven).status_code == 422
    assert follow_up(api, lead, [seven[0], seven[0]]).status_code == 422
    assert len(follow_up(api, lead, seven[:6]).json["photos"]) == 6


@pytest.mark.parametrize(
    ("photo", "status", "code"),
    [
        (b"", 422, "photo_unreadable"),
        (b"not a picture", 422, "photo_format_unsupported"),
        (FACTORY[: len(FACTORY) // 2], 422, "photo_truncated"),
        (FACTORY + b"\0" * 10_500_000, 413, "photo_too_large"),
    ],
    ids=["empty", "text", "half", "too large"],
)
def test_what_is_no_picture_is_refused_as_at_a_check_in(
    api: Api, lead: str, rows: Rows, photo: bytes, status: int, code: str
) -> None:
    refused, beside = send(api, lead, photo=photo), api.check_in("chen", photo=photo)
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert (beside.status_code, beside.json["code"], beside.json["detail"]) == (status, code, refused.json["detail"])
    assert rows("SELECT count(*) FROM photos") == [(0,)]


def test_a_form_without_a_file_is_refused(api: Api, lead: str) -> None:
    form = {"id": str(uuid.uuid4()), "photo": "words"}
    assert api.call("POST", f"/leads/{lead}/photos", "chen", data=form).json["code"] == "input_invalid"


def test_where_and_by_what_it_was_taken_is_not_even_stored(api: Api, lead: str, config: Config, rows: Rows) -> None:
    taken = ExifFacts(lat=31.2304, lng=121.4737, model="X")
    send(api, lead, photo=draw_selfie(83, size=(960, 1280), exif=taken, orientation=6))
    (file,) = config.photo_root.rglob("*.jpg")
    with Image.open(file) as stored:
        assert (dict(stored.getexif()), stored.size) == ({}, (960, 1280))
    assert [json.loads(exif) if isinstance(exif, str) else exif for (exif,) in rows("SELECT exif FROM photos")] == [{}]


def test_it_needs_consent(api: Api, lead: str, rows: Rows) -> None:
    api.post("/consents", "chen", {"version": consent.CURRENT_VERSION, "agreed": False})
    refused = send(api, lead)
    assert (refused.status_code, refused.json["code"]) == (403, "consent_required")
    assert rows("SELECT count(*) FROM photos") == [(0,)]


def test_about_what_is_not_theirs_or_over_nobody_sends_one(api: Api, lead: str, rows: Rows) -> None:
    assert [send(api, lead, who).status_code for who in ("neighbour", "outsider", "supervisor")] == [404, 404, 403]
    closing = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话", "evidence": "前台"}
    asked = api.post(f"/leads/{lead}/closing", "chen", closing).json["id"]
    api.post(f"/lead-requests/{asked}/decision", "supervisor", {"decision": "granted", "answer": "同意"})
    assert send(api, lead).json["code"] == "lead_ended"
    assert rows("SELECT count(*) FROM photos") == [(0,)]


def test_each_look_is_audited_in_the_viewers_name_and_no_link_comes_to_who_does_not_see_the_lead(
    api: Api, lead: str, rows: Rows
) -> None:
    follow_up(api, lead, sent(api, lead))
    assert api.get(f"/leads/{lead}", "neighbour").status_code == 404
    ((photo,),) = [api.get(f"/leads/{lead}", "bureau").json["updates"][0]["photos"]]
    assert api.get(photo["preview_url"]).status_code == 200
    bodies = rows(
        "SELECT p.body FROM audit_payloads p JOIN audit_events e ON e.id = p.event_id AND e.action = 'photo.viewed'"
    )
    assert len(bodies) == 1
    assert str(api.cast["bureau"].id) in bodies[0][0]


def test_a_check_in_with_the_same_bytes_is_not_held_against_it(api: Api, lead: str) -> None:
    """They are no evidence: nothing is compared with them."""
    send(api, lead, photo=FACTORY)
    found = {f["code"]: f["outcome"] for f in api.check_in("chen", photo=FACTORY).json["findings"]}
    assert found["PHOTO_REUSE"] == "clear"


def test_a_member_has_theirs_in_the_copy_of_their_data(api: Api, lead: str) -> None:
    follow_up(api, lead, sent(api, lead, 2))
    said = api.get(f"/leads/{lead}", "chen").json["updates"][0]
    archive, data = exported(api)
    assert sorted(name for name in archive.namelist() if name.startswith("photos/")) == [
        f"photos/2026-11-24_{said['id']}_{place}.jpg" for place in (1, 2)
    ]
    assert sorted(one["place"] for one in data["lead_photos"]) == [1, 2]
    others, _ = exported(api, "colleague")
    assert [name for name in others.namelist() if name.startswith("photos/")] == []
