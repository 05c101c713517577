"""PURE: what a lead owes by when, by the county's rules: a first 跟进, a judgement, an answer to the company, and a
word every so often. Workdays are China's, with shifted holidays."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

What = Literal["respond", "judge", "answer", "report"]
WORDS: dict[What, str] = {
    "respond": "首次跟进",
    "judge": "研判",
    "answer": "答复企业",
    "report": "跟进",
}
IsWorkday = Callable[[date], bool | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """The county's days for each, and for a claim without progress."""

    respond: int
    judge: int
    answer: int
    report: int
    claim: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Of an open lead: the local dates on which it was claimed and last moved, and what was done."""

    claimed_on: date
    moved_on: date
    is_responded: bool
    is_judged: bool
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed, by the end of which local date."""

    what: What
    due_on: date

    def days_late(self, today: date) -> int:
        return max(0, (today - self.due_on).days)


def owed(of: Standing, terms: Terms, is_workday: IsWorkday) -> list[Owed]:
    """The soonest first. The word every so often is owed only once the lead was taken up at all."""
    return sorted(_owed(of, terms, is_workday), key=lambda one: one.due_on)


def _owed(of: Standing, terms: Terms, is_workday: IsWorkday) -> Iterator[Owed]:
    if not of.is_responded:
        yield Owed("respond", workdays_after(of.claimed_on, terms.respond, is_workday))
    else:
        yield Owed("report", of.moved_on + timedelta(days=terms.report))
    if not of.is_judged:
        yield Owed("judge", workdays_after(of.claimed_on, terms.judge, is_workday))
    if not of.is_answered:
        yield Owed("answer", workdays_after(of.claimed_on, terms.answer, is_workday))


def workdays_after(on: date, days: int, is_workday: IsWorkday) -> date:
    """The local date on which so many workdays are over. An unpublished year: Monday to Friday."""
    while days > 0:
        on += timedelta(days=1)
        known = is_workday(on)
        if known if known is not None else on.weekday() < 5:
            days -= 1
    return on


def late_since(today: date, days: int, is_workday: IsWorkday) -> date:
    """The last local date from which so many workdays were over before today: whoever had it by then is late."""
    on = today - timedelta(days=days + 1)
    while workdays_after(on, days, is_workday) >= today:
        on -= timedelta(days=1)
    return on


def expires_on(of: Standing, terms: Terms) -> date:
    """The first local date on which a claim without progress is over."""
    return of.moved_on + timedelta(days=terms.claim + 1)
