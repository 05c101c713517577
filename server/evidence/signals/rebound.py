"""The member's first check-in since another WeChat was bound: worth a glance at the photo, and no more."""

from server.evidence.capture import in_station_time
from server.evidence.findings import clear, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import moment

CODE, GROUP = "REBOUND", "person"


def check(e: Evidence, rules: Rules) -> Finding:  # noqa: ARG001 - a note has no limit
    """A new phone or a new account is ordinary life: a note, never suspect."""
    if e.rebound_at is None:
        return clear(CODE, GROUP, "微信绑定没有变化。")
    shown = moment(in_station_time(e, e.rebound_at), in_station_time(e, e.received_at).date())
    message = f"{shown} 换绑了微信，这是换绑后的第一次打卡。请留意照片是否本人。"
    return unknown(CODE, GROUP, message, rebound_at=e.rebound_at.isoformat())
