"""线索分析: how far leads come, how long they stand, which channels bear fruit, what squads do beside their days."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from server.leads import see
from server.leads.models import CHANNELS, STAGES, Lead, LeadEvent, LeadUpdate
from server.org.models import Posting
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.tally.month_fold import month_end
from server.watch.results import Part, table_of

# Days in the stage, up to and with; the last is whatever is longer.
AGES = (7, 14, 30, 90)
_RANKS = {stage: rank for rank, stage in enumerate(STAGES)}
_VISITED, _SIGNED = _RANKS["visited"], _RANKS["signed"]


@dataclass(frozen=True, slots=True)
class Step:
    """A stage: how many leads ever reached it, and that as a share of those that reached the one before, and of all."""

    word: str
    count: int
    of_before: float | None
    of_all: float | None


@dataclass(frozen=True, slots=True)
class Channel:
    """What came by one channel; `wan`: 万元 of what was signed in yuan."""

    word: str
    reported: int
    visited: int
    signed: int
    wan: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The open leads of a stage by how long they have stood in it (AGES, and longer); `still`: those without progress
    for longer than the county's rules allow."""

    word: str
    counts: tuple[int, ...]
    still: int

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Active:
    """A squad's month: its confirmed days on site, and what it did about leads."""

    name: str
    unit: str
    days: float
    reported: int
    updates: int
    moved: int
    signed: int


@dataclass(frozen=True, slots=True)
class Span:
    """Local dates, both included, of a county's zone."""

    since: date
    until: date
    tz: str

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.since, time(), ZoneInfo(self.tz))

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.until + timedelta(days=1), time(), ZoneInfo(self.tz))


def came_far(
    session: Session, caller: Caller, span: Span, narrowed: Sequence[ColumnElement[bool]]
) -> tuple[list[Step], list[Channel]]:
    """Of the leads reported in the span, which the caller may see: how far each ever came, whatever became of it since;
    and the same by channel, in the channels' own order. One statement."""
    to = LeadEvent.facts["to"].as_string()
    came = (
        select(LeadEvent.lead_id, func.max(case(_RANKS, value=to)).label("rank"))
        .where(LeadEvent.county_id == caller.county_id, LeadEvent.what == "stage", LeadEvent.at >= span.begins)
        .group_by(LeadEvent.lead_id)
        .subquery()
    )
    rank = func.coalesce(came.c.rank, 0)
    wan = func.sum(Lead.investment_wan).filter(Lead.outcome == "signed", Lead.currency == "CNY")
    counted = (
        select(Lead.channel, rank.label("rank"), func.count().label("many"), func.coalesce(wan, 0).label("wan"))
        .outerjoin(came, came.c.lead_id == Lead.id)
        .where(
            Lead.county_id == caller.county_id,
            Lead.created_at >= span.begins,
            Lead.created_at < span.ends,
            see.seen(caller),
            *narrowed,
        )
        .group_by(Lead.channel, rank)
    )
    rows = session.execute(counted).all()
    return _steps(rows), _channels(rows)


def _steps(rows: Sequence[Any]) -> list[Step]:
    reached = [sum(row.many for row in rows if row.rank >= rank) for rank in _RANKS.values()]
    return [
        Step(
            word=word,
            count=reached[rank],
            of_before=_share(reached[rank], reached[rank - 1]) if rank else None,
            of_all=_share(reached[rank], reached[0]),
        )
        for rank, word in enumerate(STAGES.values())
    ]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _channels(rows: Sequence[Any]) -> list[Channel]:
    of: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        of[row.channel].append(row)
    return [
        Channel(
            word=word,
            reported=sum(row.many for row in of[code]),
            visited=sum(row.many for row in of[code] if row.rank >= _VISITED),
            signed=sum(row.many for row in of[code] if row.rank >= _SIGNED),
            wan=int(sum(row.wan for row in of[code])),
        )
        for code, word in CHANNELS.items()
        if code in of
    ]


def standing(
    session: Session, caller: Caller, now: datetime, report_days: int, narrowed: Sequence[ColumnElement[bool]]
) -> list[Standing]:
    """The open leads in somebody's hands that the caller may see, by stage. One statement."""
    age = case(*((Lead.stage_since >= now - timedelta(days=days), n) for n, days in enumerate(AGES)), else_=len(AGES))
    still = func.count().filter(Lead.moved_at < now - timedelta(days=report_days))
    counted = (
        in_county(caller, Lead)
        .with_only_columns(Lead.stage, age.label("age"), func.count().label("many"), still.label("still"))
        .where(Lead.outcome.is_(None), Lead.squad_id.is_not(None), see.seen(caller), *narrowed)
        .group_by(Lead.stage, age)
    )
    counts: Counter[tuple[str, int]] = Counter()
    quiet: Counter[str] = Counter()
    for row in session.execute(counted):
        counts[row.stage, row.age] += row.many
        quiet[row.stage] += row.still
    return [
        Standing(word, tuple(counts[stage, n] for n in range(len(AGES) + 1)), quiet[stage])
        for stage, word in STAGES.items()
        if stage != "signed"
    ]


def active(session: Session, caller: Caller, month: date, part: Part) -> list[Active]:
    """The squads of that part which had people out or leads in the month (its first day), by unit and name: never by
    what they did. Days are those of the month's table, as published once it is closed."""
    span = Span(month, month_end(month), caller.tz)
    table, _ = table_of(session, caller, month, part)
    did = _did(session, caller, span)
    return [
        Active(
            name=group["group"],
            unit=unit["unit"],
            days=group["days"],
            **{what: did[what][uuid.UUID(group["id"])] for what in ("reported", "updates", "moved", "signed")},
        )
        for unit in table["units"]
        for group in unit["groups"]
    ]


def _did(session: Session, caller: Caller, span: Span) -> dict[str, Counter[uuid.UUID]]:
    """By what was done and by the squad of who did it on that day, whoever has the lead now; what somebody did who was
    posted nowhere stands with the squad that has it."""
    theirs = in_county(caller, Lead).where(Lead.squad_id.is_not(None))
    updated = (LeadUpdate.county_id == Lead.county_id) & (LeadUpdate.lead_id == Lead.id)
    moved = (LeadEvent.county_id == Lead.county_id) & (LeadEvent.lead_id == Lead.id) & (LeadEvent.what == "stage")
    asked: dict[str, tuple[Any, Any, Any]] = {
        "reported": (theirs, Lead.reported_by, Lead.created_at),
        "updates": (theirs.join(LeadUpdate, updated), LeadUpdate.member_id, LeadUpdate.happened_at),
        "moved": (theirs.join(LeadEvent, moved), LeadEvent.by_id, LeadEvent.at),
        "signed": (theirs.where(Lead.outcome == "signed"), Lead.owner_id, Lead.ended_at),
    }
    posted = _posted(session, caller, span)
    found = {}
    for what, (statement, who, at) in asked.items():
        told = statement.with_only_columns(Lead.squad_id, who.label("who"), at.label("at"), maintain_column_froms=True)
        rows = session.execute(told.where(at >= span.begins, at < span.ends))
        found[what] = Counter(posted(row.who, row.at) or row.squad_id for row in rows)
    return found


def _posted(session: Session, caller: Caller, span: Span) -> Callable[[uuid.UUID, datetime], uuid.UUID | None]:
    """With which squad a member was posted at a moment of the span."""
    zone = ZoneInfo(caller.tz)
    mine = in_county(caller, Posting).where(
        Posting.starts_on <= span.ends.astimezone(zone).date(),
        or_(Posting.ends_on.is_(None), Posting.ends_on >= span.begins.astimezone(zone).date()),
    )
    of: dict[uuid.UUID, list[Posting]] = defaultdict(list)
    for posting in session.scalars(mine.order_by(Posting.starts_on.desc())):
        of[posting.member_id].append(posting)

    def at(who: uuid.UUID, moment: datetime) -> uuid.UUID | None:
        on = moment.astimezone(zone).date()
        there = (p.squad_id for p in of[who] if p.starts_on <= on and (p.ends_on is None or on <= p.ends_on))
        return next(there, None)

    return at
