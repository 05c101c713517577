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
        ("zero", 0.0, "unknown", "手机给出的定位误差是 0 米，无法采用。可以重新定位一次。"),
        ("negative", -5.0, "unknown", "手机没有给出定位误差。"),
        ("huge", 120_000.0, "unknown", "定位误差约 120 公里，等于没有定位。可以重新定位一次。"),
        ("not a number", float("nan"), "unknown", "手机没有给出定位误差。"),
        ("infinite", float("inf"), "unknown", "手机没有给出定位误差。"),
    ],
)
def test_table(name: str, accuracy_m: float | None, outcome: str, message: str | None) -> None:
    finding = check(evidence(fix=fix(accuracy_m=accuracy_m)), RULES)
    expect(
        finding, outcome, message, {"accuracy_m": accuracy_m, "ceiling_m": 150.0} if accuracy_m == accuracy_m else None
    )


@pytest.mark.parametrize(
    ("name", "platform", "accuracy_m", "message"),
    [
        (
            "precise location off",
            "ios",
            3500.0,
            "定位误差约 3.5 公里，像是没有打开“精确位置”。可以在手机设置里为微信打开。",
        ),
        ("an Android phone by its mast", "android", 3500.0, "定位误差约 3.5 公里，超过 150 米。到窗边或室外会更准。"),
        ("a phone that does not say", None, 3500.0, "定位误差约 3.5 公里，超过 150 米。到窗边或室外会更准。"),
        ("an iPhone in a basement", "ios", 900.0, "定位误差约 900 米，超过 150 米。到窗边或室外会更准。"),
    ],
)
def test_reduced_accuracy(name: str, platform: str | None, accuracy_m: float, message: str) -> None:
    e = evidence(fix=fix(accuracy_m=accuracy_m), device_platform=platform)
    expect(check(e, RULES), "unknown", message)


def test_a_failed_fix_at_0_0() -> None:
    expect(check(evidence(fix=Fix(0.0, 0.0, 20.0, CAPTURED)), RULES), "unknown", "手机没有给出可用的位置。")
