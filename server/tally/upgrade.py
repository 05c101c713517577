"""A release that counts days otherwise brings the stored days of a county's open months to it, once, at night."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from server.clock import Clock
from server.db import Database
from server.org.models import County, Posting
from server.schedule import Step
from server.tally import closed
from server.tally.rebuild import hold_county, months_from, rebuild
from server.tally.types import COUNTED_AS


def steps(db: Database, county_id: int, today: date, clock: Clock) -> Iterator[Step]:
    """A month in a transaction, since nobody else counts meanwhile; none where the days are counted so already. What is
    closed stays as it was counted (`ClosedMonth.table`)."""
    with db.reading() as session:
        if session.scalars(select(County.days_counted_as).where(County.id == county_id)).one() == COUNTED_AS:
            return
        first = session.scalar(select(func.min(Posting.starts_on)).where(Posting.county_id == county_id)) or today
        months = months_from(session, county_id, max(first, closed.open_from(session, county_id)), today)
    for month in months:
        yield Step(f"{month:%Y-%m}", partial(_count, county_id=county_id, month=month, today=today, clock=clock))
    yield Step("done", partial(_note, county_id=county_id))


def _count(session: Session, county_id: int, month: date, today: date, clock: Clock) -> None:
    hold_county(session, county_id)
    if not closed.is_closed(session, county_id, month):  # it may have been meanwhile
        rebuild(session, county_id, month, today, clock())


def _note(session: Session, county_id: int) -> None:
    session.execute(update(County).where(County.id == county_id).values(days_counted_as=COUNTED_AS))
