"""A photo that resembles another."""

import pytest

from server.evidence.signals.photo_near import check
from tests.evidence.cases import RULES, evidence, expect, twin


@pytest.mark.parametrize(
    ("name", "bits", "exact", "outcome", "message"),
    [
        ("recompressed", 0, False, "suspect", "照片与10月28日 周三的一张相近。请复核是否同一张。"),
        ("at the limit", 3, False, "suspect", None),
        ("the same chair", 4, False, "clear", "没有找到相近的照片。"),
        ("equal bytes are said elsewhere", 0, True, "clear", None),
    ],
)
def test_table(name: str, bits: int, exact: bool, outcome: str, message: str | None) -> None:
    finding = check(evidence(twins=(twin(exact=exact, bits=bits),)), RULES)
    expect(finding, outcome, message, {"limit_bits": 3})


def test_no_twin() -> None:
    expect(check(evidence(), RULES), "clear", "没有找到相近的照片。")


def test_the_closest_is_named() -> None:
    twins = (twin(exact=False, bits=3, photo="p1"), twin("2026-11-02", exact=False, bits=1, photo="p2"))
    facts = {"photo_id": "p2", "checkin_id": "c-p2", "distance_bits": 1, "count": 2, "on": "2026-11-02"}
    expect(check(evidence(twins=twins), RULES), "suspect", "照片与11月2日 周一的一张相近。请复核是否同一张。", facts)
