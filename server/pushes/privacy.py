"""What members take back in WeChat's own settings: their sessions end, consent is withdrawn, the binding goes.

What was counted, and the evidence it rests on, stays with the member for the county's term (server.checkins.retention
erases it); erasing earlier is asked for by the member and decided there. We keep neither a nickname nor an avatar nor a
phone number from WeChat, so of those there is nothing to erase.
"""

import re
from datetime import timedelta

from sqlalchemy import select

from server.audit.journal import record
from server.db import hold_member
from server.notify import credits
from server.org import consent, signin
from server.org.models import Consent
from server.pushes.keep import forget_person
from server.pushes.matter import Matter

# RevokeInfo: camera, location, photos, a chosen location; beside them 6 nickname and avatar, 8 phone number (facts 4).
_EVIDENCE = {"7", "13", "14", "18"}
_NOT_OURS = {"6", "8"}
_CLOCKS = timedelta(minutes=1)  # WeChat's clock and ours; its CreateTime is a whole second, cut off


def revoked(matter: Matter) -> str | None:
    """user_authorization_revoke: what the photo and the position rest on was taken back, so consent is withdrawn, and
    every device signed out. A code we do not know is taken for one that matters."""
    codes = set(re.findall(r"\d+", str(matter.event.said.get("RevokeInfo", ""))))
    _sign_out(matter, "wechat.authorization_revoked", codes)
    if not codes or codes - _NOT_OURS:
        _withdraw_consent(matter)
    return None


def cancelled(matter: Matter) -> str | None:
    """user_authorization_cancellation: the person left this mini-program. The openid is erased from the member, who
    can be bound again by a new invite, and from what WeChat pushed, this event included; what they did stays theirs."""
    _sign_out(matter, "wechat.authorization_cancelled", set())
    _withdraw_consent(matter)
    member = matter.member
    if member.bound_at is None or member.bound_at <= matter.event.happened_at + _CLOCKS:
        openid, member.openid, member.bound_at = member.openid, None, None
        credits.forget_member(matter.session, member.county_id, member.id)
        matter.session.flush()
        forget_person(matter.session, str(openid))
    return None


def _sign_out(matter: Matter, action: str, codes: set[str]) -> None:
    member = matter.member
    hold_member(matter.session, member.county_id, member.id)  # a sign-in under way comes before this or not at all
    matter.session.refresh(member)
    signin.end_sessions(matter.session, member.county_id, member.id, matter.now)
    facts = {"event": str(matter.event.id), "codes": sorted(codes & (_EVIDENCE | _NOT_OURS))}
    record(matter.session, member.county_id, None, action, member.id, facts, matter.now)


def _withdraw_consent(matter: Matter) -> None:
    """Unless it was given after the event: events come in no order."""
    member = matter.member
    standing = matter.session.scalar(
        select(Consent).where(
            Consent.county_id == member.county_id,
            Consent.member_id == member.id,
            Consent.withdrawn_at.is_(None),
            Consent.given_at <= matter.event.happened_at + _CLOCKS,
        )
    )
    if standing is not None:
        consent.withdraw(matter.session, standing, None, matter.now)
