"""The time the camera wrote into the photo against the time the check-in claims."""

from datetime import UTC, datetime

from server.evidence.capture import corrected_capture, in_station_time, seconds_after
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import moment, span
from server.evidence.zones import CHINA_S, IN_USE_S, gap_s, is_lost_gps

CODE, GROUP = "EXIF_TIME", "time"


def check(e: Evidence, rules: Rules) -> Finding:
    """A fresh satellite time settles it; else the camera's time; an old satellite time alone may only be stale."""
    taken, gps_at = e.exif.taken_local, e.exif.gps_at
    if taken is None and gps_at is None:
        return unknown(CODE, GROUP, "照片没有写入拍摄时间，微信相机通常如此，不影响结果。")
    stale_s = seconds_after(corrected_capture(e), gps_at) if gps_at and _sane(e, gps_at, rules) else None
    facts = {"gps_gap_s": stale_s, "limit_s": rules.exif_tolerance_s, "stale_limit_s": rules.exif_gps_stale_s}
    if stale_s is not None and abs(stale_s) <= rules.exif_tolerance_s:
        return clear(CODE, GROUP, "照片的卫星时间与打卡时间相符。", **facts)
    if taken is not None and _sane(e, taken.replace(tzinfo=UTC), rules):
        return _by_camera(e, taken, rules)
    if gps_at and stale_s and stale_s > rules.exif_gps_stale_s and not is_lost_gps(gps_at, e.received_at):
        return suspect(CODE, GROUP, f"照片的卫星时间早于打卡 {span(stale_s)}。请复核拍摄时间。", **facts)
    return unknown(CODE, GROUP, "照片写入的时间无法采用，不影响结果。", **facts)


def _by_camera(e: Evidence, taken: datetime, rules: Rules) -> Finding:
    """The camera runs on the phone's clock, so its time may fit the corrected claim or, a zone off, the bare one."""
    corrected, offset_s = corrected_capture(e), e.exif.utc_offset_s
    station = in_station_time(e, corrected).utcoffset()
    zones_s = (station.total_seconds() if station else CHINA_S, CHINA_S) if offset_s is None else (float(offset_s),)
    away_s, limit_s = gap_s(taken, corrected, zones_s), rules.exif_tolerance_s
    phone_s = gap_s(taken, e.captured_at, zones_s)
    facts = {"taken_local": taken.isoformat(), "utc_offset_s": offset_s, "limit_s": limit_s}
    facts |= {"gap_s": round(away_s), "phone_gap_s": round(phone_s)}
    if away_s <= limit_s or (phone_s <= limit_s and abs(e.clock_offset_ms or 0) <= rules.clock_explains_s * 1000):
        return clear(CODE, GROUP, "照片写入的时间与打卡时间相符。", **facts)
    elsewhere = offset_s is None and gap_s(taken, corrected, IN_USE_S) <= rules.exif_zone_tolerance_s
    if phone_s <= limit_s or elsewhere:
        return unknown(CODE, GROUP, "照片写入的时间与打卡时间不同，可能是时区或手机时间的缘故。", **facts)
    shown = moment(taken, in_station_time(e, e.received_at).date())
    return suspect(CODE, GROUP, f"照片写着 {shown} 拍摄，与打卡相差 {span(away_s)}。请复核拍摄时间。", **facts)


def _sane(e: Evidence, at: datetime, rules: Rules) -> bool:
    return at.year >= rules.exif_first_year and seconds_after(at, e.received_at) <= rules.exif_future_s
