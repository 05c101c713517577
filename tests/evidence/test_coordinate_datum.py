"""The wrong datum: said as an error, by this signal and by the distance, and never as a suspicion."""

import pytest

from server.evidence.datum import bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02
from server.evidence.signals import coordinate_datum, station_distance
from server.evidence.types import Fix, Place
from tests.evidence.cases import CAPTURED, NORTH_1KM, RULES, STATION, evidence, expect, fix

HERE = (STATION.lat + 0.03 * NORTH_1KM, STATION.lng)  # where the member truly stands
GCJ = wgs84_to_gcj02(*HERE)
BD = gcj02_to_bd09(*GCJ)
TOKYO = Place("s2", "东京驻点", 35.6895, 139.69171, 200.0)


@pytest.mark.parametrize(
    ("name", "point", "read_as", "message"),
    [
        (
            "GCJ-02 sent as wgs84",
            GCJ,
            "gcj02",
            "按国测局坐标换算后距东莞驻点 30 米，在围栏内，像是坐标系弄错了。请核对驻点和手机的坐标系。",
        ),
        ("WGS-84 sent as gcj02", gcj02_to_wgs84(*HERE), "gcj02", None),
        ("the station's point is GCJ-02", gcj02_to_wgs84(*HERE), "gcj02", None),
        (
            "BD-09 sent as wgs84",
            BD,
            "bd09",
            "按百度坐标换算后距东莞驻点 30 米，在围栏内，像是坐标系弄错了。请核对驻点和手机的坐标系。",
        ),
        ("BD-09 sent as gcj02", gcj02_to_wgs84(*BD), "bd09", None),
        ("the station's point is BD-09", gcj02_to_wgs84(*bd09_to_gcj02(*HERE)), "bd09", None),
    ],
)
def test_inside_in_another_datum(name: str, point: tuple[float, float], read_as: str, message: str | None) -> None:
    e = evidence(fix=Fix(*point, 20.0, CAPTURED))
    assert e.distance_m is not None
    assert e.distance_m > 400
    finding = coordinate_datum.check(e, RULES)
    expect(finding, "unknown", message, {"read_as": read_as, "radius_m": 200.0})
    assert finding.facts["read_distance_m"] < 40
    distance = station_distance.check(e, RULES)
    expect(distance, "unknown")
    assert "像是坐标系弄错了，换算后在围栏内。由人工确认地点。" in distance.message


@pytest.mark.parametrize(
    ("name", "changes", "outcome", "message", "distance"),
    [
        ("inside as given", {}, "clear", "没有坐标系弄错的迹象。", "clear"),
        ("a neighbouring city", {"fix": fix(30)}, "clear", "没有坐标系弄错的迹象。", "suspect"),
        ("600 m, but the other way", {"fix": fix(0.6)}, "clear", None, "suspect"),
        ("undecidable as it is", {"fix": Fix(*GCJ, 500.0, CAPTURED)}, "clear", None, "unknown"),
        ("a visit may be anywhere", {"kind": "visit", "fix": Fix(*GCJ, 20.0, CAPTURED)}, "clear", None, "unknown"),
        (
            "no place",
            {"place": None, "distance_m": None},
            "unknown",
            "没有驻点或可用的定位，无法比对坐标系。",
            "unknown",
        ),
        ("no accuracy", {"fix": Fix(*GCJ, None, CAPTURED)}, "unknown", None, "unknown"),
        ("a failed fix", {"fix": Fix(0.0, 0.0, 20.0, CAPTURED)}, "unknown", None, "unknown"),
        (
            "where no shift applies",
            {"place": TOKYO, "fix": Fix(*gcj02_to_bd09(TOKYO.lat, TOKYO.lng), 20.0, CAPTURED)},
            "clear",
            None,
            "suspect",
        ),
    ],
)
def test_otherwise(name: str, changes: dict, outcome: str, message: str | None, distance: str) -> None:
    e = evidence(**changes)
    expect(coordinate_datum.check(e, RULES), outcome, message)
    expect(station_distance.check(e, RULES), distance)
