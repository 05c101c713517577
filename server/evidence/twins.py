"""Another photo that equals or resembles this one: what may be said of it, and when it is one selfie of colleagues."""

from datetime import date
from typing import Any

from server.evidence.ruleset import Rules
from server.evidence.types import PhotoTwin
from server.evidence.words import clock, day


def is_shared(twin: PhotoTwin, rules: Rules) -> bool | None:
    """Whether colleagues of one squad both sent one selfie, taken at one time, at one place (合影): True within
    `shared_s`; None, not to be told by a machine, within `shared_late_s`."""
    if twin.same_member or not twin.same_squad or twin.apart_s is None or twin.apart_m is None:
        return False
    if abs(twin.apart_s) > max(rules.shared_s, rules.shared_late_s) or abs(twin.apart_m) > rules.shared_m:
        return False
    return abs(twin.apart_s) <= rules.shared_s or None


def perhaps_shared(twin: PhotoTwin, read_on: date) -> str:
    """What is said where `is_shared` cannot tell."""
    minutes = round(abs(twin.apart_s or 0) / 60)
    return f"照片与{named(twin, read_on)}相同，前后隔了 {minutes} 分钟，可能是合影。由人工查看。"


def named(twin: PhotoTwin, read_on: date) -> str:
    """11月3日 周二的一张, one's own; 同事11月3日 周二的一张, another's; of the date read on, 同一天 08:41 的一张."""
    whose = "" if twin.same_member else "同事"
    if twin.on == read_on and twin.minute is not None and (twin.same_member or twin.same_squad):
        return f"{whose}同一天 {clock(twin.minute)} 的一张"
    return f"{whose}{day(twin.on, read_on)}的一张"


def twin_facts(twin: PhotoTwin | None) -> dict[str, Any]:
    """What a person needs to find the other photo and to judge the pair; nothing without a twin."""
    if twin is None:
        return {}
    return {
        "photo_id": twin.photo_id,
        "checkin_id": twin.checkin_id,
        "on": twin.on.isoformat(),
        "same_member": twin.same_member,
        "same": twin.same,
        "mirrored": twin.mirrored,
        "distance_bits": twin.distance_bits,
        "apart_s": twin.apart_s,
        "apart_m": twin.apart_m,
    }
