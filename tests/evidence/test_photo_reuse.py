"""Byte for byte the same photo."""

from server.evidence.signals.photo_reuse import check
from tests.evidence.cases import RULES, evidence, expect, twin


def test_no_twin() -> None:
    expect(check(evidence(), RULES), "clear", "没有找到相同的照片。")


def test_a_near_twin_is_not_the_same_photo() -> None:
    expect(check(evidence(twins=(twin(exact=False, bits=0),)), RULES), "clear")


def test_the_earliest_is_named_in_whatever_order_they_come() -> None:
    twins = (twin("2026-11-02", photo="p2"), twin("2026-10-28", photo="p1", mine=False), twin(exact=False, photo="p0"))
    for order in (twins, twins[::-1]):
        finding = check(evidence(twins=order), RULES)
        expect(finding, "suspect", "照片与10月28日 周三的一张相同。若拍错了，可重新拍一张。")
        assert finding.facts == {
            "photo_id": "p1",
            "checkin_id": "c-p1",
            "on": "2026-10-28",
            "same_member": False,
            "count": 2,
        }


def test_another_year_is_said() -> None:
    expect(
        check(evidence(twins=(twin("2025-12-31"),)), RULES),
        "suspect",
        "照片与2025年12月31日 周三的一张相同。若拍错了，可重新拍一张。",
    )
