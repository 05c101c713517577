"""The month: confirmed + pending + excused of target, with the arithmetic and each day's explanation."""

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tally import inputs, policy
from server.tally.fold import MonthCount, MonthInputs, fold_month, month_end
from server.tally.models import SiteDay


def month_count(
    session: Session, county_id: int, member_id: uuid.UUID, month: date, today: date, asked_from: date | None = None
) -> MonthCount:
    """The member's month from its stored days; see `fold_month`."""
    stored = inputs.of_month(session, county_id, member_id, month)
    return counted(session, county_id, month, today, stored, asked_from)


def counted(
    session: Session, county_id: int, month: date, today: date, stored: MonthInputs, asked_from: date | None = None
) -> MonthCount:
    """The month under the policy that holds on its last day."""
    rules = policy.in_force(session, county_id, month_end(month))
    return fold_month(month, today, rules.rules.target_days, rules.version, stored, asked_from)


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
