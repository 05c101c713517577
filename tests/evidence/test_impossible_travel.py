"""From the previous check-in's place to this one's in the time between."""

from datetime import timedelta
from typing import Any

import pytest

from server.evidence.signals.impossible_travel import check
from server.evidence.types import Fix
from tests.evidence.cases import CAPTURED, RULES, evidence, expect, fix


@pytest.mark.parametrize(
    ("name", "north_km", "minutes", "accuracy_m", "outcome", "message"),
    [
        ("the cached fix, 20 s later", 0.03, 1 / 3, 20.0, "clear", "与上一次打卡的行程合理。"),
        ("the other end of town in a minute, weak fixes", 6, 1, 1500.0, "clear", None),
        ("rail: 300 km in an hour", 300, 60, 20.0, "clear", None),
        ("the shortest flight: 400 km in an hour", 400, 60, 20.0, "clear", None),
        ("Guangzhou to Beijing in three hours", 1890, 180, 20.0, "clear", None),
        ("Wuhan to Changsha by the fastest train", 345, 68, 20.0, "clear", None),
        ("a short flight, gate to gate", 600, 80, 20.0, "clear", None),
        ("between two stops at full speed", 225, 40, 20.0, "clear", None),
        ("450 km within the hour", 450, 60, 20.0, "suspect", None),
        (
            "two cities in an hour",
            600,
            60,
            20.0,
            "suspect",
            "与 07:41 的打卡相距 600 公里，只隔 60 分钟。两次中有一次与事实不符，请复核行程。",
        ),
        (
            "two cities in ten minutes",
            100,
            10,
            20.0,
            "suspect",
            "与 08:31 的打卡相距 100 公里，只隔 10 分钟。两次中有一次与事实不符，请复核行程。",
        ),
        ("the same, without accuracy: a kilometre is granted", 6.0, 0, None, "clear", None),
        ("the same, accuracy 0", 6.0, 0, 0.0, "clear", None),
        ("seven kilometres in no time", 7.0, 0, None, "suspect", None),
        ("earlier check-in uploaded later", 100, -120, 20.0, "clear", None),
    ],
)
def test_table(
    name: str, north_km: float, minutes: float, accuracy_m: float | None, outcome: str, message: str | None
) -> None:
    previous = fix(north_km, accuracy_m, CAPTURED - timedelta(minutes=minutes))
    expect(check(evidence(previous=previous), RULES), outcome, message)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("first", {"previous": None}, "近期没有上一次打卡的位置可以比对。"),
        ("a failed fix before", {"previous": Fix(0.0, 0.0, 20.0, CAPTURED)}, "有一次定位不可用，无法比对行程。"),
        (
            "nothing but the phone's word for the time",
            {"previous": fix(900), "clock_offset_ms": None, "ticket_issued_at": None},
            "手机时间没有经过校准，无法比对行程。",
        ),
    ],
)
def test_unknown(name: str, changes: dict[str, Any], message: str) -> None:
    expect(check(evidence(**changes), RULES), "unknown", message)


def test_facts() -> None:
    finding = check(evidence(previous=fix(600, 20.0, CAPTURED - timedelta(hours=1))), RULES)
    expect(finding, "suspect", None, {"elapsed_s": 3600, "allowed_m": 421_667})
    assert finding.facts["apart_m"] - finding.facts["sure_m"] == 40
