"""Inside or outside the policy's windows, on the station's clock."""

from typing import Any

import pytest

from server.evidence.signals.time_window import check
from tests.evidence.cases import RULES, at, evidence, expect


def moment(utc: str, **changes: Any) -> Any:
    """A check-in captured, ticketed and received at one UTC time of 3 November."""
    now = at(f"2026-11-03 {utc}")
    return evidence(
        **{"captured_at": now, "received_at": now, "clock_offset_ms": 0, "ticket_issued_at": now, **changes}
    )


@pytest.mark.parametrize(
    ("name", "e", "outcome", "message"),
    [
        ("morning", moment("00:41"), "clear", "08:41 在打卡时段内。"),
        ("first minute", moment("00:00"), "clear", "08:00 在打卡时段内。"),
        ("last minute", moment("01:59:59"), "clear", "09:59 在打卡时段内。"),
        (
            "the end is outside",
            moment("02:00"),
            "suspect",
            "10:00 不在打卡时段内。打卡时段是 08:00–10:00、14:00–18:00，由人工确认。",
        ),
        ("second window", moment("06:30"), "clear", "14:30 在打卡时段内。"),
        ("night", moment("13:05"), "suspect", None),
        ("another zone's morning", moment("03:00", tz="Asia/Kathmandu"), "clear", "08:45 在打卡时段内。"),
        ("no windows", moment("13:05", windows=()), "unknown", "规则没有设定打卡时段。"),
        (
            "a drawn spot check at night",
            moment("13:05", kind="spot", spot_challenge="1234"),
            "clear",
            "抽查不限打卡时段。",
        ),
        (
            "a drawn spot check at night",
            moment("13:05", kind="spot", spot_challenge="7"),
            "clear",
            "抽查不限打卡时段。",
        ),
        (
            "an uncalibrated clock outside",
            moment("13:05", clock_offset_ms=None, ticket_issued_at=None),
            "unknown",
            "手机时间没有经过校准，无法判断是否在打卡时段内。",
        ),
        ("an uncalibrated clock inside", moment("00:41", clock_offset_ms=None, ticket_issued_at=None), "clear", None),
    ],
)
def test_table(name: str, e: Any, outcome: str, message: str | None) -> None:
    expect(check(e, RULES), outcome, message)


def test_facts() -> None:
    facts = {"local_at": "2026-11-03T08:41:00+08:00", "windows": [[480, 600], [840, 1080]]}
    expect(check(evidence(), RULES), "clear", None, facts)
