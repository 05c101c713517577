"""From pixels to the file a phone sends: a canvas's JPEG or PNG without EXIF, or a camera's own file with it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import cv2
import numpy as np

from tests.bench.evidence.scenes import Pixels
from tests.bench.evidence.sky import Point
from tests.photos.made import DRAWN_HEIC, Values, tiff_block, with_segment


@dataclass(frozen=True, slots=True)
class Shutter:
    """What a phone's camera writes: local times by the phone's own clock, and the satellites' last word."""

    make: str
    model: str
    at: datetime  # naive, local by the phone's clock
    offset: str | None = "+08:00"
    gps: Point | None = None
    gps_at: datetime | None = None  # naive, UTC
    software: str | None = None
    digitized: datetime | None = None  # where it differs from `at`, as after an edit
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeicSource:
    """A real HEIC whose EXIF is true at this place and UTC time on any date: only its dates are written anew."""

    path: Path
    written: tuple[str, ...]  # the date as it stands in the file
    shot_at: time  # UTC
    at: Point
    tz: str
    make: str
    model: str
    platform: str

    def taken_on(self, on: date) -> bytes:
        """The file as the camera would have written it on this UTC date. In Western zones that is the local date."""
        data = self.path.read_bytes()
        for written in self.written:
            data = data.replace(written.encode(), f"{on:%Y:%m:%d}".encode())
        return data


def heic_sources(shared: Path | None) -> list[HeicSource]:
    """Nothing installed here encodes HEVC, so these few real pictures are all there is; `shared` is their folder."""
    drawn = HeicSource(
        DRAWN_HEIC,
        ("2026:11:03",),
        time(1, 1, 2),
        (30.62765, 119.73876),
        "Asia/Shanghai",
        "Xiaomi",
        "M2012K11AG",
        "android",
    )
    if shared is None:
        return [drawn]
    found = (
        (
            "IMG_5195.HEIC",
            "2021:04:11",
            time(20, 47, 53),
            (39.05134, -94.28877),
            "America/Chicago",
            "iPhone 11 Pro Max",
        ),
        ("empty_icc.heic", "2021:07:06", time(13, 8, 14), (46.75470, 33.33611), "Europe/Kyiv", "iPhone XS"),
        ("xiaomi.heic", "2023:04:27", time(16, 44, 18), (47.22729, 39.69999), "Europe/Moscow", "M2012K11AG"),
        (
            "HMD_Nokia_8.3_5G_hdr.heif",
            "2022:01:12",
            time(7, 30, 14),
            (40.66299, -3.76374),
            "Europe/Madrid",
            "Nokia 8.3 5G",
        ),
    )
    sources = [drawn]
    for name, written, shot_at, at, tz, model in found:
        apple = model.startswith("iPhone")
        make, platform = ("Apple", "ios") if apple else ("", "android")
        sources.append(HeicSource(shared / "photos" / name, (written,), shot_at, at, tz, make, model, platform))
    return sources


def jpeg(picture: Pixels, quality: int = 80) -> bytes:
    """As the app's canvas on Android writes it: no EXIF."""
    return cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()


def png(picture: Pixels) -> bytes:
    """As the app's canvas on iOS writes it: no EXIF, a megabyte."""
    return cv2.imencode(".png", picture, (cv2.IMWRITE_PNG_COMPRESSION, 1))[1].tobytes()


def pixels(data: bytes) -> Pixels:
    """The picture of a JPEG or PNG of ours."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def original(picture: Pixels, shutter: Shutter, quality: int = 88) -> bytes:
    """As the camera itself writes it, and the album passes it on: a JPEG with EXIF."""
    return with_exif(jpeg(picture, quality), _block(shutter))


def with_exif(plain: bytes, block: bytes) -> bytes:
    """The JPEG with this block (TIFF bytes) as its EXIF."""
    return with_segment(plain, 0xE1, b"Exif\0\0" + block)


def refused(luck: random.Random, plain: bytes, shutter: Shutter) -> bytes:
    """The JPEG with an EXIF block that is of no use: torn off, nonsense, or dates and positions that mean nothing."""
    block = _block(shutter)
    way = luck.randrange(6)
    if way == 0:
        return with_exif(plain, block[: luck.randint(4, len(block) // 2)])
    if way == 1:
        return with_exif(plain, luck.randbytes(luck.randint(20, 400)))
    if way == 2:  # the camera has no idea: zeros in the dates, 0/0 in the position
        nothing: Mapping[int, Values] = {2: ((0, 0),) * 3, 4: ((0, 0),) * 3, 7: ((0, 0),) * 3}
        empty = b"0000:00:00 00:00:00\0"
        return with_exif(plain, tiff_block({0x0110: b"X\0", 0x0132: empty}, {0x9003: empty, 0x9004: empty}, nothing))
    if way == 3:
        year = luck.choice((b"1970:01:01 08:00:00\0", b"2099:09:29 10:10:10\0", b"    :  :     :  :  \0"))
        return with_exif(plain, tiff_block({0x0132: year}, {0x9003: year, 0x9004: year}))
    if way == 4:  # a gallery app that keeps the camera's name and nothing else
        return with_exif(plain, tiff_block({0x010F: _ascii(shutter.make), 0x0110: _ascii(shutter.model)}))
    return with_exif(plain, tiff_block({0x010E: shutter.model.encode("utf-16"), 0x0112: (1,)}))


def _block(s: Shutter) -> bytes:
    """The EXIF block (Exif 2.32) of one shot."""
    ifd0: dict[int, Values] = {0x010F: _ascii(s.make), 0x0110: _ascii(s.model), 0x0112: (1,)}
    ifd0[0x0132] = _stamp(s.modified or s.at)
    if s.software:
        ifd0[0x0131] = _ascii(s.software)
    exif: dict[int, Values] = {0x9003: _stamp(s.at), 0x9004: _stamp(s.digitized or s.at)}
    if s.offset:
        exif |= {0x9010: _ascii(s.offset), 0x9011: _ascii(s.offset), 0x9012: _ascii(s.offset)}
    gps: dict[int, Values] = {}
    if s.gps:
        lat, lng = s.gps
        gps = {1: b"N\0" if lat >= 0 else b"S\0", 2: _dms(lat), 3: b"E\0" if lng >= 0 else b"W\0", 4: _dms(lng)}
    if s.gps_at:
        gps[7] = ((s.gps_at.hour, 1), (s.gps_at.minute, 1), (s.gps_at.second, 1))
        gps[0x1D] = f"{s.gps_at:%Y:%m:%d}\0".encode()
    return tiff_block(ifd0, exif, gps)


def _ascii(text: str) -> bytes:
    return text.encode() + b"\0"


def _stamp(at: datetime) -> bytes:
    return f"{at:%Y:%m:%d %H:%M:%S}\0".encode()


def _dms(degrees: float) -> tuple[tuple[int, int], ...]:
    """Degrees, minutes, seconds to 1/10 000, as phones write them."""
    whole, rest = divmod(round(abs(degrees) * 36_000_000), 36_000_000)
    minutes, seconds = divmod(rest, 600_000)
    return (whole, 1), (minutes, 1), (seconds, 10_000)
