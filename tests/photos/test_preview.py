"""What is shown: a small upright JPEG from which nothing of the camera, the place or the time can be read."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from server.demo.photos import draw_selfie
from server.photos.match import distance
from server.photos.preview import preview, stripped
from server.photos.read import read
from server.photos.refusal import PhotoUnreadable
from tests.photos.made import DRAWN_HEIC, HUZHOU, with_segment


def segments(jpeg: bytes) -> set[int]:
    """Markers of every segment before the first scan."""
    found, at = set(), 2
    while jpeg[at + 1] != 0xDA:
        found.add(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found


def laden(fmt: str) -> bytes:
    """A photo with EXIF and, as a JPEG, with XMP, a colour profile, a comment and a maker's segment."""
    data = draw_selfie(1, size=(960, 1280), exif=HUZHOU, fmt=fmt, orientation=6)
    if fmt == "JPEG":
        data = with_segment(data, 0xE1, b"http://ns.adobe.com/xap/1.0/\0<secret/>")
        data = with_segment(with_segment(data, 0xFE, b"secret"), 0xED, b"Photoshop 3.0\0secret")
        data = with_segment(data, 0xE2, b"ICC_PROFILE\0\1\1secret")
    return data


@pytest.mark.parametrize("show", [preview, stripped])
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_is_left(fmt: str, show) -> None:
    shown = show(laden(fmt))
    assert segments(shown) <= {0xE0, 0xDB, 0xC0, 0xC4}
    assert not any(word in shown for word in (b"secret", b"Exif", b"Xiaomi", b"http"))


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_a_preview_is_upright_and_small(fmt: str) -> None:
    data = laden(fmt)
    shown = preview(data)
    assert Image.open(BytesIO(shown)).size == (480, 640)
    assert distance(read(shown).phash, read(data).phash) <= 2
    assert Image.open(BytesIO(preview(data, 320))).size == (240, 320)


def test_full_size_keeps_its_pixels() -> None:
    assert Image.open(BytesIO(stripped(laden("JPEG")))).size == (960, 1280)


def test_a_small_photo_is_not_enlarged() -> None:
    assert Image.open(BytesIO(preview(draw_selfie(1, size=(120, 160))))).size == (120, 160)


def test_heic_is_shown_as_jpeg() -> None:
    shown = preview(DRAWN_HEIC.read_bytes())
    assert Image.open(BytesIO(shown)).size == (240, 320)
    assert segments(shown) <= {0xE0, 0xDB, 0xC0, 0xC4}


def test_real_phones_heic(shared_data: Path) -> None:
    data = (shared_data / "photos" / "HMD_Nokia_8.3_5G_hdr.heif").read_bytes()
    assert Image.open(BytesIO(preview(data))).size == (640, 480)
    assert max(Image.open(BytesIO(stripped(data))).size) >= 2304


def test_half_a_photo_has_no_preview() -> None:
    data = draw_selfie(1, size=(480, 640))
    with pytest.raises(PhotoUnreadable):
        preview(data[: len(data) // 2])
