"""The month: confirmed + pending + excused of target, with the arithmetic and each day's explanation."""

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tally import inputs, policy
from server.tally.models import SiteDay
from server.tally.month_fold import fold_month, month_end
from server.tally.types import MonthCount


def month_count(
    session: Session, county_id: int, member_id: uuid.UUID, month: date, today: date, asked_from: date | None = None
) -> MonthCount:
    """The member's month from its stored days; see `fold_month`."""
    stored = inputs.of_month(session, county_id, member_id, month)
    return fold_month(month, today, policy.rulebook(session, county_id), stored, asked_from)


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
