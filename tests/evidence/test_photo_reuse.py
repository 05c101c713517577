"""Byte for byte the same photo."""

from typing import Any

import pytest

from server.evidence.signals.photo_reuse import check
from server.evidence.types import PhotoTwin
from tests.evidence.cases import RULES, evidence, expect, shared, twin

OWN = "照片与10月28日 周三的一张相同。若拍错了，可重新拍一张。"
SAME_DAY = "照片与同一天 08:41 的一张相同。若拍错了，可重新拍一张。"
ANOTHERS = "照片与同事11月3日 周二的一张相同。若拍错了，可重新拍一张。"
PERHAPS = "照片与同事11月3日 周二的一张相同，前后隔了 12 分钟，可能是合影。由人工查看。"
TOGETHER = "与同事11月3日 周二的一张是合影，同一时间、同一地点的同一张。"


@pytest.mark.parametrize(
    ("name", "twins", "outcome", "message", "facts"),
    [
        ("none", (), "clear", "没有找到完全相同的照片文件。", {}),
        ("one of this very day", (twin("2026-11-03", minute=521),), "suspect", SAME_DAY, {}),
        ("a near twin is not the same photo", (twin(exact=False),), "clear", "没有找到完全相同的照片文件。", {}),
        ("one's own earlier photo", (twin(),), "suspect", OWN, {"same_member": True, "shared": False}),
        (
            "one selfie of colleagues",
            (shared(),),
            "clear",
            TOGETHER,
            {"shared": True, "shared_s": 300, "shared_m": 200},
        ),
        ("at both limits", (shared(apart_s=-300.0, apart_m=200.0),), "clear", None, {"shared": True}),
        ("passed on late", (shared(apart_s=720.0),), "unknown", PERHAPS, {"shared": False, "shared_late_s": 900}),
        ("at the later limit", (shared(apart_s=-900.0),), "unknown", None, {}),
        ("passed on late, and used before", (shared(apart_s=720.0), twin()), "suspect", OWN, {"count": 2}),
        ("sixteen minutes apart", (shared(apart_s=960.0),), "suspect", ANOTHERS, {"shared": False}),
        ("another street", (shared(apart_m=201.0),), "suspect", ANOTHERS, {"apart_m": 201.0}),
        ("another squad", (shared(same_squad=False),), "suspect", ANOTHERS, {}),
        ("nobody knows how far apart", (shared(apart_m=None),), "suspect", ANOTHERS, {}),
        ("nobody knows how long apart", (shared(apart_s=None),), "suspect", ANOTHERS, {}),
        ("one's own is no selfie of colleagues", (shared(mine=True),), "suspect", None, {"same_member": True}),
        ("a shared selfie that was used before", (shared(), twin()), "suspect", OWN, {"count": 2, "photo_id": "p1"}),
    ],
)
def test_table(
    name: str, twins: tuple[PhotoTwin, ...], outcome: str, message: str | None, facts: dict[str, Any]
) -> None:
    expect(check(evidence(twins=twins), RULES), outcome, message, facts)


def test_the_earliest_is_named_in_whatever_order_they_come() -> None:
    twins = (twin("2026-11-02", photo="p2"), twin("2026-10-28", photo="p1", mine=False), twin(exact=False, photo="p0"))
    for order in (twins, twins[::-1]):
        facts = {"photo_id": "p1", "checkin_id": "c-p1", "on": "2026-10-28", "same_member": False, "count": 2}
        message = "照片与同事10月28日 周三的一张相同。若拍错了，可重新拍一张。"
        expect(check(evidence(twins=order), RULES), "suspect", message, facts)


def test_another_year_is_said() -> None:
    message = "照片与2025年12月31日 周三的一张相同。若拍错了，可重新拍一张。"
    expect(check(evidence(twins=(twin("2025-12-31"),)), RULES), "suspect", message)
