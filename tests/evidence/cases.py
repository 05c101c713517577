"""One honest check-in to vary, and strategies for every other one.

Amin checks in at the Dongguan station on 11月3日 周二 at 08:41: 30 m away, ±20 m, a ticket a minute old, a phone clock
2 s slow, a camera that writes no EXIF (as WeChat's does not).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from server.evidence.distance import distance_m
from server.evidence.ruleset import RULESET, Rules
from server.evidence.types import Evidence, ExifFacts, Finding, Fix, Outcome, PhotoTwin, Place, Window

RULES: Rules = RULESET.rules
CAPTURED = datetime(2026, 11, 3, 0, 41, 0, tzinfo=UTC)  # 08:41 in Dongguan
RECEIVED = CAPTURED + timedelta(seconds=20)
STATION = Place("s1", "东莞驻点", 23.02, 113.75, 200.0)
NORTH_1KM = 0.009029  # degrees of latitude at the station


def at(text: str) -> datetime:
    """An aware UTC instant from '2026-11-03 00:41' or with seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fix(north_km: float = 0.03, accuracy_m: float | None = 20.0, when: datetime = CAPTURED) -> Fix:
    """A fix so many kilometres north of the station."""
    return Fix(STATION.lat + north_km * NORTH_1KM, STATION.lng, accuracy_m, when)


HONEST = Evidence(
    kind="station",
    received_at=RECEIVED,
    captured_at=CAPTURED - timedelta(seconds=2),
    clock_offset_ms=2_000,
    tz="Asia/Shanghai",
    fix=fix(),
    datum="wgs84",
    place=STATION,
    distance_m=30.0,
    windows=(Window(480, 600, 1), Window(840, 1080, 1)),
    upload_limit_s=86_400,
    accuracy_ceiling_m=150.0,
    ticket_issued_at=CAPTURED - timedelta(minutes=1),
    ticket_expires_at=CAPTURED + timedelta(minutes=9),
    photo_width=960,
    photo_height=1280,
    photo_spread=52.0,
)


def evidence(**changes: Any) -> Evidence:
    """The honest check-in with some fields changed; the distance follows the fix unless it is given."""
    e = replace(HONEST, **changes)
    if "fix" in changes and "distance_m" not in changes and e.place is not None:
        return replace(e, distance_m=distance_m(e.fix.lat, e.fix.lng, e.place.lat, e.place.lng))
    return e


def twin(
    on: str = "2026-10-28", *, exact: bool = True, bits: int = 0, photo: str = "p1", mine: bool = True, **more: Any
) -> PhotoTwin:
    """Another stored photo."""
    return PhotoTwin(photo, f"c-{photo}", mine, date.fromisoformat(on), exact, bits, **more)


def shared(**changes: Any) -> PhotoTwin:
    """A colleague's photo of the same squad, two minutes and 40 m away: one selfie, sent by both."""
    return twin("2026-11-03", **{"mine": False, "same_squad": True, "apart_s": 120.0, "apart_m": 40.0, **changes})


def expect(finding: Finding, outcome: str, message: str | None = None, facts: Mapping[str, Any] | None = None) -> None:
    """Assert an outcome, the whole message, and some of the facts."""
    assert finding.outcome is Outcome(outcome), finding
    if message is not None:
        assert finding.message == message
    for key, value in (facts or {}).items():
        assert finding.facts[key] == value, (key, finding.facts)


def _aware(low: datetime, high: datetime) -> st.SearchStrategy[datetime]:
    return st.datetimes(low.replace(tzinfo=None), high.replace(tzinfo=None), timezones=st.just(UTC))


ZONES = st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "Asia/Kathmandu", "Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
ANY_TIME = _aware(at("0001-01-01"), at("9999-12-31 23:59:59"))
NEAR_TIME = _aware(at("2026-10-20"), at("2026-11-10"))
TIMES = st.one_of(NEAR_TIME, ANY_TIME)
LATS = st.one_of(st.floats(22.9, 23.1), st.floats(-90, 90))
LNGS = st.one_of(st.floats(113.6, 113.9), st.floats(-180, 180))
METRES = st.floats(0, 2e7)
FIXES = st.builds(Fix, LATS, LNGS, st.none() | st.floats(-10, 1e7), TIMES)
ODD = st.floats()  # NaN and both infinities, as broken metadata has them
EXIFS = st.builds(
    ExifFacts,
    taken_local=st.none() | st.datetimes(),
    utc_offset_s=st.none() | st.integers(-200_000, 200_000),
    gps_at=st.none() | TIMES,
    lat=st.none() | LATS | ODD,
    lng=st.none() | LNGS | ODD,
    make=st.none() | st.text(max_size=8),
    model=st.none() | st.text(max_size=8),
    software=st.none() | st.text(max_size=8),
    digitized_local=st.none() | st.datetimes(),
    modified_local=st.none() | st.datetimes(),
)
TWINS = st.builds(
    PhotoTwin,
    st.text(max_size=6),
    st.text(max_size=6),
    st.booleans(),
    st.dates(),
    st.booleans(),
    st.integers(0, 64),
    same=st.none() | st.booleans(),
    mirrored=st.booleans(),
    apart_s=st.none() | st.floats(-1e9, 1e9),
    apart_m=st.none() | st.floats(0, 2e7),
    same_squad=st.booleans(),
)
PLACES = st.builds(Place, st.text(max_size=6), st.text(max_size=6), LATS, LNGS, st.floats(1, 1e5), st.booleans())
WINDOWS = st.builds(Window, st.integers(0, 1440), st.integers(0, 1440), st.integers(1, 2))
REQUIRED: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["station", "visit", "spot"]),
    "received_at": TIMES,
    "captured_at": TIMES,
    "tz": ZONES,
    "datum": st.sampled_from(["wgs84", "gcj02"]),
    "upload_limit_s": st.integers(0, 10**9),
    "accuracy_ceiling_m": st.floats(0, 1e6),
    "photo_width": st.integers(0, 100_000),
    "photo_height": st.integers(0, 100_000),
}
EVIDENCE = st.builds(
    Evidence,
    **REQUIRED,
    clock_offset_ms=st.none() | st.integers(-(10**18), 10**18),
    fix=FIXES,
    place=st.none() | PLACES,
    distance_m=st.none() | METRES,
    windows=st.lists(WINDOWS, max_size=3).map(tuple),
    ticket_issued_at=st.none() | TIMES,
    ticket_expires_at=st.none() | TIMES,
    photo_spread=st.none() | st.floats(0, 127),
    exif=EXIFS,
    device_model=st.none() | st.text(max_size=8),
    twins=st.lists(TWINS, max_size=3).map(tuple),
    previous=st.none() | FIXES,
    spot_challenge=st.none() | st.sampled_from(["4821", "举起左手"]),
    challenge_due_at=st.none() | TIMES,
    comparing=st.booleans(),
    given_lat=st.none() | LATS,
    given_lng=st.none() | LNGS,
    history=st.lists(FIXES, max_size=3).map(tuple),
    session_members=st.integers(1, 9),
    rebound_at=st.none() | TIMES,
    device_platform=st.none() | st.sampled_from(["android", "ios", "ohos", "windows", "devtools", ""]),
)
BARE = st.builds(
    Evidence,
    **REQUIRED,
    clock_offset_ms=st.none(),
    fix=st.builds(Fix, LATS, LNGS, st.none(), TIMES),
    place=st.none() | PLACES,
    distance_m=st.none() | METRES,
    windows=st.lists(WINDOWS, max_size=3).map(tuple),
    ticket_issued_at=st.none(),
    ticket_expires_at=st.none(),
    photo_spread=st.none(),
    previous=st.none() | FIXES,
)
