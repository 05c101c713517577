"""The very same photo, byte for byte, was submitted before."""

from server.evidence.capture import local_date
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.twins import is_shared, named, perhaps_shared, twin_facts
from server.evidence.types import Evidence, Finding

CODE, GROUP = "PHOTO_REUSE", "photo"


def check(e: Evidence, rules: Rules) -> Finding:
    """Names the earliest other photo, and blames neither the order nor a person; one selfie of colleagues is fine, and
    what may be one is a person's to look at."""
    twins = sorted((twin for twin in e.twins if twin.exact), key=lambda t: (t.on, t.photo_id))
    if not twins:
        return clear(CODE, GROUP, "没有找到完全相同的照片文件。")
    others = [twin for twin in twins if is_shared(twin, rules) is False]
    perhaps = [twin for twin in twins if is_shared(twin, rules) is None]
    twin = (others or perhaps or twins)[0]
    facts = {**twin_facts(twin), "count": len(twins), "shared": not others and not perhaps}
    facts |= {"shared_s": rules.shared_s, "shared_late_s": rules.shared_late_s, "shared_m": rules.shared_m}
    name = named(twin, local_date(e))
    if perhaps and not others:
        return unknown(CODE, GROUP, perhaps_shared(twin, local_date(e)), **facts)
    if not others:
        return clear(CODE, GROUP, f"与{name}是合影，同一时间、同一地点的同一张。", **facts)
    return suspect(CODE, GROUP, f"照片与{name}相同。若拍错了，可重新拍一张。", **facts)
