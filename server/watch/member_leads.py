"""What a member did about leads: reported, has in hand, followed up, brought to a signature."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from server.leads import see
from server.leads.models import STAGES, Company, Lead, LeadUpdate
from server.org.scope import Caller
from server.org.scope import county as in_county

MOST = 100  # of a member's leads that a file lists


@dataclass(frozen=True, slots=True)
class LeadCounts:
    """Of one member, all their time: leads reported, in hand now, signed in their hands; updates written."""

    reported: int = 0
    owned: int = 0
    signed: int = 0
    updates: int = 0


@dataclass(frozen=True, slots=True)
class LeadOf:
    """A lead that a member had to do with. `reported_at` None: by somebody else; `updated_at`: their last update."""

    id: uuid.UUID
    company: str
    stage: str
    outcome: str | None
    is_owner: bool
    reported_at: datetime | None
    updates: int
    updated_at: datetime | None
    moved_at: datetime

    @property
    def stage_word(self) -> str:
        return STAGES[self.stage]


def counts(session: Session, caller: Caller, member_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, LeadCounts]:
    """By member, of those whom the caller watches; three statements."""
    mine = in_county(caller, Lead)
    reported = mine.with_only_columns(Lead.reported_by, func.count()).where(Lead.reported_by.in_(member_ids))
    first = dict(session.execute(reported.group_by(Lead.reported_by)).all())
    is_open, is_signed = func.count().filter(Lead.outcome.is_(None)), func.count().filter(Lead.outcome == "signed")
    owned = mine.with_only_columns(Lead.owner_id, is_open.label("owned"), is_signed.label("signed"))
    held = {
        row.owner_id: row for row in session.execute(owned.where(Lead.owner_id.in_(member_ids)).group_by(Lead.owner_id))
    }
    written = in_county(caller, LeadUpdate).with_only_columns(LeadUpdate.member_id, func.count())
    updates = dict(
        session.execute(written.where(LeadUpdate.member_id.in_(member_ids)).group_by(LeadUpdate.member_id)).all()
    )
    return {
        one: LeadCounts(
            reported=first.get(one, 0),
            owned=held[one].owned if one in held else 0,
            signed=held[one].signed if one in held else 0,
            updates=updates.get(one, 0),
        )
        for one in member_ids
    }


def listed(session: Session, caller: Caller, member_id: uuid.UUID, most: int) -> list[LeadOf]:
    """Those of them that the caller may see, the latest moved first."""
    theirs = (LeadUpdate.county_id == caller.county_id, LeadUpdate.member_id == member_id)
    written = (
        select(
            LeadUpdate.lead_id,
            func.count().label("updates"),
            func.max(LeadUpdate.happened_at).label("updated_at"),
        )
        .where(*theirs)
        .group_by(LeadUpdate.lead_id)
        .subquery()
    )
    of_county = select(Lead.id).where(Lead.county_id == caller.county_id)
    touched = union(
        of_county.where(Lead.reported_by == member_id),
        of_county.where(Lead.owner_id == member_id),
        select(LeadUpdate.lead_id).where(*theirs),
    )
    statement = (
        select(Lead, Company.name, written.c.updates, written.c.updated_at)
        .join(Company, (Company.county_id == Lead.county_id) & (Company.id == Lead.company_id))
        .outerjoin(written, written.c.lead_id == Lead.id)
        .where(Lead.county_id == caller.county_id, Lead.id.in_(touched), see.seen(caller))
        .order_by(Lead.moved_at.desc(), Lead.id)
        .limit(most)
    )
    return [
        LeadOf(
            id=row.Lead.id,
            company=row.name,
            stage=row.Lead.stage,
            outcome=row.Lead.outcome,
            is_owner=row.Lead.owner_id == member_id,
            reported_at=row.Lead.created_at if row.Lead.reported_by == member_id else None,
            updates=row.updates or 0,
            updated_at=row.updated_at,
            moved_at=row.Lead.moved_at,
        )
        for row in session.execute(statement)
    ]
