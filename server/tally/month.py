"""The month: confirmed + pending + excused of target, with the arithmetic and each day's explanation."""

import uuid
from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tally import inputs, policy
from server.tally.models import MonthResult, SiteDay
from server.tally.month_fold import fold_month, month_end
from server.tally.types import MonthCount


def month_count(
    session: Session, county_id: int, member_id: uuid.UUID, month: date, today: date, asked_from: date | None = None
) -> MonthCount:
    """The member's month from its stored days; see `fold_month`."""
    stored = inputs.of_month(session, county_id, member_id, month)
    return fold_month(month, today, policy.rulebook(session, county_id), stored, asked_from)


def published(
    session: Session, county_id: int, month: date, member_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, MonthCount]:
    """These members' months as they were published, if the month is closed, whatever became of postings, roles or the
    program since."""
    rows = session.scalars(
        select(MonthResult).where(
            MonthResult.county_id == county_id, MonthResult.month == month, MonthResult.member_id.in_(member_ids)
        )
    )
    return {row.member_id: _published(row) for row in rows}


def _published(row: MonthResult) -> MonthCount:
    """Nothing of a month that is over remains; how many dates were posted was not published."""
    names = ("confirmed", "pending", "excused", "rejected", "lowered", "target", "target_explanation", "policy_version")
    kept = {name: row.count[name] for name in names}
    return MonthCount(month=row.month, remaining_days=0, posted_days=0, elapsed_days=0, **kept)


def site_days(session: Session, county_id: int, member_id: uuid.UUID, month: date) -> list[SiteDay]:
    """The stored days of a month in order, each with its explanation and sources."""
    return list(
        session.scalars(
            select(SiteDay)
            .where(
                SiteDay.county_id == county_id,
                SiteDay.member_id == member_id,
                SiteDay.on_date.between(month, month_end(month)),
            )
            .order_by(SiteDay.on_date)
        )
    )
