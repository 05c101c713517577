"""The explained month: one's own, and a watched member's."""

import uuid
from datetime import date
from typing import Any

from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.api.counts import DayReply, MonthReply, month_of, stored_day_reply
from server.api.services import Reply, reading
from server.api.session import BEARER, caller
from server.org.scope import watched_member
from server.tally.month import site_days

bp = APIBlueprint("months", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="月度")], abp_security=BEARER)


class MonthQuery(BaseModel):
    month: str = Field("", pattern=r"^(|20\d\d-(0[1-9]|1[0-2]))$", description="YYYY-MM; empty is this month")


class MemberPath(BaseModel):
    member_id: uuid.UUID


class ExplainedDay(DayReply):
    policy_version: int
    sources: list[dict[str, Any]] = Field(description="the check-ins, attestations and leave the day was counted from")


class ExplainedMonth(MonthReply):
    member_id: uuid.UUID
    days: list[ExplainedDay]


@bp.get("/me/month", responses={200: ExplainedMonth})
def my_month(query: MonthQuery) -> Reply:
    """The caller's month with every day explained."""
    with reading() as session:
        return _explained(session, caller().member_id, query.month).model_dump(mode="json")


@bp.get("/members/<uuid:member_id>/month", responses={200: ExplainedMonth})
def member_month(path: MemberPath, query: MonthQuery) -> Reply:
    """The month of a member the caller may watch."""
    with reading() as session:
        member = watched_member(session, caller(), path.member_id)
        return _explained(session, member.id, query.month).model_dump(mode="json")


def _explained(session: Session, member_id: uuid.UUID, month: str) -> ExplainedMonth:
    first = date.fromisoformat(f"{month}-01") if month else caller().today.replace(day=1)
    days = [
        ExplainedDay(**stored_day_reply(d).model_dump(), policy_version=d.policy_version, sources=d.sources)
        for d in site_days(session, caller().county_id, member_id, first)
    ]
    count = month_of(session, caller(), member_id, first)
    return ExplainedMonth(**count.model_dump(), member_id=member_id, days=days)
