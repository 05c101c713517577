"""Another photo looks much like this one. A perceptual hash only nominates: the same chair comes close, too."""

from server.evidence.capture import local_date
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import day

CODE, GROUP = "PHOTO_NEAR", "photo"


def check(e: Evidence, rules: Rules) -> Finding:
    """Shows the closest other photo within `near_bits` of 64; equal bytes are PHOTO_REUSE's to say."""
    twins = [twin for twin in e.twins if not twin.exact and twin.distance_bits <= rules.near_bits]
    if not twins and not e.twins_complete:
        return unknown(CODE, GROUP, "相近的照片太多，没有全部比对。", limit_bits=rules.near_bits)
    if not twins:
        return clear(CODE, GROUP, "没有找到相近的照片。", limit_bits=rules.near_bits)
    twin = min(twins, key=lambda t: (t.distance_bits, t.on, t.photo_id))
    return suspect(
        CODE,
        GROUP,
        f"照片与{day(twin.on, local_date(e))}的一张相近。请复核是否同一张。",
        photo_id=twin.photo_id,
        checkin_id=twin.checkin_id,
        on=twin.on.isoformat(),
        same_member=twin.same_member,
        distance_bits=twin.distance_bits,
        limit_bits=rules.near_bits,
        count=len(twins),
    )
