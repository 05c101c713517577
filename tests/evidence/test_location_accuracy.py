"""How sure the phone is of its place."""

import pytest

from server.evidence.signals.location_accuracy import check
from server.evidence.types import Fix
from tests.evidence.cases import CAPTURED, RULES, evidence, expect, fix


@pytest.mark.parametrize(
    ("name", "accuracy_m", "outcome", "message"),
    [
        ("good", 20.0, "clear", "定位误差约 20 米，可以采用。"),
        ("at the ceiling", 150.0, "clear", None),
        ("above the ceiling", 600.0, "unknown", "定位误差约 600 米，超过 150 米。到窗边或室外会更准。"),
        ("absent", None, "unknown", "手机没有给出定位误差。"),
        ("zero", 0.0, "unknown", "手机没有给出定位误差。"),
        ("negative", -5.0, "unknown", "手机没有给出定位误差。"),
        ("infinite", float("inf"), "unknown", "手机没有给出定位误差。"),
    ],
)
def test_table(name: str, accuracy_m: float | None, outcome: str, message: str | None) -> None:
    finding = check(evidence(fix=fix(accuracy_m=accuracy_m)), RULES)
    expect(finding, outcome, message, {"accuracy_m": accuracy_m, "ceiling_m": 150.0})


def test_a_failed_fix_at_0_0() -> None:
    expect(check(evidence(fix=Fix(0.0, 0.0, 20.0, CAPTURED)), RULES), "unknown", "手机没有给出可用的位置。")
