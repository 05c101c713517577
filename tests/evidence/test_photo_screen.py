"""A hint that the photo may show a screen."""

import pytest

from server.evidence.signals.photo_screen import check
from tests.evidence.cases import RULES, evidence, expect


@pytest.mark.parametrize(
    ("name", "score", "outcome", "message"),
    [
        ("not measured", None, "unknown", "没有判断是否拍的是屏幕，不影响结果。"),
        ("not a number", float("nan"), "unknown", "没有判断是否拍的是屏幕，不影响结果。"),
        ("a room", 0.1, "clear", "没有拍屏幕的迹象。"),
        ("just below", 0.49, "clear", None),
        ("a hint", 0.5, "unknown", "可能拍的是屏幕，请留意。"),
        ("a screen for sure", 1.0, "unknown", "可能拍的是屏幕，请留意。"),
    ],
)
def test_table(name: str, score: float | None, outcome: str, message: str | None) -> None:
    expect(check(evidence(screen_score=score), RULES), outcome, message, {"hint_at": 0.5})
