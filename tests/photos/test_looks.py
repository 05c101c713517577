"""By what a photo looks like it is found again: crops, turns and mirror images too, and few others."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from server.photos.decode import Wanted, decode
from server.photos.looks import NEAR, TEXT_LENGTH, Looks, looks, nearest
from server.photos.models import Photo
from tests.photos.copies import COPIES, REAL, as_sent, real, selfie


def look(data: bytes) -> Looks:
    return looks(decode(data, Wanted("L", short_px=120)).image)


def nominated(asking: Looks, stored: Looks) -> bool:
    return nearest(asking, stored.stored)[0] <= NEAR


# Of ten copies, at least so many are nominated; README.md has the share of each kind among 33.
RECALL = {
    **dict.fromkeys(("recompressed", "half size", "darker", "colours", "blurred", "contrast"), 10),
    **dict.fromkeys(("mirrored", "rotated 90", "rotated 180", "crop 5 % centre", "crop 5 % corner"), 10),
    **dict.fromkeys(("crop 10 % centre", "crop 10 % corner", "crop 10 % below", "brighter", "screenshot"), 9),
    **dict.fromkeys(("mirrored, crop 5 %", "mirrored, crop 10 %", "rotated 2", "rotated 2, crop"), 8),
    **dict.fromkeys(("crop 15 % centre", "off a screen"), 7),
}


@pytest.fixture(scope="module")
def pictures(shared_data: Path) -> list[Image.Image]:
    return [*(real(shared_data / name, 720) for name in REAL[-6:]), *(selfie(place).reduce(2) for place in range(4))]


@pytest.mark.parametrize("kind", RECALL)
def test_what_people_do_to_a_photo_still_nominates_it(kind: str, pictures: list[Image.Image]) -> None:
    found = 0
    for picture in pictures:
        copy = look(as_sent(COPIES[kind](picture), 75))
        found += nominated(copy, look(as_sent(picture)))
    assert found >= RECALL[kind]


def test_a_crop_that_was_stored_first_is_found_by_the_whole(pictures: list[Image.Image]) -> None:
    crops = [look(as_sent(COPIES["crop 10 % centre"](picture))) for picture in pictures]
    wholes = [look(as_sent(picture)) for picture in pictures]
    assert sum(nominated(whole, crop) for whole, crop in zip(wholes, crops, strict=True)) >= 8


def test_the_same_room_on_another_morning_is_rarely_nominated() -> None:
    rooms = [[look(as_sent(selfie(place, visit).reduce(2))) for visit in range(4)] for place in range(12)]
    assert sum(nominated(a, b) for room in rooms for a, b in combinations(room, 2)) <= 3  # of 72
    seen = [room[0] for room in rooms]
    assert not any(nominated(a, b) for a, b in combinations(seen, 2))


@given(st.integers(0, 2**32), st.integers(1, 300), st.integers(1, 300))
def test_any_picture_finds_itself(seed: int, width: int, height: int) -> None:
    found = looks(Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)))
    assert len(found.stored) == TEXT_LENGTH == Photo.__table__.c.looks.type.length
    assert nearest(found, found.stored) == [0]
    assert set(found.stored) <= set(map(chr, range(0x40, 0x80)))


def test_many_at_once_are_as_one_by_one(pictures: list[Image.Image]) -> None:
    first, *others = [look(as_sent(picture)) for picture in pictures]
    stored = [other.stored for other in others]
    assert nearest(first, "".join(stored)) == [nearest(first, one)[0] for one in stored]
    beside = "".join(f"{number:032}{one}" for number, one in enumerate(stored))
    assert nearest(first, beside, beside=32) == nearest(first, "".join(stored))
    assert nearest(first, "") == []
