"""证明: a colleague or a supervisor vouches for a presence; it counts like a check-in and is marked as what it is."""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, or_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from server.audit.journal import record
from server.checkins.models import Attestation, CheckIn
from server.db import hold_member
from server.errors import conflict, forbidden, invalid, not_found
from server.notify.outbox import Letter, enqueue
from server.org.models import Member, Posting, RoleGrant
from server.org.postings import presence_at
from server.org.scope import WATCHING_COUNTY, Caller, own_squads, squad_mates, watched_members
from server.org.scope import county as in_county
from server.rate_limits import spend

# A presence is vouched for while it is remembered.
MOST_DAYS_BACK = 7
MOST_WITHDRAWN = 50  # a day and person: each may leave an addendum to a closed month


def vouched_by(member_id: uuid.UUID | InstrumentedAttribute[uuid.UUID]) -> ColumnElement[bool]:
    """The condition on CheckIn: this person vouched for its member on that day, and so is involved; also when they
    took it back."""
    of_day = (Attestation.member_id == CheckIn.member_id) & (Attestation.on_date == CheckIn.on_date)
    by_them = exists().where(Attestation.county_id == CheckIn.county_id, of_day, Attestation.attester_id == member_id)
    return by_them.correlate_except(Attestation)


def attest(
    session: Session, caller: Caller, member_id: uuid.UUID, on: date, halves: int, reason: str, now: datetime
) -> Attestation:
    """Vouch for the member's local day `on`. The attester is in the same squad or watches over the member.

    403 `own_attestation` for oneself, `not_there_then` for a colleague who was not with that squad on that day; 422 for
    a date ahead, too long ago, or without a posting; 409 on a repeat, or when the caller's was set aside.
    """
    _may_vouch(session, caller, member_id, on, now)
    made = Attestation(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        member_id=member_id,
        attester_id=caller.member_id,
        on_date=on,
        halves=halves,
        reason=reason,
        created_at=now,
    )
    session.add(made)
    session.flush()
    facts = {"on": on.isoformat(), "halves": halves, "reason": reason}
    record(session, caller.county_id, caller.member_id, "presence.attested", member_id, facts, now)
    return made


def withdraw(
    session: Session, caller: Caller, attestation_id: uuid.UUID, reason: str, now: datetime
) -> tuple[Attestation, bool]:
    """Whoever vouched takes it back, or a bureau supervisor who is neither of the two sets it aside; and whether it is
    news: the same again by the same person is not. It stays in the file, and counts no longer."""
    made = _held(session, caller, attestation_id)
    if caller.member_id != made.attester_id:
        caller.require("bureau_supervisor")
        if caller.member_id == made.member_id:
            raise forbidden("own_attestation", "这是关于您自己的证明，请由其他监督人员处理。")
    if (made.withdrawn_by, made.withdrawal_reason) == (caller.member_id, reason):
        return made, False
    if made.withdrawn_by:
        raise conflict("attestation_withdrawn", "这条证明已经撤回或没有采信，不再计天数。")
    spend(session, f"unvouch:{caller.county_id}:{caller.member_id}", limit=MOST_WITHDRAWN, window_s=86_400, now=now)
    made.withdrawn_at, made.withdrawn_by, made.withdrawal_reason = now, caller.member_id, reason
    session.flush()
    facts = {"on": made.on_date.isoformat(), "halves": made.halves, "reason": reason, "attester": str(made.attester_id)}
    action = "presence.set_aside" if made.is_set_aside else "presence.withdrawn"
    record(session, caller.county_id, caller.member_id, action, made.member_id, facts, now)
    _tell(session, caller, made, now)
    return made, True


def may_withdraw(caller: Caller, made: Attestation) -> bool:
    """Whether `withdraw` would do it, for a page that offers it."""
    others = caller.has("bureau_supervisor") and caller.member_id != made.member_id
    return made.withdrawn_at is None and (caller.member_id == made.attester_id or others)


def given_by(caller: Caller) -> Select[tuple[Attestation, str, str | None]]:
    """What the caller vouched for, each with its member's name and that of whoever took it back or set it aside."""
    ender = aliased(Member)
    return (
        in_county(caller, Attestation)
        .join(Member, (Member.county_id == Attestation.county_id) & (Member.id == Attestation.member_id))
        .outerjoin(ender, (ender.county_id == Attestation.county_id) & (ender.id == Attestation.withdrawn_by))
        .add_columns(Member.name, ender.name.label("ender"))
        .where(Attestation.attester_id == caller.member_id)
    )


def _held(session: Session, caller: Caller, attestation_id: uuid.UUID) -> Attestation:
    """The caller's own attestation, or one about a member they watch, once everybody else is done with that member."""
    made = session.scalar(
        in_county(caller, Attestation)
        .join(Member, (Member.county_id == Attestation.county_id) & (Member.id == Attestation.member_id))
        .where(
            Attestation.id == attestation_id,
            or_(Attestation.attester_id == caller.member_id, watched_members(caller)),
        )
    )
    if made is None:
        raise not_found()
    hold_member(session, caller.county_id, made.member_id)
    session.refresh(made)
    return made


def _tell(session: Session, caller: Caller, made: Attestation, now: datetime) -> None:
    """The member reads it, and, where somebody else set it aside, whoever vouched."""
    names = {one: session.get_one(Member, (made.county_id, one)).name for one in (made.member_id, made.attester_id)}
    facts = {
        "on": made.on_date.isoformat(),
        "member": names[made.member_id],
        "attester": names[made.attester_id],
        "by": caller.name if made.is_set_aside else "",
        "reason": made.withdrawal_reason,
    }
    for who in (made.member_id, made.attester_id) if made.is_set_aside else (made.member_id,):
        to = {"to": "member" if who == made.member_id else "attester"}
        key = f"attestation_ended:{made.id}:{who}"
        enqueue(session, caller.county_id, Letter(who, "attestation_ended", key, facts | to), now)


def _may_vouch(session: Session, caller: Caller, member_id: uuid.UUID, on: date, now: datetime) -> None:
    if member_id == caller.member_id:
        raise forbidden("own_attestation", "不能为自己证明，请由同事或监督人员证明。")
    subject = session.scalar(
        in_county(caller, Member).where(
            Member.id == member_id,
            Member.removed_at.is_(None),
            or_(watched_members(caller), Member.id.in_(squad_mates(caller, own_squads(caller)))),
        )
    )
    if subject is None:
        raise not_found()
    there = presence_at(session, caller.county_id, member_id, now).on_date  # the station's own today
    if not there - timedelta(days=MOST_DAYS_BACK) <= on <= there:
        raise invalid("date_out_of_range", f"只能证明最近 {MOST_DAYS_BACK} 天内的在岗。", most_days=MOST_DAYS_BACK)
    posted = session.scalar(
        in_county(caller, Posting)
        .where(
            Posting.member_id == member_id,
            Posting.starts_on <= on,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= on),
        )
        .order_by(Posting.starts_on.desc())
        .limit(1)
    )
    if posted is None:
        raise invalid("not_posted", "这名队员当天没有派驻。")
    if not _supervises(caller, subject) and not _was_with(session, caller, posted.squad_id, on):
        raise forbidden("not_there_then", "这一天您还不在这个小分队，请由当天在一起的同事或监督人员证明。")
    said = session.scalars(
        in_county(caller, Attestation).where(
            Attestation.member_id == member_id,
            Attestation.on_date == on,
            Attestation.attester_id == caller.member_id,
        )
    ).all()
    if any(one.withdrawn_at is None for one in said):
        raise conflict("already_attested", "您已经证明过这一天；写错了可以先撤回，再重新证明。")
    if any(one.is_set_aside for one in said):
        raise conflict("attestation_set_aside", "招商局没有采信您对这一天的证明，请由其他同事或监督人员证明。")


def _supervises(caller: Caller, member: Member) -> bool:
    """Whether they vouch by their office; everybody else vouches as somebody who was there."""
    return caller.has(*WATCHING_COUNTY) or member.unit_id in caller.units("unit_supervisor")


def _was_with(session: Session, caller: Caller, squad_id: uuid.UUID, on: date) -> bool:
    """Whether the caller was posted with that squad on that day, or led it."""
    posted = (
        in_county(caller, Posting)
        .with_only_columns(Posting.member_id)
        .where(
            Posting.member_id == caller.member_id,
            Posting.squad_id == squad_id,
            Posting.starts_on <= on,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= on),
        )
    )
    led = (
        in_county(caller, RoleGrant)
        .with_only_columns(RoleGrant.member_id)
        .where(
            RoleGrant.member_id == caller.member_id,
            RoleGrant.role == "squad_leader",
            RoleGrant.squad_id == squad_id,
            RoleGrant.valid_from <= on,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= on),
        )
    )
    return session.scalar(posted.union(led).limit(1)) is not None
