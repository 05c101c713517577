"""月度结账: freezes a month; what waits for a person holds it up until a deadline."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.clock import Clock
from server.db import Database
from server.errors import conflict
from server.org.models import Posting
from server.schedule import Step
from server.tally import closed, policy
from server.tally.frozen import Frozen
from server.tally.models import ClosedMonth, MonthResult
from server.tally.month_fold import month_end
from server.tally.policy import closes_on, deadline_on, following
from server.tally.rebuild import counted, hold_county, store_changed
from server.tally.waiting import Waiting, waiting_in
from server.together import insert_many

MOST_NAMED = 50  # of what holds a month up, in one answer


def steps(db: Database, county_id: int, today: date, clock: Clock) -> Iterator[Step]:
    """A night's closing for the worker: a month in a transaction, since nobody else counts meanwhile."""
    with db.reading() as session:
        months = _open_months(session, county_id, today)
    for month in months:
        yield Step(f"{month:%Y-%m}", lambda session: close_due(session, county_id, today, clock()))


def close_due(session: Session, county_id: int, today: date, now: datetime) -> date | None:
    """Close the county's oldest open month if it is due on the local date `today`, and say which it was.

    A month that is held up stays open, and so do the ones after it. Call it until nothing is due.
    """
    hold_county(session, county_id)
    months = _open_months(session, county_id, today)
    if not months:
        return None
    rules, month = policy.in_force(session, county_id, month_end(months[0])).rules, months[0]
    held_up = today < deadline_on(rules, month) and waiting_in(session, county_id, month, most=1)
    if today < closes_on(rules, month) or held_up:
        return None
    _freeze(session, county_id, month, None, now)
    return month


def close(
    session: Session, county_id: int, month: date, by: uuid.UUID | None, today: date, now: datetime
) -> ClosedMonth:
    """Close one month (its first day). 409 `month_closed` again, `month_not_over` before the policy's day,
    `month_before_first` when nobody was posted yet, `earlier_month_open` out of order, `month_waiting` with a list of
    what must be decided first, as long as the deadline has not passed."""
    hold_county(session, county_id)
    closed.require_open(session, county_id, month)
    rules = policy.in_force(session, county_id, month_end(month)).rules
    if today < (due := closes_on(rules, month)):
        said = f"{month.month}月的结果从{due.month}月{due.day}日起才能结账。"
        raise conflict("month_not_over", said, closes_on=due.isoformat())
    _require_turn(session, county_id, month, today)
    deadline = deadline_on(rules, month)
    if today < deadline and (found := waiting_in(session, county_id, month, MOST_NAMED)):
        raise conflict(
            "month_waiting",
            f"{month.month}月还有 {len(found)} 项待处理，处理完即可结账；"
            f"{deadline.month}月{deadline.day}日起不再等待。",
            waiting=[_named(one) for one in found],
            deadline_on=deadline.isoformat(),
        )
    return _freeze(session, county_id, month, by, now)


def _require_turn(session: Session, county_id: int, month: date, today: date) -> None:
    """Months are closed in order from the first posting on: a year's sum stands on the months before."""
    still = _open_months(session, county_id, today)
    if month not in still:
        said = f"{month.year}年{month.month}月还没有人派驻，没有可结账的结果。"
        raise conflict("month_before_first", said, month=f"{month:%Y-%m}")
    if still[0] < month:
        said = f"{still[0].year}年{still[0].month}月还没有结账，请先结{still[0].month}月。"
        raise conflict("earlier_month_open", said, month=f"{still[0]:%Y-%m}")


def _named(one: Waiting) -> dict[str, str]:
    return {"kind": one.kind, "id": str(one.id), "member": one.member_name, "on": one.on.isoformat()}


def _open_months(session: Session, county_id: int, today: date) -> list[date]:
    """The first days of the months that are over and not closed, from the county's first posting on."""
    first = session.scalar(select(func.min(Posting.starts_on)).where(Posting.county_id == county_id))
    month, found = (first or today).replace(day=1), []
    while month_end(month) < today:
        if not closed.is_closed(session, county_id, month):
            found.append(month)
        month = following(month)
    return found


def _freeze(session: Session, county_id: int, month: date, by: uuid.UUID | None, now: datetime) -> ClosedMonth:
    book = policy.rulebook(session, county_id)
    still = len(waiting_in(session, county_id, month, most=100_000))
    frozen = Frozen(session, county_id, month, book)
    for chunk in counted(session, county_id, month, following(month), book):
        store_changed(session, county_id, month, chunk, book, now)
        results = [{"county_id": county_id, "month": month, **frozen.add(one)} for one in chunk]
        insert_many(session, MonthResult, results)
    last = book.on(month_end(month))
    row = ClosedMonth(
        county_id=county_id,
        month=month,
        closed_at=now,
        closed_by=by,
        policy_version=last.version,
        inputs_sha256=frozen.inputs_sha256(),
        waiting=still,
        table=frozen.result(session, last.rules.ranking),
    )
    session.add(row)
    session.flush()
    session.info.pop("closed_months", None)
    facts = {"month": f"{month:%Y-%m}", "inputs_sha256": row.inputs_sha256, "waiting": still}
    record(session, county_id, by, "month.closed", None, facts, now)
    return row
