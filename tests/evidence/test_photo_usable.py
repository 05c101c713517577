"""Whether there is anything to see."""

import pytest

from server.evidence.signals.photo_usable import check
from tests.evidence.cases import RULES, evidence, expect


@pytest.mark.parametrize(
    ("name", "size", "spread", "outcome", "message"),
    [
        ("a selfie", (960, 1280), 52.0, "clear", "照片画面可用。"),
        ("a cheap phone", (480, 640), 30.0, "clear", None),
        ("just large enough", (200, 300), 52.0, "clear", None),
        ("too small", (199, 640), 52.0, "unknown", "照片只有 199 × 640 像素，看不清。可以重新拍一张。"),
        ("a dark room", (960, 1280), 9.0, "clear", None),
        ("just enough to see", (960, 1280), 5.0, "clear", None),
        ("a finger on the lens", (960, 1280), 2.0, "unknown", "照片几乎是一片同色，看不清画面。可以重新拍一张。"),
        ("black", (960, 1280), 0.0, "unknown", None),
        ("not measured", (960, 1280), None, "unknown", "照片的清晰程度没有测得。由人工查看。"),
        ("not a number", (960, 1280), float("nan"), "unknown", None),
    ],
)
def test_table(name: str, size: tuple[int, int], spread: float | None, outcome: str, message: str | None) -> None:
    e = evidence(photo_width=size[0], photo_height=size[1], photo_spread=spread)
    expect(check(e, RULES), outcome, message, {"width": size[0], "min_px": 200, "min_spread": 5.0})
