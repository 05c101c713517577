"""The camera's position against the phone's."""

import pytest

from server.evidence.signals.exif_position import check
from server.evidence.types import ExifFacts, Fix
from tests.evidence.cases import CAPTURED, NORTH_1KM, RULES, STATION, at, evidence, expect, fix

ABSENT = "照片没有写入位置，微信相机通常如此，不影响结果。"
NO_USE = "照片写入的位置无法采用，不影响结果。"


def exif(north_km: float, gps: str | None = None) -> ExifFacts:
    """A camera so many kilometres north of the station."""
    gps_at = None if gps is None else at(gps)
    return ExifFacts(lat=STATION.lat + north_km * NORTH_1KM, lng=STATION.lng, gps_at=gps_at)


@pytest.mark.parametrize(
    ("name", "facts", "accuracy_m", "outcome", "message"),
    [
        ("absent", ExifFacts(), 20.0, "unknown", ABSENT),
        ("half of it", ExifFacts(lat=23.0), 20.0, "unknown", ABSENT),
        ("0,0", ExifFacts(lat=0.0, lng=0.0), 20.0, "unknown", NO_USE),
        ("half of it never filled", ExifFacts(lat=0.0, lng=STATION.lng), 20.0, "unknown", NO_USE),
        ("the other half", ExifFacts(lat=STATION.lat, lng=0.0), 20.0, "unknown", NO_USE),
        ("out of range", ExifFacts(lat=230.0, lng=113.0), 20.0, "unknown", NO_USE),
        ("not a number", ExifFacts(lat=float("nan"), lng=113.0), 20.0, "unknown", NO_USE),
        ("next door", exif(0.2), 20.0, "clear", "照片写入的位置与定位相符。"),
        ("at the limit", exif(0.515), 20.0, "clear", None),
        (
            "a street further: an older fix may do that",
            exif(1.03),
            20.0,
            "unknown",
            "照片写入的位置与定位相距 1.0 公里，相机的定位可能较早。",
        ),
        ("three kilometres", exif(3.03), 20.0, "suspect", "照片写入的位置与定位相距 3.0 公里。请复核位置。"),
        ("three kilometres, weak fix", exif(3.03), 1500.0, "unknown", None),
        ("two and a half, accuracy 0 is none", exif(2.53), 0.0, "unknown", None),
        ("two and a half, no accuracy", exif(2.53), None, "unknown", None),
        ("another city", exif(900), 20.0, "suspect", "照片写入的位置与定位相距 900 公里。请复核位置。"),
        ("three kilometres, its fix a minute old", exif(3.03, "2026-11-03 00:40"), 20.0, "unknown", None),
        ("another city, its fix a minute old", exif(900, "2026-11-03 00:40"), 20.0, "suspect", None),
        ("another city, its fix of yesterday", exif(900, "2026-11-01 21:41"), 20.0, "unknown", None),
        ("three kilometres, its fix from the future", exif(3.03, "2026-11-03 09:00"), 20.0, "suspect", None),
    ],
)
def test_table(name: str, facts: ExifFacts, accuracy_m: float | None, outcome: str, message: str | None) -> None:
    expect(check(evidence(fix=fix(accuracy_m=accuracy_m), exif=facts), RULES), outcome, message)


@pytest.mark.parametrize(
    ("name", "lat", "lng", "outcome"),
    [
        ("the south", -STATION.lat, STATION.lng, "unknown"),
        ("the west", STATION.lat, -STATION.lng, "unknown"),
        ("both", -STATION.lat, -STATION.lng, "unknown"),
        ("a true place in the south", -23.0, 133.0, "suspect"),
    ],
)
def test_a_hemisphere_written_wrongly(name: str, lat: float, lng: float, outcome: str) -> None:
    message = "照片写入的位置像是南北或东西写反了，不影响结果。" if outcome == "unknown" else None
    expect(check(evidence(exif=ExifFacts(lat=lat, lng=lng)), RULES), outcome, message)


def test_a_failed_fix_is_no_reason_to_doubt_the_photo() -> None:
    e = evidence(fix=Fix(0.0, 0.0, 20.0, CAPTURED), exif=exif(0.2))
    expect(check(e, RULES), "unknown", NO_USE)


def test_facts() -> None:
    expect(check(evidence(exif=exif(3.03)), RULES), "suspect", None, {"apart_m": 3000, "near_m": 520, "far_m": 2020})
