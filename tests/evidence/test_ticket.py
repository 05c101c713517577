"""The server's bounds on the time of a photo."""

from typing import Any

import pytest

from server.evidence.signals.ticket import check
from tests.evidence.cases import CAPTURED, RECEIVED, RULES, at, evidence, expect

UNCALIBRATED = "手机时间没有经过校准，与拍摄凭证对不上。由人工核对时间。"


@pytest.mark.parametrize(
    ("name", "changes", "outcome", "message"),
    [
        ("fresh", {}, "clear", "拍摄时间与拍摄凭证相符。"),
        ("no ticket", {"ticket_issued_at": None}, "unknown", "没有拍摄凭证，多为离线拍摄。由人工核对时间。"),
        ("a minute and a half before issue: tolerated", {"captured_at": at("2026-11-03 00:38:28")}, "clear", None),
        (
            "an hour before issue",
            {"captured_at": at("2026-11-02 23:40"), "clock_offset_ms": 0},
            "suspect",
            "拍摄时间 11月3日 周二 07:40 比拍摄凭证早 60 分钟。请复核时间。",
        ),
        (
            "ten minutes after receipt",
            {"captured_at": at("2026-11-03 00:51:20"), "clock_offset_ms": 0},
            "suspect",
            "拍摄时间 11月3日 周二 08:51 比收到照片晚 10 分钟。请复核时间。",
        ),
        (
            "before issue, clock never measured",
            {"captured_at": at("2026-11-02 23:40"), "clock_offset_ms": None},
            "unknown",
            UNCALIBRATED,
        ),
        (
            "after receipt, clock never measured",
            {"captured_at": at("2026-11-03 08:41"), "clock_offset_ms": None},
            "unknown",
            UNCALIBRATED,
        ),
        ("inside, clock never measured", {"clock_offset_ms": None}, "clear", None),
        (
            "a clock a zone off, measured",
            {"captured_at": at("2026-11-03 08:41"), "clock_offset_ms": -8 * 3_600_000},
            "clear",
            None,
        ),
        (
            "the clock was set right after the measurement",
            {"captured_at": CAPTURED, "clock_offset_ms": 480_000},
            "clear",
            None,
        ),
        (
            "corrected after receipt, bare before issue: neither fits",
            {"captured_at": at("2026-11-02 20:41"), "clock_offset_ms": 8 * 3_600_000},
            "suspect",
            None,
        ),
        (
            "offline, nine hours later",
            {"received_at": at("2026-11-03 10:00"), "ticket_expires_at": at("2026-11-04")},
            "clear",
            None,
        ),
        (
            "offline, thirty hours later",
            {"received_at": at("2026-11-04 06:41")},
            "unknown",
            "有拍摄凭证，但拍摄后 30 小时才收到，超过 24 小时的时限。由人工核对时间。",
        ),
        (
            "captured after the ticket's end",
            {"ticket_expires_at": at("2026-11-03 00:30"), "ticket_issued_at": at("2026-11-03 00:20")},
            "unknown",
            "拍摄时凭证已过有效期。由人工核对时间。",
        ),
        (
            "exactly at the tolerance before the issue",
            {"captured_at": at("2026-11-03 00:38"), "clock_offset_ms": 0},
            "clear",
            None,
        ),
        ("exactly at the upload limit", {"received_at": at("2026-11-04 00:41")}, "clear", None),
        ("exactly at the tolerance past its end", {"ticket_expires_at": at("2026-11-03 00:39")}, "clear", None),
        ("a ticket without an end", {"ticket_expires_at": None}, "clear", None),
    ],
)
def test_table(name: str, changes: dict[str, Any], outcome: str, message: str | None) -> None:
    expect(check(evidence(**changes), RULES), outcome, message)


def test_facts() -> None:
    facts = {"age_s": 20, "tolerance_s": 120, "upload_limit_s": 86_400, "received_at": RECEIVED.isoformat()}
    expect(check(evidence(), RULES), "clear", None, facts)
