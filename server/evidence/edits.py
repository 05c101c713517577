"""Traces that an editor leaves in a photo's metadata: its name, and dates that do not belong to one shutter."""

import re
from datetime import UTC, datetime

from server.evidence.capture import corrected_capture, seconds_after
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, ExifFacts
from server.evidence.words import span
from server.evidence.zones import IN_USE_S, gap_s, is_lost_gps

# As they write themselves into Software (EXIF 0x0131). No viewer that only turns photos, no library, no firmware.
_EDITORS = re.compile(
    r"(?<![a-z])("
    r"adobe|photoshop|lightroom|gimp|snapseed|meitu|xingtu|hypic|picsart|paint\.net|paintshop|pixelmator|photopea|vsco|"
    r"exiftool|affinity photo|capture one|darktable|rawtherapee|polarr|picasa|photoscape|acdsee|facetune|photogrid|"
    r"pixlr|imagemagick"
    r")|美图|醒图|美易|黄油相机|光影魔术手|泼辣修图"
)


def editor(x: ExifFacts) -> str | None:
    """The Software tag when it names an editor; not when the phone's maker bears the name, too (Meitu made phones)."""
    found = _EDITORS.search((x.software or "").lower())
    if found is None or found.group() in (x.make or "").lower():
        return None
    return (x.software or "").replace("。", " ")


def contradiction(e: Evidence, rules: Rules) -> str | None:
    """The first sentence of what is wrong with the dates, without its full stop; None when nothing surely is.

    Only sane dates are compared. Local times carry no zone, and HEIF writes one of them in UTC: a whole zone explains.
    """
    taken = _sane(e, e.exif.taken_local, rules)
    if taken is None:
        return None
    digitized, modified = _sane(e, e.exif.digitized_local, rules), _sane(e, e.exif.modified_local, rules)
    # Either of the two may be the one in UTC.
    if digitized and min(gap_s(digitized, taken, IN_USE_S), gap_s(taken, digitized, IN_USE_S)) > rules.exif_tolerance_s:
        return f"照片的两个拍摄时间相差 {span(seconds_after(digitized, taken))}"
    later_s = 0.0 if modified is None else seconds_after(modified, taken)
    if later_s > rules.exif_zones_s:
        return f"照片在拍摄 {span(later_s)}后改动过"
    if rules.exif_zones_s < -later_s <= rules.exif_default_s:
        return f"照片的改动时间比拍摄时间早 {span(later_s)}"
    return _against_gps(e, taken, rules)


def _against_gps(e: Evidence, taken: datetime, rules: Rules) -> str | None:
    """A stale satellite time, a receiver's miscount, or a camera whose clock was wrong, contradict nothing."""
    gps_at = e.exif.gps_at
    if gps_at is None or _sane(e, gps_at, rules) is None or is_lost_gps(gps_at, e.received_at):
        return None
    fresh = abs(seconds_after(corrected_capture(e), gps_at)) <= rules.exif_tolerance_s
    wrong_s = (e.clock_offset_ms or 0) / 1000  # the camera runs on the phone's clock
    apart_s = gap_s(taken, gps_at, [*IN_USE_S, *(zone_s - wrong_s for zone_s in IN_USE_S)])
    return None if fresh or apart_s <= rules.exif_gps_stale_s else f"照片的拍摄时间与卫星时间相差 {span(apart_s)}"


def _sane(e: Evidence, at: datetime | None, rules: Rules) -> datetime | None:
    """The time as if it were UTC, when it is one that a camera of today can have written."""
    if at is None:
        return None
    known = at.replace(tzinfo=UTC)
    nonsense = known.year < rules.exif_first_year or seconds_after(known, e.received_at) > rules.exif_future_s
    return None if nonsense else known
