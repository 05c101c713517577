"""证明: a colleague or a supervisor vouches for a presence; it counts like a check-in and is marked as what it is."""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins.models import Attestation, CheckIn
from server.errors import conflict, forbidden, invalid, not_found
from server.org.models import Member, Posting
from server.org.postings import presence_at
from server.org.scope import Caller, own_squads, squad_mates, watched_members
from server.org.scope import county as in_county

# A presence is vouched for while it is remembered.
MOST_DAYS_BACK = 7


def vouched_by(member_id: uuid.UUID) -> ColumnElement[bool]:
    """The condition on CheckIn: this person vouched for its member on that day, and so is involved."""
    return exists().where(
        Attestation.county_id == CheckIn.county_id,
        Attestation.member_id == CheckIn.member_id,
        Attestation.on_date == CheckIn.on_date,
        Attestation.attester_id == member_id,
    )


def attest(
    session: Session, caller: Caller, member_id: uuid.UUID, on: date, halves: int, reason: str, now: datetime
) -> Attestation:
    """Vouch for the member's local day `on`. The attester is in the same squad or watches over the member.

    403 `own_attestation` for oneself; 422 for a date ahead, too long ago, or without a posting; 409 on a repeat.
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
        in_county(caller, Posting).where(
            Posting.member_id == member_id,
            Posting.starts_on <= on,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= on),
        )
    )
    if posted is None:
        raise invalid("not_posted", "这名队员当天没有派驻。")
    twice = session.scalar(
        in_county(caller, Attestation).where(
            Attestation.member_id == member_id,
            Attestation.on_date == on,
            Attestation.attester_id == caller.member_id,
        )
    )
    if twice is not None:
        raise conflict("already_attested", "您已经证明过这一天。")
