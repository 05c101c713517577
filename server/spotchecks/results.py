"""What came of a month's spot checks, by squad: sums that leave out what was nobody's fault."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn
from server.org.models import Squad
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.spotchecks.answers import seen
from server.spotchecks.models import NOT_COUNTED, SpotCall, SpotCheck


@dataclass(slots=True)
class Sum:
    """`answer_s`: of each selfie of in time, the seconds until its photo was taken. `accepted`: by a person's review.
    `unanswered`: those that no person has excused. `calls_forwarded`: answered, but somewhere else."""

    drawn: int = 0
    in_time: int = 0
    late: int = 0
    accepted: int = 0
    unanswered: int = 0
    explained: int = 0
    excused: int = 0
    calls: int = 0
    calls_answered: int = 0
    calls_forwarded: int = 0
    calls_unanswered: int = 0
    answer_s: list[float] = field(default_factory=list)

    @property
    def median_s(self) -> float | None:
        return median(self.answer_s) if self.answer_s else None

    def take(self, check: SpotCheck, holds: str | None, is_forwarded: bool) -> None:
        """Count one in; holds: what holds of its check-in."""
        if check.kind == "call":
            self.calls += 1
            self.calls_answered += check.state == "answered" and not is_forwarded
            self.calls_forwarded += is_forwarded
            self.calls_unanswered += check.state == "unanswered" and check.decision != "excused"
        else:
            self.drawn += 1
            self.in_time += check.state == "answered"
            self.late += check.state == "late"
            self.accepted += holds == "accepted"
            if check.state == "answered" and check.answered_at is not None:
                self.answer_s.append((check.answered_at - check.issues_at).total_seconds())
            self.unanswered += check.state == "unanswered" and check.decision != "excused"
            self.explained += check.explained_at is not None
            self.excused += check.decision == "excused"


@dataclass(frozen=True, slots=True)
class Line:
    squad_id: uuid.UUID
    squad: str
    unit_id: uuid.UUID
    sum: Sum


def of_month(session: Session, caller: Caller, month: date, among: ColumnElement[bool] | None = None) -> list[Line]:
    """One line a squad that had any, by name: nobody is ranked. month: its first day; among: a condition on Squad."""
    those = in_county(caller, Squad).where(true() if among is None else among)
    squads = {squad.id: squad for squad in session.scalars(those)}
    sums: dict[uuid.UUID, Sum] = {}
    rows = _rows(session, caller, month)
    forwarded = _forwarded(session, caller.county_id, [check.id for check, _ in rows])
    for check, holds in rows:
        if check.squad_id in squads and check.state not in NOT_COUNTED and check.state != "open":
            sums.setdefault(check.squad_id, Sum()).take(check, holds, check.id in forwarded)
    lines = [Line(id_, squads[id_].name, squads[id_].unit_id, found) for id_, found in sums.items()]
    return sorted(lines, key=lambda line: (line.squad, str(line.squad_id)))


def _forwarded(session: Session, county_id: int, checks: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Of these checks the calls that were answered, but not at the station: the old way to fake being there."""
    made = select(SpotCall.spot_check_id).where(
        SpotCall.county_id == county_id, SpotCall.spot_check_id.in_(checks), SpotCall.outcome == "forwarded"
    )
    return set(session.scalars(made))


def together(sums: Iterable[Sum]) -> Sum:
    """Of several squads one."""
    total = Sum()
    for one in sums:
        for name in Sum.__dataclass_fields__:
            setattr(total, name, getattr(total, name) + getattr(one, name))
    return total


def _rows(session: Session, caller: Caller, month: date) -> Sequence[tuple[SpotCheck, str | None]]:
    zone = ZoneInfo(caller.tz)
    begins = datetime.combine(month, time(), zone)
    ends = datetime.combine((month + timedelta(days=32)).replace(day=1), time(), zone)
    of = (CheckIn.county_id == SpotCheck.county_id) & (CheckIn.id == SpotCheck.checkin_id)
    rows = session.execute(
        select(SpotCheck, CheckIn.decision)
        .outerjoin(CheckIn, of)
        .where(
            SpotCheck.county_id == caller.county_id,
            SpotCheck.issues_at >= begins,
            SpotCheck.issues_at < ends,
            seen(caller),
        )
    )
    return [(row.SpotCheck, row.decision) for row in rows]
