"""A spot check asks to show a gesture or four digits; whether the photo shows it, a person sees."""

from server.evidence.capture import bounded_capture, in_station_time, seconds_after
from server.evidence.findings import clear, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import moment, span

CODE, GROUP = "SPOT_CHALLENGE", "person"


def check(e: Evidence, rules: Rules) -> Finding:
    """Never suspect: a late answer asks for an explanation, and what arrived late may have been taken in time."""
    facts = {"challenge": e.spot_challenge, "tolerance_s": rules.clock_tolerance_s}
    if e.kind != "spot":
        return clear(CODE, GROUP, "不是抽查，没有要出示的内容。", **facts)
    if not e.spot_challenge:
        return unknown(CODE, GROUP, "抽查没有带上要出示的内容。由人工核对照片。", **facts)
    asked = f"数字 {e.spot_challenge}" if e.spot_challenge.isdigit() else f"手势“{e.spot_challenge}”"
    look = f"请核对照片里是否有{asked}"
    if e.challenge_due_at is None:
        return unknown(CODE, GROUP, f"{look}。", **facts)
    late_s = seconds_after(bounded_capture(e), e.challenge_due_at)
    arrived_late_s = seconds_after(e.received_at, e.challenge_due_at)
    due = moment(in_station_time(e, e.challenge_due_at), in_station_time(e, e.received_at).date())
    facts |= {
        "due_at": e.challenge_due_at.isoformat(),
        "late_s": round(late_s),
        "arrived_late_s": round(arrived_late_s),
    }
    if late_s > rules.clock_tolerance_s:
        return unknown(CODE, GROUP, f"抽查应在 {due} 前答复，晚了 {span(late_s)}，请说明原因。{look}。", **facts)
    if arrived_late_s > rules.clock_tolerance_s:
        return unknown(CODE, GROUP, f"{look}。拍摄在时限内，照片晚到 {span(arrived_late_s)}。", **facts)
    return unknown(CODE, GROUP, f"{look}。", **facts)
