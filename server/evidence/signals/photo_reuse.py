"""The very same photo, byte for byte, was submitted before."""

from server.evidence.capture import local_date
from server.evidence.findings import clear, suspect
from server.evidence.ruleset import Rules
from server.evidence.twins import is_shared, named, twin_facts
from server.evidence.types import Evidence, Finding

CODE, GROUP = "PHOTO_REUSE", "photo"


def check(e: Evidence, rules: Rules) -> Finding:
    """Names the earliest other photo, and blames neither the order nor a person; one selfie of colleagues is fine."""
    twins = sorted((twin for twin in e.twins if twin.exact), key=lambda t: (t.on, t.photo_id))
    if not twins:
        return clear(CODE, GROUP, "没有找到相同的照片。")
    others = [twin for twin in twins if not is_shared(twin, rules)]
    twin = (others or twins)[0]
    facts = {**twin_facts(twin), "count": len(twins), "shared": not others}
    facts |= {"shared_s": rules.shared_s, "shared_m": rules.shared_m}
    name = named(twin, local_date(e))
    if not others:
        return clear(CODE, GROUP, f"与{name}是合影，同一时间、同一地点的同一张。", **facts)
    return suspect(CODE, GROUP, f"照片与{name}相同。若拍错了，可重新拍一张。", **facts)
