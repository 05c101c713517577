"""Every member's month of a county from what is stored, streamed by members: for closing, verifying and previewing.

Of a closed month what came after the close is left out. It is known by the addenda, which name their causes.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Subquery, exists, func, or_, select
from sqlalchemy.orm import Session

from server.checkins.models import Appeal, Attestation, CheckIn, Review
from server.db import UtcDateTime
from server.leaves.models import Leave, is_away_all_day
from server.org.models import Consent, County, Member, Posting, RoleGrant, Squad, Station
from server.progress import tell
from server.tally.fold import fold_day
from server.tally.inputs import checkin_input
from server.tally.models import MonthAddendum
from server.tally.month_fold import fold_month, month_end, posting_on
from server.tally.policy import day_terms, following
from server.tally.rules import Rulebook
from server.tally.types import (
    COUNTED_AS,
    AttestationInput,
    Away,
    CheckInInput,
    DayCount,
    Held,
    LeaveInput,
    MonthCount,
    MonthInputs,
    Posted,
    halves_of,
)

AT_ONCE = 500  # members in memory
_A_STEP = 100  # of a whole fold, which takes long: members between two words of how far it is


@dataclass
class MemberMonth:
    """One member and everything their month is counted from."""

    member_id: uuid.UUID
    name: str
    unit_id: uuid.UUID
    checkins: dict[date, list[CheckInInput]] = field(default_factory=lambda: defaultdict(list))
    attestations: dict[date, list[AttestationInput]] = field(default_factory=lambda: defaultdict(list))
    leaves: list[Away] = field(default_factory=list)
    postings: list[Posted] = field(default_factory=list)
    roles: list[Held] = field(default_factory=list)
    counted_as: int = COUNTED_AS
    agreed_on: date | None = None  # since when they agree to be photographed; None: they do not


def count_member(
    book: Rulebook, month: date, today: date, given: MemberMonth
) -> tuple[dict[date, DayCount], MonthCount]:
    """PURE: the whole fold: every day of the month that there is anything about, and the month."""
    days: dict[date, DayCount] = {}
    for i in range(month_end(month).day):
        on = month + timedelta(days=i)
        rules = book.on(on)
        away = [
            LeaveInput(a.leave_id, a.kind, a.halves, rules.leave_effect(a.kind, a.undecided, given.counted_as))
            for a in given.leaves
            if a.starts_on <= on <= a.ends_on
        ]
        checkins, attestations = given.checkins.get(on, []), given.attestations.get(on, [])
        if checkins or attestations or away:
            posted = given.counted_as < 2 or posting_on(given.postings, on) is not None
            days[on] = fold_day(day_terms(rules, on, posted, given.counted_as), checkins, attestations, away)
    halves = {on: halves_of(day) for on, day in days.items()}
    whole = (a for a in given.leaves if not a.undecided and is_away_all_day(a.kind, a.halves))
    spans = [(a.starts_on, a.ends_on) for a in whole]
    inputs = MonthInputs(halves, given.postings, given.roles, spans, given.counted_as)
    return days, fold_month(month, today, book, inputs)


def member_months(
    session: Session, county_id: int, month: date, counted_as: int = COUNTED_AS
) -> Iterator[list[MemberMonth]]:
    """The members who were posted in the month or have anything in it, by id, a chunk at a time."""
    later = _later(session, county_id, month)
    concerned = (Member.county_id == county_id) & _concerned(month)
    of = session.scalar(select(func.count()).select_from(Member).where(concerned)) or 0
    done, after = 0, None
    while True:
        statement = select(Member.id, Member.name, Member.unit_id).where(
            concerned, Member.id > after if after else Member.id.is_not(None)
        )
        rows = session.execute(statement.order_by(Member.id).limit(_A_STEP)).all()
        if not rows:
            return
        tell("已核算", done, of, f"人（{month.month}月）")
        chunk = {row.id: MemberMonth(row.id, row.name, row.unit_id, counted_as=counted_as) for row in rows}
        _fill(session, county_id, month, chunk, later, counted_as)
        yield list(chunk.values())
        done, after = done + len(rows), rows[-1].id


@dataclass(frozen=True)
class _Later:
    """Ids of what came after the month was closed."""

    facts: frozenset[uuid.UUID]  # reviews, answers to appeals, attestations, decisions on leave
    withdrawals: frozenset[uuid.UUID]
    asked: frozenset[uuid.UUID]  # appeals and requests for leave themselves


def _later(session: Session, county_id: int, month: date) -> _Later:
    rows = session.execute(
        select(MonthAddendum.cause, MonthAddendum.cause_id).where(
            MonthAddendum.county_id == county_id, MonthAddendum.on_date.between(month, month_end(month))
        )
    ).all()
    return _Later(
        frozenset(r.cause_id for r in rows if r.cause not in ("withdrawal", "asked")),
        frozenset(r.cause_id for r in rows if r.cause == "withdrawal"),
        frozenset(r.cause_id for r in rows if r.cause == "asked"),
    )


def _concerned(month: date) -> ColumnElement[bool]:
    last = month_end(month)
    of_member: list[tuple[Any, ColumnElement[bool]]] = [
        (CheckIn, CheckIn.on_date.between(month, last) & CheckIn.addendum.is_(False)),
        (Attestation, Attestation.on_date.between(month, last)),
        (Posting, (Posting.starts_on <= last) & or_(Posting.ends_on.is_(None), Posting.ends_on >= month)),
    ]
    return or_(
        *(
            exists().where(table.county_id == Member.county_id, table.member_id == Member.id, condition)
            for table, condition in of_member
        )
    )


def _fill(
    session: Session,
    county_id: int,
    month: date,
    chunk: dict[uuid.UUID, MemberMonth],
    later: _Later,
    counted_as: int,
) -> None:
    last, ids = month_end(month), list(chunk)
    for c in _checkins(session, county_id, month, ids, later, counted_as):
        chunk[c[0]].checkins[c[1]].append(c[2])
    vouched = (
        select(Attestation, Member.name)
        .join(Member, (Member.county_id == Attestation.county_id) & (Member.id == Attestation.attester_id))
        .where(
            Attestation.county_id == county_id, Attestation.member_id.in_(ids), Attestation.on_date.between(month, last)
        )
    )
    for a, name in session.execute(vouched):
        stands = a.withdrawn_at is None or a.id in later.withdrawals
        if stands and a.id not in later.facts:
            chunk[a.member_id].attestations[a.on_date].append(AttestationInput(str(a.id), a.halves, name, a.reason))
    away = select(Leave).where(
        Leave.county_id == county_id,
        Leave.member_id.in_(ids),
        Leave.starts_on <= last,
        Leave.ends_on >= month,
    )
    for leave in session.scalars(away):
        state = _state_then(leave, later)
        if state == "approved" or (state == "pending" and counted_as >= 2):
            span = (leave.starts_on, leave.ends_on)
            away_then = Away(str(leave.id), leave.kind, *span, leave.halves, state == "pending")
            chunk[leave.member_id].leaves.append(away_then)
    posted_and_roles(session, county_id, month, ids, chunk)
    zone = zone_of(session, county_id)
    agreed = agreements(county_id, month, zone)
    for row in session.execute(select(agreed).where(agreed.c.member_id.in_(ids))):
        chunk[row.member_id].agreed_on = row.since.astimezone(zone).date()


def zone_of(session: Session, county_id: int) -> ZoneInfo:
    """The county's own, which says when its months begin and end."""
    return ZoneInfo(session.scalars(select(County.tz).where(County.id == county_id)).one())


def agreements(county_id: int, month: date, zone: ZoneInfo) -> Subquery:
    """By member since when there is a consent that was not withdrawn by the month's end: without one no days are asked
    of anybody, they are vouched for."""
    over = datetime.combine(following(month), time(), zone)
    return (
        select(Consent.member_id, func.min(Consent.given_at, type_=UtcDateTime()).label("since"))
        .where(
            Consent.county_id == county_id,
            Consent.given_at < over,
            or_(Consent.withdrawn_at.is_(None), Consent.withdrawn_at >= over),
        )
        .group_by(Consent.member_id)
        .subquery("agreed")
    )


def _state_then(leave: Leave, later: _Later) -> str:
    """What had become of a request when the month was closed; of an open month, what has by now."""
    if leave.id in later.asked:
        return "not asked for"
    if leave.id in later.facts:
        return "pending"
    if leave.id in later.withdrawals:
        return "approved" if leave.decided_by else "pending"
    return leave.state


def posted_and_roles(
    session: Session, county_id: int, month: date, ids: Sequence[uuid.UUID], chunk: dict[uuid.UUID, MemberMonth]
) -> None:
    """The postings and the roles of these members in the month, with what a table says of them."""
    last = month_end(month)
    posted = (
        select(Posting.member_id, Posting.starts_on, Posting.ends_on, Squad.unit_id, Posting.squad_id, Station.city)
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .where(
            Posting.county_id == county_id,
            Posting.member_id.in_(ids),
            Posting.starts_on <= last,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= month),
        )
        .order_by(Posting.starts_on)
    )
    for p in session.execute(posted):
        chunk[p.member_id].postings.append(Posted(p.starts_on, p.ends_on, p.unit_id, p.squad_id, p.city))
    for member_id, roles in roles_held(session, county_id, month, RoleGrant.member_id.in_(ids)).items():
        chunk[member_id].roles = roles


def absences(
    session: Session, county_id: int, month: date, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[tuple[date, date]]]:
    """By member the spans of whole days of approved leave in the month (MonthInputs.away)."""
    spans = select(Leave.member_id, Leave.starts_on, Leave.ends_on).where(
        *(Leave.county_id == county_id, Leave.member_id.in_(ids), Leave.state == "approved"),
        is_away_all_day(Leave.kind, Leave.halves),
        *(Leave.starts_on <= month_end(month), Leave.ends_on >= month),
    )
    found: dict[uuid.UUID, list[tuple[date, date]]] = defaultdict(list)
    for member_id, *span in session.execute(spans):
        found[member_id].append((span[0], span[1]))
    return found


def roles_held(
    session: Session, county_id: int, month: date, whose: ColumnElement[bool]
) -> dict[uuid.UUID, list[Held]]:
    """By member the roles held in the month, of those fulfilling `whose` (a condition on RoleGrant)."""
    grants = select(RoleGrant.member_id, RoleGrant.role, RoleGrant.valid_from, RoleGrant.valid_to).where(
        RoleGrant.county_id == county_id,
        RoleGrant.valid_from <= month_end(month),
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= month),
        whose,
    )
    found: dict[uuid.UUID, list[Held]] = defaultdict(list)
    for r in session.execute(grants):
        found[r.member_id].append(Held(r.role, r.valid_from, r.valid_to))
    return found


def _checkins(
    session: Session, county_id: int, month: date, ids: Sequence[uuid.UUID], later: _Later, counted_as: int
) -> Iterator[tuple[uuid.UUID, date, CheckInInput]]:
    mine = (
        CheckIn.county_id == county_id,
        CheckIn.member_id.in_(ids),
        CheckIn.on_date.between(month, month_end(month)),
        CheckIn.addendum.is_(False),
    )
    columns = (CheckIn.id, CheckIn.member_id, CheckIn.on_date, CheckIn.minute_of_day, CheckIn.kind)
    rows = session.execute(select(*columns, CheckIn.verdict, CheckIn.decision).where(*mine)).all()
    came_later = later.facts or later.withdrawals
    decided = _decided_then(session, mine, later) if came_later else {}
    appealed = _appealed_then(session, mine, later) if counted_as >= 2 else set()
    for r in rows:
        decision = decided.get(r.id) if came_later else r.decision
        made = checkin_input(r.id, r.kind, r.minute_of_day, r.verdict, decision, False, r.id in appealed)
        yield r.member_id, r.on_date, made


def _appealed_then(session: Session, mine: tuple[Any, ...], later: _Later) -> set[uuid.UUID]:
    """The check-ins of which an appeal was open when the month was closed."""
    appeals = (
        select(Appeal.id, Appeal.checkin_id, Appeal.state)
        .join(CheckIn, (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id))
        .where(*mine)
    )
    return {
        a.checkin_id
        for a in session.execute(appeals)
        if a.id not in later.asked and (a.state == "open" or a.id in later.facts)
    }


def _decided_then(session: Session, mine: tuple[Any, ...], later: _Later) -> dict[uuid.UUID, str]:
    """The decision that held when the month was closed, by check-in: the last one that is no addendum, also if it was
    taken back since."""
    reviews = (
        select(Review.id, Review.checkin_id, Review.decision, Review.created_at)
        .join(CheckIn, (CheckIn.county_id == Review.county_id) & (CheckIn.id == Review.checkin_id))
        .where(
            *mine,
            Review.is_second.is_(False),
            or_(Review.withdrawn_at.is_(None), Review.id.in_(later.withdrawals)),
        )
    )
    upheld = (
        select(Appeal.id, Appeal.checkin_id, Appeal.decided_at)
        .join(CheckIn, (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id))
        .where(*mine, Appeal.state == "upheld")
    )
    spoken = [(r.created_at, r.checkin_id, r.decision) for r in session.execute(reviews) if r.id not in later.facts]
    spoken += [(a.decided_at, a.checkin_id, "accepted") for a in session.execute(upheld) if a.id not in later.facts]
    return {checkin_id: decision for _, checkin_id, decision in sorted(spoken, key=lambda s: s[0])}
