"""What becomes of a member after being entered: reached otherwise, transferred, removed, or with a phone that is lost.

Their history stays theirs: nothing that was done is touched, only what holds from now on.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import member_lock
from server.errors import AppError, conflict, not_found
from server.notify import credits
from server.notify.outbox import Letter, enqueue
from server.org import console, reach, signin
from server.org.models import Member, Posting, RoleGrant, Squad, Unit
from server.org.scope import Caller, hold_caller
from server.org.scope import county as in_county
from server.sealing import Sealer


def names(session: Session, county_id: int, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these members of the county are called, also those who were removed since."""
    rows = session.execute(select(Member.id, Member.name).where(Member.county_id == county_id, Member.id.in_(ids)))
    return {row.id: row.name for row in rows}


def change(
    session: Session, caller: Caller, sealer: Sealer, member_id: uuid.UUID, to: Mapping[str, str | None], now: datetime
) -> Member:
    """Set `phone` and `email`, those of them that `to` has; None takes one away. The audit has which, not what."""
    member = _held(session, caller, member_id)
    if changed := reach.write(member, sealer, to):
        record(session, caller.county_id, caller.member_id, "member.changed", member_id, {"fields": changed}, now)
    return member


def remove(
    session: Session, caller: Caller, sealer: Sealer, member_id: uuid.UUID, reason: str, now: datetime
) -> Member:
    """Today is the last day: signed out everywhere at once, the WeChat is free for another, postings and roles end
    today, and the number and address that nobody needs any more are erased. A repeat changes nothing."""
    member = _held(session, caller, member_id, removed_too=True)
    if member.removed_at is not None:
        return member
    if member_id == caller.member_id:
        raise conflict("cannot_remove_self", "不能移除自己，请由另一位管理员办理。")
    _unbind(session, caller, member, now)
    signin.void_invites(session, member.county_id, member.id, now)
    _end_postings(session, member, caller.today + timedelta(days=1))
    _end_roles(session, member, caller.today + timedelta(days=1))
    reach.write(member, sealer, {"phone": None, "email": None})
    member.removed_at = now
    facts = {"reason": reason, "last_day": caller.today.isoformat()}
    record(session, caller.county_id, caller.member_id, "member.removed", member_id, facts, now)
    return member


def transfer(
    session: Session, caller: Caller, member_id: uuid.UUID, unit_id: uuid.UUID, on: date, now: datetime
) -> bool:
    """Belong to another unit from `on` on: signed out everywhere at once; postings, and roles in the unit before and
    its squads, end the day before. An open invite is of the unit before, which has no say over them any more. False
    when they belong there already."""
    member = _held(session, caller, member_id)
    unit = session.scalar(in_county(caller, Unit).where(Unit.id == unit_id))
    if unit is None:
        raise AppError(404, "unit_unknown", "没有这个单位。")
    if member.unit_id == unit_id:
        return False
    if on > caller.today:
        raise conflict("transfer_not_yet", "调动最早在生效那天办理，请到那天再来。")
    _refuse_begun(session, member, on, caller.today)
    signin.end_sessions(session, member.county_id, member.id, now)
    signin.void_invites(session, member.county_id, member.id, now)
    _end_postings(session, member, on, of_unit=member.unit_id)
    _end_roles(session, member, on, of_unit=member.unit_id)
    facts = {"from_unit": str(member.unit_id), "to_unit": str(unit_id), "from": on.isoformat()}
    member.unit_id = unit_id
    record(session, caller.county_id, caller.member_id, "member.transferred", member_id, facts, now)
    _tell(session, caller, member_id, "transferred", now)
    return True


def lost_phone(session: Session, caller: Caller, member_id: uuid.UUID, now: datetime) -> tuple[str, datetime]:
    """A lost phone or a new WeChat: signed out everywhere, the WeChat unbound, and an invite for the next one, which is
    returned with its end. For whoever may issue invites to this member.

    The console account goes with it: its authenticator was on that phone, or whoever found the phone has set it up. And
    the number binds nobody until an admin enters it again: that phone's WeChat and card still vouch for it.
    """
    member = signin.invitee(session, caller, member_id)
    invite = signin.issue_invite(session, caller, member_id, now)  # before, for it may be their own session that ends
    _unbind(session, caller, member, now)
    reach.doubt(member)
    record(session, caller.county_id, caller.member_id, "member.unbound", member_id, {"cause": "lost_phone"}, now)
    _tell(session, caller, member.id, "lost_phone", now)
    return invite


def _tell(session: Session, caller: Caller, member_id: uuid.UUID, what: str, now: datetime) -> None:
    facts = {"what": what, "on": caller.today.isoformat()}
    letter = Letter(member_id, "account_changed", f"account_changed:{member_id}:{what}:{now.timestamp():.3f}", facts)
    enqueue(session, caller.county_id, letter, now)


def _held(session: Session, caller: Caller, member_id: uuid.UUID, removed_too: bool = False) -> Member:
    """The county's member, for an admin, while nobody else changes them."""
    caller.require("admin")
    hold_caller(session, caller, member_lock(caller.county_id, member_id))
    statement = in_county(caller, Member).where(Member.id == member_id)
    member = session.scalar(statement if removed_too else statement.where(Member.removed_at.is_(None)))
    if member is None:
        raise not_found()
    return member


def _unbind(session: Session, caller: Caller, member: Member, now: datetime) -> None:
    signin.end_sessions(session, member.county_id, member.id, now)
    console.remove(session, member.county_id, member.id, caller.member_id, now)
    credits.forget_member(session, member.county_id, member.id)
    member.openid = member.bound_at = None


def _refuse_begun(session: Session, member: Member, on: date, today: date) -> None:
    """A posting in the unit before that began meanwhile was real: there are days in it."""
    of_unit = _postings(member, member.unit_id).where(Posting.starts_on.between(on, today))
    begun = session.scalar(of_unit.order_by(Posting.starts_on.desc()).limit(1))
    if begun is not None:
        raise conflict(
            "posting_overlaps",
            "那天以后在原单位还有派驻，请把调动日期定在它开始之后。",
            starts_on=begun.starts_on.isoformat(),
            ends_on=begun.ends_on.isoformat() if begun.ends_on else None,
        )


def _end_postings(session: Session, member: Member, on: date, of_unit: uuid.UUID | None = None) -> None:
    """None from `on` on, with `of_unit` none in its squads; one that was to begin by then never does."""
    later = _postings(member, of_unit).where(or_(Posting.ends_on.is_(None), Posting.ends_on >= on))
    for posting in session.scalars(later).all():
        if posting.starts_on < on:
            posting.ends_on = on - timedelta(days=1)
        else:
            session.delete(posting)


def _postings(member: Member, of_unit: uuid.UUID | None) -> Select[Posting]:
    theirs = select(Posting).where(Posting.county_id == member.county_id, Posting.member_id == member.id)
    return theirs if of_unit is None else theirs.where(Posting.squad_id.in_(_squads(member, of_unit)))


def _squads(member: Member, unit_id: uuid.UUID) -> Select[uuid.UUID]:
    return select(Squad.id).where(Squad.county_id == member.county_id, Squad.unit_id == unit_id)


def _end_roles(session: Session, member: Member, on: date, of_unit: uuid.UUID | None = None) -> None:
    """The same for roles: with `of_unit` only those in that unit and its squads."""
    theirs = [RoleGrant.county_id == member.county_id, RoleGrant.member_id == member.id]
    if of_unit is not None:
        theirs.append(or_(RoleGrant.unit_id == of_unit, RoleGrant.squad_id.in_(_squads(member, of_unit))))
    ends_later = or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= on)
    session.execute(delete(RoleGrant).where(*theirs, RoleGrant.valid_from >= on))
    session.execute(update(RoleGrant).where(*theirs, ends_later).values(valid_to=on - timedelta(days=1)))


def of_squad(session: Session, county_id: int, squad_id: uuid.UUID, on: date) -> list[uuid.UUID]:
    """Those posted with a squad on a local date, and its leaders, by their ids; nobody who was removed."""
    posted = select(Posting.member_id).where(
        Posting.county_id == county_id,
        Posting.squad_id == squad_id,
        Posting.starts_on <= on,
        or_(Posting.ends_on.is_(None), Posting.ends_on >= on),
    )
    leaders = select(RoleGrant.member_id).where(
        RoleGrant.county_id == county_id,
        RoleGrant.role == "squad_leader",
        RoleGrant.squad_id == squad_id,
        RoleGrant.valid_from <= on,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= on),
    )
    there = set(session.scalars(posted)) | set(session.scalars(leaders))
    alive = select(Member.id).where(Member.county_id == county_id, Member.id.in_(there), Member.removed_at.is_(None))
    return sorted(session.scalars(alive))
