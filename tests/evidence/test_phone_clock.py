"""The phone's clock beside the server's."""

from typing import Any

import pytest

from server.evidence.signals.phone_clock import check
from tests.evidence.cases import CAPTURED, RULES, at, evidence, expect


@pytest.mark.parametrize(
    ("name", "changes", "outcome", "message"),
    [
        ("right", {}, "clear", "手机时间与服务器一致。"),
        ("five minutes: no note", {"clock_offset_ms": 300_000, "captured_at": at("2026-11-03 00:36")}, "clear", None),
        ("not measured", {"clock_offset_ms": None}, "unknown", "没有测得手机时间的偏差，不影响结果。"),
        (
            "eight minutes slow",
            {"clock_offset_ms": 480_000, "captured_at": at("2026-11-03 00:33")},
            "unknown",
            "手机时间比服务器慢约 8 分钟，已自动校正。",
        ),
        (
            "a zone fast",
            {"clock_offset_ms": -8 * 3_600_000, "captured_at": at("2026-11-03 08:41")},
            "unknown",
            "手机时间比服务器快约 8 小时，已自动校正。",
        ),
        (
            "from after its own arrival",
            {"clock_offset_ms": 0, "captured_at": at("2026-11-03 01:41:20")},
            "suspect",
            "拍摄时间 11月3日 周二 09:41 比收到照片晚 60 分钟。请复核时间。",
        ),
        (
            "after its arrival, never measured",
            {"clock_offset_ms": None, "captured_at": at("2026-11-03 01:41")},
            "unknown",
            None,
        ),
        (
            "two minutes ahead: tolerated",
            {"clock_offset_ms": 0, "captured_at": at("2026-11-03 00:43:20")},
            "clear",
            None,
        ),
        ("set right after the measurement", {"clock_offset_ms": 480_000, "captured_at": CAPTURED}, "unknown", None),
    ],
)
def test_table(name: str, changes: dict[str, Any], outcome: str, message: str | None) -> None:
    expect(check(evidence(**changes), RULES), outcome, message)


def test_facts() -> None:
    expect(check(evidence(), RULES), "clear", None, {"offset_s": 2.0, "notice_s": 300, "ahead_s": -22})
