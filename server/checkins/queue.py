"""The review queue: what waits for one reviewer, the longest waiting first, never what somebody else has before them.

Three kinds stand in it, and look alike but for the last: what the machine left to a person or the blind sample drew;
what another person decided and a second is asked about; and what two have decided differently.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, select, text, tuple_
from sqlalchemy.orm import Session

from server.checkins import claims, second_opinion
from server.checkins.attest import vouched_by
from server.checkins.models import WAITING, CheckIn, CheckInFinding, Review
from server.org.models import Member
from server.org.scope import Caller

MOST_COUNTED = 10_000
IN_STRIP = 12  # of those that come then, as many are named


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reviewer narrows the queue by; None: everything. `days`: waiting for at least so many. A blind sample is
    never found by what the machine said of it."""

    unit: uuid.UUID | None = None
    squad: uuid.UUID | None = None
    finding: str | None = None
    days: int | None = None
    weight: float | None = None


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One check-in that waits; `differs`: two people decided on it and do not agree."""

    received_at: datetime
    id: uuid.UUID
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a reviewer was given, what comes after it, and all that they have claimed by asking."""

    items: Sequence[Item]
    coming: Sequence[Item]
    mine: Collection[uuid.UUID]


def waiting(
    session: Session,
    caller: Caller,
    wanted: Wanted,
    now: datetime,
    limit: int,
    after: Item | None = None,
    held_too: bool = False,
) -> list[Item]:
    """The next ones after that item, or the first, `held_too`: also those that somebody else has before them; of
    nobody but a bureau supervisor anything."""
    if not caller.has("bureau_supervisor"):
        return []
    county, me = caller.county_id, caller.member_id
    parts = list(_parts(county, me, wanted, now))
    if not held_too:
        parts = [part.where(~claims.elsewhere(me, now)) for part in parts]
    if after is not None:
        here = tuple_(CheckIn.received_at, CheckIn.id)
        parts = [part.where(here > tuple_(after.received_at, after.id)) for part in parts]
    undecided, decided = parts
    rows = list(session.execute(undecided.order_by(CheckIn.received_at, CheckIn.id).limit(limit)))
    # All of them, some hundreds: asked for the first few, PostgreSQL walks through every check-in by its time.
    rows += session.execute(decided)
    return sorted(Item(row.received_at, row.id, row.differs) for row in rows)[:limit]


def take(
    session: Session,
    caller: Caller,
    wanted: Wanted,
    now: datetime,
    many: int,
    besides: Collection[uuid.UUID] = (),
    kept: Collection[uuid.UUID] = (),
) -> Taken:
    """The next `many` without those that the caller has already (`besides`), claimed together with `kept`.

    What a transaction claims it claims here, at once and in one order, so that no two reviewers wait for each other.
    Where somebody was faster everything is let go, and asked for again without what they have.
    """
    while True:
        found = waiting(session, caller, wanted, now, many + len(besides) + IN_STRIP)
        found = [item for item in found if item.id not in besides]
        items = found[:many]
        with session.begin_nested() as attempt:
            mine = claims.claim(session, caller, [*kept, *(item.id for item in items)], now)
            if mine.issuperset(item.id for item in items):
                return Taken(items, found[many : many + IN_STRIP], mine)
            attempt.rollback()


def waits_for(session: Session, caller: Caller, checkin_id: uuid.UUID, now: datetime) -> Item | None:
    """This check-in's place in the caller's queue, whoever has it before them; None: nothing is left to decide."""
    if not caller.has("bureau_supervisor"):
        return None
    for statement in _parts(caller.county_id, caller.member_id, EVERYTHING, now):
        if row := session.execute(statement.where(CheckIn.id == checkin_id)).first():
            return Item(row.received_at, row.id, row.differs)
    return None


def is_clean(checkin: CheckIn) -> bool:
    """Whether nothing speaks against it, so that it may be accepted together with others: it waits for something that
    could not be told, as a wide circle. A blind sample never is: nobody may know."""
    return not checkin.sampled and all(finding["outcome"] != "suspect" for finding in checkin.findings)


def count(session: Session, caller: Caller, wanted: Wanted, now: datetime) -> int:
    """How many wait, up to MOST_COUNTED; also what others have before them."""
    if not caller.has("bureau_supervisor"):
        return 0
    return counted(session, caller.county_id, caller.member_id, wanted, now)[0]


def count_elsewhere(session: Session, caller: Caller, wanted: Wanted, now: datetime) -> int:
    """How many of them others have before them."""
    here = claims.elsewhere(caller.member_id, now)
    parts = _parts(caller.county_id, caller.member_id, wanted, now)
    return sum(session.scalar(select(func.count()).select_from(part.where(here).subquery())) or 0 for part in parts)


def counted(
    session: Session, county_id: int, member_id: uuid.UUID, wanted: Wanted, now: datetime
) -> tuple[int, date | None]:
    """How many wait for a reviewer, and of what local date the oldest is."""
    number, oldest = 0, list[date]()
    for statement in _parts(county_id, member_id, wanted, now):
        few = statement.limit(MOST_COUNTED).subquery()
        of_it, since = session.execute(select(func.count(), func.min(few.c.on_date))).one()
        number += of_it
        oldest += [since] if since else []
    return number, min(oldest, default=None)


def decided_since(session: Session, caller: Caller, since: datetime) -> int:
    """How many the caller has decided on."""
    statement = select(func.count()).where(
        Review.county_id == caller.county_id,
        Review.reviewer_id == caller.member_id,
        Review.created_at >= since,
        Review.withdrawn_at.is_(None),
    )
    return session.scalar(statement) or 0


@lru_cache(32)
def _parts(county_id: int, member_id: uuid.UUID, wanted: Wanted, now: datetime) -> tuple[Any, Any]:
    """What nobody has decided on, and what somebody has: apart, as each goes by an index of its own.

    Kept, as a page asks about the same queue at the same time more than once, and building it takes 3 ms.
    """
    undecided = select(CheckIn.received_at, CheckIn.id, CheckIn.on_date, false().label("differs")).where(
        CheckIn.county_id == county_id, text(WAITING)
    )
    decided = (
        select(CheckIn.received_at, CheckIn.id, CheckIn.on_date, (Review.second_opinion == "differs").label("differs"))
        .join(Review, and_(Review.county_id == CheckIn.county_id, Review.checkin_id == CheckIn.id))
        .where(Review.county_id == county_id, CheckIn.erased_at.is_(None), *second_opinion.wanted(member_id, now))
    )
    narrowed = [CheckIn.member_id != member_id, ~vouched_by(member_id), *_narrowed(wanted, now)]
    return undecided.where(*narrowed), decided.where(*narrowed)


def _narrowed(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    """By what can be seen of a check-in; a blind sample's findings and weight cannot."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.unit:
        of_unit = exists().where(
            Member.county_id == CheckIn.county_id, Member.id == CheckIn.member_id, Member.unit_id == wanted.unit
        )
        conditions.append(of_unit)
    if wanted.squad:
        conditions.append(CheckIn.squad_id == wanted.squad)
    if wanted.days:
        conditions.append(CheckIn.received_at <= now - timedelta(days=wanted.days))
    if wanted.finding:
        found = exists().where(
            CheckInFinding.county_id == CheckIn.county_id,
            CheckInFinding.checkin_id == CheckIn.id,
            CheckInFinding.code == wanted.finding,
        )
        conditions += [found, CheckIn.sampled.is_(False)]
    if wanted.weight:
        conditions += [CheckIn.weight >= wanted.weight, CheckIn.sampled.is_(False)]
    return conditions
