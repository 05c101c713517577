"""An EXIF block read by exifread within a budget of reads: what the camera claims, or nothing, but never an error."""

import logging
import re
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import exifread
from exifread.core.exceptions import ExifError

from server.evidence.types import ExifFacts

# A hostile block makes exifread warn once a tag; what a stranger's file contains does not belong in our log.
logging.getLogger("exifread").setLevel(logging.CRITICAL)

_MAX_READS = 4000  # real photos take up to 430; a block of overlapping directories would take millions
_MAX_TEXT = 64
# What Qualcomm's camera library writes where nobody told it the time, in DateTimeDigitized of many an Android phone
# beside a right DateTimeOriginal (https://issuetracker.google.com/issues/36967504).
_NEVER_SET = "2002:12:08 12:00:00"
_LOCAL_TIME = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.\d+)?Z?")
_DATE = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(00|15|30|45)")

# What exifread was seen to raise on real and on mutated files. It reads only from memory, so nothing here hides a
# failing disk; anything else (a KeyboardInterrupt, a bug of ours in another module) passes through.
_EXIFREAD_RAISES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    ExifError,
)


class _Budgeted(BytesIO):
    """A block that may be read from a limited number of times; exifread reads number by number."""

    reads_left = _MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise ValueError("EXIF block asks for more reads than any camera's")
        return super().read(size)


def read(block: bytes) -> tuple[ExifFacts, int | None]:
    """(facts, orientation 1..8 or None) of a TIFF-structured EXIF block, b"" included. Never raises.

    Kept out as what broken firmware writes: 0/0 rationals, 0000:00:00 dates and a default one, a position of exactly
    (0, 0), a coordinate without its hemisphere or with 75 minutes. Values that are merely unlikely (the year 2099)
    stay: judging is for signals.
    """
    if not block:
        return ExifFacts(), None
    try:
        tags = exifread.process_file(_Budgeted(block), details=False, extract_thumbnail=False)
        return _facts(tags), _orientation(tags)
    except _EXIFREAD_RAISES:
        return ExifFacts(), None


def _facts(tags: Mapping[str, Any]) -> ExifFacts:
    lat, lng = _position(tags)
    return ExifFacts(
        taken_local=_local_time(_text(tags, "EXIF DateTimeOriginal")),
        digitized_local=_local_time(_text(tags, "EXIF DateTimeDigitized")),
        modified_local=_local_time(_text(tags, "Image DateTime")),
        utc_offset_s=_offset(_text(tags, "EXIF OffsetTimeOriginal")),
        gps_at=_gps_at(tags),
        lat=lat,
        lng=lng,
        make=_text(tags, "Image Make"),
        model=_text(tags, "Image Model"),
        software=_text(tags, "Image Software"),
    )


def _orientation(tags: Mapping[str, Any]) -> int | None:
    values = _values(tags, "Image Orientation")
    return values[0] if values and values[0] in range(1, 9) else None


def _values(tags: Mapping[str, Any], name: str) -> list[Any]:
    values = tags[name].values if name in tags else []
    return values if isinstance(values, list) else []


def _text(tags: Mapping[str, Any], name: str) -> str | None:
    """Printable characters only, at most 64; bytes that are no UTF-8 are read as GB 18030, as Chinese makers write."""
    value = tags[name].values if name in tags else ""
    if isinstance(value, bytes):
        value = value.decode("gb18030", "replace")
    if not isinstance(value, str):
        return None
    return "".join(filter(str.isprintable, value)).strip()[:_MAX_TEXT] or None


def _local_time(text: str | None) -> datetime | None:
    """Naive local time, whole seconds."""
    found = None if text == _NEVER_SET else _LOCAL_TIME.fullmatch(text or "")
    try:
        return datetime(*map(int, found.groups())) if found else None  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def _offset(text: str | None) -> int | None:
    """Seconds east of UTC; the earth's zones reach from -12 h to +14 h, in steps of a quarter of an hour."""
    found = _OFFSET.fullmatch(text or "")
    if not found:
        return 0 if text == "Z" else None
    seconds = (int(found[2]) * 60 + int(found[3])) * (60 if found[1] == "+" else -60)
    return seconds if -12 * 3600 <= seconds <= 14 * 3600 else None


def _number(ratio: Any) -> float | None:
    """A rational as a float; None for x/0."""
    return ratio.num / ratio.den if getattr(ratio, "den", 0) else None


def _numbers(tags: Mapping[str, Any], name: str) -> list[float] | None:
    """One to three rationals (degrees or hours, minutes, seconds), all finite, or None."""
    numbers = [_number(value) for value in _values(tags, name)]
    known = [number for number in numbers if number is not None]
    return known if 1 <= len(known) == len(numbers) <= 3 else None


def _position(tags: Mapping[str, Any]) -> tuple[float | None, float | None]:
    lat = _coordinate(tags, "GPS GPSLatitude", "NS", 90.0)
    lng = _coordinate(tags, "GPS GPSLongitude", "EW", 180.0)
    if lat is None or lng is None or (lat == 0 and lng == 0):
        return None, None
    return lat, lng


def _coordinate(tags: Mapping[str, Any], name: str, hemispheres: str, limit: float) -> float | None:
    """Degrees, with a sign; None for minutes or seconds over 60, and for whole degrees or minutes with nothing behind.

    The standard wants three parts. Some write one, decimal degrees; but a bare 23 is what is left of a broken field.
    """
    parts = _numbers(tags, name)
    ref = (_text(tags, name + "Ref") or "").upper()
    if not parts or len(ref) != 1 or ref not in hemispheres:
        return None
    degrees = sum(part / 60**power for power, part in enumerate(parts))
    cut_short = len(parts) < 3 and parts[-1].is_integer()
    if cut_short or min(parts) < 0 or max(parts[1:], default=0) > 60 or degrees > limit:
        return None
    return -degrees if ref in "SW" else degrees


def _gps_at(tags: Mapping[str, Any]) -> datetime | None:
    """Aware UTC from GPSDateStamp and GPSTimeStamp; GPS counts since 1980, so an earlier year is no reading."""
    found = _DATE.fullmatch(_text(tags, "GPS GPSDate") or "")
    clock = _numbers(tags, "GPS GPSTimeStamp")
    if not found or clock is None or len(clock) != 3:
        return None
    hours, minutes, seconds = clock
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 60):
        return None
    try:
        midnight = datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds) if midnight.year >= 1980 else None
