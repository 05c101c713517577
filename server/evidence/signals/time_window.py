"""The local time of the capture lies in one of the policy's windows, or it does not."""

from server.evidence.capture import is_anchored, local_capture, window_of
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import clock

CODE, GROUP = "TIME_WINDOW", "time"


def check(e: Evidence, rules: Rules) -> Finding:  # noqa: ARG001 - windows are the policy's and travel in Evidence
    """Windows bind whoever chooses the moment; a spot check comes when it is drawn, as its challenge shows."""
    at = local_capture(e)
    windows = "、".join(f"{clock(w.start_min)}–{clock(w.end_min)}" for w in e.windows)
    facts = {"local_at": at.isoformat(timespec="seconds"), "windows": [[w.start_min, w.end_min] for w in e.windows]}
    if not e.windows:
        return unknown(CODE, GROUP, "规则没有设定打卡时段。", **facts)
    if window_of(e) is not None:
        return clear(CODE, GROUP, f"{at:%H:%M} 在打卡时段内。", **facts)
    if e.kind == "spot" and e.spot_challenge is not None:
        return clear(CODE, GROUP, "抽查不限打卡时段。", **facts)
    if not is_anchored(e):
        return unknown(CODE, GROUP, "手机时间没有经过校准，无法判断是否在打卡时段内。", **facts)
    return suspect(CODE, GROUP, f"{at:%H:%M} 不在打卡时段内。打卡时段是 {windows}，由人工确认。", **facts)
