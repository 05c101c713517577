"""The one way a day is counted: from stored check-ins, attestations and leave, under a lock on member and date."""

import uuid
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Executable,
    Row,
    String,
    bindparam,
    case,
    cast,
    delete,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from server.checkins.models import Attestation, CheckIn
from server.db import columns, dialect_of, lock, site_day_lock, upsert
from server.leaves.models import Leave
from server.org.models import Member
from server.tally import policy
from server.tally.fold import AttestationInput, CheckInInput, DayCount, LeaveInput, fold_day
from server.tally.models import SiteDay


def recompute(session: Session, county_id: int, member_id: uuid.UUID, on: date, now: datetime) -> DayCount:
    """Count the member's local day anew and store it; two phones at once give the same day as one after the other.

    Every check-in, review, appeal and attestation ends here; so must every change of leave or policy.
    """
    lock(session, site_day_lock(county_id, member_id, on))
    rules = policy.in_force(session, county_id, on)
    parts = session.execute(_PARTS, {"county": county_id, "member": member_id, "on": on}).all()
    day = fold_day(
        rules.windows,
        rules.rules.counted_kinds,
        [_checkin(r) for r in parts if r.part == "checkin"],
        [_attestation(r) for r in parts if r.part == "attestation"],
        [_leave(r, rules.rules) for r in parts if r.part == "leave"],
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


# Everything a day is counted from in one question: what it is, its id, a word, two numbers, and two states.
_C, _A, _L, _M = (columns(table) for table in (CheckIn, Attestation, Leave, Member))
_COUNTY: BindParameter[int] = bindparam("county")
_MEMBER: BindParameter[uuid.UUID] = bindparam("member")
_ON: BindParameter[date] = bindparam("on")
_NOTHING = cast(null(), String)
_PARTS = union_all(
    select(
        literal_column("'checkin'").label("part"),
        _C.id,
        _C.kind.label("word"),
        _C.minute_of_day.label("number"),
        case((_C.addendum, 1), else_=0).label("mark"),
        _C.verdict.label("first"),
        _C.decision.label("second"),
    ).where(_C.county_id == _COUNTY, _C.member_id == _MEMBER, _C.on_date == _ON),
    select(literal_column("'attestation'"), _A.id, _A.reason, _A.halves, literal_column("0"), _M.name, _NOTHING)
    .join(Member.__table__, (_M.county_id == _A.county_id) & (_M.id == _A.attester_id))
    .where(_A.county_id == _COUNTY, _A.member_id == _MEMBER, _A.on_date == _ON),
    select(literal_column("'leave'"), _L.id, _L.kind, _L.halves, literal_column("0"), _NOTHING, _NOTHING).where(
        _L.county_id == _COUNTY,
        _L.member_id == _MEMBER,
        _L.state == "approved",
        _L.starts_on <= _ON,
        _L.ends_on >= _ON,
    ),
)


def _checkin(r: Row[Any]) -> CheckInInput:
    return CheckInInput(str(r.id), r.word, r.number, r.second or r.first, r.second is not None, bool(r.mark))


def _attestation(r: Row[Any]) -> AttestationInput:
    return AttestationInput(str(r.id), r.number, r.first, r.word)


def _leave(r: Row[Any], rules: policy.PolicyRules) -> LeaveInput:
    return LeaveInput(str(r.id), r.word, r.number, rules.leave_effects.get(r.word, "none"))
