"""月度结果 made known: whoever reached the target is told so, and the bureau that the month's table stands."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.clock import Clock
from server.db import Database
from server.notify import outbox
from server.notify.models import Notice
from server.notify.outbox import Letter
from server.org.scope import holders
from server.schedule import Step
from server.tally.circular import circular
from server.tally.models import ClosedMonth, MonthResult

CHUNK = 2000  # members a transaction
_OLD_NEWS = timedelta(days=31)  # whoever has not heard of it by then, heard of it elsewhere
_BUREAU = "~"  # the mark after the bureau was told: behind every member's


def steps(
    db: Database, county_id: int, upto: datetime, mark: str | None, clock: Clock, group: bool = False
) -> Iterator[Step]:
    """The months that were closed by `upto` and not made known yet, from `mark` on. Who missed the target is told by a
    flag, with its numbers and what to do; not here as well. `group`: the county has one that is told the sums.

    When a month was closed says little: the close may have been committed after an earlier look at this table.
    """
    with db.snapshot() as session:
        closed = session.scalars(
            select(ClosedMonth.month)
            .where(
                ClosedMonth.county_id == county_id,
                ClosedMonth.closed_at > upto - _OLD_NEWS,
                ClosedMonth.closed_at <= upto,
            )
            .order_by(ClosedMonth.month)
        ).all()
        months = [month for month in closed if not _is_known(session, county_id, month, clock())]
        for month in months:
            name, (reached, _, member) = f"{month:%Y-%m}", (mark or "").partition("/")
            if name > reached:
                yield from _of_month(session, county_id, month, uuid.UUID(int=0), clock, group)
            elif name == reached and member != _BUREAU:
                yield from _of_month(session, county_id, month, uuid.UUID(member), clock, group)


def _of_month(
    session: Session, county_id: int, month: date, after: uuid.UUID, clock: Clock, group: bool
) -> Iterator[Step]:
    numbers = [MonthResult.count[name].as_float().label(name) for name in ("confirmed", "pending", "excused", "target")]
    rows = session.execute(
        select(MonthResult.member_id, *numbers)
        .where(MonthResult.county_id == county_id, MonthResult.month == month, MonthResult.member_id > after)
        .order_by(MonthResult.member_id),
        execution_options={"yield_per": CHUNK},
    )
    for part in rows.partitions():
        letters = [_reached(month, row) for row in part if row.confirmed + row.excused >= row.target > 0]
        yield Step(f"{month:%Y-%m}/{part[-1].member_id}", partial(_write, county_id, letters, clock))
    yield Step(f"{month:%Y-%m}/{_BUREAU}", partial(_tell_bureau, county_id, month, clock, group))


def _reached(month: date, row: Any) -> Letter:
    have = row.confirmed + row.excused
    facts = {"month": f"{month:%Y-%m}", "have": have, "excused": row.excused, "target": row.target}
    return Letter(row.member_id, "month_reached", f"month_reached:{row.member_id}:{month:%Y-%m}", facts)


def _write(county_id: int, letters: list[Letter], clock: Clock, session: Session) -> None:
    outbox.enqueue_all(session, county_id, letters, clock())


def _tell_bureau(county_id: int, month: date, clock: Clock, group: bool, session: Session) -> None:
    now = clock()
    if group:
        table = session.scalars(
            select(ClosedMonth.table).where(ClosedMonth.county_id == county_id, ClosedMonth.month == month)
        ).one()
        outbox.tell_group(session, county_id, "month_circular", f"month_circular:{month:%Y-%m}", circular(table), now)
    outbox.enqueue_all(session, county_id, _to_bureau(session, county_id, month, now), now)


def _is_known(session: Session, county_id: int, month: date, now: datetime) -> bool:
    """Whether the bureau was told, which comes last."""
    keys = [letter.key for letter in _to_bureau(session, county_id, month, now)]
    told = select(Notice.id).where(Notice.county_id == county_id, Notice.dedupe_key.in_(keys))
    return session.scalar(told.limit(1)) is not None


def _to_bureau(session: Session, county_id: int, month: date, now: datetime) -> list[Letter]:
    name = f"{month:%Y-%m}"
    supervisors = holders(session, county_id, "bureau_supervisor", now.date())
    return [Letter(who, "month_closed", f"month_closed:{name}:{who}", {"month": name}) for who in supervisors]
