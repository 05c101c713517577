"""An editor's name, and dates of more than one shutter; firmware, viewers, zones and nonsense say nothing."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.evidence.signals.photo_edited import check
from server.evidence.types import ExifFacts
from tests.evidence.cases import RULES, at, evidence, expect
from tests.evidence.real import real_exif

FINE = "照片没有写着处理过。"


@pytest.mark.parametrize(
    "software",
    [
        *(
            "Adobe Photoshop 7.0",
            "Adobe Photoshop CC 2017 (Macintosh)",
            "Adobe Photoshop Elements 5.0",
            "Adobe Bridge CS5",
        ),
        *("paint.net 4.2.13", "GIMP 2.10.22", "Adobe Lightroom 7.1 (Android)", "Snapseed 2.19", "PicsArt", "VSCO"),
        *("美图秀秀", "Meitu", "MeituPic", "醒图", "Pixelmator Pro 3.3", "ExifTool 12.50", "Picasa"),
    ],
)
def test_an_editor(software: str) -> None:
    message = f"照片写着用 {software} 处理过。请复核画面是否改动。"
    expect(check(evidence(exif=ExifFacts(software=software)), RULES), "suspect", message, {"software": software})


@pytest.mark.parametrize(
    ("name", "software", "make"),
    [
        *(("iOS", "17.5.1", "Apple"), ("iOS", "14.4.2", "Apple"), ("iOS 4", "4.1", "Apple")),
        *(("Pixel", "HDR+ 1.0.621982163zd", "Google"), ("MediaTek", "MediaTek Camera Application", "Xiaomi")),
        *(
            ("Nokia", "00WW_3_380_SP02", "HMD Global"),
            ("GoPro", "H22.01.02.20.70", "GoPro"),
            ("3DS", "00204", "Nintendo"),
        ),
        *(("OnePlus", "OnePlus3-user 6.0.1 MMB29M 26 dev-keys", "OnePlus"), ("Samsung", "A536BXXU1AVCC", "samsung")),
        *(
            ("WeChat", "WeChat", None),
            ("微信", "微信 8.0.62", None),
            ("a canvas", "Canvas", None),
            ("a library", "PIL", None),
        ),
        *(("a viewer that turned it", "Microsoft Windows Photo Viewer 6.1.7600.16385", "HUAWEI"),),
        *(("Meitu made phones", "Meitu M8 V2.1", "Meitu"), ("unnamed firmware", "081916 V6IR-Bld1.18", "456")),
    ],
)
def test_no_editor(name: str, software: str, make: str | None) -> None:
    expect(check(evidence(exif=ExifFacts(software=software, make=make)), RULES), "clear", FINE)


def exif(taken: str, digitized: str | None = None, modified: str | None = None, gps: str | None = None) -> ExifFacts:
    """What a camera, and whoever came after it, wrote."""
    digitized_at, modified_at = (
        None if text is None else datetime.fromisoformat(text) for text in (digitized, modified)
    )
    gps_at = None if gps is None else at(gps)
    return ExifFacts(
        datetime.fromisoformat(taken), gps_at=gps_at, digitized_local=digitized_at, modified_local=modified_at
    )


TAKEN = "2026-11-03 08:41:00"


@pytest.mark.parametrize(
    ("name", "facts", "outcome", "message"),
    [
        ("one shutter", exif(TAKEN, TAKEN, TAKEN, "2026-11-03 00:40:58"), "clear", FINE),
        ("a long exposure", exif(TAKEN, "2026-11-03 08:41:30", "2026-11-03 08:41:31"), "clear", FINE),
        (
            "only one of two was moved",
            exif(TAKEN, "2026-10-02 17:05:00"),
            "suspect",
            "照片的两个拍摄时间相差 32 天。请复核拍摄时间。",
        ),
        ("moved by three hours and a bit", exif(TAKEN, "2026-11-03 05:23:00"), "suspect", None),
        ("one of them in UTC", exif(TAKEN, "2026-11-03 00:41:00"), "clear", FINE),
        ("one of them in Nepal", exif(TAKEN, "2026-11-03 02:56:00"), "clear", FINE),
        (
            "written again a week later",
            exif("2026-10-20 08:41:00", None, "2026-10-28 20:00:00"),
            "suspect",
            "照片在拍摄 8 天后改动过。请复核拍摄时间。",
        ),
        ("turned the same evening", exif("2026-11-02 08:41:00", None, "2026-11-02 20:00:00"), "clear", FINE),
        ("HEIF: one of them in UTC", exif(TAKEN, None, "2026-11-03 00:41:00"), "clear", FINE),
        (
            "last written before the shutter",
            exif(TAKEN, TAKEN, "2026-10-02 17:05:00"),
            "suspect",
            "照片的改动时间比拍摄时间早 32 天。请复核拍摄时间。",
        ),
        ("a firmware's default", exif(TAKEN, None, "2002-12-08 12:00:00"), "clear", FINE),
        ("a satellite time 27 h old", exif(TAKEN, gps="2026-11-01 21:41"), "clear", FINE),
        (
            "a satellite time of last month",
            exif(TAKEN, gps="2026-10-02 09:05"),
            "suspect",
            "照片的拍摄时间与卫星时间相差 31 天。请复核拍摄时间。",
        ),
        ("a receiver that lost 1024 weeks", exif(TAKEN, gps="2007-03-20 00:40"), "clear", FINE),
        ("a receiver at the start of its count", exif(TAKEN, gps="2019-04-07 00:00"), "clear", FINE),
        (
            "a camera clock gone wrong, satellites fresh",
            exif("2026-09-01 00:00", gps="2026-11-03 00:40"),
            "clear",
            FINE,
        ),
        ("the year 2099", exif("2099-09-29 10:10:10", TAKEN, TAKEN), "clear", FINE),
        ("digitized in 2099", exif(TAKEN, "2099-01-01 00:00"), "clear", FINE),
        ("modified in 1970", exif(TAKEN, None, "1970-01-01 00:00"), "clear", FINE),
        ("satellites of 1999", exif(TAKEN, gps="1999-09-09 09:09"), "clear", FINE),
    ],
)
def test_dates(name: str, facts: ExifFacts, outcome: str, message: str | None) -> None:
    expect(check(evidence(exif=facts), RULES), outcome, message)


def test_a_phone_whose_clock_is_days_off_contradicts_nothing() -> None:
    slow = {"captured_at": at("2026-10-29 00:41"), "clock_offset_ms": 5 * 86_400_000}
    facts = exif("2026-10-29 08:41", gps="2026-11-02 21:41")
    expect(check(evidence(exif=facts, **slow), RULES), "clear", FINE)


def test_nothing_written() -> None:
    message = "照片没有写入处理软件和时间，微信相机通常如此，不影响结果。"
    expect(check(evidence(), RULES), "unknown", message, {"limit_s": 600, "zone_limit_s": 93_600})


# Those that an editor signed, that its notes call tamper examples, or that were written again days after the shutter.
TAMPERED = {
    *("photos/Issue_508.jpg", "photos/Nikon_D5000.jpg", "photos/FujiFilm_FinePixS1Pro_1_.jpg", "photos/test_exif.jpg"),
    *("photos/png_with_exif_and_gps.png", "pairs/canon_hdr_NO.jpg", "pairs/canon_hdr_YES.jpg"),
    *("malformed/exif_typeerror.jpg", "malformed/exif-dpi-zerodivision.jpg"),
    "photos/Issue_308.jpg",  # made up by hand: maker 456, model 123, satellites of January on a photo of November
}


def test_real_photos(shared_data: Path) -> None:
    found: dict[str, Any] = {name: check(evidence(exif=x), RULES) for name, x in real_exif(shared_data).items()}
    assert len(found) > 25
    assert {name for name, finding in found.items() if finding.outcome == "suspect"} == TAMPERED
