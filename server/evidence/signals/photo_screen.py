"""The photo may show a screen rather than a place: a hint for the eye, never a reason to doubt."""

from math import isfinite

from server.evidence.findings import clear, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding

CODE, GROUP = "PHOTO_SCREEN", "photo"


def check(e: Evidence, rules: Rules) -> Finding:
    """Blinds, shirts and monitors in the background score, too: never suspect, weighs nothing, needed for nothing."""
    facts = {"screen_score": e.screen_score, "hint_at": rules.screen_hint}
    if e.screen_score is None or not isfinite(e.screen_score):
        return unknown(CODE, GROUP, "没有判断是否拍的是屏幕，不影响结果。", **facts)
    if e.screen_score >= rules.screen_hint:
        return unknown(CODE, GROUP, "可能拍的是屏幕，请留意。", **facts)
    return clear(CODE, GROUP, "没有拍屏幕的迹象。", **facts)
