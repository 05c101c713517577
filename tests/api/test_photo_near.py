"""A changed copy of a stored photo is compared at the pixels before the check-in is answered; the same chair counts."""

import io
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageEnhance, ImageOps

from server.checkins import twins
from server.config import Config
from server.demo.photos import draw_selfie
from server.photos.store import FolderStore
from tests.api.test_photo_reuse import finding
from tests.client import Api
from tests.conftest import StoppedClock
from tests.photos.copies import as_sent, cropped, selfie

Rows = Callable[..., list]
Change = Callable[[Image.Image], Image.Image]
CROP: Change = cropped(0.05, 0.05, 0.05, 0.05)
CHANGES: dict[str, Change] = {
    "recompressed": lambda picture: picture,
    "smaller": lambda picture: picture.reduce(2),
    "cropped by a tenth": CROP,
    "cropped below": cropped(0, 0, 0, 0.1),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
    "mirrored": ImageOps.mirror,
    "mirrored and cropped": lambda picture: CROP(ImageOps.mirror(picture)),
    "turned by a quarter": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    "upside down": lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
}


def changed(photo: bytes, change: Change) -> bytes:
    return as_sent(change(Image.open(io.BytesIO(photo)).convert("RGB")), 70)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_changed_copy_of_ones_own_photo_is_shown_at_once(api: Api, clock: StoppedClock, kind: str) -> None:
    photo = draw_selfie(33, size=(720, 960))
    api.check_in("chen", photo=photo)
    clock.advance(days=40)
    body = api.check_in("chen", photo=changed(photo, CHANGES[kind])).json
    said = finding(body, "PHOTO_NEAR")
    assert (said["outcome"], said["facts"]["same"], body["verdict"]) == ("suspect", True, "review")
    assert said["facts"]["mirrored"] is ("mirrored" in kind)
    assert "10月15日" not in said["message"]
    assert "11月24日 周二的一张" in said["message"]
    assert body["comparing"] is False  # nothing is left to wait for


@pytest.mark.parametrize("kind", ["recompressed", "cropped by a tenth", "mirrored and cropped"])
def test_a_changed_copy_of_a_squad_mates_photo_is_shown_at_once(api: Api, clock: StoppedClock, kind: str) -> None:
    photo = draw_selfie(34, size=(720, 960))
    api.check_in("colleague", photo=photo)
    clock.advance(days=1)
    said = finding(api.check_in("chen", photo=changed(photo, CHANGES[kind])).json, "PHOTO_NEAR")
    assert (said["outcome"], said["facts"]["same_member"]) == ("suspect", False)
    assert "同事" in said["message"]


@pytest.mark.parametrize("kind", ["recompressed", "mirrored"])
def test_a_copy_of_another_squads_photo_is_shown_at_once(api: Api, clock: StoppedClock, kind: str) -> None:
    photo = draw_selfie(35, size=(720, 960))
    api.check_in("neighbour", photo=photo)
    clock.advance(days=1)
    assert finding(api.check_in("chen", photo=changed(photo, CHANGES[kind])).json, "PHOTO_NEAR")["outcome"] == "suspect"


def test_another_county_is_not_asked(api: Api, clock: StoppedClock) -> None:
    photo = draw_selfie(36, size=(720, 960))
    api.check_in("outsider", photo=photo)
    clock.advance(days=1)
    body = api.check_in("chen", photo=changed(photo, CROP)).json
    assert (finding(body, "PHOTO_NEAR")["outcome"], body["verdict"]) == ("clear", "accepted")


def test_the_same_chair_counts_at_once_every_morning(api: Api, clock: StoppedClock, rows: Rows) -> None:
    verdicts = []
    for visit in range(6):
        body = api.check_in("chen", photo=as_sent(selfie(3, visit)), accuracy_m=str(31 + visit)).json
        verdicts.append((body["verdict"], finding(body, "PHOTO_NEAR")["outcome"]))
        clock.advance(days=1)
    assert verdicts == [("accepted", "clear")] * 6
    assert rows("SELECT count(*) FROM checkins WHERE comparing") == [(0,)]


def test_a_chair_seen_too_often_to_compare_at_once_waits_and_says_so(
    api: Api, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "NEAR", 121)  # every other photo is nominated
    for visit in range(4):
        body = api.check_in("chen", photo=as_sent(selfie(3, visit)), accuracy_m=str(31 + visit)).json
        assert (body["verdict"], body["comparing"]) == ("accepted", False)
        clock.advance(days=1)
    body = api.check_in("chen", photo=as_sent(selfie(3, 9))).json
    assert (body["comparing"], finding(body, "PHOTO_NEAR")["outcome"]) == (True, "unknown")
    assert "比对" in body["reason"]


def test_a_photo_folder_that_cannot_be_read_loses_nothing(
    api: Api, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_store: FolderStore, _key: str) -> bytes:
        raise PermissionError("not ours")

    photo = draw_selfie(37, size=(720, 960))
    api.check_in("chen", photo=photo)
    clock.advance(days=1)
    monkeypatch.setattr(FolderStore, "open", away)
    response = api.check_in("chen", photo=changed(photo, CROP))
    assert (response.status_code, response.json["comparing"]) == (201, True)


def test_a_photo_stored_before_there_were_looks_is_found_by_its_hash(
    api: Api, clock: StoppedClock, rows: Rows, config: Config
) -> None:
    photo = draw_selfie(38, size=(720, 960))
    api.check_in("chen", photo=photo)
    with api.app.extensions["zhudian"].db.transaction() as session:
        session.connection().exec_driver_sql("UPDATE photos SET looks = ''")
    clock.advance(days=1)
    said = finding(api.check_in("chen", photo=changed(photo, CHANGES["recompressed"])).json, "PHOTO_NEAR")
    assert said["outcome"] == "suspect"


@pytest.mark.parametrize(("other", "kind"), [("colleague", "cropped by a tenth"), ("neighbour", "recompressed")])
def test_of_two_at_one_instant_one_sees_the_other(api: Api, other: str, kind: str) -> None:
    for seed in range(40, 43):
        photo = draw_selfie(seed, size=(720, 960))
        pair = [("chen", photo), (other, changed(photo, CHANGES[kind]))]
        random.Random(seed).shuffle(pair)
        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(lambda sent: api.check_in(sent[0], photo=sent[1]).json, pair))
        assert [finding(body, "PHOTO_NEAR")["facts"]["count"] for body in said].count(0) <= 1, said
