"""A photo that resembles another: nominated by a hash, decided by the second look."""

from typing import Any

import pytest

from server.evidence.signals.photo_near import check
from server.evidence.types import PhotoTwin
from tests.evidence.cases import RULES, evidence, expect, shared, twin

NONE = "没有找到相近的照片。"
SAME = "照片与10月28日 周三的一张是同一张。若拍错了，可重新拍一张。"
MIRRORED = "照片与10月28日 周三的一张是镜像的同一张。若拍错了，可重新拍一张。"
ANOTHERS = "照片与同事10月28日 周三的一张是同一张。若拍错了，可重新拍一张。"
PLACE = "与10月28日 周三的一张相近，是同一地点的不同照片。"
UNTOLD = "照片与10月28日 周三的一张相近，没能比对清楚。由人工查看。"
TOGETHER = "与同事11月3日 周二的一张是合影，同一时间、同一地点的同一张。"
NO_OTHER = "没有找到其他相近的照片。"
PERHAPS = "照片与同事11月3日 周二的一张相同，前后隔了 12 分钟，可能是合影。由人工查看。"
COMPARING = "照片正在和相近的比对，几秒后再看结果。"
TOO_MANY = "相近的照片太多，没有全部比对。由人工查看。"


def near(same: bool | None = None, bits: int = 2, **more: Any) -> PhotoTwin:
    """A twin by its hash only."""
    return twin(exact=False, bits=bits, same=same, **more)


def late() -> PhotoTwin:
    """The same picture, sent by a colleague twelve minutes apart."""
    return shared(exact=False, same=True, apart_s=720.0)


@pytest.mark.parametrize(
    ("name", "twins", "changes", "outcome", "message"),
    [
        ("none", (), {}, "clear", NONE),
        ("equal bytes are said elsewhere", (twin(same=True),), {}, "clear", NO_OTHER),
        ("recompressed", (near(True, 0),), {}, "suspect", SAME),
        ("a crop, far by its hash", (near(True, 21),), {}, "suspect", SAME),
        ("mirrored", (near(True, 31, mirrored=True),), {}, "suspect", MIRRORED),
        ("a colleague's", (near(True, mine=False),), {}, "suspect", ANOTHERS),
        ("the same chair", (near(False, 2),), {}, "clear", PLACE),
        ("the same chair and an old photo of it", (near(False, 2), near(True, 9)), {}, "suspect", SAME),
        ("not to be told", (near(None, 13),), {}, "unknown", UNTOLD),
        ("not to be told, and not very near", (near(None, 14),), {}, "clear", NO_OTHER),
        ("not to be told beside the same chair", (near(False, 0), near(None, 2)), {}, "unknown", UNTOLD),
        ("a selfie of colleagues", (shared(exact=False, same=True),), {}, "clear", TOGETHER),
        ("a selfie of colleagues, used before", (shared(exact=False, same=True), near(True)), {}, "suspect", SAME),
        ("perhaps a selfie of colleagues", (late(),), {}, "unknown", PERHAPS),
        ("perhaps a selfie of colleagues, used before", (late(), near(True)), {}, "suspect", SAME),
        ("perhaps one, and one that is", (late(), shared(exact=False, same=True)), {}, "unknown", PERHAPS),
        ("under way", (near(None),), {"comparing": True}, "unknown", COMPARING),
        ("under way, one already told", (near(True), near(None)), {"comparing": True}, "suspect", SAME),
        ("under way, one already told apart", (near(False),), {"comparing": True}, "unknown", COMPARING),
        ("too many", (), {"twins_complete": False}, "unknown", TOO_MANY),
        ("too many, one the same", (near(True),), {"twins_complete": False}, "suspect", SAME),
        ("too many, the others differ", (near(False),), {"twins_complete": False}, "unknown", TOO_MANY),
    ],
)
def test_table(
    name: str, twins: tuple[PhotoTwin, ...], changes: dict[str, Any], outcome: str, message: str | None
) -> None:
    for order in (twins, twins[::-1]):
        expect(check(evidence(twins=order, **changes), RULES), outcome, message, {"limit_bits": 13})


def test_the_closest_is_named_with_what_a_person_needs() -> None:
    twins = (
        near(True, 3),
        twin("2026-11-02", exact=False, bits=1, photo="p2", same=True, apart_s=86_400.0, apart_m=12.5),
    )
    facts = {"photo_id": "p2", "checkin_id": "c-p2", "distance_bits": 1, "count": 2, "on": "2026-11-02", "same": True}
    facts |= {"apart_s": 86_400.0, "apart_m": 12.5, "mirrored": False, "shared": False}
    message = "照片与11月2日 周一的一张是同一张。若拍错了，可重新拍一张。"
    expect(check(evidence(twins=twins), RULES), "suspect", message, facts)
    expect(check(evidence(twins=(shared(exact=False, same=True),)), RULES), "clear", None, {"shared": True})
