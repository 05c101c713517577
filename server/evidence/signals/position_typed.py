"""Coordinates that no satellite receiver gives: pinned to the station's point, typed in, or the same day after day."""

from datetime import date

from server.evidence.capture import bounded_capture, in_station_time, local_date, seconds_after
from server.evidence.fence import has_fix, on_registered_centre
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import day

CODE, GROUP = "POSITION_TYPED", "location"


def check(e: Evidence, rules: Rules) -> Finding:
    """A fix by Wi-Fi may repeat for months, any fix for half a minute, and a point recorded on site may recur."""
    if not has_fix(e):
        return unknown(CODE, GROUP, "手机没有给出可用的定位。")
    facts = {"accuracy_m": e.fix.accuracy_m, "given_lat": e.given_lat, "given_lng": e.given_lng}
    facts |= {"centre_deg": rules.centre_deg, "few_decimals": rules.few_decimals, "repeat_m": rules.repeat_accuracy_m}
    if e.place is not None and on_registered_centre(e, rules.centre_deg):
        message = f"位置与{e.place.name}登记的坐标一模一样，手机定位很少这样巧。请复核位置来源。"
        return suspect(CODE, GROUP, message, **facts)
    if _is_round(e.given_lat, rules.few_decimals) and _is_round(e.given_lng, rules.few_decimals):
        return suspect(CODE, GROUP, "经纬度的小数位很少，手机定位很少这样。请复核位置来源。", **facts)
    on = _repeated_on(e, rules)
    if on is not None:
        message = f"位置和误差与{day(on, local_date(e))}的一次一模一样，卫星定位很少这样。请复核位置来源。"
        return suspect(CODE, GROUP, message, **facts, on=on.isoformat())
    return clear(CODE, GROUP, "没有手工填写位置的迹象。", **facts)


def _is_round(degrees: float | None, decimals: int) -> bool:
    return degrees is not None and round(degrees, decimals) == degrees


def _repeated_on(e: Evidence, rules: Rules) -> date | None:
    """The latest other local day on which a satellite-grade fix was the same to the last bit."""
    if e.fix.accuracy_m is None or e.fix.accuracy_m >= rules.repeat_accuracy_m:
        return None
    here = (e.fix.lat, e.fix.lng, e.fix.accuracy_m)
    same = [fix.at for fix in e.history if (fix.lat, fix.lng, fix.accuracy_m) == here]
    later = [at for at in same if abs(seconds_after(bounded_capture(e), at)) > rules.cached_fix_s]
    days = [in_station_time(e, at).date() for at in later]
    return max((on for on in days if on != local_date(e)), default=None)
