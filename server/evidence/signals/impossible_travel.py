"""Nobody gets from the previous check-in's place to this one in the time between, by train or by plane."""

from server.evidence.capture import bounded_capture, in_station_time, is_anchored, local_date, seconds_after
from server.evidence.distance import distance_m, is_accuracy, is_position
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding, Fix
from server.evidence.words import metres, moment, span

CODE, GROUP = "IMPOSSIBLE_TRAVEL", "location"


def check(e: Evidence, rules: Rules) -> Finding:
    """Compares the distance less both accuracies with what rail or flight allow; the cached fix (0 m) is fine."""
    before = e.previous
    if before is None:
        return unknown(CODE, GROUP, "近期没有上一次打卡的位置可以比对。")
    if not (is_position(before.lat, before.lng) and is_position(e.fix.lat, e.fix.lng)):
        return unknown(CODE, GROUP, "有一次定位不可用，无法比对行程。")
    apart_m = distance_m(before.lat, before.lng, e.fix.lat, e.fix.lng)
    elapsed_s = abs(seconds_after(bounded_capture(e), before.at))
    sure_m = max(0.0, apart_m - _error_m(before, rules) - _error_m(e.fix, rules))
    flying_s = max(0.0, elapsed_s - rules.flight_overhead_s)
    allowed_m = rules.travel_slack_m + max(rules.ground_kmh * elapsed_s, rules.flight_kmh * flying_s) / 3.6
    facts = {"apart_m": round(apart_m), "sure_m": round(sure_m), "elapsed_s": round(elapsed_s)}
    facts["allowed_m"] = round(allowed_m)
    if sure_m <= allowed_m:
        return clear(CODE, GROUP, "与上一次打卡的行程合理。", **facts)
    if not is_anchored(e):
        return unknown(CODE, GROUP, "手机时间没有经过校准，无法比对行程。", **facts)
    at, on = in_station_time(e, before.at), local_date(e)
    which = f"{at:%H:%M}" if at.date() == on else moment(at, on)
    message = f"与 {which} 的打卡相距 {metres(apart_m)}，只隔 {span(elapsed_s)}。两次中有一次与事实不符，请复核行程。"
    return suspect(CODE, GROUP, message, **facts)


def _error_m(fix: Fix, rules: Rules) -> float:
    return fix.accuracy_m if fix.accuracy_m is not None and is_accuracy(fix.accuracy_m) else rules.assumed_accuracy_m
