"""Counts a whole county anew, by members, while nobody else counts; only what changed is stored."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, literal_column, select, tuple_
from sqlalchemy.orm import Session

from server.db import count_lock, dialect_of, lock, upsert
from server.tally import policy
from server.tally.county import MemberMonth, count_member, member_months
from server.tally.models import SiteDay
from server.tally.month_fold import month_end
from server.tally.recompute import day_rows
from server.tally.rules import Rulebook
from server.tally.types import COUNTED_AS, DayCount, MonthCount

DayKey = tuple[uuid.UUID, date]


@dataclass(frozen=True, slots=True)
class CountedMember:
    """One member's month as it counts by the rules given."""

    given: MemberMonth
    days: dict[date, DayCount]
    month: MonthCount


def hold_county(session: Session, county_id: int) -> None:
    """Until the transaction ends nobody else counts a day of this county: they finish before, or wait. Taken first,
    with no other lock held."""
    lock(session, count_lock(county_id))


def counted(
    session: Session, county_id: int, month: date, today: date, book: Rulebook, counted_as: int = COUNTED_AS
) -> Iterator[list[CountedMember]]:
    """Every member's month by these rules, from what is stored, a chunk at a time."""
    for chunk in member_months(session, county_id, month, counted_as):
        yield [CountedMember(given, *count_member(book, month, today, given)) for given in chunk]


def rebuild(session: Session, county_id: int, month: date, today: date, now: datetime) -> int:
    """Bring the stored days of a month to what they count by the rules in force; how many changed. Hold the county."""
    book = policy.rulebook(session, county_id)
    chunks = counted(session, county_id, month, today, book)
    return sum(store_changed(session, county_id, month, chunk, book, now) for chunk in chunks)


def months_from(session: Session, county_id: int, first: date, today: date) -> list[date]:
    """The first days of the months from the one of `first` to the one of `today`, and of those to come that have stored
    days already: leave is decided on ahead."""
    month, found = first.replace(day=1), []
    while month <= today:
        found.append(month)
        month = policy.following(month)
    ahead = select(SiteDay.on_date).where(SiteDay.county_id == county_id, SiteDay.on_date >= month).distinct()
    return found + sorted({on.replace(day=1) for on in session.scalars(ahead)})


def store_changed(
    session: Session, county_id: int, month: date, chunk: list[CountedMember], book: Rulebook, now: datetime
) -> int:
    """Store the days of these members that are not stored so already; how many that were."""
    stored = {
        (day.member_id, day.on_date): day
        for day in session.execute(
            select(SiteDay.__table__).where(
                SiteDay.county_id == county_id,
                SiteDay.member_id.in_([one.given.member_id for one in chunk]),
                SiteDay.on_date.between(month, month_end(month)),
            )
        )
    }
    fresh = {(one.given.member_id, on): (day, book.on(on).version) for one in chunk for on, day in one.days.items()}
    changed = [(*key, *value) for key, value in fresh.items() if not _same(stored.get(key), *value)]
    gone = [key for key in stored if key not in fresh]
    if changed:
        rows = day_rows(county_id, changed, now)
        insert = upsert(dialect_of(session), SiteDay)
        key = ("county_id", "member_id", "on_date")
        renewed = {name: insert.excluded[name] for name in rows.values[0] if name not in key}
        renewing = insert.on_conflict_do_update(index_elements=key, set_=renewed)
        # as together.insert_many: the unwanted answer makes it many rows a statement
        session.execute(renewing.returning(literal_column("1")), list(rows.values))
    if gone:
        session.execute(
            delete(SiteDay).where(SiteDay.county_id == county_id, tuple_(SiteDay.member_id, SiteDay.on_date).in_(gone))
        )
    return len(changed) + len(gone)


def _same(stored: Any, day: DayCount, version: int) -> bool:
    return stored is not None and (
        stored.confirmed_halves,
        stored.pending_halves,
        stored.excused_halves,
        stored.lowers_target_halves,
        stored.rejected_halves,
        stored.explanation,
        stored.sources,
        stored.policy_version,
    ) == (
        day.confirmed,
        day.pending,
        day.excused,
        day.lowers_target,
        day.rejected,
        day.explanation,
        day.sources,
        version,
    )
