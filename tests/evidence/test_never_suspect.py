"""What the app, WeChat and ordinary phones produce raises no suspicion in any signal, and neither does nonsense."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.evidence.decide import decide, judge
from server.evidence.ruleset import RULESET
from server.evidence.types import Evidence, ExifFacts, Fix, Outcome, Verdict
from tests.evidence.cases import (
    BARE,
    CAPTURED,
    HONEST,
    NEAR_TIME,
    ODD,
    RECEIVED,
    RULES,
    STATION,
    at,
    evidence,
    fix,
    shared,
    twin,
)

LOCAL = datetime(2026, 11, 3, 8, 40, 58)  # noqa: DTZ001 - a camera's wall clock
DAYS = tuple(CAPTURED - timedelta(days=back) for back in range(1, 21))
WIFI = fix(0.04, 65.0)
PHONE = ExifFacts(LOCAL, 28_800, CAPTURED, 23.0203, 113.7501, "Xiaomi", "M2012K11AG", None, LOCAL, LOCAL)


def suspects(e: Evidence) -> list[str]:
    """The codes of everything that is called suspect."""
    return [f"{f.code}: {f.message}" for f in judge(e, RULES) if f.outcome is Outcome.SUSPECT]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("a canvas: no EXIF, 1280 px", {"photo_width": 960, "photo_height": 1280, "exif": ExifFacts()}),
        ("a canvas that signs", {"exif": ExifFacts(software="Canvas")}),
        ("WeChat that signs", {"exif": ExifFacts(software="WeChat 8.0.62", modified_local=LOCAL)}),
        ("an iPhone's PNG", {"photo_width": 3024, "photo_height": 4032, "device_platform": "ios"}),
        ("640 px of a cheap phone", {"photo_width": 480, "photo_height": 640, "photo_spread": 21.0}),
        ("the album, everything written", {"exif": PHONE, "device_model": "Xiaomi 11i", "device_platform": "android"}),
        ("a photo turned in the gallery", {"exif": replace(PHONE, modified_local=LOCAL + timedelta(minutes=5))}),
        ("an HEIC with a UTC date", {"exif": replace(PHONE, modified_local=LOCAL - timedelta(hours=8))}),
        ("satellites of yesterday", {"exif": replace(PHONE, gps_at=CAPTURED - timedelta(hours=27))}),
        ("equal phone models", {"exif": PHONE, "device_model": "M2012K11AG", "device_platform": "android"}),
        ("a Wi-Fi fix that repeats for days", {"fix": WIFI, "history": tuple(replace(WIFI, at=day) for day in DAYS)}),
        ("the cached fix", {"history": (replace(HONEST.fix, at=CAPTURED - timedelta(seconds=20)),)}),
        ("the cached fix, twice this morning", {"history": (replace(HONEST.fix, at=CAPTURED - timedelta(hours=1)),)}),
        (
            "the very point that was recorded on site",
            {"fix": Fix(STATION.lat, STATION.lng, 8.0, CAPTURED), "place": replace(STATION, recorded_on_site=True)},
        ),
        ("five decimals", {"given_lat": 23.02027, "given_lng": 113.75}),
        ("precise location off", {"fix": fix(0.4, 4_000.0), "device_platform": "ios"}),
        ("an urban canyon", {"fix": fix(0.35, 180.0)}),
        ("GCJ-02 by mistake", {"fix": Fix(23.0173, 113.7552, 20.0, CAPTURED)}),
        ("a basement, sent in the evening", {"received_at": RECEIVED + timedelta(hours=9), "fix": fix(0.03, 140.0)}),
        ("offline, no ticket", {"ticket_issued_at": None, "ticket_expires_at": None, "clock_offset_ms": None}),
        ("a clock a zone off", {"captured_at": at("2026-11-03 08:41"), "clock_offset_ms": -28_800_000}),
        ("a night train", {"previous": fix(900, 30.0, CAPTURED - timedelta(hours=5))}),
        ("the first flight", {"previous": fix(1_400, 30.0, CAPTURED - timedelta(hours=3))}),
        ("the same chair every morning", {"twins": (twin(exact=False, bits=1, same=False), twin(exact=False, bits=3))}),
        ("still compared", {"twins": (twin(exact=False, bits=1),), "comparing": True}),
        ("one selfie of colleagues", {"twins": (shared(), shared(exact=False, same=True, photo="p2"))}),
        ("a new phone", {"rebound_at": CAPTURED - timedelta(days=1)}),
        (
            "a late answer",
            {"kind": "spot", "spot_challenge": "4821", "challenge_due_at": CAPTURED - timedelta(hours=2)},
        ),
        ("a visit in another town", {"kind": "visit", "fix": fix(30)}),
        ("a finger on the lens", {"photo_spread": 0.5}),
    ],
)
def test_ordinary_life(name: str, changes: dict[str, Any]) -> None:
    assert suspects(evidence(**changes)) == []


@pytest.mark.parametrize(("accuracy_m", "back"), list(product((31.0, 65.0, 200.0), (1, 7, 29))))
def test_a_wifi_fix_is_accepted_again_and_again(accuracy_m: float, back: int) -> None:
    here = fix(0.02, accuracy_m)
    e = evidence(
        fix=here,
        place=replace(STATION, radius_m=400.0),
        accuracy_ceiling_m=200.0,
        history=(replace(here, at=CAPTURED - timedelta(days=back)),),
    )
    assert decide(judge(e, RULES), RULESET).verdict is Verdict.ACCEPTED


# No camera of today writes these; no honest person can help it if one does.
NONSENSE_YEARS = st.one_of(
    st.datetimes(datetime(1, 1, 1), datetime(1999, 12, 30)),  # noqa: DTZ001
    st.datetimes(datetime(2027, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001
)
NONSENSE_PLACES = st.one_of(
    st.just((0.0, 0.0)),
    st.tuples(ODD.filter(lambda lat: not abs(lat) <= 90), ODD),
    st.sampled_from([(-23.02, 113.75), (23.02, -113.75), (-23.02, -113.75), (None, 113.75), (23.02, None)]),
)
GARBAGE = st.builds(
    lambda place, **fields: ExifFacts(lat=place[0], lng=place[1], **fields),
    NONSENSE_PLACES,
    taken_local=st.none() | NONSENSE_YEARS,
    utc_offset_s=st.none() | st.integers(-(10**9), 10**9),
    gps_at=st.none() | NONSENSE_YEARS.map(lambda t: t.replace(tzinfo=UTC)),
    make=st.none() | st.sampled_from(["456", "XXX", "\x00\u9e1f", "MAKE。"]),
    model=st.none() | st.sampled_from(["123", "XXX-XXX", "\ufffd"]),
    software=st.none() | st.sampled_from(["", "1.0", "PIL", "\ufffd\ufffd", "081916 V6IR-Bld1.18"]),
    digitized_local=st.none() | NONSENSE_YEARS,
    modified_local=st.none() | NONSENSE_YEARS,
)


@given(GARBAGE, st.sampled_from(["android", "ios", "ohos", None]))
def test_garbage_alone_never_makes_guilty(exif: ExifFacts, platform: str | None) -> None:
    assert suspects(evidence(exif=exif, device_platform=platform)) == []


@given(GARBAGE)
def test_garbage_beside_one_good_date_never_makes_guilty(exif: ExifFacts) -> None:
    assert suspects(evidence(exif=replace(exif, taken_local=LOCAL, utc_offset_s=28_800))) == []


@given(BARE)
def test_missing_evidence_never_makes_guilty(e: Evidence) -> None:
    assert suspects(e) == []


@given(st.lists(NEAR_TIME, max_size=20), st.floats(30, 5_000))
def test_what_repeats_coarsely_never_makes_guilty(times: list[datetime], accuracy_m: float) -> None:
    here = fix(0.03, accuracy_m)
    e = evidence(fix=here, history=tuple(replace(here, at=when) for when in times))
    assert [code for code in suspects(e) if "POSITION_TYPED" in code] == []
