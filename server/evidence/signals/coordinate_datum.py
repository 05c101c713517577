"""The point lies outside the fence as given, and inside once it is read in another datum: an error, nobody's fault."""

from server.evidence.fence import has_fix, misread_datum
from server.evidence.findings import clear, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import metres

CODE, GROUP = "COORDINATE_DATUM", "location"
_NAMES = {"gcj02": "国测局坐标", "bd09": "百度坐标"}


def check(e: Evidence, rules: Rules) -> Finding:  # noqa: ARG001 - the fence is the station's, the formulas are fixed
    """Never suspect: a phone's app or whoever entered the station may have mixed the systems up."""
    if e.place is None or e.distance_m is None or not has_fix(e):
        return unknown(CODE, GROUP, "没有驻点或可用的定位，无法比对坐标系。", datum=e.datum)
    facts = {"datum": e.datum, "distance_m": round(e.distance_m, 1), "radius_m": e.place.radius_m}
    misread = misread_datum(e)
    if misread is None:
        return clear(CODE, GROUP, "没有坐标系弄错的迹象。", **facts)
    name, away_m = misread
    where = f"按{_NAMES[name]}换算后距{e.place.name} {metres(away_m)}，在围栏内，像是坐标系弄错了"
    return unknown(
        CODE, GROUP, f"{where}。请核对驻点和手机的坐标系。", **facts, read_as=name, read_distance_m=round(away_m, 1)
    )
