"""What a day and its month are counted from, in one question each: the only reader of the tally's inputs."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Row,
    Select,
    String,
    Uuid,
    bindparam,
    case,
    cast,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from server.checkins.models import Attestation, CheckIn
from server.db import columns
from server.leaves.models import Leave
from server.org.models import Member, Posting
from server.tally.fold import AttestationInput, CheckInInput, DayHalves, LeaveInput, MonthInputs, month_end
from server.tally.models import SiteDay

_COUNTY: BindParameter[int] = bindparam("county")
_MEMBER: BindParameter[uuid.UUID] = bindparam("member")
_ON: BindParameter[date] = bindparam("on")
_FIRST: BindParameter[date] = bindparam("first")
_LAST: BindParameter[date] = bindparam("last")
_C, _A, _L, _M, _D, _P = (columns(table) for table in (CheckIn, Attestation, Leave, Member, SiteDay, Posting))


def _part(
    name: str,
    row_id: ColumnElement[uuid.UUID] | None = None,
    words: Sequence[ColumnElement[Any]] = (),
    dates: Sequence[ColumnElement[Any]] = (),
    numbers: Sequence[ColumnElement[Any]] = (),
) -> Select[Any]:
    """One kind of input as a row of one shape: its kind, an id, three words, two dates, four numbers."""

    def filled(given: Sequence[ColumnElement[Any]], names: str, kind: Any) -> list[ColumnElement[Any]]:
        return [
            (given[place] if place < len(given) else cast(null(), kind)).label(label)
            for place, label in enumerate(names.split())
        ]

    return select(
        literal_column(f"'{name}'").label("part"),
        (cast(null(), Uuid()) if row_id is None else row_id).label("id"),
        *filled(words, "word first second", String()),
        *filled(dates, "starts_on ends_on", Date()),
        *filled(numbers, "n0 n1 n2 n3", Integer()),
    )


_CHECKINS = _part(
    "checkin", _C.id, (_C.kind, _C.verdict, _C.decision), (), (_C.minute_of_day, case((_C.addendum, 1), else_=0))
).where(_C.county_id == _COUNTY, _C.member_id == _MEMBER, _C.on_date == _ON)
_ATTESTATIONS = (
    _part("attestation", _A.id, (_A.reason, _M.name), (), (_A.halves,))
    .join(Member.__table__, (_M.county_id == _A.county_id) & (_M.id == _A.attester_id))
    .where(_A.county_id == _COUNTY, _A.member_id == _MEMBER, _A.on_date == _ON)
)
_LEAVES = _part("leave", _L.id, (_L.kind,), (), (_L.halves,)).where(
    _L.county_id == _COUNTY,
    _L.member_id == _MEMBER,
    _L.state == "approved",
    _L.starts_on <= _ON,
    _L.ends_on >= _ON,
)
_SITE_DAYS = _part(
    "day", None, (), (_D.on_date,), (_D.confirmed_halves, _D.pending_halves, _D.excused_halves, _D.lowers_target_halves)
).where(_D.county_id == _COUNTY, _D.member_id == _MEMBER, _D.on_date.between(_FIRST, _LAST))
_POSTINGS = _part("posting", None, (), (_P.starts_on, _P.ends_on)).where(
    _P.county_id == _COUNTY,
    _P.member_id == _MEMBER,
    _P.starts_on <= _LAST,
    or_(_P.ends_on.is_(None), _P.ends_on >= _FIRST),
)
_OF_MONTH = union_all(_SITE_DAYS, _POSTINGS)
_OF_DAY = union_all(_CHECKINS, _ATTESTATIONS, _LEAVES, _SITE_DAYS, _POSTINGS)


@dataclass(frozen=True, slots=True)
class DayInputs:
    """What one local day of a member is counted from, and what its month is made of besides."""

    checkins: list[CheckInInput]
    attestations: list[AttestationInput]
    leaves: list[LeaveInput]
    month: MonthInputs


def of_month(session: Session, county_id: int, member_id: uuid.UUID, month: date) -> MonthInputs:
    """The stored days and the postings of a month; `month` is its first day."""
    return _month(session.execute(_OF_MONTH, _values(county_id, member_id, month)))


def of_day(
    session: Session, county_id: int, member_id: uuid.UUID, on: date, leave_effects: Mapping[str, str]
) -> DayInputs:
    """The check-ins, attestations and approved leave of the local day `on`, with its month as it is stored now.

    `leave_effects`: what each kind of leave does, as the policy of that day says.
    """
    rows = session.execute(_OF_DAY, _values(county_id, member_id, on.replace(day=1)) | {"on": on}).all()
    return DayInputs(
        [
            CheckInInput(str(r.id), r.word, r.n0, r.second or r.first, r.second is not None, bool(r.n1))
            for r in rows
            if r.part == "checkin"
        ],
        [AttestationInput(str(r.id), r.n0, r.first, r.word) for r in rows if r.part == "attestation"],
        [LeaveInput(str(r.id), r.word, r.n0, leave_effects.get(r.word, "none")) for r in rows if r.part == "leave"],
        _month(rows),
    )


def _values(county_id: int, member_id: uuid.UUID, month: date) -> dict[str, Any]:
    return {"county": county_id, "member": member_id, "first": month, "last": month_end(month)}


def _month(rows: Iterable[Row[Any]]) -> MonthInputs:
    days: dict[date, DayHalves] = {}
    postings: list[tuple[date, date | None]] = []
    for r in rows:
        if r.part == "day":
            days[r.starts_on] = DayHalves(r.n0, r.n1, r.n2, r.n3)
        elif r.part == "posting":
            postings.append((r.starts_on, r.ends_on))
    return MonthInputs(days, postings)
