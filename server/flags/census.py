"""Every flaggable member's month in one pass over the county: the database gathers dates as bits, few folds do."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Date, Integer, Select, TextualSelect, Uuid, bindparam, select, text
from sqlalchemy.orm import Session

from server.db import UtcDateTime, dialect_of
from server.flags.bits import Calendar, DayBits
from server.flags.habit import SAMPLE_DAYS, usual_left
from server.leaves.models import Leave, is_away_all_day
from server.org import consent
from server.org.models import Posting, RoleGrant, Squad
from server.tally.models import MonthAddendum
from server.tally.month_fold import earnable, fold_month, in_days, is_daily, month_end
from server.tally.rules import Rulebook
from server.tally.types import COUNTED_AS, FULL_DAY, Held, MonthCount, MonthInputs, Posted

_FOREVER = date(9999, 12, 31)


class Counted(NamedTuple):
    """A month, and the days its member would still earn by their own weekly pattern (None: not known)."""

    month: MonthCount
    usual_left: float | None


@dataclass(slots=True)  # not frozen, which takes twice as long to make, a million times a night
class Standing:
    """One member's month: as it is counted, and, where something waits for a decision, as it would be if all of that
    were refused, which is reckoned when it is asked for: few have a flag."""

    member_id: uuid.UUID
    count: MonthCount
    usual_left: float | None
    has_today: bool  # nothing of today is left to earn, or they are on leave
    if_refused: Callable[[], Counted] | None = field(default=None, compare=False)


class _Absent(NamedTuple):
    """A member's whole days of leave by what was decided."""

    approved: tuple[tuple[date, date], ...] = ()
    asked_for: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What one pass is about: a county's month, counted on the local date `today`.

    closed: its numbers stand, and so does who had agreed at its end: withdrawing afterwards, or agreeing to newer
    words, changes nothing about it; `counted_as` says how it was counted. among: a query for the ids of the only
    members it is about, with its `values`; SQL of ours, never a person's words.
    """

    county_id: int
    tz: str
    month: date
    today: date
    book: Rulebook
    closed: bool = False
    counted_as: int = COUNTED_AS
    among: str = ""
    values: tuple[tuple[str, Any], ...] = ()

    @property
    def last(self) -> date:
        return month_end(self.month)

    @property
    def since(self) -> date:
        """The first date that bears on it: of the month, or of the four weeks that show a pattern."""
        return min(self.month, self.today - timedelta(days=SAMPLE_DAYS))


def standings(
    session: Session, asked: Asked, after: uuid.UUID | None, size: int
) -> Iterator[tuple[uuid.UUID, list[Standing]]]:
    """The members after `after` in the order of their ids, `size` at a time, each time with the id that it goes up to.
    Streamed, so that memory does not grow; the session must be in a transaction.

    Members posted in the month whose consent stands and was given before its end: refusing to be photographed never
    raises a flag, nor do the days before somebody agreed. And who may be short: whoever has confirmed days for the
    highest target that anybody has is not looked at, which of a month that is over are most.
    """
    values: dict[str, Any] = {
        "county": asked.county_id,
        "version": consent.CURRENT_VERSION,
        "after": after or uuid.UUID(int=0),
        "since": asked.since,
        "last": asked.last,
        "forever": _FOREVER,
        "consented_before": datetime.combine(asked.last + timedelta(days=1), time(), ZoneInfo(asked.tz)),
    }
    fold = _Fold(asked)
    corrected = session.scalar(_addenda_of(asked).limit(1)) is not None
    values |= {"month": asked.month, "enough": _ANY if corrected else _highest_target(asked)}
    question = _question(dialect_of(session), asked.among, asked.closed).bindparams(**dict(asked.values))
    rows = session.execute(question, values, execution_options={"yield_per": size})
    for part in rows.partitions():
        later = _addenda(session, asked, part[0].member_id, part[-1].member_id) if corrected else {}
        known = _in_detail(session, asked, [row.member_id for row in part if row.postings > 1 or fold.overrides])
        leave = _leave(session, asked, part[0].member_id, part[-1].member_id)
        yield part[-1].member_id, list(_known(fold, part, known, later, leave))


def _known(
    fold: "_Fold",
    rows: Sequence[Any],
    details: Mapping[uuid.UUID, "Detail"],
    later: Mapping[uuid.UUID, Mapping[date, Mapping[str, int]]],
    leave: Mapping[uuid.UUID, _Absent],
) -> Iterator[Standing]:
    for row in rows:
        who = row.member_id
        if found := fold.standing(row, details.get(who), later.get(who, {}), leave.get(who, _PRESENT)):
            yield found


_QUESTION = """
SELECT m.id AS member_id, c.given_at, p.postings, p.starts_on, p.ends_on,
       {sums}
FROM members m
JOIN consents c ON c.county_id = m.county_id AND c.member_id = m.id AND c.given_at < :consented_before
     AND {agreed}
JOIN (SELECT member_id, count(*) AS postings, min(starts_on) AS starts_on, max(coalesce(ends_on, :forever)) AS ends_on
      FROM postings WHERE county_id = :county AND starts_on <= :last AND (ends_on IS NULL OR ends_on >= :since)
            {narrowed}
      GROUP BY member_id) p ON p.member_id = m.id
LEFT JOIN (
    SELECT member_id, sum(confirmed_halves) FILTER (WHERE on_date >= :month) AS had, {masks}
    FROM site_days WHERE county_id = :county AND on_date BETWEEN :since AND :last {narrowed}
    GROUP BY member_id) d ON d.member_id = m.id
WHERE m.county_id = :county AND m.removed_at IS NULL AND m.id > :after AND coalesce(d.had, 0) < :enough
ORDER BY m.id
"""
_AGREES = "c.withdrawn_at IS NULL AND c.version = :version"
_AGREED_AT_ITS_END = "(c.withdrawn_at IS NULL OR c.withdrawn_at >= :consented_before)"
# One bit a date, the first of them `since`; a member has one row a date, so adding up is as good as or.
_DIALECTS = {
    "postgresql": ("bit_or", r"CAST(1 AS bigint) << (on_date - :since)"),
    "sqlite": ("sum", "1 << CAST(julianday(on_date) - julianday(:since) AS INTEGER)"),
}
_MASKS = tuple(  # in the order of DayBits
    (name + more, f"{column}_halves >= {halves}")
    for name, column in (("confirmed",) * 2, ("pending",) * 2, ("excused",) * 2, ("lowers", "lowers_target"))
    for more, halves in (("", 1), ("2", 2))
)


@lru_cache(16)
def _question(dialect: str, among: str, closed: bool) -> TextualSelect:
    gathered, bit = _DIALECTS[dialect]
    masks = ", ".join(f"{gathered}({bit}) FILTER (WHERE {condition}) AS {name}" for name, condition in _MASKS)
    return (
        text(
            _QUESTION.format(
                masks=masks,
                sums=", ".join(f"coalesce(d.{name}, 0) AS {name}" for name, _ in _MASKS),
                agreed=_AGREED_AT_ITS_END if closed else _AGREES,
                narrowed=f"AND member_id IN ({among})" if among else "",  # before anything is gathered
            )
        )
        .bindparams(
            *(bindparam(name, type_=Date()) for name in ("since", "month", "last", "forever")),
            bindparam("after", type_=Uuid()),
            bindparam("consented_before", type_=UtcDateTime()),
        )
        .columns(
            member_id=Uuid,
            given_at=UtcDateTime,
            postings=Integer,
            starts_on=Date,
            ends_on=Date,
            **dict.fromkeys((name for name, _ in _MASKS), BigInteger),
        )
    )


_ANY = 1000  # more half days than a month has: addenda may take confirmed ones back


def _highest_target(asked: Asked) -> int:
    """In half days, whoever it is of; shares of it, leave and rounding (to half days) only make it less."""
    held = [r.rules for _, r in asked.book.within(asked.month, asked.last)]
    return int(2 * max(max((r.target_days, *r.unit_targets.values(), *r.role_targets.values())) for r in held))


Detail = tuple[tuple[Posted, ...], tuple[Held, ...]]


def _in_detail(session: Session, asked: Asked, members: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Detail]:
    """Postings and roles of those few who were transferred; of all where a unit or a role has a target of its own."""
    if not members:
        return {}
    posted = (
        select(Posting.member_id, Posting.starts_on, Posting.ends_on, Squad.unit_id)
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .where(Posting.county_id == asked.county_id, Posting.member_id.in_(members))
        .order_by(Posting.starts_on)
    )
    held = select(RoleGrant.member_id, RoleGrant.role, RoleGrant.valid_from, RoleGrant.valid_to).where(
        RoleGrant.county_id == asked.county_id, RoleGrant.member_id.in_(members)
    )
    found: dict[uuid.UUID, tuple[list[Posted], list[Held]]] = {member: ([], []) for member in members}
    for row in session.execute(posted):
        found[row.member_id][0].append(Posted(row.starts_on, row.ends_on, row.unit_id))
    for grant in session.execute(held):
        found[grant.member_id][1].append(Held(grant.role, grant.valid_from, grant.valid_to))
    return {member: (tuple(postings), tuple(sorted(roles))) for member, (postings, roles) in found.items()}


def _addenda_of(asked: Asked) -> Select[Any]:
    """What became known after the month was closed stands beside its days, which stay as they were published."""
    return select(MonthAddendum.member_id, MonthAddendum.on_date, MonthAddendum.after).where(
        MonthAddendum.county_id == asked.county_id, MonthAddendum.on_date.between(asked.month, asked.last)
    )


def _addenda(
    session: Session, asked: Asked, first: uuid.UUID, upto: uuid.UUID
) -> Mapping[uuid.UUID, Mapping[date, Mapping[str, int]]]:
    """By member and date the half days as the latest addendum has them."""
    found: dict[uuid.UUID, dict[date, Mapping[str, int]]] = {}
    statement = _addenda_of(asked).where(MonthAddendum.member_id.between(first, upto))
    for row in session.execute(statement.order_by(MonthAddendum.made_at, MonthAddendum.id)):
        found.setdefault(row.member_id, {})[row.on_date] = row.after
    return found


_PRESENT = _Absent()


def _leave(session: Session, asked: Asked, first: uuid.UUID, upto: uuid.UUID) -> Mapping[uuid.UUID, _Absent]:
    """By member the whole days of leave, whatever it does to the target: nobody is asked to come on those that were
    approved, and none of them says how often somebody comes."""
    found: dict[uuid.UUID, _Absent] = {}
    for row in session.execute(
        select(Leave.member_id, Leave.starts_on, Leave.ends_on, Leave.state).where(
            Leave.county_id == asked.county_id,
            Leave.member_id.between(first, upto),
            Leave.state.in_(("approved", "pending")),
            is_away_all_day(Leave.kind, Leave.halves),
            Leave.starts_on <= asked.last,
            Leave.ends_on >= asked.since,
        )
    ):
        known, span = found.get(row.member_id, _PRESENT), (row.starts_on, row.ends_on)
        if row.state == "approved":
            found[row.member_id] = known._replace(approved=(*known.approved, span))
        else:
            found[row.member_id] = known._replace(asked_for=(*known.asked_for, span))
    return found


class _Member(NamedTuple):
    """What of a member does not depend on what they earned: how they are posted, and sets of dates as bits."""

    postings: tuple[Posted, ...]
    roles: tuple[Held, ...]
    posted: int
    agreed: date
    asked: int  # posted, and days were asked of them
    on_leave: int = 0


class _Fold:
    """What one pass needs again and again. The counting itself is `fold_month`'s, asked once for each way in which
    people are posted: of the days it sees only those that lower the target, and what is earned is added as bits.
    tests/flags/test_census.py holds the two together."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._since, self._last = asked.since, asked.last
        self._calendar = Calendar(asked.since, asked.last)
        self._zone = ZoneInfo(asked.tz)
        self._since_at = datetime.combine(asked.since, time(), self._zone)
        self._month = self._calendar.span(asked.month, asked.last)
        self._ahead = self._calendar.span(asked.today, asked.last)
        self._today = self._calendar.span(asked.today, asked.today)
        self._sample = self._calendar.span(asked.since, asked.today - timedelta(days=1)) & self._calendar.span(
            asked.today - timedelta(days=SAMPLE_DAYS), asked.last
        )
        rules = {id(r): r.rules for on in self._calendar.dates if (r := asked.book.on(on))}.values()
        self.overrides = any(r.unit_targets or r.role_targets for r in rules)
        gives = {on: earnable(asked.book.on(on), on) for on in self._calendar.dates}
        self._gives_half = self._calendar.those(on for on, halves in gives.items() if halves)
        self._gives_whole = self._calendar.those(on for on, halves in gives.items() if halves == FULL_DAY)
        # what waits for the calendar of a year waits for nobody's decision
        can = {on: asked.book.on(on).can_count(on) for on in self._calendar.dates}
        self._published = self._calendar.those(on for on, counts in can.items() if counts is not None)
        self._countable = self._calendar.those(on for on, counts in can.items() if counts is not False)
        self._daily = self._calendar.those(on for on in self._calendar.dates if is_daily(asked.book.on(on)))
        self._counted = lru_cache(4096)(self._month_without_days)
        self._member = lru_cache(4096)(self._as_posted)
        self._alike = lru_cache(4096)(self._one_posting)

    def standing(
        self, row: Any, detail: Detail | None, later: Mapping[date, Mapping[str, int]], leave: _Absent
    ) -> Standing | None:
        """None when the member is not posted on any date of the month."""
        member_id, given_at, _, starts_on, ends_on, *bits = row  # by name it takes far longer, a million times
        agreed = self._agreed_from(given_at)  # what somebody had not agreed to is not held against them
        member = self._member(*detail, agreed) if detail else self._alike(starts_on, ends_on, agreed)
        if not member.posted & self._month:
            return None
        if leave.approved:
            member = member._replace(on_leave=self._dates(leave.approved))
        days = DayBits(*bits)
        for on, after in later.items():
            days = days.corrected(self._calendar.those((on,)), after)
        to_earn = self._to_earn(days, member.on_leave)
        asked_for = self._dates(leave.asked_for) if leave.asked_for else 0
        count, usual = self._count(days, member, to_earn, asked_for)
        waits = days.pending & self._month & self._published
        refused = partial(self._refused, days, member) if waits else None
        return Standing(member_id, count, usual, not to_earn & self._today, refused)

    def _refused(self, days: DayBits, member: _Member) -> Counted:
        without = days.without_pending(self._published)
        return self._count(without, member, self._to_earn(without, member.on_leave), 0)

    def _dates(self, spans: Sequence[tuple[date, date]]) -> int:
        dates = 0
        for first, last in spans:
            dates |= self._calendar.span(first, last)
        return dates

    def _to_earn(self, days: DayBits, on_leave: int) -> int:
        """The dates that can still earn something; none once the month is over."""
        return days.open_half(self._gives_half, self._gives_whole) & ~on_leave if self._ahead else 0

    def _count(self, days: DayBits, member: _Member, to_earn: int, asked_for: int) -> Counted:
        month, left = self._month, member.asked & self._month & self._ahead & to_earn
        remaining = in_days(left.bit_count() + (left & days.open_whole(self._gives_whole)).bit_count()) if left else 0
        lowers = days.lowers & month, days.lowers2 & month
        count = self._counted(member.postings, member.roles, member.agreed, *lowers).with_days(
            days.confirmed_on(month), days.pending_on(month), days.excused_on(month & member.posted), remaining
        )
        usual = None
        if left and count.missing:
            sample = member.asked & self._sample & ~(days.away | member.on_leave | asked_for)
            usual = usual_left(sample, days.half, days.whole, left, self._calendar.weekdays)
            usual = None if usual is None else min(usual, remaining)
        return Counted(count, usual)

    def _one_posting(self, starts_on: date, ends_on: date, agreed: date) -> _Member:
        """Of a posting only as far as it bears on the pass, so that most are alike."""
        posting = Posted(max(starts_on, self._since), None if ends_on > self._last else ends_on)
        return self._member((posting,), (), agreed)

    def _as_posted(self, postings: tuple[Posted, ...], roles: tuple[Held, ...], agreed: date) -> _Member:
        posted = self._posted_dates(postings)
        return _Member(postings, roles, posted, agreed, posted & self._calendar.span(agreed, self._last) & self._daily)

    def _agreed_from(self, given_at: datetime) -> date:
        return self._since if given_at <= self._since_at else given_at.astimezone(self._zone).date()

    def _posted_dates(self, postings: tuple[Posted, ...]) -> int:
        """The dates on which one is posted and that can count."""
        posted = 0
        for p in postings:
            posted |= self._calendar.span(p.starts_on, p.ends_on or self._last)
        return posted & self._countable

    def _month_without_days(
        self, postings: tuple[Posted, ...], roles: tuple[Held, ...], agreed: date, lowers: int, lowers2: int
    ) -> MonthCount:
        days = self._calendar.lowering(lowers, lowers2)
        a = self._asked
        return fold_month(a.month, a.today, a.book, MonthInputs(days, postings, roles, counted_as=a.counted_as), agreed)
