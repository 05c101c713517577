"""A member's months as a calendar: each date with its state, and which dates asked nothing of them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.leaves.models import Leave
from server.org.models import Consent, County, Posting
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.tally import policy
from server.tally.models import SiteDay
from server.tally.month_fold import asked_windows, month_end
from server.tally.states import state_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """One date: a state of tally.states, `idle` where nothing was asked, `future`; and why, once something is known."""

    on: date
    state: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class MonthMarks:
    """A month of marks; `blanks` before the first of them, as weeks begin on Monday; days confirmed, waiting and
    excused."""

    first: date
    marks: tuple[Mark, ...]
    confirmed: float
    pending: float
    excused: float

    @property
    def blanks(self) -> int:
        return self.first.weekday()

    @property
    def is_empty(self) -> bool:
        """Nothing was asked and nothing happened."""
        return all(mark.state in ("idle", "future") for mark in self.marks)

    def weeks(self) -> list[list[Mark | None]]:
        """Rows of seven, None where the month has no date."""
        cells: list[Mark | None] = [*[None] * self.blanks, *self.marks]
        cells += [None] * (-len(cells) % 7)
        return [cells[at : at + 7] for at in range(0, len(cells), 7)]


def months_back(month: date, how_many: int) -> list[date]:
    """The first days of so many months, the last of which is `month`."""
    found = [month.replace(day=1)]
    while len(found) < how_many:
        found.append((found[-1] - _DAY).replace(day=1))
    return found[::-1]


def calendar(session: Session, caller: Caller, member_id: uuid.UUID, months: Sequence[date]) -> list[MonthMarks]:
    """The marks of these months (first days, in order) of a member whom the caller watches."""
    first, last = months[0], month_end(months[-1])
    days = {
        day.on_date: day
        for day in session.execute(
            in_county(caller, SiteDay)
            .with_only_columns(
                *(SiteDay.on_date, SiteDay.confirmed_halves, SiteDay.pending_halves, SiteDay.excused_halves),
                *(SiteDay.lowers_target_halves, SiteDay.rejected_halves, SiteDay.explanation),
            )
            .where(SiteDay.member_id == member_id, SiteDay.on_date.between(first, last))
        )
    }
    asked = _asked(session, caller, member_id, first, min(last, caller.today))
    leave = _leave(session, caller, member_id, first, last)
    found = []
    for month in months:
        dates = [month + timedelta(days=n) for n in range(month_end(month).day)]
        theirs = [days[on] for on in dates if on in days]
        found.append(
            MonthMarks(
                first=month,
                marks=tuple(_mark(on, days.get(on), on in asked, on in leave, caller.today) for on in dates),
                confirmed=sum(day.confirmed_halves for day in theirs) / 2,
                pending=sum(day.pending_halves for day in theirs) / 2,
                excused=sum(day.excused_halves for day in theirs) / 2,
            )
        )
    return found


def _mark(on: date, day: object, asked: bool, on_leave: bool, today: date) -> Mark:
    state = "none"
    if day is not None:
        away = day.excused_halves + day.lowers_target_halves  # type: ignore[attr-defined]
        state = state_of(day.confirmed_halves, day.pending_halves, away, day.rejected_halves)  # type: ignore[attr-defined]
    if state == "none" and on_leave:
        state = "excused"
    elif state == "none" and on > today:
        state = "future"
    elif state == "none" and not asked:
        state = "idle"
    return Mark(on, state, day.explanation if day is not None else "")  # type: ignore[attr-defined]


def _asked(session: Session, caller: Caller, member_id: uuid.UUID, first: date, last: date) -> set[date]:
    """The dates on which the rules asked this member for a check-in: posted, agreed by then, a day that counts."""
    postings = session.execute(
        in_county(caller, Posting)
        .with_only_columns(Posting.starts_on, Posting.ends_on)
        .where(
            Posting.member_id == member_id,
            Posting.starts_on <= last,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= first),
        )
    ).all()
    agreed = _agreed_on(session, caller, member_id)
    book, found = policy.rulebook(session, caller.county_id), set()
    for starts_on, ends_on in postings:
        on, until = max(starts_on, first), min(ends_on or last, last)
        while on <= until:
            if agreed is not None and on >= agreed and asked_windows(book.on(on), on):
                found.add(on)
            on += _DAY
    return found


def _agreed_on(session: Session, caller: Caller, member_id: uuid.UUID) -> date | None:
    """Since which local date of the county the consent stands that is in force; None: there is none."""
    row = session.execute(
        select(Consent.given_at, County.tz)
        .join(County, County.id == Consent.county_id)
        .where(Consent.county_id == caller.county_id, Consent.member_id == member_id, Consent.withdrawn_at.is_(None))
    ).first()
    return row.given_at.astimezone(ZoneInfo(row.tz)).date() if row else None


def _leave(session: Session, caller: Caller, member_id: uuid.UUID, first: date, last: date) -> set[date]:
    rows = session.execute(
        in_county(caller, Leave)
        .with_only_columns(Leave.starts_on, Leave.ends_on)
        .where(
            *(Leave.member_id == member_id, Leave.state == "approved", Leave.kind != "make_up"),
            *(Leave.starts_on <= last, Leave.ends_on >= first),
        )
    )
    return {starts_on + timedelta(days=n) for starts_on, ends_on in rows for n in range((ends_on - starts_on).days + 1)}
