"""There is something to see on the photo: large enough, and not almost one colour. A dark photo accuses nobody."""

from math import isfinite

from server.evidence.findings import clear, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding

CODE, GROUP = "PHOTO_USABLE", "photo"


def check(e: Evidence, rules: Rules) -> Finding:
    """Clear when the shorter side has enough pixels and the grey draft enough spread; never suspect."""
    facts = {"width": e.photo_width, "height": e.photo_height, "spread": e.photo_spread}
    facts |= {"min_px": rules.photo_min_px, "min_spread": rules.photo_min_spread}
    if min(e.photo_width, e.photo_height) < rules.photo_min_px:
        message = f"照片只有 {e.photo_width} × {e.photo_height} 像素，看不清。可以重新拍一张。"
        return unknown(CODE, GROUP, message, **facts)
    if e.photo_spread is None or not isfinite(e.photo_spread):
        return unknown(CODE, GROUP, "照片的清晰程度没有测得。由人工查看。", **facts)
    if e.photo_spread < rules.photo_min_spread:
        return unknown(CODE, GROUP, "照片几乎是一片同色，看不清画面。可以重新拍一张。", **facts)
    return clear(CODE, GROUP, "照片画面可用。", **facts)
