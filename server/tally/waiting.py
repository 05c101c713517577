"""What of a month still waits for a person: check-ins under review, open appeals, leave nobody decided on."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.checkins.models import Appeal, CheckIn
from server.leaves.models import Leave
from server.org.models import Member
from server.tally.month_fold import month_end


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to be decided: kind `review`, `appeal` or `leave`, and the local date it is about."""

    kind: str
    id: uuid.UUID
    member_id: uuid.UUID
    member_name: str
    on: date


def waiting_in(session: Session, county_id: int, month: date, most: int) -> list[Waiting]:
    """What waits in the month (its first day), by date, at most so many."""
    last = month_end(month)
    in_month = (CheckIn.county_id == county_id, CheckIn.on_date.between(month, last), CheckIn.addendum.is_(False))
    reviews = select(CheckIn.id, CheckIn.member_id, Member.name, CheckIn.on_date.label("on")).where(
        *in_month, func.coalesce(CheckIn.decision, CheckIn.verdict) == "review"
    )
    appeals = (
        select(Appeal.id, Appeal.member_id, Member.name, CheckIn.on_date.label("on"))
        .join(CheckIn, (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id))
        .where(*in_month, Appeal.state == "open")
    )
    leaves = select(Leave.id, Leave.member_id, Member.name, Leave.starts_on.label("on")).where(
        Leave.county_id == county_id, Leave.state == "pending", Leave.starts_on <= last, Leave.ends_on >= month
    )
    found: list[Waiting] = []
    for kind, of, statement in (("review", CheckIn, reviews), ("appeal", Appeal, appeals), ("leave", Leave, leaves)):
        named = statement.join(Member, (Member.county_id == of.county_id) & (Member.id == of.member_id))
        rows = session.execute(named.order_by("on").limit(most)).all()
        found += [Waiting(kind, r.id, r.member_id, r.name, r.on) for r in rows]
    return sorted(found, key=lambda one: (one.on, one.kind, one.id))[:most]
