"""Pinned, typed, or the same to the last bit on another day; and what repeats honestly."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.evidence.datum import gcj02_to_bd09, wgs84_to_gcj02
from server.evidence.signals.position_typed import check
from server.evidence.types import Fix
from tests.evidence.cases import CAPTURED, RULES, STATION, at, evidence, expect, fix

CENTRE = "位置与东莞驻点登记的坐标一模一样，手机定位很少这样巧。请复核位置来源。"
FEW = "经纬度的小数位很少，手机定位很少这样。请复核位置来源。"
AGAIN = "位置和误差与11月2日 周一的一次一模一样，卫星定位很少这样。请复核位置来源。"
NO_FIX = "手机没有给出可用的定位。"
FINE = "没有手工填写位置的迹象。"
GCJ = wgs84_to_gcj02(STATION.lat, STATION.lng)
PINNED = {"fix": Fix(STATION.lat, STATION.lng, 20.0, CAPTURED)}
CENTRE_AT = (23.0207347, 113.7517862)
ODD = replace(STATION, lat=CENTRE_AT[0], lng=CENTRE_AT[1])
ROUNDED = {"given_lat": 23.02073, "given_lng": 113.75179, "fix": Fix(23.02073, 113.75179, 20.0, CAPTURED), "place": ODD}
NEXT_TO_IT = ROUNDED | {"given_lng": 113.7518, "fix": Fix(23.02073, 113.7518, 20.0, CAPTURED)}
YESTERDAY = at("2026-11-02 00:41")


def given(lat: float, lng: float, **changes: Any) -> dict[str, Any]:
    """As it was submitted."""
    return {"given_lat": lat, "given_lng": lng, **changes}


def repeat(when: datetime, accuracy_m: float | None = 8.0, earlier_m: float | None = 8.0) -> dict[str, Any]:
    """One point, at the capture and at another time."""
    return {"fix": fix(0.031, accuracy_m), "history": (fix(0.02, 8.0), fix(0.031, earlier_m, when))}


@pytest.mark.parametrize(
    ("name", "changes", "outcome", "message"),
    [
        ("a fix of its own", {}, "clear", FINE),
        ("no position", {"fix": Fix(0.0, 0.0, 20.0, CAPTURED)}, "unknown", NO_FIX),
        ("the registered point", PINNED, "suspect", CENTRE),
        ("a tenth of a metre beside it", {"fix": fix(0.0001)}, "suspect", CENTRE),
        ("a metre beside it", {"fix": fix(0.001)}, "clear", FINE),
        ("the registered point, as GCJ-02", given(*GCJ, datum="gcj02"), "suspect", CENTRE),
        ("the registered point, as BD-09", given(*gcj02_to_bd09(*GCJ)), "suspect", CENTRE),
        ("the registered point, as a phone of five decimals gives it", ROUNDED, "suspect", CENTRE),
        ("the last of its five decimals one off", NEXT_TO_IT, "clear", FINE),
        ("within what four decimals round to", given(*(round(d, 4) for d in CENTRE_AT), place=ODD), "clear", FINE),
        ("its latitude only", {"fix": Fix(STATION.lat, 113.7504321, 20.0, CAPTURED)}, "clear", FINE),
        ("recorded on site", {**PINNED, "place": replace(STATION, recorded_on_site=True)}, "clear", FINE),
        ("no place to be pinned to", {**PINNED, "place": None, "distance_m": None}, "clear", FINE),
        ("three decimals", given(23.021, 113.751), "suspect", FEW),
        ("whole degrees", given(23.0, 114.0), "suspect", FEW),
        ("four decimals", given(23.0203, 113.7501), "clear", FINE),
        ("one of the two by chance", given(23.021, 113.75043), "clear", FINE),
        ("yesterday's fix, by satellite", repeat(YESTERDAY), "suspect", AGAIN),
        ("yesterday's fix, by Wi-Fi", repeat(YESTERDAY, 65.0, 65.0), "clear", FINE),
        ("yesterday's fix, at the limit of satellites", repeat(YESTERDAY, 30.0, 30.0), "clear", FINE),
        ("yesterday's place, another radius", repeat(YESTERDAY, 8.0, 9.0), "clear", FINE),
        ("this morning's fix", repeat(CAPTURED - timedelta(minutes=20)), "clear", FINE),
        ("no radius", repeat(YESTERDAY, None, None), "unknown", NO_FIX),
        ("radius 0", repeat(YESTERDAY, 0.0, 0.0), "unknown", NO_FIX),
    ],
)
def test_table(name: str, changes: dict[str, Any], outcome: str, message: str) -> None:
    expect(check(evidence(**changes), RULES), outcome, message)


def test_the_cached_fix_may_cross_midnight() -> None:
    now = at("2026-11-03 16:00:10")  # 00:00:10 in Dongguan
    times = {
        "captured_at": now,
        "received_at": now,
        "ticket_issued_at": now - timedelta(minutes=1),
        "clock_offset_ms": 0,
    }
    for back_s, outcome in ((25, "clear"), (45, "suspect")):
        expect(check(evidence(**times, **repeat(now - timedelta(seconds=back_s))), RULES), outcome)


def test_the_latest_day_is_named_and_the_limits_are_kept() -> None:
    history = tuple(fix(0.031, 8.0, at(f"2026-{day} 00:41")) for day in ("11-01", "10-31", "11-02"))
    facts = {"on": "2026-11-02", "repeat_m": 30, "few_decimals": 3, "centre_deg": 1e-6, "accuracy_m": 8.0}
    expect(check(evidence(fix=fix(0.031, 8.0), history=history), RULES), "suspect", AGAIN, facts)
