"""GET /photos/{id}: by a short-lived signed link; every look is audited; no metadata leaves."""

import io
import time
from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from PIL import Image

from server.config import Config
from server.demo.photos import draw_selfie
from server.evidence.types import ExifFacts
from tests.client import Api

Rows = Callable[..., list]


@pytest.fixture
def links(api: Api) -> dict:
    taken = ExifFacts(taken_local=datetime(2026, 11, 24, 10, 0), lat=31.2304, lng=121.4737, model="X")  # noqa: DTZ001
    photo = draw_selfie(9, size=(960, 1280), exif=taken, orientation=6)
    checkin = api.check_in("chen", photo=photo).json["id"]
    return api.get(f"/checkins/{checkin}", "supervisor").json["photo"]


def test_the_preview_is_640_px_upright_and_without_metadata(api: Api, links: dict) -> None:
    response = api.get(links["preview_url"])
    assert (response.status_code, response.mimetype) == (200, "image/jpeg")
    image = Image.open(io.BytesIO(response.data))
    assert image.size == (480, 640)
    assert (dict(image.getexif()), image.info.get("exif")) == ({}, None)
    assert "private" in response.headers["Cache-Control"]


def test_the_full_photo_is_without_metadata_too(api: Api, links: dict) -> None:
    image = Image.open(io.BytesIO(api.get(links["url"]).data))
    assert image.size == (960, 1280)
    assert dict(image.getexif()) == {}


def test_each_look_is_audited_in_the_viewers_name(api: Api, links: dict, rows: Rows) -> None:
    api.get(links["preview_url"])
    api.get(links["preview_url"])
    bodies = rows(
        "SELECT p.body FROM audit_payloads p JOIN audit_events e ON e.id = p.event_id AND e.action = 'photo.viewed'"
    )
    assert len(bodies) == 2
    assert all(str(api.cast["supervisor"].id) in body for (body,) in bodies)


def test_a_link_expires(api: Api, links: dict) -> None:
    with time_machine.travel(time.time() + 301):
        assert api.get(links["url"]).json["code"] == "link_expired"


def test_a_link_opens_its_own_photo_only(api: Api, links: dict) -> None:
    other = api.check_in("colleague").json["id"]
    other_url = api.get(f"/checkins/{other}", "supervisor").json["photo"]["url"]
    swapped = links["url"].split("?")[0] + "?" + other_url.split("?")[1]
    assert api.get(swapped).status_code == 403


def test_a_changed_link_is_refused(api: Api, links: dict) -> None:
    """In a bit that counts: the last letters of base64 have some to spare."""
    signed, dot, signature = links["url"].rpartition(".")
    changed = ("B" if signature[0] == "A" else "A") + signature[1:]
    assert api.get(signed + dot + changed).status_code == 403


def test_a_lost_file_is_said_to_be_lost(api: Api, links: dict, config: Config) -> None:
    for file in config.photo_root.rglob("*.jpg"):
        file.unlink()
    response = api.get(links["url"])
    assert (response.status_code, response.json["code"]) == (404, "photo_missing")


def test_looking_at_anothers_checkin_is_audited_too(api: Api, rows: Rows) -> None:
    checkin = api.check_in("chen").json["id"]
    api.get(f"/checkins/{checkin}", "chen")
    api.get(f"/checkins/{checkin}", "leader")
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'checkin.viewed'") == [(1,)]


def test_a_photo_folder_that_cannot_be_written_is_503_and_loses_nothing(api: Api, config: Config, rows: Rows) -> None:
    config.photo_root.parent.mkdir(exist_ok=True)
    config.photo_root.write_text("a file stands where the folder should be")
    response = api.check_in("chen")
    assert (response.status_code, response.json["code"]) == (503, "storage_unavailable")
    assert rows("SELECT count(*) FROM checkins") == [(0,)]
