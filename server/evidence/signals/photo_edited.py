"""The photo's own metadata names an editor, or dates that one shutter cannot have written."""

from typing import Any

from server.evidence.edits import contradiction, editor
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding

CODE, GROUP = "PHOTO_EDITED", "photo"


def check(e: Evidence, rules: Rules) -> Finding:
    """A camera's firmware, WeChat and a canvas write no editor's name; nonsense dates say nothing."""
    x = e.exif
    times = {"taken_local": x.taken_local, "digitized_local": x.digitized_local, "modified_local": x.modified_local}
    facts: dict[str, Any] = {name: at.isoformat() if at else None for name, at in times.items()}
    facts |= {"gps_at": x.gps_at.isoformat() if x.gps_at else None, "software": x.software}
    facts |= {"zone_limit_s": rules.exif_zones_s, "limit_s": rules.exif_tolerance_s}
    facts |= {"stale_limit_s": rules.exif_gps_stale_s}
    found = editor(x)
    if found is not None:
        return suspect(CODE, GROUP, f"照片写着用 {found} 处理过。请复核画面是否改动。", **facts)
    odd = contradiction(e, rules)
    if odd is not None:
        return suspect(CODE, GROUP, f"{odd}。请复核拍摄时间。", **facts)
    if x.software is None and x.taken_local is None:
        return unknown(CODE, GROUP, "照片没有写入处理软件和时间，微信相机通常如此，不影响结果。", **facts)
    return clear(CODE, GROUP, "照片没有写着处理过。", **facts)
