"""PURE: from site days, postings and rules to a month. The same inputs give the same answer on any machine."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

from server.evidence.types import Window
from server.tally.rules import InForce, Proration, Rulebook
from server.tally.target import Asked, asked_on, target_of
from server.tally.types import FULL_DAY, DayHalves, Held, MonthCount, MonthInputs, Posted


def fold_month(
    month: date, today: date, book: Rulebook, inputs: MonthInputs, asked_from: date | None = None
) -> MonthCount:
    """Count one member's month on the local date `today`; `month` is its first day.

    Dates on which the county does not ask for daily check-ins ask for no days. `asked_from` leaves out the posted dates
    before it as well: for flags, which must not hold against a person the days before they had agreed. Within, a date
    is its day of the month: this runs in every check-in.
    """
    last = month_end(month)
    rules = _rules_by_day(book, month, last)
    countable = [n for n, r in rules.items() if r.rules.countable_days == "calendar" or _can(r, month, n)]
    posted = _posted_by_day(inputs.postings, month, last)
    days = {on.day: day for on, day in inputs.days.items() if month <= on <= last}
    expected = held = [n for n in countable if n in posted]
    if inputs.counted_as >= 2 or asked_from:
        expected = [n for n in held if is_daily(rules[n])]
    if asked_from:
        expected = [n for n in expected if month.replace(day=n) >= asked_from]
    asked = _asked_by_day(rules, posted, expected, inputs, month)
    of, sharing = len(countable), rules[last.day].rules
    if len(expected) < len(held) and not sharing.proration.by_posting:  # who was not asked all days owes their share
        of, sharing = len(held), sharing.model_copy(update={"proration": _shared(sharing.proration)})
    target, why = target_of(sharing, month, asked, of, days) if asked or not held else (0.0, NOT_ASKED)
    most = in_days(sum([_asks_at_most(rules[n], month, n, days.get(n), inputs.counted_as) for n in asked]))
    if inputs.counted_as >= 2 and target > most:
        target, why = most, f"{why}本月最多能计 {most:g} 天，按 {most:g} 天算。"
    from_today = 1 if today < month else (today.day if today <= last else last.day + 1)
    ahead = [n for n in expected if n >= from_today and not _is_away(inputs.away, month.replace(day=n))]
    return MonthCount(
        month=month,
        confirmed=sum([d.confirmed for d in days.values()]) / 2,
        pending=sum([d.pending for d in days.values()]) / 2,
        excused=sum([d.excused for n, d in days.items() if n in posted]) / 2,
        target=target,
        remaining_days=in_days(sum([_left(rules[n], month, n, days.get(n)) for n in ahead])),
        posted_days=len(expected),
        elapsed_days=sum([n < from_today for n in expected]),
        target_explanation=why,
        policy_version=rules[last.day].version,
        rejected=sum([d.rejected for d in days.values()]) / 2,
        lowered=sum([d.lowers_target for n, d in days.items() if n in asked]) / 2,
    )


NOT_ASKED = "本月不要求每日打卡，没有天数目标。"


def is_daily(rules: InForce) -> bool:
    """Whether the county asks for check-ins every day; elsewhere nobody falls short by not checking in."""
    return rules.rules.burden_mode == "daily"


def asked_windows(rules: InForce, on: date) -> Sequence[Window]:
    """The windows in which a check-in is asked for on this date: none where it cannot count, or nobody has to."""
    return rules.windows_on(on) if is_daily(rules) and rules.can_count(on) is not False else ()


def earnable(rules: InForce, on: date) -> int:
    """The half days that the windows of a date give at most."""
    return rules.gives[on.weekday()]


def _asks_at_most(rules: InForce, month: date, day: int, taken: DayHalves | None, counted_as: int) -> int:
    """The half days that a date can be asked for: what its windows give less what leave takes off."""
    most = earnable(rules, month.replace(day=day))
    if not taken:
        return most
    return max(0, most - taken.lowers_target) if counted_as >= 3 else min(most, FULL_DAY - taken.lowers_target)


def in_days(halves: int) -> float:
    return halves / 2 if halves % 2 else halves // 2


def month_end(month: date) -> date:
    """The last date of the month that holds `month`."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def days_asked(book: Rulebook, month: date) -> Callable[[Posted, Sequence[Held], date | None], float]:
    """How many days the month asks of somebody, leave apart: with this posting, these roles, agreeing to be
    photographed since a date (None: does not). Most are posted alike, and counted once."""
    last, by_role = month_end(month), has_role_targets(book, month)

    @lru_cache(4096)
    def asks(posted: Posted, roles: tuple[Held, ...], agreed_on: date) -> float:
        return fold_month(month, last, book, MonthInputs({}, (posted,), roles), agreed_on).target

    def of(posted: Posted, roles: Sequence[Held], agreed_on: date | None) -> float:
        if agreed_on is None or agreed_on > last:
            return 0.0
        ends_on = posted.ends_on if posted.ends_on and posted.ends_on < last else None
        within = Posted(max(posted.starts_on, month), ends_on, posted.unit_id)
        return asks(within, tuple(roles) if by_role else (), max(agreed_on, month))

    return of


def has_role_targets(book: Rulebook, month: date) -> bool:
    return any(rules.rules.role_targets for _, rules in book.within(month, month_end(month)))


def posting_on(postings: Sequence[Posted], on: date) -> Posted | None:
    """The posting that holds on a date: of two that overlap, the one that started last."""
    holding = [p for p in postings if p.starts_on <= on and (p.ends_on is None or on <= p.ends_on)]
    return max(holding, key=lambda p: p.starts_on, default=None)


def _rules_by_day(book: Rulebook, month: date, last: date) -> dict[int, InForce]:
    rules: dict[int, InForce] = {}
    for starts_on, held in book.within(month, last):
        rules.update(dict.fromkeys(range(starts_on.day, last.day + 1), held))
    return rules


def _posted_by_day(postings: Sequence[Posted], month: date, last: date) -> dict[int, Posted]:
    """As `posting_on`, for all of the month."""
    posted: dict[int, Posted] = {}
    for p in sorted(postings, key=lambda p: p.starts_on):
        if p.starts_on <= last and (p.ends_on is None or p.ends_on >= month):
            first, end = max(p.starts_on, month), min(p.ends_on or last, last)
            posted.update(dict.fromkeys(range(first.day, end.day + 1), p))
    return posted


def _asked_by_day(
    rules: dict[int, InForce], posted: dict[int, Posted], expected: list[int], inputs: MonthInputs, month: date
) -> dict[int, Asked]:
    """What each expected date stands under; where no role has a target of its own, once for each posting and rules."""
    known: dict[tuple[int, int], Asked] = {}
    asked = {}
    for n in expected:
        key = (rules[n].version, id(posted[n]))
        if key not in known or rules[n].rules.role_targets:
            known[key] = asked_on(rules[n].rules, month.replace(day=n), posted[n], inputs.roles)
        asked[n] = known[key]
    return asked


def _shared(proration: Proration) -> Proration:
    return proration.model_copy(update={"by_posting": True})


def _can(rules: InForce, month: date, day: int) -> bool:
    return rules.can_count(month.replace(day=day)) is not False


def _is_away(away: Sequence[tuple[date, date]], on: date) -> bool:
    return any(first <= on <= last for first, last in away)


def _left(rules: InForce, month: date, day: int, taken: DayHalves | None) -> int:
    """The half days that a date can still earn: what its windows give less what was earned or leave fills."""
    most = earnable(rules, month.replace(day=day))
    if not taken:
        return most
    return max(0, most - taken.confirmed - taken.pending - taken.excused - taken.lowers_target)
