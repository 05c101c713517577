"""What a spot check asks to show: confirmed by a person, late answers explained."""

from datetime import timedelta
from typing import Any

import pytest

from server.evidence.signals.spot_challenge import check
from tests.evidence.cases import CAPTURED, RECEIVED, RULES, at, evidence, expect

SPOT: dict[str, Any] = {"kind": "spot", "spot_challenge": "4821"}
LOOK = "请核对照片里是否有数字 4821。"
LATE = "抽查应在 11月3日 周二 08:31 前答复，晚了 10 分钟，请说明原因。请核对照片里是否有数字 4821。"


@pytest.mark.parametrize(
    ("name", "changes", "outcome", "message"),
    [
        ("an ordinary check-in", {}, "clear", "不是抽查，没有要出示的内容。"),
        ("a visit", {"kind": "visit", "spot_challenge": "4821"}, "clear", None),
        ("four digits", SPOT, "unknown", LOOK),
        ("a gesture", {"kind": "spot", "spot_challenge": "举起左手"}, "unknown", "请核对照片里是否有手势“举起左手”。"),
        ("nothing was asked", {"kind": "spot"}, "unknown", "抽查没有带上要出示的内容。由人工核对照片。"),
        ("in time", {**SPOT, "challenge_due_at": at("2026-11-03 00:50")}, "unknown", LOOK),
        ("a minute late: tolerated", {**SPOT, "challenge_due_at": CAPTURED - timedelta(minutes=1)}, "unknown", LOOK),
        ("late", {**SPOT, "challenge_due_at": CAPTURED - timedelta(minutes=10)}, "unknown", LATE),
        (
            "taken in time, received late",
            {**SPOT, "challenge_due_at": at("2026-11-03 00:50"), "received_at": at("2026-11-03 02:20")},
            "unknown",
            "请核对照片里是否有数字 4821。拍摄在时限内，照片晚到 90 分钟。",
        ),
    ],
)
def test_table(name: str, changes: dict[str, Any], outcome: str, message: str | None) -> None:
    expect(check(evidence(**changes), RULES), outcome, message)


def test_facts() -> None:
    due = CAPTURED - timedelta(minutes=10)
    facts = {"challenge": "4821", "due_at": due.isoformat(), "late_s": 600, "tolerance_s": 120}
    facts["arrived_late_s"] = (RECEIVED - due).total_seconds()
    expect(check(evidence(**SPOT, challenge_due_at=due), RULES), "unknown", LATE, facts)
