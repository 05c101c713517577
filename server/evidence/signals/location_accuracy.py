"""The phone's own error radius is too large, or absent, for a machine to accept the position; nobody is suspected."""

from server.evidence.distance import is_accuracy, is_position
from server.evidence.findings import clear, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import metres

CODE, GROUP = "LOCATION_ACCURACY", "location"


def check(e: Evidence, rules: Rules) -> Finding:  # noqa: ARG001 - the ceiling is the policy's and travels in Evidence
    """Clear only for a finite positive accuracy at or under the policy's ceiling."""
    facts = {"accuracy_m": e.fix.accuracy_m, "ceiling_m": e.accuracy_ceiling_m}
    if not is_position(e.fix.lat, e.fix.lng):
        return unknown(CODE, GROUP, "手机没有给出可用的位置。", **facts)
    if e.fix.accuracy_m is None or not is_accuracy(e.fix.accuracy_m):
        return unknown(CODE, GROUP, "手机没有给出定位误差。", **facts)
    if e.fix.accuracy_m > e.accuracy_ceiling_m:
        message = f"定位误差约 {metres(e.fix.accuracy_m)}，超过 {metres(e.accuracy_ceiling_m)}。到窗边或室外会更准。"
        return unknown(CODE, GROUP, message, **facts)
    return clear(CODE, GROUP, f"定位误差约 {metres(e.fix.accuracy_m)}，可以采用。", **facts)
