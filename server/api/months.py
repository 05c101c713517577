"""The explained month: one's own, and a watched member's."""

import uuid
from datetime import date
from typing import Any, Literal

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from server.api.checkin_replies import MemberRef
from server.api.counts import DayReply, MonthReply, month_of, stored_day_reply
from server.api.described import Described
from server.api.register import MemberPath
from server.api.services import Reply, now, reading
from server.api.session import SIGNED_IN, caller
from server.tally import addenda
from server.tally.closed import is_closed
from server.tally.models import MonthAddendum
from server.tally.month import site_days
from server.watch.members import file_of

bp = Described("months", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="月度")], abp_security=SIGNED_IN)


class MonthQuery(BaseModel):
    month: str = Field("", pattern=r"^(|20\d\d-(0[1-9]|1[0-2]))$", description="YYYY-MM; empty is this month")


class ExplainedDay(DayReply):
    policy_version: int
    sources: list[dict[str, Any]] = Field(description="the check-ins, attestations and leave the day was counted from")


class AddendumReply(BaseModel):
    """What became known of one day after its month was published."""

    on: date
    member: MemberRef
    cause: Literal["checkin", "review", "appeal", "attestation", "leave", "withdrawal", "asked"]
    before: dict[str, int] = Field(description="half days by state")
    after: dict[str, int]
    explanation: str
    made_at: AwareDatetime


class ExplainedMonth(MonthReply):
    member_id: uuid.UUID
    closed: bool = Field(description="published: what comes later stands in `addenda`")
    days: list[ExplainedDay]
    addenda: list[AddendumReply]


@bp.get("/me/month", responses={200: ExplainedMonth})
def my_month(query: MonthQuery) -> Reply:
    """The caller's month with every day explained."""
    with reading() as session:
        return _explained(session, caller().member_id, query.month).model_dump(mode="json")


@bp.get("/members/<uuid:member_id>/month", responses={200: ExplainedMonth})
def member_month(path: MemberPath, query: MonthQuery) -> Reply:
    """The month of a member the caller may watch; of who was removed, for supervisors, while it is kept."""
    with reading() as session:
        member = file_of(session, caller(), path.member_id, now())
        return _explained(session, member.id, query.month).model_dump(mode="json")


def _explained(session: Session, member_id: uuid.UUID, month: str) -> ExplainedMonth:
    first = first_of(month)
    days = [
        ExplainedDay(**stored_day_reply(d).model_dump(), policy_version=d.policy_version, sources=d.sources)
        for d in site_days(session, caller().county_id, member_id, first)
    ]
    count = month_of(session, caller(), member_id, first)
    return ExplainedMonth(
        **count.model_dump(),
        member_id=member_id,
        closed=is_closed(session, caller().county_id, first),
        days=days,
        addenda=[
            addendum_reply(one, name) for one, name in addenda.of_month(session, caller().county_id, first, member_id)
        ],
    )


def first_of(month: str) -> date:
    """The first day of YYYY-MM; of this month when nothing is said."""
    return date.fromisoformat(f"{month}-01") if month else caller().today.replace(day=1)


def addendum_reply(one: MonthAddendum, name: str) -> AddendumReply:
    return AddendumReply(
        on=one.on_date,
        member=MemberRef(id=one.member_id, name=name),
        cause=one.cause,
        before=one.before,
        after=one.after,
        explanation=one.explanation,
        made_at=one.made_at,
    )
