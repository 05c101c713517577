"""Bad input: read or refused, never another error, and never a guilty finding from what is no value at all."""

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.demo.photos import draw_selfie
from server.evidence.types import ExifFacts
from server.photos.read import read
from tests.photos.garbage import ANYTHING, GARBAGE, HONEST
from tests.photos.looked import assert_storable, look, suspects
from tests.photos.made import DRAWN_HEIC, Values, tiff_block, with_segment
from tests.photos.mutations import mutated

SELFIE = draw_selfie(8, size=(60, 80))


def photo(fields: dict[int, Values]) -> bytes:
    """A real JPEG that carries these EXIF fields, each in its own directory."""
    gps = {tag: value for tag, value in fields.items() if tag < 0x0100}
    camera = {tag: value for tag, value in fields.items() if tag > 0x8000}
    ifd0 = {tag: value for tag, value in fields.items() if tag not in gps and tag not in camera}
    return with_segment(SELFIE, 0xE1, b"Exif\0\0" + tiff_block(ifd0, camera, gps))


def test_the_honest_camera_is_read_and_suspected_of_nothing() -> None:
    facts = read(photo(HONEST)).exif
    assert None not in [getattr(facts, name) for name in ExifFacts.__slots__]
    assert suspects(facts) == []


@pytest.mark.parametrize("tag", HONEST, ids=hex)
@settings(max_examples=40)
@given(st.data())
def test_a_field_of_garbage_makes_nobody_guilty(tag: int, data: st.DataObject) -> None:
    """One field is no value; each other one is honest, missing, or no value either."""
    broken = data.draw(st.sets(st.sampled_from(sorted(HONEST)), max_size=3)) | {tag}
    missing = data.draw(st.sets(st.sampled_from(sorted(HONEST)))) - broken
    fields = {name: value for name, value in HONEST.items() if name not in missing}
    facts = read(photo(fields | {name: data.draw(GARBAGE[name]) for name in sorted(broken)})).exif
    assert_storable(facts)
    assert suspects(facts) == []


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(sorted(HONEST)), ANYTHING, min_size=1))
def test_fields_of_any_type_and_count_are_read(fields: dict[int, Values]) -> None:
    assert look(photo(HONEST | fields)) == "read"


SMALL_BYTES = 350_000
FORMATS = {".jpg": 300, ".png": 100, ".webp": 100, ".heic": 12}  # broken copies a format; a HEIC costs a process


@pytest.mark.parametrize("suffix", FORMATS)
def test_broken_copies_of_real_photos_are_read_or_refused(suffix: str, shared_data: Path) -> None:
    files = [file for file in sorted(shared_data.glob("*/*")) if file.suffix.lower() == suffix]
    photos = [data for file in files if 0 < len(data := file.read_bytes()) <= SMALL_BYTES]
    photos += [DRAWN_HEIC.read_bytes()] if suffix == ".heic" else [SELFIE, photo(HONEST)]
    rng = random.Random(suffix)
    outcomes = Counter(look(mutated(rng.choice(photos), rng.choice(photos), rng)) for _ in range(FORMATS[suffix]))
    assert 0 < outcomes["read"] < outcomes.total()  # else the copies are all whole, or nothing but noise
