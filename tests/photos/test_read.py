"""Reading a photo: its facts are right, its orientation is applied, and half a photo is refused."""

import hashlib
import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from server.demo.photos import draw_selfie
from server.evidence.types import ExifFacts
from server.photos.match import distance
from server.photos.read import read
from server.photos.refusal import PhotoUnreadable
from tests.photos.made import DRAWN_HEIC, HUZHOU, saved, tiff_block, with_segment

CUT_BY_ITS_AUTHORS = "photos/cn_pixel6_ultrahdr_truncated.jpg"
FOLDERS = ("photos/", "pairs/", "faces/", "orientation/")


def refusal_of(data: bytes) -> str:
    with pytest.raises(PhotoUnreadable) as caught:
        read(data)
    assert caught.value.status in (413, 422)
    assert caught.value.detail.endswith("。")
    return caught.value.code


@pytest.mark.parametrize(("fmt", "mime", "extension"), [("JPEG", "image/jpeg", "jpg"), ("PNG", "image/png", "png")])
def test_facts_of_a_drawn_photo(fmt: str, mime: str, extension: str) -> None:
    data = draw_selfie(1, size=(480, 640), exif=HUZHOU, fmt=fmt)
    facts = read(data)
    assert (facts.mime, facts.extension, facts.width, facts.height) == (mime, extension, 480, 640)
    assert (facts.size_bytes, facts.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert facts.exif == HUZHOU
    assert 10 < facts.spread < 127


def test_heic_has_the_same_facts_as_the_drawing_it_was_made_from() -> None:
    heic, drawn = read(DRAWN_HEIC.read_bytes()), read(draw_selfie(7, size=(240, 320), exif=HUZHOU))
    assert (heic.mime, heic.extension, heic.width, heic.height) == ("image/heic", "heic", 240, 320)
    assert heic.exif == HUZHOU
    assert distance(heic.phash, drawn.phash) <= 3


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(fmt: str, orientation: int) -> None:
    upright = read(draw_selfie(2, size=(240, 320), fmt=fmt))
    turned = read(draw_selfie(2, size=(240, 320), fmt=fmt, orientation=orientation))
    assert (turned.width, turned.height, turned.orientation) == (240, 320, orientation)
    assert distance(turned.phash, upright.phash) <= 2


def test_every_real_photo_matches_the_manifest(shared_data: Path) -> None:
    entries = json.loads((shared_data / "facts.json").read_text())
    entries = [e for e in entries if e["file"].startswith(FOLDERS) and e["file"] != CUT_BY_ITS_AUTHORS]
    assert len(entries) >= 45
    for entry in entries:
        facts = read((shared_data / entry["file"]).read_bytes())
        assert facts.sha256 == entry["sha256"], entry["file"]
        orientation = 1 if entry["fmt"] == "HEIF" else entry.get("orientation") or 1
        size = tuple(entry["size"][::-1] if orientation >= 5 else entry["size"])
        assert (facts.width, facts.height) == size, entry["file"]
        assert facts.orientation == (entry.get("orientation") or 1), entry["file"]
        assert_exif(facts.exif, entry)


def assert_exif(exif: ExifFacts, entry: dict) -> None:
    name, gps = entry["file"], entry.get("gps") or {}
    for field in ("make", "model", "software"):
        assert getattr(exif, field) == ((entry.get(field) or "").strip("\0 ")[:64] or None), name
    taken = entry.get("DateTimeOriginal")
    assert exif.taken_local == (datetime.strptime(taken[:19], "%Y:%m:%d %H:%M:%S") if taken else None), name  # noqa: DTZ007
    lat, lng = gps.get("lat"), gps.get("lng")
    if isinstance(lat, float) and (lat or lng):
        assert (exif.lat, exif.lng) == (pytest.approx(lat, abs=1e-6), pytest.approx(lng, abs=1e-6)), name
    else:
        assert (exif.lat, exif.lng) == (None, None), name
    if entry.get("local_minus_gps_s") is not None and exif.gps_at and exif.taken_local:
        naive = exif.gps_at.replace(tzinfo=None)
        assert (exif.taken_local - naive).total_seconds() == pytest.approx(entry["local_minus_gps_s"], abs=1), name


def test_a_photo_that_was_cut_before_its_pixels_is_refused(shared_data: Path) -> None:
    assert refusal_of((shared_data / CUT_BY_ITS_AUTHORS).read_bytes()) == "photo_truncated"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_half_a_photo_is_refused(fmt: str, share: float) -> None:
    data = draw_selfie(3, size=(480, 640), fmt=fmt, exif=HUZHOU)
    assert refusal_of(data[: int(len(data) * share)]) in ("photo_truncated", "photo_unreadable")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_heic_is_refused(share: float) -> None:
    data = DRAWN_HEIC.read_bytes()
    assert refusal_of(data[: int(len(data) * share)]) == "photo_unreadable"


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_half_a_jpeg_closed_by_an_end_marker_is_refused(share: float, orientation: int) -> None:
    data = draw_selfie(3, size=(480, 640), orientation=orientation)
    assert refusal_of(data[: int(len(data) * share)] + b"\xff\xd9") == "photo_truncated"


def test_a_flat_picture_is_a_photo_for_a_signal_to_judge() -> None:
    facts = read(saved(Image.new("RGB", (640, 480), (128, 128, 128)), "JPEG"))
    assert facts.spread == 0
    assert facts.phash == 0


ANIMATION = saved(Image.new("RGB", (8, 8)), "WEBP", save_all=True, append_images=[Image.new("RGB", (8, 8), "red")])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo_unreadable"),
        (b"\xff\xd8\xff", "photo_truncated"),
        ("这不是照片".encode(), "photo_format_unsupported"),
        (saved(Image.new("RGB", (8, 8)), "GIF"), "photo_format_unsupported"),
        (saved(Image.new("RGB", (8, 8)), "BMP"), "photo_format_unsupported"),
        (saved(Image.new("RGB", (8, 8)), "TIFF"), "photo_format_unsupported"),
        (saved(Image.new("RGB", (64, 64)), "AVIF"), "photo_format_unsupported"),
        (saved(Image.new("I;16", (8, 8)), "PNG"), "photo_format_unsupported"),
        (ANIMATION, "photo_format_unsupported"),
        (b"\xff\xd8\xff\xe0" + b"\0" * (10 * 1024 * 1024), "photo_too_large"),
    ],
)
def test_what_is_no_photo_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refusal_of(data) == code


def test_a_renamed_file_is_known_by_its_bytes() -> None:
    assert read(draw_selfie(4, size=(240, 320), fmt="WEBP")).extension == "webp"


def test_bytes_between_segments_are_skipped() -> None:
    data = with_segment(draw_selfie(4, size=(240, 320)), 0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")
    at = data.index(b"<x/>") + 4
    assert read(data[:at] + b"?>" + data[at:]).width == 240


def test_orientation_may_stand_in_xmp_only(shared_data: Path) -> None:
    data = (shared_data / "orientation" / "xmp_tags_orientation_exiftool.png").read_bytes()
    assert read(data).orientation == 3


def test_broken_exif_is_no_reason_to_refuse() -> None:
    for block in (b"MM\0*\xff\xff\xff\xff", b"II*\0", b"nonsense", tiff_block({0x010F: b"A\0"})[:12]):
        assert read(with_segment(draw_selfie(4, size=(240, 320)), 0xE1, b"Exif\0\0" + block)).exif == ExifFacts()


BASES = [draw_selfie(6, size=(120, 160), exif=HUZHOU, fmt=fmt) for fmt in ("JPEG", "PNG", "WEBP")]


@settings(max_examples=150)
@given(st.sampled_from(BASES), st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=12))
def test_mutated_bytes_are_read_or_refused(base: bytes, changes: list[tuple[int, int]]) -> None:
    data = bytearray(base)
    for position, value in changes:
        data[position % min(len(data), 2048)] = value
    with suppress(PhotoUnreadable):
        assert read(bytes(data)).width > 0


@settings(max_examples=12)
@given(st.integers(0, 3600), st.binary(min_size=1, max_size=8))
def test_a_mutated_heic_is_read_or_refused(position: int, change: bytes) -> None:
    data = DRAWN_HEIC.read_bytes()
    with suppress(PhotoUnreadable):
        assert read(data[:position] + change + data[position + len(change) :]).width > 0
