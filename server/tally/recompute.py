"""The one way a day is counted: from stored check-ins, attestations and leave, under a lock on member and date."""

import uuid
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Executable, bindparam, delete, select
from sqlalchemy.orm import Session

from server.checkins.models import Attestation, CheckIn
from server.db import dialect_of, lock, site_day_lock, upsert
from server.leaves.models import Leave
from server.org.models import Member
from server.tally import policy
from server.tally.fold import AttestationInput, CheckInInput, DayCount, LeaveInput, fold_day
from server.tally.models import SiteDay


def recompute(session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime) -> DayCount:
    """Count the member's local day anew and store it; two phones at once give the same day as one after the other.

    Every review, appeal, attestation, leave, posting or policy change ends here.
    """
    lock(session, site_day_lock(county_id, member_id, on))
    rules = policy.in_force(session, county_id, on)
    of_day = {"county": county_id, "member": member_id, "on": on}
    day = fold_day(
        rules.windows,
        rules.rules.counted_kinds,
        _checkins(session, of_day),
        _attestations(session, of_day),
        _leaves(session, of_day, rules.rules),
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
    key = {"county_id": county_id, "member_id": member_id, "on_date": on}
    session.execute(_store(dialect_of(session)), key | values)
    return day


@cache
def _store(dialect: str) -> Executable:
    """Insert the day or replace what it was."""
    insert = upsert(dialect, SiteDay)
    kept = ("county_id", "member_id", "on_date")
    renewed = {c.name: insert.excluded[c.name] for c in SiteDay.__table__.columns if c.name not in kept}
    return insert.on_conflict_do_update(index_elements=list(kept), set_=renewed)


_COUNTY: BindParameter[int] = bindparam("county")
_MEMBER: BindParameter[uuid.UUID] = bindparam("member")
_ON: BindParameter[date] = bindparam("on")
_CHECKINS = select(
    CheckIn.id, CheckIn.kind, CheckIn.minute_of_day, CheckIn.verdict, CheckIn.decision, CheckIn.addendum
).where(CheckIn.county_id == _COUNTY, CheckIn.member_id == _MEMBER, CheckIn.on_date == _ON)
_ATTESTATIONS = (
    select(Attestation.id, Attestation.halves, Attestation.reason, Member.name)
    .join(Member, (Member.county_id == Attestation.county_id) & (Member.id == Attestation.attester_id))
    .where(Attestation.county_id == _COUNTY, Attestation.member_id == _MEMBER, Attestation.on_date == _ON)
)
_LEAVES = select(Leave.id, Leave.kind, Leave.halves).where(
    Leave.county_id == _COUNTY,
    Leave.member_id == _MEMBER,
    Leave.state == "approved",
    Leave.starts_on <= _ON,
    Leave.ends_on >= _ON,
)


def _checkins(session: Session, of_day: dict[str, Any]) -> list[CheckInInput]:
    return [
        CheckInInput(str(r.id), r.kind, r.minute_of_day, r.decision or r.verdict, r.decision is not None, r.addendum)
        for r in session.execute(_CHECKINS, of_day)
    ]


def _attestations(session: Session, of_day: dict[str, Any]) -> list[AttestationInput]:
    return [AttestationInput(str(r.id), r.halves, r.name, r.reason) for r in session.execute(_ATTESTATIONS, of_day)]


def _leaves(session: Session, of_day: dict[str, Any], rules: policy.PolicyRules) -> list[LeaveInput]:
    return [
        LeaveInput(str(r.id), r.kind, r.halves, rules.leave_effects.get(r.kind, "none"))
        for r in session.execute(_LEAVES, of_day)
    ]
