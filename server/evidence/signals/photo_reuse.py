"""The very same photo, byte for byte, was submitted before."""

from server.evidence.capture import local_date
from server.evidence.findings import clear, suspect
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding
from server.evidence.words import day

CODE, GROUP = "PHOTO_REUSE", "photo"


def check(e: Evidence, rules: Rules) -> Finding:  # noqa: ARG001 - equal is equal
    """Names the other photo, and blames neither the order nor a person."""
    twins = [twin for twin in e.twins if twin.exact]
    if not twins:
        return clear(CODE, GROUP, "没有找到相同的照片。")
    twin = min(twins, key=lambda t: (t.on, t.photo_id))
    return suspect(
        CODE,
        GROUP,
        f"照片与{day(twin.on, local_date(e))}的一张相同。若拍错了，可重新拍一张。",
        photo_id=twin.photo_id,
        checkin_id=twin.checkin_id,
        on=twin.on.isoformat(),
        same_member=twin.same_member,
        count=len(twins),
    )
