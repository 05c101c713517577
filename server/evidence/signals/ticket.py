"""The server bounds the time of a photo: after its ticket's issue, before its arrival, and not too long ago."""

from datetime import datetime

from server.evidence.capture import bounded_capture, corrected_capture, in_station_time, seconds_after
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import moment, span

CODE, GROUP = "TICKET", "time"


def check(e: Evidence, rules: Rules) -> Finding:
    """Clear when the capture lies in [issue, receipt]; outside is suspect only if the phone's clock was measured. The
    bare claim is tried, too: a phone that set its clock since the measurement is honest."""
    issued, corrected = e.ticket_issued_at, corrected_capture(e)
    late_s = seconds_after(e.received_at, bounded_capture(e))
    facts = {"corrected_at": corrected.isoformat(), "received_at": e.received_at.isoformat(), "age_s": round(late_s)}
    facts |= {"tolerance_s": rules.clock_tolerance_s, "upload_limit_s": e.upload_limit_s}
    if issued is None and e.ticket_presented:
        return unknown(CODE, GROUP, "拍摄凭证已经用过，或不是本人的。由人工核对时间。", **facts)
    if issued is None:
        late = f"，按手机时间拍摄后 {span(late_s)}收到" if late_s >= 300 else ""
        return unknown(CODE, GROUP, f"没有拍摄凭证，多为离线拍摄{late}。由人工核对时间。", **facts)
    facts["issued_at"] = issued.isoformat()
    outside_s, at = min((_outside_s(e, issued, at), at) for at in (corrected, e.captured_at))
    if outside_s > rules.clock_tolerance_s:
        if e.clock_offset_ms is None:
            return unknown(CODE, GROUP, "手机时间没有经过校准，与拍摄凭证对不上。由人工核对时间。", **facts)
        shown = moment(in_station_time(e, at), in_station_time(e, e.received_at).date())
        side = "比拍摄凭证早" if at < issued else "比收到照片晚"
        return suspect(CODE, GROUP, f"拍摄时间 {shown} {side} {span(outside_s)}。请复核时间。", **facts)
    if late_s > e.upload_limit_s:
        return unknown(
            CODE,
            GROUP,
            f"有拍摄凭证，但拍摄后 {span(late_s)}才收到，超过 {span(e.upload_limit_s)}的时限。由人工核对时间。",
            **facts,
        )
    if e.ticket_expires_at and seconds_after(corrected, e.ticket_expires_at) > rules.clock_tolerance_s:
        return unknown(CODE, GROUP, "拍摄时凭证已过有效期。由人工核对时间。", **facts)
    return clear(CODE, GROUP, "拍摄时间与拍摄凭证相符。", **facts)


def _outside_s(e: Evidence, issued: datetime, at: datetime) -> float:
    """Seconds by which `at` lies before the issue or after the receipt; zero or less between the two."""
    return max(seconds_after(issued, at), seconds_after(at, e.received_at))
