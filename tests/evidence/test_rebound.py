"""The first check-in after another WeChat was bound."""

from datetime import datetime

import pytest

from server.evidence.signals.rebound import check
from tests.evidence.cases import RULES, at, evidence, expect


@pytest.mark.parametrize(
    ("name", "rebound_at", "outcome", "message"),
    [
        ("none", None, "clear", "微信绑定没有变化。"),
        (
            "yesterday",
            at("2026-11-02 07:30"),
            "unknown",
            "11月2日 周一 15:30 换绑了微信，这是换绑后的第一次打卡。请留意照片是否本人。",
        ),
        (
            "last year",
            at("2025-12-31 00:00"),
            "unknown",
            "2025年12月31日 周三 08:00 换绑了微信，这是换绑后的第一次打卡。请留意照片是否本人。",
        ),
    ],
)
def test_table(name: str, rebound_at: datetime | None, outcome: str, message: str) -> None:
    expect(check(evidence(rebound_at=rebound_at), RULES), outcome, message)
