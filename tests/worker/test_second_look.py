"""Where too many were nominated the worker compares: a copy is shown to a person, the same chair counts."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageOps
from sqlalchemy import update

from server.config import Config
from server.db import Database
from server.demo.photos import draw_selfie
from server.photos.models import Photo
from server.photos.read import read
from server.photos.store import FolderStore
from server.worker import Worker
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock
from tests.meanwhile import while_a_submission_repeats

Rows = Callable[..., list]


@pytest.fixture(autouse=True)
def _one_is_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if more were nominated than a check-in compares itself (tests/api/test_photo_near.py has it unchanged)."""
    monkeypatch.setattr("server.checkins.twins.AT_ONCE", 0)


@pytest.fixture
def worker(config: Config, clock: StoppedClock, cast: Cast) -> Worker:
    made = Worker(config, clock)
    yield made
    made.db.dispose()


def saved(image: Image.Image, quality: int = 60) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def near(body: dict) -> dict:
    return next(f for f in body["findings"] if f["code"] == "PHOTO_NEAR")


def submitted_twice(api: Api, clock: StoppedClock, photo: bytes, again: bytes) -> dict:
    """The answer to the second of two check-ins on two days."""
    assert api.check_in("chen", photo=photo).status_code == 201
    clock.advance(days=1)
    return api.check_in("chen", photo=again, accuracy_m="23").json


def as_it_is_now(api: Api, body: dict) -> dict:
    return api.get(f"/checkins/{body['id']}", "chen").json


def look_alike(db: Database, like: bytes) -> None:
    """Store the looks of `like` for the photo that was just sent, so that `like` will find it though it is another."""
    with db.transaction() as session:
        session.execute(update(Photo).values(looks=read(like).looks.stored))


def test_a_recompressed_copy_waits_and_is_then_shown_to_a_person(
    api: Api, worker: Worker, clock: StoppedClock, rows: Rows
) -> None:
    photo = draw_selfie(51, size=(720, 960))
    body = submitted_twice(api, clock, photo, saved(Image.open(io.BytesIO(photo))))
    assert (near(body)["outcome"], body["verdict"], body["day"]["pending"]) == ("unknown", "review", 1.0)
    assert "比对" in body["reason"]
    assert body["comparing"] is True
    assert api.get("/checkins?holds=review", "bureau").json["items"] == []  # no work for a person yet
    assert rows("SELECT count(*) FROM notices WHERE kind = 'checkin_pending'") == [(0,)]  # it is not over yet
    worker.second_look()
    now = as_it_is_now(api, body)
    assert (near(now)["outcome"], now["verdict"]) == ("suspect", "review")
    assert "11月24日" in near(now)["message"]
    assert [row["id"] for row in api.get("/checkins?holds=review", "bureau").json["items"]] == [body["id"]]
    assert rows("SELECT count(*) FROM notices WHERE kind = 'checkin_pending'") == [(1,)]
    assert rows("SELECT outcome FROM checkin_findings WHERE code = 'PHOTO_NEAR'") == [("suspect",)]


def test_another_picture_with_a_like_hash_is_accepted_and_its_day_counts(
    api: Api, db: Database, worker: Worker, clock: StoppedClock, rows: Rows
) -> None:
    first, other = draw_selfie(52, size=(720, 960)), draw_selfie(53, size=(720, 960))
    assert api.check_in("chen", photo=first).status_code == 201
    look_alike(db, other)
    clock.advance(days=1)
    body = api.check_in("chen", photo=other, accuracy_m="23").json
    assert (near(body)["outcome"], body["verdict"]) == ("unknown", "review")
    worker.second_look()
    now = as_it_is_now(api, body)
    assert (near(now)["outcome"], now["verdict"]) == ("clear", "accepted")
    assert rows("SELECT count(*) FROM notices") == [(0,)]
    month = api.get("/me/month?month=2026-11", "chen").json
    assert {day["on"]: day["value"] for day in month["days"]} == {"2026-11-24": 1.0, "2026-11-25": 1.0}


def test_featureless_photos_are_left_to_a_person(api: Api, db: Database, worker: Worker, clock: StoppedClock) -> None:
    slope = Image.linear_gradient("L").resize((480, 640)).convert("RGB")
    body = submitted_twice(api, clock, saved(slope, 90), saved(slope, 70))
    worker.second_look()
    now = as_it_is_now(api, body)
    assert (near(now)["outcome"], now["verdict"]) == ("unknown", "review")
    assert "suspect" not in {f["outcome"] for f in now["findings"]}


def test_a_photo_that_is_gone_proves_nothing(
    api: Api, worker: Worker, clock: StoppedClock, config: Config, rows: Rows
) -> None:
    photo = draw_selfie(54, size=(720, 960))
    body = submitted_twice(api, clock, photo, saved(Image.open(io.BytesIO(photo))))
    for (key,) in rows("SELECT storage_key FROM photos ORDER BY received_at LIMIT 1"):
        (config.photo_root / key).unlink()
    worker.second_look()
    now = as_it_is_now(api, body)
    assert (near(now)["outcome"], now["verdict"]) == ("unknown", "review")
    assert rows("SELECT count(*) FROM checkins WHERE comparing") == [(0,)]


def test_it_is_concluded_once_however_many_workers_look(
    api: Api, worker: Worker, config: Config, clock: StoppedClock, rows: Rows
) -> None:
    photo = draw_selfie(55, size=(720, 960))
    submitted_twice(api, clock, photo, saved(ImageOps.autocontrast(Image.open(io.BytesIO(photo)))))
    other = Worker(config, clock)
    worker.second_look()
    other.second_look()
    other.db.dispose()
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'checkin.compared'") == [(1,)]


def test_after_the_close_the_day_stays_as_it_was_published(
    api: Api, worker: Worker, clock: StoppedClock, rows: Rows
) -> None:
    photo = draw_selfie(56, size=(720, 960))
    body = submitted_twice(api, clock, photo, saved(Image.open(io.BytesIO(photo))))
    clock.advance(days=20)
    api.close_month()
    worker.second_look()
    seen = as_it_is_now(api, body)
    assert (seen["verdict"], seen["comparing"]) == ("review", False)  # as it was published: a person decides now
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True
    assert rows("SELECT pending_halves FROM site_days WHERE on_date = '2026-11-25'") == [(2,)]  # as it was published


def test_a_folder_that_cannot_be_read_holds_nobody_up(
    api: Api, worker: Worker, clock: StoppedClock, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_key: str) -> bytes:
        raise PermissionError("not ours")

    photo = draw_selfie(57, size=(720, 960))
    body = submitted_twice(api, clock, photo, saved(Image.open(io.BytesIO(photo))))
    monkeypatch.setattr(FolderStore, "open", lambda _store, key: away(key))
    worker.second_look()
    assert rows("SELECT count(*) FROM checkins WHERE comparing") == [(0,)]
    assert as_it_is_now(api, body)["verdict"] == "review"


def test_it_and_a_repeated_submission_do_not_wait_for_each_other(
    api: Api, db: Database, worker: Worker, clock: StoppedClock, rows: Rows
) -> None:
    photo = draw_selfie(58, size=(720, 960))
    body = submitted_twice(api, clock, photo, saved(Image.open(io.BytesIO(photo))))
    while_a_submission_repeats(db, body["id"], worker.second_look)
    assert rows("SELECT count(*) FROM checkins WHERE comparing") == [(0,)]
