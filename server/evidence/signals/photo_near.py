"""Another photo shows the same picture, though its bytes differ: smaller, cropped, re-lit or mirrored."""

from server.evidence.capture import local_date
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.twins import is_shared, named, perhaps_shared, twin_facts
from server.evidence.types import Evidence, Finding

CODE, GROUP = "PHOTO_NEAR", "photo"


def check(e: Evidence, rules: Rules) -> Finding:
    """A hash nominates, the second look at the pixels decides; equal bytes are PHOTO_REUSE's to say.

    What the second look cannot tell is a person's to look at: the same chair comes close, too.
    """
    twins = sorted((twin for twin in e.twins if not twin.exact), key=lambda t: (t.distance_bits, t.on, t.photo_id))
    same = [twin for twin in twins if twin.same]
    others = [twin for twin in same if is_shared(twin, rules) is False]
    perhaps = [twin for twin in same if is_shared(twin, rules) is None]
    untold = [twin for twin in twins if twin.same is None and twin.distance_bits <= rules.near_bits]
    apart = [twin for twin in twins if twin.same is False]
    shown = next(iter([*others, *untold, *perhaps, *same, *apart]), None)
    facts = {
        **twin_facts(shown),
        "count": len(twins),
        "limit_bits": rules.near_bits,
        "shared": bool(same) and not others and not perhaps,
    }
    name = named(shown, local_date(e)) if shown else ""
    if others:
        how = "是镜像的同一张" if others[0].mirrored else "是同一张"
        return suspect(CODE, GROUP, f"照片与{name}{how}。若拍错了，可重新拍一张。", **facts)
    if e.comparing:
        return unknown(CODE, GROUP, "照片正在和相近的比对，几秒后再看结果。", **facts)
    if untold:
        return unknown(CODE, GROUP, f"照片与{name}相近，没能比对清楚。由人工查看。", **facts)
    if perhaps:
        return unknown(CODE, GROUP, perhaps_shared(perhaps[0], local_date(e)), **facts)
    if not e.twins_complete:
        return unknown(CODE, GROUP, "相近的照片太多，没有全部比对。由人工查看。", **facts)
    if same:
        return clear(CODE, GROUP, f"与{name}是合影，同一时间、同一地点的同一张。", **facts)
    if apart:
        return clear(CODE, GROUP, f"与{name}相近，是同一地点的不同照片。", **facts)
    return clear(CODE, GROUP, "没有找到其他相近的照片。" if e.twins else "没有找到相近的照片。", **facts)
