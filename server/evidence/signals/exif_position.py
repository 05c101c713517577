"""The position the camera wrote into the photo against the position the check-in claims."""

from server.evidence.capture import bounded_capture, seconds_after
from server.evidence.distance import distance_m, is_accuracy, is_position
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import metres

CODE, GROUP = "EXIF_POSITION", "photo"


def check(e: Evidence, rules: Rules) -> Finding:
    """Near is clear; somewhat off, or no farther than one travels since the camera's fix, is unknown; else suspect.

    A hemisphere written wrongly, as some firmware does, puts the photo on another continent and accuses nobody.
    """
    lat, lng = e.exif.lat, e.exif.lng
    if lat is None or lng is None:
        return unknown(CODE, GROUP, "照片没有写入位置，微信相机通常如此，不影响结果。")
    never_filled = lat == 0 or lng == 0  # one of the two alone, too: no camera stands on the equator to the last bit
    if never_filled or not (is_position(lat, lng) and is_position(e.fix.lat, e.fix.lng)):
        return unknown(CODE, GROUP, "照片写入的位置无法采用，不影响结果。")
    apart_m = distance_m(lat, lng, e.fix.lat, e.fix.lng)
    accuracy_m = e.fix.accuracy_m
    if accuracy_m is None or not is_accuracy(accuracy_m):
        accuracy_m = rules.assumed_accuracy_m
    near_m = accuracy_m + rules.exif_position_near_m
    far_m = near_m + rules.exif_position_stale_m + _stale_s(e) * rules.ground_kmh / 3.6
    facts = {"apart_m": round(apart_m), "near_m": round(near_m), "far_m": round(far_m)}
    if apart_m <= near_m:
        return clear(CODE, GROUP, "照片写入的位置与定位相符。", **facts)
    if apart_m <= far_m:
        return unknown(CODE, GROUP, f"照片写入的位置与定位相距 {metres(apart_m)}，相机的定位可能较早。", **facts)
    if any(distance_m(a * lat, b * lng, e.fix.lat, e.fix.lng) <= far_m for a, b in ((-1, 1), (1, -1), (-1, -1))):
        return unknown(CODE, GROUP, "照片写入的位置像是南北或东西写反了，不影响结果。", **facts)
    return suspect(CODE, GROUP, f"照片写入的位置与定位相距 {metres(apart_m)}。请复核位置。", **facts)


def _stale_s(e: Evidence) -> float:
    """How old the camera's fix was at the capture, where it says so; people move in that time."""
    return 0.0 if e.exif.gps_at is None else max(0.0, seconds_after(bounded_capture(e), e.exif.gps_at))
