"""The camera's time against the claim: with a zone, without one, with a satellite's, and nonsense."""

from datetime import datetime
from typing import Any

import pytest

from server.evidence.signals.exif_time import check
from server.evidence.types import ExifFacts
from tests.evidence.cases import RULES, at, evidence, expect

EAST_8 = 28_800
NO_USE = "照片写入的时间无法采用，不影响结果。"
FITS = "照片写入的时间与打卡时间相符。"
SHIFTED = "照片写入的时间与打卡时间不同，可能是时区或手机时间的缘故。"


def exif(taken: str | None = None, offset_s: int | None = None, gps: str | None = None) -> ExifFacts:
    """What a camera wrote."""
    local = None if taken is None else datetime.fromisoformat(taken)
    return ExifFacts(taken_local=local, utc_offset_s=offset_s, gps_at=None if gps is None else at(gps))


@pytest.mark.parametrize(
    ("name", "facts", "outcome", "message"),
    [
        ("none, as WeChat delivers", exif(), "unknown", "照片没有写入拍摄时间，微信相机通常如此，不影响结果。"),
        ("with a zone", exif("2026-11-03 08:40:58", EAST_8), "clear", FITS),
        ("with another zone", exif("2026-11-03 00:40:58", 0), "clear", FITS),
        ("eight minutes before: from the album", exif("2026-11-03 08:33", EAST_8), "clear", FITS),
        (
            "yesterday, with a zone",
            exif("2026-11-02 17:41", EAST_8),
            "suspect",
            "照片写着 11月2日 周一 17:41 拍摄，与打卡相差 15 小时。请复核拍摄时间。",
        ),
        ("exactly a zone away, but the zone is written", exif("2026-11-03 06:41", EAST_8), "suspect", None),
        ("without a zone, the station's", exif("2026-11-03 08:40:58"), "clear", FITS),
        ("without a zone, UTC", exif("2026-11-03 00:40:58"), "unknown", SHIFTED),
        ("without a zone, Kathmandu", exif("2026-11-03 06:25:58"), "unknown", SHIFTED),
        ("without a zone, no zone explains it", exif("2026-11-03 07:15"), "suspect", None),
        (
            "last year, without a zone",
            exif("2025-11-03 08:41"),
            "suspect",
            "照片写着 2025年11月3日 周一 08:41 拍摄，与打卡相差 365 天。请复核拍摄时间。",
        ),
        ("ten minutes before: the limit", exif("2026-11-03 08:31", EAST_8), "clear", FITS),
        ("ten minutes and ten seconds", exif("2026-11-03 08:30:50", EAST_8), "suspect", None),
        ("two minutes off another zone: the limit", exif("2026-11-03 07:39"), "unknown", SHIFTED),
        ("the first year that counts", exif("2000-06-01 12:00", EAST_8), "suspect", None),
        ("1999", exif("1999-12-31 23:59"), "unknown", NO_USE),
        ("year 2099", exif("2099-09-29 10:10:10"), "unknown", NO_USE),
        ("beyond a day ahead", exif("2026-11-04 08:41:30", EAST_8), "unknown", NO_USE),
        ("hours ahead", exif("2026-11-03 15:00", EAST_8), "suspect", None),
        ("a fresh satellite time", exif(None, None, "2026-11-03 00:40:30"), "clear", "照片的卫星时间与打卡时间相符。"),
        (
            "it settles a camera clock gone wrong",
            exif("2024-01-01 00:00", EAST_8, "2026-11-03 00:40:30"),
            "clear",
            None,
        ),
        ("a satellite time 27 h old alone", exif(None, None, "2026-11-01 21:41"), "unknown", NO_USE),
        (
            "a satellite time five days old alone",
            exif(None, None, "2026-10-29 00:41"),
            "suspect",
            "照片的卫星时间早于打卡 5 天。请复核拍摄时间。",
        ),
        (
            "a satellite time years old beside a good one",
            exif("2026-11-03 08:41", None, "2011-07-15 09:14"),
            "clear",
            FITS,
        ),
        ("a receiver that lost 1024 weeks", exif(None, None, "2007-03-20 00:41"), "unknown", NO_USE),
        ("a receiver at the start of its count", exif(None, None, "2019-04-07 00:03"), "unknown", NO_USE),
        ("a satellite time hours ahead alone", exif(None, None, "2026-11-03 10:00"), "unknown", NO_USE),
        ("nonsense beside a stale one", exif("2099-01-01 00:00", None, "2026-11-02 00:41"), "unknown", NO_USE),
    ],
)
def test_table(name: str, facts: ExifFacts, outcome: str, message: str | None) -> None:
    expect(check(evidence(exif=facts), RULES), outcome, message)


@pytest.mark.parametrize(
    ("name", "changes", "outcome"),
    [
        # The camera runs on the same wrong clock as the claim.
        (
            "a clock forty minutes slow",
            {
                "captured_at": at("2026-11-03 00:01"),
                "clock_offset_ms": 2_400_000,
                "exif": exif("2026-11-03 08:01", EAST_8),
            },
            "clear",
        ),
        (
            "a clock a zone fast",
            {
                "captured_at": at("2026-11-03 08:41"),
                "clock_offset_ms": -28_800_000,
                "exif": exif("2026-11-03 16:41", EAST_8),
            },
            "clear",
        ),
        (
            "a clock two days slow: not to be told",
            {
                "captured_at": at("2026-11-01 00:41"),
                "clock_offset_ms": 172_800_000,
                "exif": exif("2026-11-01 08:41", EAST_8),
            },
            "unknown",
        ),
        (
            "a slow clock and a third time",
            {
                "captured_at": at("2026-11-03 00:01"),
                "clock_offset_ms": 2_400_000,
                "exif": exif("2026-11-03 05:17", EAST_8),
            },
            "suspect",
        ),
        ("the station lies in Nepal", {"tz": "Asia/Kathmandu", "exif": exif("2026-11-03 06:25:58")}, "clear"),
    ],
)
def test_phone_clock_and_station_zone(name: str, changes: dict[str, Any], outcome: str) -> None:
    expect(check(evidence(**changes), RULES), outcome)


def test_facts() -> None:
    finding = check(evidence(exif=exif("2026-11-03 08:40:30", EAST_8)), RULES)
    expect(
        finding,
        "clear",
        FITS,
        {"gap_s": 30, "phone_gap_s": 28, "limit_s": 600, "taken_local": "2026-11-03T08:40:30", "utc_offset_s": 28_800},
    )
