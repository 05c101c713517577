"""One WeChat account, or one sign-in, was used for more than one member."""

from server.evidence.findings import clear, suspect
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, Finding

CODE, GROUP = "SESSION_MEMBERS", "person"


def check(e: Evidence, rules: Rules) -> Finding:
    """WeChat gives no device id: a phone handed round shows only when its sign-in is shared, too."""
    facts = {"session_members": e.session_members, "limit": rules.session_members}
    if e.session_members > rules.session_members:
        message = f"这个微信近期为 {e.session_members} 名队员打过卡。请复核是否本人打卡。"
        return suspect(CODE, GROUP, message, **facts)
    return clear(CODE, GROUP, "这个微信近期只为一名队员打卡。", **facts)
