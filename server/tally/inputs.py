"""What a member's days and their month are counted from, in one question."""

import uuid
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from server.checkins.models import Appeal, Attestation, CheckIn
from server.db import short
from server.leaves.models import Leave, is_away_all_day
from server.org.models import Member, Posting, RoleGrant, Squad
from server.tally import closed
from server.tally.models import SiteDay
from server.tally.month_fold import month_end
from server.tally.rules import InForce
from server.tally.types import (
    AttestationInput,
    CheckInInput,
    DayHalves,
    Held,
    LeaveInput,
    MonthInputs,
    Posted,
)
from server.together import Answers, Questions

_COUNTY: BindParameter[int] = bindparam("county")
_MEMBER: BindParameter[uuid.UUID] = bindparam("member")
_SINCE: BindParameter[date] = bindparam("since")
_UNTIL: BindParameter[date] = bindparam("until")
_FIRST: BindParameter[date] = bindparam("first")
_LAST: BindParameter[date] = bindparam("last")
_ATTESTATION, _MEMBER_OF, _POSTING, _SQUAD = (
    short(Attestation, "a"),
    short(Member, "m"),
    short(Posting, "p"),
    short(Squad, "q"),
)
_A, _M, _P, _Q = _ATTESTATION.c, _MEMBER_OF.c, _POSTING.c, _SQUAD.c
_C, _L, _D, _G = short(CheckIn, "c").c, short(Leave, "l").c, short(SiteDay, "d").c, short(RoleGrant, "g").c
_APPEAL = short(Appeal, "e").c

_MONTH = {
    "site_day": select(
        _D.on_date,
        _D.confirmed_halves,
        _D.pending_halves,
        _D.excused_halves,
        _D.lowers_target_halves,
        _D.rejected_halves,
    ).where(_D.county_id == _COUNTY, _D.member_id == _MEMBER, _D.on_date.between(_FIRST, _LAST)),
    "posting": select(_P.starts_on, _P.ends_on, _Q.unit_id)
    .select_from(_POSTING)
    .join(_SQUAD, (_Q.county_id == _P.county_id) & (_Q.id == _P.squad_id))
    .where(
        _P.county_id == _COUNTY,
        _P.member_id == _MEMBER,
        _P.starts_on <= _LAST,
        or_(_P.ends_on.is_(None), _P.ends_on >= _FIRST),
    ),
    "leave": select(_L.id, _L.kind, _L.starts_on, _L.ends_on, _L.halves, _L.state).where(
        _L.county_id == _COUNTY,
        _L.member_id == _MEMBER,
        _L.state.in_(("approved", "pending")),
        _L.starts_on <= _LAST,
        _L.ends_on >= _FIRST,
    ),
    "role": select(_G.role, _G.valid_from, _G.valid_to).where(
        _G.county_id == _COUNTY,
        _G.member_id == _MEMBER,
        _G.valid_from <= _LAST,
        or_(_G.valid_to.is_(None), _G.valid_to >= _FIRST),
    ),
}
# Of the local days from `since` to `until`, and of their months; a face may ask more in the same breath.
QUESTIONS = {
    "checkin": select(
        *(_C.id, _C.kind, _C.verdict, _C.decision, _C.on_date, _C.minute_of_day, _C.addendum),
        exists()
        .where(_APPEAL.county_id == _C.county_id, _APPEAL.checkin_id == _C.id, _APPEAL.state == "open")
        .label("appealed"),
    ).where(_C.county_id == _COUNTY, _C.member_id == _MEMBER, _C.on_date.between(_SINCE, _UNTIL)),
    "attestation": select(_A.id, _A.reason, _M.name, _A.on_date, _A.halves)
    .select_from(_ATTESTATION)
    .join(_MEMBER_OF, (_M.county_id == _A.county_id) & (_M.id == _A.attester_id))
    .where(
        _A.county_id == _COUNTY, _A.member_id == _MEMBER, _A.on_date.between(_SINCE, _UNTIL), _A.withdrawn_at.is_(None)
    ),
    "closed": closed.MONTHS,
    **_MONTH,
}
_OF_MONTH, _OF_DAY = Questions(**_MONTH), Questions(**QUESTIONS)


@dataclass(frozen=True, slots=True)
class DayInputs:
    """What one local day of a member is counted from, and what its month is made of besides."""

    checkins: list[CheckInInput]
    attestations: list[AttestationInput]
    leaves: list[LeaveInput]
    month: MonthInputs

    def as_corrected(self) -> "DayInputs":
        """With what came after the month was closed: for the addendum to a published result."""
        return replace(self, checkins=[replace(c, addendum=False) for c in self.checkins])


def span(since: date, until: date) -> dict[str, date]:
    """The parameters by which QUESTIONS asks for the local days from `since` to `until`."""
    return {"since": since, "until": until, "first": since.replace(day=1), "last": month_end(until)}


def of_month(session: Session, county_id: int, member_id: uuid.UUID, month: date) -> MonthInputs:
    """The stored days, the postings and the roles of a month; `month` is its first day."""
    values = {"county": county_id, "member": member_id} | span(month, month)
    return _month(_OF_MONTH.ask(session, values), month)


def ask(session: Session, county_id: int, member_id: uuid.UUID, since: date, until: date) -> Answers:
    """The answers to QUESTIONS for the local days from `since` to `until`; `day_of` reads one of them."""
    answers = _OF_DAY.ask(session, {"county": county_id, "member": member_id} | span(since, until))
    closed.remember(session, county_id, answers["closed"])
    return answers


def day_of(answers: Answers, on: date, rules: InForce) -> DayInputs:
    """The check-ins, attestations and leave of one local day of the span that was asked for, with its month as it is
    stored now."""
    return DayInputs(
        [
            checkin_input(r.id, r.kind, r.minute_of_day, r.verdict, r.decision, r.addendum, r.appealed)
            for r in answers["checkin"]
            if r.on_date == on
        ],
        [AttestationInput(str(r.id), r.halves, r.name, r.reason) for r in answers["attestation"] if r.on_date == on],
        [
            LeaveInput(str(r.id), r.kind, r.halves, rules.leave_effect(r.kind, r.state == "pending"))
            for r in answers["leave"]
            if r.starts_on <= on <= r.ends_on
        ],
        _month(answers, on.replace(day=1)),
    )


def checkin_input(
    id_: uuid.UUID, kind: str, minute: int, verdict: str, decision: str | None, addendum: bool, appealed: bool
) -> CheckInInput:
    """A rejection that is disputed waits like any other check-in."""
    holds = decision or verdict
    disputed = appealed and holds == "rejected"
    return CheckInInput(
        str(id_), kind, minute, "review" if disputed else holds, decision is not None, addendum, disputed
    )


def _month(answers: Answers, month: date) -> MonthInputs:
    def halves(r: Any) -> DayHalves:
        return DayHalves(
            r.confirmed_halves, r.pending_halves, r.excused_halves, r.lowers_target_halves, r.rejected_halves
        )

    last = month_end(month)
    return MonthInputs(
        {r.on_date: halves(r) for r in answers["site_day"] if month <= r.on_date <= last},
        [Posted(r.starts_on, r.ends_on, r.unit_id) for r in answers["posting"]],
        [Held(r.role, r.valid_from, r.valid_to) for r in answers["role"]],
        away=[
            (r.starts_on, r.ends_on)
            for r in answers["leave"]
            if r.state == "approved" and is_away_all_day(r.kind, r.halves)
        ],
    )
