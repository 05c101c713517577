"""Signing in: an openid becomes an own opaque session; an unknown openid is bound once, by an invite code."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import hold_member, member_lock, short
from server.errors import AppError, conflict, forbidden, not_found, unauthenticated
from server.notify import credits
from server.notify.outbox import Letter, enqueue
from server.org import console
from server.org.consent import CURRENT_VERSION
from server.org.models import COUNTY_ROLES, Consent, ConsoleScan, County, Invite, Member, RoleGrant, SignIn
from server.org.scope import Caller, Grant, hold_caller, unit_squads, watched_members
from server.org.scope import county as in_county
from server.rate_limits import count, spend

# Letters and digits that cannot be mistaken for one another when read aloud or off a slip of paper.
INVITE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
INVITE_LENGTH = 8
INVITE_DAYS = 7
GUESSES, _GUESSES_S = 10, 3600  # codes that one WeChat may try in an hour
_MOST_NOTED = 20
_TOUCH_S = 3600  # a session's sliding end is moved at most once an hour, so that reading stays reading


# Every request asks this once, so it is built once: who holds the token, their roles, and whether consent stands.
_SIGN_IN, _MEMBER, _COUNTY, _CONSENT, _GRANT = (
    short(table, name)
    for table, name in ((SignIn, "s"), (Member, "m"), (County, "c"), (Consent, "a"), (RoleGrant, "g"))
)
_S, _M, _C, _A, _G = _SIGN_IN.c, _MEMBER.c, _COUNTY.c, _CONSENT.c, _GRANT.c
_SIGNED_IN = (
    select(
        _S.id.label("sign_in_id"),
        _S.seen_at,
        _S.kind,
        _M.county_id,
        _M.id,
        _M.name,
        _M.unit_id,
        _C.tz,
        _C.name.label("county_name"),
        _A.id.label("consent_id"),
        _G.role,
        _G.unit_id.label("grant_unit"),
        _G.squad_id.label("grant_squad"),
        _G.valid_from,
        _G.valid_to,
    )
    .select_from(_SIGN_IN)
    .join(_MEMBER, (_M.county_id == _S.county_id) & (_M.id == _S.member_id))
    .join(_COUNTY, _C.id == _M.county_id)
    .outerjoin(
        _CONSENT,
        (_A.county_id == _M.county_id)
        & (_A.member_id == _M.id)
        & (_A.version == CURRENT_VERSION)
        & (_A.withdrawn_at.is_(None)),
    )
    .outerjoin(_GRANT, (_G.county_id == _M.county_id) & (_G.member_id == _M.id))
    .where(
        _S.token_sha256 == bindparam("token"),
        _S.revoked_at.is_(None),
        _S.expires_at > bindparam("now"),
        _M.removed_at.is_(None),
    )
)


def digest(secret: str) -> str:
    """sha256 hex: what is stored of a token or an invite code."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Device:
    """What is signed in: a `phone` with the mini-program or a browser at the `console`; `name` is for people."""

    kind: str
    name: str
    lasts: timedelta  # without use


def sign_in(session: Session, openid: str, device: Device, now: datetime) -> tuple[str, Member]:
    """A new session for the member bound to `openid`. Raises 403 `binding_required` when nobody is."""
    bound = select(Member).where(Member.openid == openid, Member.removed_at.is_(None))
    member = session.scalar(bound)
    if member is not None:  # whoever is unbinding them right now ends this session too, or it is not begun
        hold_member(session, member.county_id, member.id)
        member = session.scalar(bound.execution_options(populate_existing=True))
    if member is None:
        raise AppError(403, "binding_required", "这个微信还没有绑定队员，请用手机号绑定，或输入单位给您的邀请码。")
    return start(session, member, device, "wechat", now, digest(openid)), member


def start(
    session: Session, member: Member, device: Device, by: str, now: datetime, wechat_sha256: str | None = None
) -> str:
    """A session of this member, who has shown who they are (`by` wechat, password or scan); its token."""
    token, sign_in_id = secrets.token_urlsafe(32), uuid.uuid4()
    session.add(
        SignIn(
            county_id=member.county_id,
            id=sign_in_id,
            member_id=member.id,
            kind=device.kind,
            device=device.name,
            wechat_sha256=wechat_sha256,
            token_sha256=digest(token),
            created_at=now,
            seen_at=now,
            expires_at=now + device.lasts,
        )
    )
    record(session, member.county_id, member.id, "session.started", member.id, {"kind": device.kind, "by": by}, now)
    if device.kind == "console":
        at = now.astimezone(ZoneInfo(session.scalar(select(County.tz).where(County.id == member.county_id)) or "UTC"))
        told = {"on": at.date().isoformat(), "at": f"{at:%H:%M}", "device": device.name}
        letter = Letter(member.id, "console_signed_in", f"console_signed_in:{sign_in_id}", told)
        enqueue(session, member.county_id, letter, now)
    return token


def bind(session: Session, openid: str, invite_code: str, now: datetime) -> Member:
    """Bind `openid` to the member the invite was issued for; the code is used up. One openid, one member."""
    of_code = select(Invite).where(Invite.code_sha256 == digest(invite_code.strip().upper()), Invite.used_at.is_(None))
    if whose := session.execute(of_code.with_only_columns(Invite.county_id, Invite.member_id)).first():
        hold_member(session, whose.county_id, whose.member_id)  # and then look again
    invite = session.scalar(of_code.with_for_update())
    if invite is None or invite.expires_at <= now:
        raise AppError(403, "invite_invalid", "邀请码不对、已用过或已过期，请向单位重新要一个。")
    member = session.scalar(
        select(Member).where(
            Member.county_id == invite.county_id, Member.id == invite.member_id, Member.removed_at.is_(None)
        )
    )
    if member is None:
        raise AppError(403, "invite_invalid", "邀请码不对、已用过或已过期，请向单位重新要一个。")
    take_over(session, member, openid, {"invite": str(invite.id)}, now)
    return member


def take_over(session: Session, member: Member, openid: str, facts: dict[str, str], now: datetime) -> None:
    """Bind this WeChat to a member who is held; the one before is signed out, and the console account goes that it may
    have made. 409 when it is somebody's already."""
    if session.scalar(select(Member.id).where(Member.openid == openid)):
        raise conflict("already_bound", "这个微信已经绑定了队员，请直接登录。")
    void_invites(session, member.county_id, member.id, now)
    end_sessions(session, member.county_id, member.id, now)
    console.remove(session, member.county_id, member.id, member.id, now)
    credits.forget_member(session, member.county_id, member.id)  # what the old one accepted
    member.openid, member.bound_at = openid, now
    session.flush()
    record(session, member.county_id, member.id, "member.bound", member.id, facts, now)


def void_invites(
    session: Session, county_id: int, member_id: uuid.UUID, now: datetime, but_of: uuid.UUID | None = None
) -> None:
    """One slip of paper at a time: a new invite, and a binding, make every earlier one worthless. `but_of`: those that
    this person issued stay good."""
    theirs = [Invite.county_id == county_id, Invite.member_id == member_id, Invite.used_at.is_(None)]
    if but_of is not None:
        theirs.append(Invite.issued_by != but_of)
    session.execute(update(Invite).where(*theirs).values(used_at=now))


def note_wrong_code(session: Session, openid: str, address: str | None, now: datetime) -> None:
    """An invite code that was none: into every county's audit, as nobody knows whose it was meant to be. The code is
    not written down. Of one WeChat the first wrong one in an hour is noted and the last it may try, of all together
    twenty an hour."""
    who = digest(openid)
    tries = count(session, f"wrong-invite:{who}", _GUESSES_S, now)
    if tries not in (1, GUESSES) or count(session, "wrong-invites", _GUESSES_S, now) > _MOST_NOTED:
        return
    facts = {"wechat_sha256": who, "from": address, "tries": tries}
    for county_id in session.scalars(select(County.id).order_by(County.id)):
        record(session, county_id, None, "invite.wrong_code", None, facts, now)


def end_sessions(
    session: Session, county_id: int, member_id: uuid.UUID, now: datetime, kind: str | None = None
) -> None:
    """Sign the member out everywhere, or of all of one kind. A browser that waits to be let in is not."""
    theirs = [SignIn.county_id == county_id, SignIn.member_id == member_id, SignIn.revoked_at.is_(None)]
    if kind is not None:
        theirs.append(SignIn.kind == kind)
    session.execute(update(SignIn).where(*theirs).values(revoked_at=now))
    if kind != "phone":
        scanned = ConsoleScan.county_id == county_id, ConsoleScan.member_id == member_id
        session.execute(delete(ConsoleScan).where(*scanned))


def standing(session: Session, caller: Caller, now: datetime) -> Sequence[SignIn]:
    """The caller's sessions that stand, the latest used first."""
    theirs = in_county(caller, SignIn).where(
        SignIn.member_id == caller.member_id, SignIn.revoked_at.is_(None), SignIn.expires_at > now
    )
    return session.scalars(theirs.order_by(SignIn.seen_at.desc(), SignIn.id)).all()


def end_one(session: Session, caller: Caller, sign_in_id: uuid.UUID, now: datetime) -> bool:
    """End one of the caller's own sessions; False when there is none of this id. One that is over stays as it was."""
    found = session.scalar(
        in_county(caller, SignIn).where(SignIn.id == sign_in_id, SignIn.member_id == caller.member_id)
    )
    if found is None:
        return False
    if found.revoked_at is None:
        found.revoked_at = now
        facts = {"sign_in": str(sign_in_id)}
        record(session, caller.county_id, caller.member_id, "session.ended", caller.member_id, facts, now)
    return True


def forget_old(session: Session, before: datetime) -> None:
    """Delete the sessions, invites and scans that were over before `before`; what was done stands in the audit."""
    session.execute(delete(SignIn).where(SignIn.expires_at < before))
    session.execute(delete(Invite).where(Invite.expires_at < before))
    session.execute(delete(ConsoleScan).where(ConsoleScan.expires_at < before))


def issue_invite(session: Session, caller: Caller, member_id: uuid.UUID, now: datetime) -> tuple[str, datetime]:
    """A one-time code for a member of the caller's subtree; returns (code, expires_at). The code is not stored."""
    caller.require("unit_supervisor", "bureau_supervisor", "admin")
    spend(session, f"invite:{caller.member_id}", limit=100, window_s=3600, now=now)
    invitee(session, caller, member_id)
    void_invites(session, caller.county_id, member_id, now)
    code = "".join(secrets.choice(INVITE_ALPHABET) for _ in range(INVITE_LENGTH))
    expires_at = now + timedelta(days=INVITE_DAYS)
    session.add(
        Invite(
            county_id=caller.county_id,
            member_id=member_id,
            issued_by=caller.member_id,
            code_sha256=digest(code),
            created_at=now,
            expires_at=expires_at,
        )
    )
    record(session, caller.county_id, caller.member_id, "invite.issued", member_id, {}, now)
    return code, expires_at


def invitee(session: Session, caller: Caller, member_id: uuid.UUID) -> Member:
    """A member whom the caller may invite, held. Raises 403, also for one who has a say beyond the caller's own units:
    an invite is a way to sign in as them; or 404."""
    caller.require("unit_supervisor", "bureau_supervisor", "admin")
    hold_caller(session, caller, member_lock(caller.county_id, member_id))
    visible = Member.county_id == caller.county_id if caller.has("admin") else watched_members(caller)
    member: Member | None = session.scalar(
        in_county(caller, Member).where(Member.id == member_id, Member.removed_at.is_(None), visible)
    )
    if member is None:
        raise not_found()
    if not caller.has("bureau_supervisor", "admin") and session.scalar(_beyond(caller, member_id)):
        raise forbidden("above_unit", "这名队员在本单位以外还有职务，请由招商局或管理员办理。")
    return member


def _beyond(caller: Caller, member_id: uuid.UUID) -> Select[Any]:
    """The member's roles, in force or to come, that reach further than the units the caller supervises."""
    units = caller.units("unit_supervisor")
    squads = unit_squads(caller)
    return (
        in_county(caller, RoleGrant)
        .with_only_columns(RoleGrant.id)
        .where(
            RoleGrant.member_id == member_id,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= caller.today),
            or_(RoleGrant.role.in_(COUNTY_ROLES), RoleGrant.unit_id.not_in(units), RoleGrant.squad_id.not_in(squads)),
        )
        .limit(1)
    )


def caller_of(session: Session, token: str, now: datetime) -> tuple[Caller, bool]:
    """Who holds this token, and whether the session's sliding end is due to be moved. Raises 401."""
    rows = session.execute(_SIGNED_IN, {"token": digest(token), "now": now}).all()
    if not rows:
        raise unauthenticated()
    first = rows[0]
    today = now.astimezone(ZoneInfo(first.tz)).date()
    grants = tuple(
        Grant(r.role, r.grant_unit, r.grant_squad)
        for r in rows
        if r.role and r.valid_from <= today and (r.valid_to is None or r.valid_to >= today)
    )
    caller = Caller(
        county_id=first.county_id,
        member_id=first.id,
        name=first.name,
        unit_id=first.unit_id,
        today=today,
        grants=grants,
        sign_in_id=first.sign_in_id,
        at_console=first.kind == "console",
        county_name=first.county_name,
        tz=first.tz,
        consented=first.consent_id is not None,
    )
    return caller, (now - first.seen_at).total_seconds() > _TOUCH_S


def touch(session: Session, caller: Caller, now: datetime, lasts: timedelta) -> None:
    """Move the session's sliding end."""
    session.execute(
        update(SignIn)
        .where(SignIn.county_id == caller.county_id, SignIn.id == caller.sign_in_id)
        .values(seen_at=now, expires_at=now + lasts)
    )


def roles_today(session: Session, member: Member, today: object) -> list[str]:
    """The member's roles in force on a local date, sorted."""
    return sorted(
        set(
            session.scalars(
                select(RoleGrant.role).where(
                    RoleGrant.county_id == member.county_id,
                    RoleGrant.member_id == member.id,
                    RoleGrant.valid_from <= today,
                    or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= today),
                )
            )
        )
    )
