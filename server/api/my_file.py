"""我的档案: what stands in the caller's own personnel file, as the console shows it to those who watch over them."""

import uuid
from datetime import date
from typing import Literal

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from server.api.counts import MonthReply, month_of
from server.api.described import Described
from server.api.lead_replies import Stage
from server.api.months import MonthQuery, first_of
from server.api.services import Reply, now, reading
from server.api.session import SIGNED_IN, caller
from server.checkins import second_opinion
from server.leaves import training
from server.org import postings
from server.tally.closed import is_closed
from server.watch import member_leads
from server.watch.timeline import timeline

bp = Described("my_file", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="我的信息")], abp_security=SIGNED_IN)


class PostingOfMine(BaseModel):
    starts_on: date
    ends_on: date | None = Field(description="null: it goes on")
    squad: str
    unit: str
    station: str
    city: str


class TrainingOfMine(BaseModel):
    starts_on: date
    ends_on: date
    days: float = Field(description="0.5 or 1 for each date")
    reason: str


class FileEvent(BaseModel):
    """One entry of the month, the newest first."""

    on: date
    at: AwareDatetime | None = Field(description="null where only the date is known")
    kind: Literal[
        "posting", "checkin", "review", "appeal", "attestation", "leave", "flag", "step", "addendum", "lead", "spot"
    ]  # as server.watch.timeline has them
    title: str
    text: str
    state: str = Field(description="a state of a day, a kind of flag, or empty")
    by: str = Field(description="who decided, or empty")
    checkin_id: uuid.UUID | None = Field(description="where evidence stands behind it")
    lead_id: uuid.UUID | None = Field(description="where it is about a lead")


class LeadOfMine(BaseModel):
    id: uuid.UUID
    company: str
    stage: Stage
    stage_word: str
    outcome: Literal["signed", "dead_end"] | None
    is_owner: bool
    reported_at: AwareDatetime | None = Field(description="null: by somebody else")
    updates: int = Field(description="written by the caller")
    updated_at: AwareDatetime | None = Field(description="the last of them")
    moved_at: AwareDatetime


class LeadsOfMine(BaseModel):
    reported: int
    owned: int = Field(description="in the caller's hands now")
    signed: int = Field(description="in the caller's hands")
    updates: int
    items: list[LeadOfMine] = Field(
        description="those that the caller may see now, the latest moved first, 100 at most"
    )


class FileReply(BaseModel):
    postings: list[PostingOfMine] = Field(description="all of them, the latest first")
    trainings: list[TrainingOfMine] = Field(description="the approved ones, the latest first, 100 at most")
    leads: LeadsOfMine
    month: MonthReply
    closed: bool = Field(description="the month is published")
    events: list[FileEvent] = Field(description="of the month")


@bp.get("/me/file", responses={200: FileReply})
def my_file(query: MonthQuery) -> Reply:
    """The caller's postings, training and leads, and what happened in a month: days, leave, flags, reviews, appeals."""
    who, first = caller(), first_of(query.month)
    with reading() as session:
        blind = second_opinion.blinded(session, who, now())
        reply = FileReply(
            postings=[
                PostingOfMine(**{name: getattr(row, name) for name in PostingOfMine.model_fields})
                for row in postings.history(session, who.county_id, who.member_id)
            ],
            trainings=[
                TrainingOfMine(starts_on=one.starts_on, ends_on=one.ends_on, days=one.halves / 2, reason=one.reason)
                for one in training.attended(session, who.county_id, who.member_id)
            ],
            leads=_leads(session),
            month=month_of(session, who, who.member_id, first),
            closed=is_closed(session, who.county_id, first),
            events=[
                FileEvent(**{name: getattr(one, name) for name in FileEvent.model_fields})
                for one in timeline(session, who, who.member_id, first, who.tz, blind)
            ],
        )
    return reply.model_dump(mode="json")


def _leads(session: Session) -> LeadsOfMine:
    who = caller()
    counts = member_leads.counts(session, who, [who.member_id])[who.member_id]
    return LeadsOfMine(
        reported=counts.reported,
        owned=counts.owned,
        signed=counts.signed,
        updates=counts.updates,
        items=[
            LeadOfMine(**{name: getattr(one, name) for name in LeadOfMine.model_fields})
            for one in member_leads.listed(session, who, who.member_id, member_leads.MOST)
        ],
    )
