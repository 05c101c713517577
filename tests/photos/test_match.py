"""The perceptual hash: near for the same picture sent again, far for another, and found through its bands."""

from io import BytesIO
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from server.demo.photos import draw_selfie
from server.photos.match import bands, distance, phash
from server.photos.read import read
from tests.photos.made import saved

HASHES = st.integers(-(2**63), 2**63 - 1)
COPIES = {
    "recompressed": lambda p: saved(p, "JPEG", quality=40),
    "half size": lambda p: saved(p.reduce(2), "JPEG", quality=70),
    "a third": lambda p: saved(p.resize((p.width // 3, p.height // 3)), "JPEG", quality=70),
    "brighter": lambda p: saved(ImageEnhance.Brightness(p).enhance(1.15), "JPEG"),
    "darker": lambda p: saved(ImageEnhance.Brightness(p).enhance(0.6), "JPEG"),
    "contrast": lambda p: saved(ImageEnhance.Contrast(p).enhance(1.2), "JPEG"),
    "blurred": lambda p: saved(p.filter(ImageFilter.GaussianBlur(3)), "JPEG"),
    "as PNG": lambda p: saved(p, "PNG"),
    "as WebP": lambda p: saved(p, "WEBP", quality=60),
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_within_reach_of_the_bands(kind: str) -> None:
    for seed in range(6):
        original = draw_selfie(seed, size=(480, 640))
        copy = COPIES[kind](Image.open(BytesIO(original)))
        assert distance(read(original).phash, read(copy).phash) <= 3


def test_different_seeds_are_far_apart() -> None:
    hashes = [read(draw_selfie(seed, size=(240, 320))).phash for seed in range(150)]
    assert min(distance(a, b) for a, b in combinations(hashes, 2)) > 3


@pytest.mark.parametrize(
    ("a", "b", "least", "most"),
    [
        ("photos/HTC_Desire.jpg", "pairs/HTC_Desire.webp", 0, 2),
        ("pairs/img_1771.jpg", "pairs/img_1771_no_exif.jpg", 0, 0),
        ("pairs/img_1771.jpg", "pairs/flower.webp", 0, 1),
        ("faces/hopper.jpg", "orientation/hopper_orientation_6.jpg", 0, 1),
        ("faces/hopper.jpg", "orientation/hopper_orientation_3.jpg", 0, 1),
        ("pairs/canon_hdr_NO.jpg", "pairs/canon_hdr_YES.jpg", 4, 16),  # the same scene 26 s later
        ("faces/hopper.jpg", "faces/grace_hopper.jpg", 8, 64),
        ("photos/HTC_Desire.jpg", "photos/IMG_20180725_163423-tiny.jpg", 8, 64),
    ],
)
def test_pairs_of_the_manifest(shared_data: Path, a: str, b: str, least: int, most: int) -> None:
    first, second = (read((shared_data / name).read_bytes()) for name in (a, b))
    assert least <= distance(first.phash, second.phash) <= most


def test_the_draft_hashes_like_the_full_picture(shared_data: Path) -> None:
    names = ("Apple_iPhone_4.jpg", "HTC_Desire.jpg", "Issue_308.jpg", "Sony_DSC-HX5V_2_.jpg", "empty_gps.jpg")
    for name in names:
        data = (shared_data / "photos" / name).read_bytes()
        full = ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("L")
        assert distance(read(data).phash, phash(full)[0]) <= 1, name


@given(HASHES, st.sets(st.integers(0, 63), max_size=3))
def test_hashes_within_three_bits_share_a_band(value: int, flipped: set[int]) -> None:
    other = value
    for bit in flipped:
        other ^= 1 << bit
    assert distance(value, other) == len(flipped)
    assert set(bands(value)) & set(bands(other))


@given(HASHES)
def test_bands_are_distinct_keys_of_an_index(value: int) -> None:
    keys = bands(value)
    assert [key >> 16 for key in keys] == [0, 1, 2, 3]
    assert keys == bands(value & (2**64 - 1))


@given(HASHES, HASHES, HASHES)
def test_distance_is_a_metric(a: int, b: int, c: int) -> None:
    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a) <= 64
    assert distance(a, c) <= distance(a, b) + distance(b, c)


def test_a_hash_fits_a_signed_column() -> None:
    rising = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90)
    assert phash(rising) == (-1, 0)
    assert phash(rising.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == (0, -1)
