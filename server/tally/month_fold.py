"""PURE: from site days, postings and rules to a month. The same inputs give the same answer on any machine."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from server.tally.rules import Rulebook
from server.tally.target import asked_on, target_of
from server.tally.types import FULL_DAY, MonthCount, MonthInputs, Posted


def fold_month(
    month: date, today: date, book: Rulebook, inputs: MonthInputs, asked_from: date | None = None
) -> MonthCount:
    """Count one member's month on the local date `today`; `month` is its first day.

    `asked_from` leaves out the posted dates before it: for flags, which must not hold against a person the days
    before they had agreed to check in.
    """
    last = month_end(month)
    dates = [month + timedelta(days=i) for i in range(last.day)]
    rules = {on: book.on(on) for on in dates}
    countable = [on for on in dates if rules[on].can_count(on) is not False]
    posted = {on: posting for on in countable if (posting := posting_on(inputs.postings, on)) is not None}
    asked = {
        on: asked_on(rules[on].rules, on, posting, inputs.roles)
        for on, posting in posted.items()
        if asked_from is None or on >= asked_from
    }
    target, why = target_of(rules[last].rules, asked, countable, inputs.days)
    days = {on: day for on, day in inputs.days.items() if month <= on <= last}
    taken = {on for on, d in days.items() if d.confirmed + d.pending + d.excused + d.lowers_target >= FULL_DAY}
    return MonthCount(
        month=month,
        confirmed=sum(d.confirmed for d in days.values()) / 2,
        pending=sum(d.pending for d in days.values()) / 2,
        excused=sum(d.excused for on, d in days.items() if on in posted) / 2,
        target=target,
        remaining_days=sum(1 for on in asked if on >= today and on not in taken and rules[on].windows_on(on)),
        posted_days=len(asked),
        elapsed_days=sum(1 for on in asked if on < today),
        target_explanation=why,
        policy_version=rules[last].version,
        rejected=sum(d.rejected for d in days.values()) / 2,
        lowered=sum(d.lowers_target for on, d in days.items() if on in asked) / 2,
    )


def month_end(month: date) -> date:
    """The last date of the month that holds `month`."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def posting_on(postings: Sequence[Posted], on: date) -> Posted | None:
    """The posting that holds on a date: of two that overlap, the one that started last."""
    holding = [p for p in postings if p.starts_on <= on and (p.ends_on is None or on <= p.ends_on)]
    return max(holding, key=lambda p: p.starts_on, default=None)
