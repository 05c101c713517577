"""The one way a day is counted: from stored check-ins, attestations and leave, under a lock on member and date."""

import uuid
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.checkins.models import Attestation, CheckIn
from server.db import lock
from server.leases import upsert
from server.leaves.models import Leave
from server.org.models import Member
from server.tally import policy
from server.tally.fold import AttestationInput, CheckInInput, DayCount, LeaveInput, fold_day
from server.tally.models import SiteDay


def recompute(session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime) -> DayCount:
    """Count the member's local day anew and store it; two phones at once give the same day as one after the other.

    Every review, appeal, attestation, leave, posting or policy change ends here.
    """
    lock(session, f"site-day:{county_id}:{member_id}:{on}")
    rules = policy.in_force(session, county_id, on)
    day = fold_day(
        rules.windows,
        rules.rules.counted_kinds,
        _checkins(session, county_id, member_id, on),
        _attestations(session, county_id, member_id, on),
        _leaves(session, county_id, member_id, on, rules.rules),
    )
    if not day.sources:
        session.execute(
            delete(SiteDay).where(SiteDay.county_id == county_id, SiteDay.member_id == member_id, SiteDay.on_date == on)
        )
        return day
    values = {
        "confirmed_halves": day.confirmed,
        "pending_halves": day.pending,
        "excused_halves": day.excused,
        "lowers_target_halves": day.lowers_target,
        "explanation": day.explanation,
        "sources": day.sources,
        "policy_version": rules.version,
        "computed_at": now,
    }
    session.execute(
        upsert(session, SiteDay)
        .values(county_id=county_id, member_id=member_id, on_date=on, **values)
        .on_conflict_do_update(index_elements=[SiteDay.county_id, SiteDay.member_id, SiteDay.on_date], set_=values)
    )
    return day


def _checkins(session: Session, county_id: int, member_id: uuid.UUID, on: date) -> list[CheckInInput]:
    rows = session.execute(
        select(
            CheckIn.id, CheckIn.kind, CheckIn.minute_of_day, CheckIn.verdict, CheckIn.decision, CheckIn.addendum
        ).where(CheckIn.county_id == county_id, CheckIn.member_id == member_id, CheckIn.on_date == on)
    )
    return [
        CheckInInput(str(r.id), r.kind, r.minute_of_day, r.decision or r.verdict, r.decision is not None, r.addendum)
        for r in rows
    ]


def _attestations(session: Session, county_id: int, member_id: uuid.UUID, on: date) -> list[AttestationInput]:
    rows = session.execute(
        select(Attestation.id, Attestation.halves, Attestation.reason, Member.name)
        .join(Member, (Member.county_id == Attestation.county_id) & (Member.id == Attestation.attester_id))
        .where(Attestation.county_id == county_id, Attestation.member_id == member_id, Attestation.on_date == on)
    )
    return [AttestationInput(str(r.id), r.halves, r.name, r.reason) for r in rows]


def _leaves(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, rules: policy.PolicyRules
) -> list[LeaveInput]:
    rows = session.execute(
        select(Leave.id, Leave.kind, Leave.halves).where(
            Leave.county_id == county_id,
            Leave.member_id == member_id,
            Leave.state == "approved",
            Leave.starts_on <= on,
            Leave.ends_on >= on,
        )
    )
    return [LeaveInput(str(r.id), r.kind, r.halves, rules.leave_effects.get(r.kind, "none")) for r in rows]
