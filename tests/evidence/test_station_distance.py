"""Inside, outside, undecidable; and no place at all."""

import pytest

from server.evidence.signals.station_distance import check
from server.evidence.types import Fix
from tests.evidence.cases import CAPTURED, RULES, evidence, expect, fix

WHERE = "距东莞驻点"


@pytest.mark.parametrize(
    ("name", "distance_m", "accuracy_m", "kind", "outcome", "message"),
    [
        ("well inside", 38, 20, "station", "clear", f"在围栏内，{WHERE} 38 米（误差 ±20 米）。围栏半径 200 米。"),
        ("just inside with its error", 180, 20, "station", "clear", None),
        ("inside, but the error reaches out", 181, 20, "station", "unknown", None),
        (
            "outside, but the error reaches in",
            220,
            20,
            "station",
            "unknown",
            f"{WHERE} 220 米（误差 ±20 米），不能确定是否在围栏内。围栏半径 200 米。",
        ),
        (
            "outside beyond its error",
            221,
            20,
            "station",
            "suspect",
            f"{WHERE} 221 米（误差 ±20 米），在围栏外。围栏半径 200 米，请复核位置。",
        ),
        (
            "kilometres away",
            3200,
            65,
            "station",
            "suspect",
            f"{WHERE} 3.2 公里（误差 ±65 米），在围栏外。围栏半径 200 米，请复核位置。",
        ),
        ("far, but so is the error", 3200, 5000, "station", "unknown", None),
        ("a cell tower's circle that does not hold the truth", 1950, 1500, "station", "unknown", None),
        ("beyond twice a cell tower's circle", 3250, 1500, "station", "suspect", None),
        ("a spot check is held to the fence", 3200, 65, "spot", "suspect", None),
        (
            "a visit is elsewhere by nature",
            3200,
            65,
            "visit",
            "unknown",
            f"走访打卡，{WHERE} 3.2 公里（误差 ±65 米）。走访地点由人工确认。",
        ),
        ("a visit inside the fence", 38, 20, "visit", "clear", None),
        ("no accuracy", 3200, None, "station", "unknown", "手机没有给出可用的定位。由人工确认地点。"),
        ("accuracy 0", 38, 0.0, "station", "unknown", None),
        ("accuracy negative", 38, -1.0, "station", "unknown", None),
        ("accuracy not a number", 38, float("nan"), "station", "unknown", None),
    ],
)
def test_table(
    name: str, distance_m: float, accuracy_m: float | None, kind: str, outcome: str, message: str | None
) -> None:
    e = evidence(kind=kind, fix=fix(distance_m / 1000, accuracy_m), distance_m=distance_m)
    expect(check(e, RULES), outcome, message, {"distance_m": distance_m, "radius_m": 200.0})


def test_without_a_place() -> None:
    e = evidence(place=None, distance_m=None)
    expect(check(e, RULES), "unknown", "当天没有派驻地点可以比对。由人工确认地点。", {})
    expect(check(evidence(distance_m=None), RULES), "unknown", "当天没有派驻地点可以比对。由人工确认地点。", {})


def test_a_failed_fix_at_0_0_is_not_twelve_thousand_kilometres_away() -> None:
    expect(check(evidence(fix=Fix(0.0, 0.0, 20.0, CAPTURED)), RULES), "unknown")
