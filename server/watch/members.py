"""人员: the members one watches, found by name, unit or squad, a page at a time, each with the month and the day; and
whose file one may open."""

import base64
import binascii
import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, true, tuple_
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn
from server.errors import invalid, not_found
from server.flags.models import Flag
from server.org.consent import KEPT_MONTHS
from server.org.models import DeletionRequest, Member, Posting, Squad, Station, Unit
from server.org.scope import WATCHING_COUNTY, Caller, watched_members, watched_squads
from server.org.scope import county as in_county
from server.tally.month import published
from server.tally.monthly import stored_members
from server.tally.types import MonthCount

PAGE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed by. name: a part of it; posted: only who is posted today; among: only these; after: the
    cursor of the page before."""

    name: str = ""
    unit: uuid.UUID | None = None
    squad: uuid.UUID | None = None
    posted: bool = True
    among: Collection[uuid.UUID] | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One member: whose, posted where (None: nowhere today), the month so far (None: not posted in it), open flags."""

    member_id: uuid.UUID
    name: str
    unit: str
    squad: str | None
    station: str | None
    city: str | None
    month: MonthCount | None
    flags: tuple[str, ...]


def listed(session: Session, caller: Caller, wanted: Wanted, most: int = PAGE) -> tuple[list[Found], str | None]:
    """A page of the members by name, and the cursor of the next (None at the end); a fixed number of statements."""
    statement = (
        in_county(caller, Member)
        .with_only_columns(
            *(Member.id, Member.name, Unit.name.label("unit"), Squad.name.label("squad")),
            *(Station.name.label("station"), Station.city),
        )
        .join(Unit, (Unit.county_id == Member.county_id) & (Unit.id == Member.unit_id))
        .join(Posting, _posted_on(caller.today), isouter=not wanted.posted and wanted.squad is None)
        .outerjoin(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .outerjoin(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .where(Member.removed_at.is_(None), watched_members(caller), *_narrowing(wanted))
        .order_by(Member.name, Member.id)
        .limit(most + 1)
    )
    rows = session.execute(statement).all()
    cursor = mark(rows[most - 1]) if len(rows) > most else None
    rows = rows[:most]
    ids = [row.id for row in rows]
    months, flags = _months(session, caller, ids), _flags(session, caller, ids)
    found = [
        Found(row.id, row.name, row.unit, row.squad, row.station, row.city, months.get(row.id), flags.get(row.id, ()))
        for row in rows
    ]
    return found, cursor


def filed(caller: Caller, now: datetime) -> ColumnElement[bool]:
    """The condition on Member: those whose month and file the caller may read. Whom they watch; and who was removed,
    for the supervisors of the county and the unit, because the days stand in the month's table and may be disputed:
    until what was collected is erased, by its term or at the member's request."""
    supervised = true() if caller.has(*WATCHING_COUNTY) else Member.unit_id.in_(caller.units("unit_supervisor"))
    of_member = (DeletionRequest.county_id == Member.county_id) & (DeletionRequest.member_id == Member.id)
    was_deleted = exists().where(of_member, DeletionRequest.done_at.is_not(None))
    is_kept = exists().where(
        CheckIn.county_id == Member.county_id, CheckIn.member_id == Member.id, CheckIn.erased_at.is_(None)
    )
    within_term = Member.removed_at >= now - timedelta(days=31 * KEPT_MONTHS)
    return or_(
        Member.removed_at.is_(None) & watched_members(caller), within_term & supervised & (~was_deleted | is_kept)
    )


def file_of(session: Session, caller: Caller, member_id: uuid.UUID, now: datetime) -> Member:
    """The member, if the caller may read their file; else 404, which does not say whether there is one."""
    member = session.scalar(in_county(caller, Member).where(Member.id == member_id, filed(caller, now)))
    if member is None:
        raise not_found()
    return member


def choices(session: Session, caller: Caller) -> tuple[list[Any], list[Any]]:
    """(id, name) of the units and (id, name, unit_id) of the squads that the caller may narrow by."""
    squads = (
        select(Squad.id, Squad.name, Squad.unit_id, Unit.name.label("unit"))
        .join(Unit, (Unit.county_id == Squad.county_id) & (Unit.id == Squad.unit_id))
        .where(Squad.county_id == caller.county_id, watched_squads(caller))
        .order_by(Unit.name, Squad.name)
    )
    rows = session.execute(squads).all()
    units = list({row.unit_id: (row.unit_id, row.unit) for row in rows}.values())
    return units, list(rows)


def _posted_on(today: date) -> ColumnElement[bool]:
    return (
        (Posting.county_id == Member.county_id)
        & (Posting.member_id == Member.id)
        & (Posting.starts_on <= today)
        & or_(Posting.ends_on.is_(None), Posting.ends_on >= today)
    )


def _narrowing(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.name:
        conditions.append(Member.name.contains(wanted.name, autoescape=True))
    if wanted.unit:
        conditions.append(Member.unit_id == wanted.unit)
    if wanted.squad:
        conditions.append(Posting.squad_id == wanted.squad)
    if wanted.among is not None:
        conditions.append(Member.id.in_(wanted.among))
    if wanted.after:
        conditions.append(after(wanted.after))
    return conditions


def _months(session: Session, caller: Caller, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, MonthCount]:
    """The count of the caller's month: as published once it is closed."""
    month = caller.today.replace(day=1)
    theirs = stored_members(session, caller.county_id, month, caller.today, Posting.member_id.in_(ids))
    counts = {one.given.member_id: one.month for one in theirs}
    return counts | published(session, caller.county_id, month, ids)


def _flags(session: Session, caller: Caller, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, ...]]:
    """The kinds of the open flags about this month."""
    statement = (
        in_county(caller, Flag)
        .with_only_columns(Flag.member_id, Flag.kind)
        .where(Flag.member_id.in_(ids), Flag.closed_at.is_(None), Flag.month == caller.today.replace(day=1))
    )
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    for row in session.execute(statement):
        found[row.member_id] = (*found.get(row.member_id, ()), row.kind)
    return found


def mark(row: Any) -> str:
    """The cursor after this row, which has `name` and `id`."""
    return base64.urlsafe_b64encode(json.dumps([row.name, str(row.id)]).encode()).decode()


def after(cursor: str, table: Any = Member) -> ColumnElement[bool]:
    """The condition on a table with `name` and `id`: those by name after the cursor's."""
    return tuple_(table.name, table.id) > tuple_(*_read(cursor))


def _read(cursor: str) -> tuple[str, uuid.UUID]:
    try:
        name, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(name, str) or "\0" in name:
            raise ValueError(name)
        name.encode()
        return name, uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise invalid("cursor_invalid", "翻页标记不对，请从第一页重新开始。") from None
