"""The month of a unit or a county as it stands: members with their counts, and the table, from the stored days."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, func, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import True_

from server.org.models import Member, Posting, Squad, Station, Unit
from server.tally import policy
from server.tally.county import AT_ONCE, MemberMonth, absences, agreements, posted_and_roles, roles_held, zone_of
from server.tally.models import ClosedMonth, SiteDay
from server.tally.month_fold import days_asked, fold_month, has_role_targets, month_end, posting_on
from server.tally.table import Group, Table
from server.tally.types import DayHalves, MonthCount, MonthInputs, Posted

_HALVES = ("confirmed_halves", "pending_halves", "excused_halves", "lowers_target_halves")


@dataclass(frozen=True, slots=True)
class StoredMember:
    """One member's month from the stored days."""

    given: MemberMonth
    days: dict[date, DayHalves]
    month: MonthCount

    def with_unit(self, unit_id: uuid.UUID) -> list[DayHalves]:
        """The days on which the member was posted with a squad of this unit."""
        return self._posted(lambda posting: posting.unit_id == unit_id)

    def with_squads(self, squad_ids: Collection[uuid.UUID]) -> list[DayHalves]:
        """The days on which the member was posted with one of these squads."""
        return self._posted(lambda posting: posting.squad_id in squad_ids)

    def _posted(self, with_whom: Callable[[Posted], bool]) -> list[DayHalves]:
        posted = {on: posting_on(self.given.postings, on) for on in self.days}
        return [self.days[on] for on, posting in posted.items() if posting and with_whom(posting)]


def stored_members(
    session: Session, county_id: int, month: date, today: date, whom: ColumnElement[bool]
) -> Iterator[StoredMember]:
    """The members fulfilling `whom` (a condition on Posting) who were posted in the month, by id."""
    book, after = policy.rulebook(session, county_id), None
    posted = (
        select(Posting.member_id)
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .where(
            Posting.county_id == county_id,
            Posting.starts_on <= month_end(month),
            or_(Posting.ends_on.is_(None), Posting.ends_on >= month),
            whom,
        )
    )
    while True:
        statement = select(Member.id, Member.name, Member.unit_id).where(
            Member.county_id == county_id, Member.id.in_(posted), Member.id > after if after else Member.id.is_not(None)
        )
        rows = session.execute(statement.order_by(Member.id).limit(AT_ONCE)).all()
        if not rows:
            return
        chunk = {row.id: MemberMonth(row.id, row.name, row.unit_id) for row in rows}
        posted_and_roles(session, county_id, month, list(chunk), chunk)
        days = stored_days(session, county_id, month, list(chunk))
        away = absences(session, county_id, month, list(chunk))
        for member_id, given in chunk.items():
            inputs = MonthInputs(days[member_id], given.postings, given.roles, away[member_id])
            yield StoredMember(given, days[member_id], fold_month(month, today, book, inputs))
        after = rows[-1].id


def stored_days(
    session: Session, county_id: int, month: date, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dict[date, DayHalves]]:
    """The stored days of these members in the month."""
    found: dict[uuid.UUID, dict[date, DayHalves]] = defaultdict(dict)
    rows = session.execute(
        select(
            SiteDay.member_id,
            SiteDay.on_date,
            SiteDay.confirmed_halves,
            SiteDay.pending_halves,
            SiteDay.excused_halves,
            SiteDay.lowers_target_halves,
            SiteDay.rejected_halves,
        ).where(
            SiteDay.county_id == county_id,
            SiteDay.member_id.in_(ids),
            SiteDay.on_date.between(month, month_end(month)),
        )
    )
    for member_id, on, *halves in rows:
        found[member_id][on] = DayHalves(*halves)
    return found


def table_so_far(session: Session, county_id: int, month: date, whom: ColumnElement[bool]) -> dict[str, Any]:
    """The month's table from the stored days, added up in the database; of the groups fulfilling `whom` (a condition on
    Squad). A member has one posting a date at most."""
    table = Table(groups_of(session, county_id, whom))
    last, book, zone = month_end(month), policy.rulebook(session, county_id), zone_of(session, county_id)
    agreed = agreements(county_id, month, zone)
    columns: list[Any] = [Posting.member_id, Posting.squad_id, Squad.unit_id, Posting.starts_on, Posting.ends_on]
    posted = (
        select(*columns, Station.city, agreed.c.since)
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .outerjoin(agreed, agreed.c.member_id == Posting.member_id)
        .where(
            *(Posting.county_id == county_id, Posting.starts_on <= last, whom),
            or_(Posting.ends_on.is_(None), Posting.ends_on >= month),
        )
    )
    asks = days_asked(book, month)
    roles = roles_held(session, county_id, month, true()) if has_role_targets(book, month) else {}
    for row in session.execute(posted):
        held = Posted(row.starts_on, row.ends_on, row.unit_id)
        asked = asks(held, roles.get(row.member_id, ()), row.since and row.since.astimezone(zone).date())
        table.add_posted(row.member_id, row.squad_id, row.city, asked)
    for member_id, squad_id, city, halves, *sums in session.execute(_earned(county_id, month, whom)):
        table.add_earned(member_id, squad_id, city or "", _halves(*sums), int(halves))
    ranking = policy.in_force(session, county_id, last).rules.ranking
    year = _added(_year_before(session, county_id, month), table.confirmed())
    return table.result(month, ranking, year)


def _halves(confirmed: int, pending: int, excused: int, lowers: int) -> DayHalves:
    return DayHalves(int(confirmed), int(pending), int(excused), int(lowers))


def _earned(county_id: int, month: date, whom: ColumnElement[bool]) -> Select[Any]:
    """What each member's days with each posting came to in the month."""
    day = days_of(county_id, month, month_end(month), whole=is_whole(whom)).c
    half = case((day.confirmed_halves == 1, 1), else_=0)
    sums = [func.sum(of) for of in (half, *(day[name] for name in _HALVES))]
    columns: list[Any] = [day.member_id, Posting.squad_id, Station.city, *sums]
    return (
        select(*columns)
        .outerjoin(Posting, posted_on(day, county_id))
        .outerjoin(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .outerjoin(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .where(whom)
        .group_by(day.member_id, Posting.squad_id, Station.city)
    )


def is_whole(whom: ColumnElement[bool]) -> bool:
    """Whether a condition asks for everybody."""
    return isinstance(whom, True_)


def days_of(county_id: int, first: date, last: date, whole: bool) -> Subquery:
    """The site days of these dates with what is added up. whole: the whole county's are wanted, which then are read as
    they lie, date by date, behind OFFSET 0: left to itself PostgreSQL looks each member's up, for it takes somebody who
    is posted for years to have two days in a month (18 ms instead of 11 for a month of a thousand)."""
    columns: list[Any] = [SiteDay.member_id, SiteDay.on_date, *(getattr(SiteDay, name) for name in _HALVES)]
    statement = select(*columns).where(SiteDay.county_id == county_id, SiteDay.on_date.between(first, last))
    return (statement.offset(0) if whole else statement).subquery("days")


def posted_on(day: Any, county_id: int, posting: Any = Posting) -> ColumnElement[bool]:
    """The condition that ties a day (columns of `days_of`) to the posting that held on it. The county is named: behind
    OFFSET 0 it is not known to be the days' own."""
    held: ColumnElement[bool] = (
        (posting.county_id == county_id)
        & (posting.member_id == day.member_id)
        & (posting.starts_on <= day.on_date)
        & or_(posting.ends_on.is_(None), posting.ends_on >= day.on_date)
    )
    return held


def groups_of(session: Session, county_id: int, whom: ColumnElement[bool] | None = None) -> list[Group]:
    """The county's squads with their units."""
    statement = (
        select(Squad.id, Squad.name, Squad.unit_id, Unit.name.label("unit"))
        .join(Unit, (Unit.county_id == Squad.county_id) & (Unit.id == Squad.unit_id))
        .where(Squad.county_id == county_id)
    )
    if whom is not None:
        statement = statement.where(whom)
    return [Group(r.id, r.name, r.unit_id, r.unit) for r in session.execute(statement)]


def year_halves(session: Session, county_id: int, month: date) -> dict[uuid.UUID, int]:
    """Confirmed half days of each squad from January to the end of the month."""
    within = _confirmed(session, county_id, month, month_end(month))
    return _added(_year_before(session, county_id, month), within)


def _year_before(session: Session, county_id: int, month: date) -> dict[uuid.UUID, int]:
    """The same up to the month. What is closed is taken as it was published, and only the dates since are added up."""
    january = month.replace(month=1)
    before = session.scalar(
        select(ClosedMonth)
        .where(ClosedMonth.county_id == county_id, ClosedMonth.month >= january, ClosedMonth.month < month)
        .order_by(ClosedMonth.month.desc())
        .limit(1)
    )
    groups = [group for unit in before.table["units"] for group in unit["groups"]] if before else []
    found = {uuid.UUID(group["id"]): int(group["year_days"] * 2) for group in groups}
    since = policy.following(before.month) if before else january
    return found if since >= month else _added(found, _confirmed(session, county_id, since, month - timedelta(days=1)))


def _confirmed(session: Session, county_id: int, first: date, last: date) -> dict[uuid.UUID, int]:
    """Confirmed half days of each squad on these dates."""
    day = days_of(county_id, first, last, whole=True).c
    rows = session.execute(
        select(Posting.squad_id, func.sum(day.confirmed_halves))
        .join(Posting, posted_on(day, county_id))
        .group_by(Posting.squad_id)
    )
    return {squad_id: int(halves) for squad_id, halves in rows}


def _added(one: Mapping[uuid.UUID, int], other: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, int]:
    return {squad: one.get(squad, 0) + other.get(squad, 0) for squad in {*one, *other}}
