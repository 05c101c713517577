"""How the phone's clock stands to the server's. A wrong clock is no fault; a photo from after its arrival is odd."""

from server.evidence.capture import corrected_capture, in_station_time, seconds_after
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import moment, span

CODE, GROUP = "PHONE_CLOCK", "time"


def check(e: Evidence, rules: Rules) -> Finding:
    """Suspect only when the corrected and the bare claim both lie after the receipt; a large offset is just noted."""
    if e.clock_offset_ms is None:
        return unknown(CODE, GROUP, "没有测得手机时间的偏差，不影响结果。", received_at=e.received_at.isoformat())
    offset_s = e.clock_offset_ms / 1000
    at = min(corrected_capture(e), e.captured_at)
    ahead_s = seconds_after(at, e.received_at)
    facts = {"offset_s": offset_s, "notice_s": rules.clock_notice_s}
    facts |= {"ahead_s": round(ahead_s), "tolerance_s": rules.clock_tolerance_s}
    if ahead_s > rules.clock_tolerance_s:
        shown = moment(in_station_time(e, at), in_station_time(e, e.received_at).date())
        return suspect(CODE, GROUP, f"拍摄时间 {shown} 比收到照片晚 {span(ahead_s)}。请复核时间。", **facts)
    if abs(offset_s) > rules.clock_notice_s:
        way = "慢" if offset_s > 0 else "快"
        return unknown(CODE, GROUP, f"手机时间比服务器{way}约 {span(offset_s)}，已自动校正。", **facts)
    return clear(CODE, GROUP, "手机时间与服务器一致。", **facts)
