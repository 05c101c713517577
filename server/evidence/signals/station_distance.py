"""The phone was farther from the station than its own error radius can explain."""

from server.evidence.fence import has_fix, misread_datum, surely_outside
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import metres

CODE, GROUP = "STATION_DISTANCE", "location"


def check(e: Evidence, rules: Rules) -> Finding:  # noqa: ARG001 - the fence is the station's, not the ruleset's
    """Three answers from distance ± accuracy: surely inside, surely outside, or neither.

    A point that is inside in another datum is nobody's fault, and no proof either: a person looks.
    """
    if e.place is None or e.distance_m is None:
        return unknown(CODE, GROUP, "当天没有派驻地点可以比对。由人工确认地点。")
    accuracy_m = e.fix.accuracy_m
    facts = {"distance_m": round(e.distance_m, 1), "accuracy_m": accuracy_m, "radius_m": e.place.radius_m}
    if accuracy_m is None or not has_fix(e):
        return unknown(CODE, GROUP, "手机没有给出可用的定位。由人工确认地点。", **facts)
    where = f"距{e.place.name} {metres(e.distance_m)}（误差 ±{metres(accuracy_m)}）"
    fence = f"围栏半径 {metres(e.place.radius_m)}"
    if e.distance_m + accuracy_m <= e.place.radius_m:
        return clear(CODE, GROUP, f"在围栏内，{where}。{fence}。", **facts)
    if e.kind == "visit":  # a visit takes place at a company, wherever that is
        return unknown(CODE, GROUP, f"走访打卡，{where}。走访地点由人工确认。", **facts)
    if misread_datum(e) is not None:
        return unknown(CODE, GROUP, f"{where}，像是坐标系弄错了，换算后在围栏内。由人工确认地点。", **facts)
    if surely_outside(e):
        return suspect(CODE, GROUP, f"{where}，在围栏外。{fence}，请复核位置。", **facts)
    return unknown(CODE, GROUP, f"{where}，不能确定是否在围栏内。{fence}。", **facts)
