"""Which months are closed: what was published is corrected by addenda, never by an edit."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from server.db import short
from server.errors import conflict
from server.tally.models import ClosedMonth
from server.tally.types import COUNTED_AS

_M = short(ClosedMonth, "z").c
MONTHS = select(_M.month).where(_M.county_id == bindparam("county"))


def is_closed(session: Session, county_id: int, on: date) -> bool:
    """Whether the month of a local date is closed. Asked once a transaction: ask while the county's count is held."""
    return on.replace(day=1) in _known(session, county_id)


def counted_as(session: Session, county_id: int, month: date) -> tuple[int, bool]:
    """How a closed month was counted (types.COUNTED_AS), and whether the workdays of its year were known; of an open
    one as they are."""
    table = session.scalar(
        select(ClosedMonth.table).where(ClosedMonth.county_id == county_id, ClosedMonth.month == month)
    )
    return (COUNTED_AS, True) if table is None else (table.get("counted_as", 1), table.get("calendar_known", True))


def latest(session: Session, county_id: int) -> date | None:
    """The first day of the latest closed month."""
    return max(_known(session, county_id), default=None)


def open_from(session: Session, county_id: int) -> date:
    """The first date after every closed month; `date.min` while none is closed."""
    last = latest(session, county_id)
    return date.min if last is None else date(last.year + last.month // 12, last.month % 12 + 1, 1)


def remember(session: Session, county_id: int, months: Sequence[Any]) -> None:
    """Take the rows of MONTHS as this transaction's answer for the county."""
    session.info.setdefault("closed_months", {})[county_id] = {row.month for row in months}


def _known(session: Session, county_id: int) -> set[date]:
    known: dict[int, set[date]] = session.info.setdefault("closed_months", {})
    if county_id not in known:
        remember(session, county_id, session.execute(MONTHS, {"county": county_id}).all())
    return known[county_id]


def require_after(session: Session, county_id: int, on: date) -> None:
    """Raise 409 when a month is closed that `on` lies in or before: for what holds from a date on."""
    last = latest(session, county_id)
    if last is not None and on.replace(day=1) <= last:
        raise conflict(
            "month_closed",
            f"{last.month}月的结果已经公布，派驻的变动不能影响到它；最早从下个月1日起。",
            month=f"{last:%Y-%m}",
        )


def require_open(session: Session, county_id: int, on: date) -> None:
    """Raise 409 when the month of `on` is closed."""
    if is_closed(session, county_id, on):
        raise conflict(
            "month_closed", f"{on.month}月的结果已经公布，不能再改动；请按补充说明办理。", month=f"{on:%Y-%m}"
        )
