"""The phone's own error radius is too large, or absent, for a machine to accept the position; nobody is suspected."""

from server.evidence.distance import is_accuracy, is_position
from server.evidence.findings import clear, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import metres

CODE, GROUP = "LOCATION_ACCURACY", "location"


def check(e: Evidence, rules: Rules) -> Finding:
    """Clear only for a finite positive accuracy at or under the policy's ceiling.

    An iPhone whose 精确位置 is off gives a circle of kilometres (CLAccuracyAuthorization.reducedAccuracy).
    """
    accuracy_m = e.fix.accuracy_m
    facts = {"accuracy_m": accuracy_m, "ceiling_m": e.accuracy_ceiling_m}
    if not is_position(e.fix.lat, e.fix.lng):
        return unknown(CODE, GROUP, "手机没有给出可用的位置。", **facts)
    if accuracy_m == 0:
        return unknown(CODE, GROUP, "手机给出的定位误差是 0 米，无法采用。可以重新定位一次。", **facts)
    if accuracy_m is None or not is_accuracy(accuracy_m):
        return unknown(CODE, GROUP, "手机没有给出定位误差。", **facts)
    about = f"定位误差约 {metres(accuracy_m)}"
    if accuracy_m <= e.accuracy_ceiling_m:
        return clear(CODE, GROUP, f"{about}，可以采用。", **facts)
    facts |= {"useless_m": rules.accuracy_useless_m, "reduced_m": rules.accuracy_reduced_m}
    if accuracy_m > rules.accuracy_useless_m:
        return unknown(CODE, GROUP, f"{about}，等于没有定位。可以重新定位一次。", **facts)
    if accuracy_m >= rules.accuracy_reduced_m and (e.device_platform or "").lower() == "ios":
        message = f"{about}，像是没有打开“精确位置”。可以在手机设置里为微信打开。"
        return unknown(CODE, GROUP, message, **facts)
    return unknown(CODE, GROUP, f"{about}，超过 {metres(e.accuracy_ceiling_m)}。到窗边或室外会更准。", **facts)
