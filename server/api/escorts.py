"""提请县领导 over HTTP: asked for a lead with some times, answered with one of them, and what came of it."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from flask import Response
from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.checkin_replies import MemberRef
from server.api.companies import WORKING
from server.api.described import Described
from server.api.fields import Moment, Sentence
from server.api.fields import Remark as Word
from server.api.lead_replies import FitReply, LeadRow, UpdateRow, lead_fits, lead_rows, update_rows
from server.api.leads import LeadPath
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.leads import course, escorts, ics, see
from server.leads.models import EIA, ESCORT_STATES, Company, Escort, Lead
from server.org import people
from server.org.scope import county as in_county
from server.org.structure import squad_names

bp = Described("escorts", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="提请县领导")], abp_security=SIGNED_IN)
_CALENDAR: Any = {200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}}
_UPDATES = 5  # in the brief, which is a page
State = Literal["open", "accepted", "declined", "called_off", "done"]


class EscortPath(BaseModel):
    escort_id: uuid.UUID


class SlotBody(BaseModel):
    starts_at: Moment
    ends_at: Moment


class EscortBody(BaseModel):
    id: uuid.UUID = Field(description="made by the phone; the same id with the same words is the same wish")
    leader: uuid.UUID = Field(description="one of /escort-leaders")
    slots: Annotated[list[SlotBody], Field(min_length=1, max_length=3)]
    purpose: Sentence = Field(max_length=500, description="why a leader is needed, and for what")
    place: Sentence = Field(max_length=100)


class EscortQuery(PageQuery):
    state: State | Literal["all"] = "all"
    lead: uuid.UUID | None = None


class AnswerBody(BaseModel):
    """One of the slots, by its number from 0; or no, and why."""

    decision: Literal["accepted", "declined"]
    slot: int | None = Field(None, ge=0, le=2)
    word: Word = Field("", max_length=300)

    @model_validator(mode="after")
    def _whole(self) -> "AnswerBody":
        if self.decision == "accepted" and self.slot is None:
            raise ValueError("slot")
        if self.decision == "declined" and not self.word:
            raise ValueError("word")
        return self


class CallOffBody(BaseModel):
    reason: Sentence = Field(max_length=300)


class OutcomeBody(BaseModel):
    outcome: Sentence = Field(max_length=1000)


class SlotRow(BaseModel):
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    word: str = Field(description="as it is said in the county's time")


class EscortRow(BaseModel):
    id: uuid.UUID
    lead: uuid.UUID
    company: str
    squad: str
    leader: MemberRef
    asked_by: MemberRef
    asked_at: AwareDatetime
    purpose: str
    place: str
    slots: list[SlotRow]
    state: State
    state_word: str
    chosen: SlotRow | None
    answered_by: str | None = Field(description="the leader, or who answered in their name")
    answered_at: AwareDatetime | None
    answer: str
    off_by: str | None = Field(description="who called it off; null with a reason: the lead was over")
    off_reason: str
    outcome: str
    outcome_by: str | None
    outcome_at: AwareDatetime | None
    may_answer: bool
    may_call_off: bool
    may_finish: bool


class BriefReply(BaseModel):
    """The lead on one page, as it stands now."""

    lead: LeadRow
    intent: str
    land_mu: float | None
    energy_tce: float | None
    eia_word: str | None
    environment: str
    reported_by: str
    reported_at: AwareDatetime
    fit: FitReply
    updates: list[UpdateRow] = Field(description="the latest five")


class EscortReply(EscortRow):
    brief: BriefReply


class EscortPage(BaseModel):
    items: list[EscortRow]
    next_cursor: str | None


class LeaderList(BaseModel):
    items: list[MemberRef]


@bp.get("/escort-leaders", responses={200: LeaderList})
def list_escort_leaders() -> Reply:
    """The county's leaders, who can be asked along."""
    caller().require(*WORKING)
    with reading() as session:
        found = escorts.leaders(session, caller())
    return LeaderList(items=[MemberRef(id=id_, name=name) for id_, name in found]).model_dump(mode="json")


@bp.post("/leads/<uuid:lead_id>/escorts", responses={201: EscortRow, 200: EscortRow})
def ask_for_escort(path: LeadPath, body: EscortBody) -> Reply:
    """Ask a leader along; the squad that has the claim. One at a time a leader."""
    slots = tuple((slot.starts_at, slot.ends_at) for slot in body.slots)
    wish = escorts.Wish(body.id, body.leader, slots, body.purpose, body.place)
    with transaction() as session:
        made, is_new = escorts.ask(session, caller(), path.lead_id, wish, now())
        reply = _row(session, made)
    return reply, 201 if is_new else 200


@bp.get("/escorts", responses={200: EscortPage})
def list_escorts(query: EscortQuery) -> Reply:
    """Those of the leads the caller may see, the latest first."""
    statement = escorts.seen(caller())
    if query.state != "all":
        statement = statement.where(Escort.state == query.state)
    if query.lead:
        statement = statement.where(Escort.lead_id == query.lead)
    with reading() as session:
        found = session.scalars(newest_first(statement, Escort.asked_at, Escort.id, query)).all()
        page, cursor = cut(found, query, "asked_at")
        rows = escort_rows(session, page)
    return EscortPage(items=rows, next_cursor=cursor).model_dump(mode="json")


@bp.get("/escorts/<uuid:escort_id>", responses={200: EscortReply})
def read_escort(path: EscortPath) -> Reply:
    """One, with the lead on a page."""
    with reading() as session:
        found = escorts.one(session, caller(), path.escort_id)
        (row,) = escort_rows(session, [found])
        brief = _brief(session, session.get_one(Lead, (found.county_id, found.lead_id)))
    return EscortReply(**row.model_dump(), brief=brief).model_dump(mode="json")


@bp.post("/escorts/<uuid:escort_id>/answer", responses={200: EscortRow})
def answer_escort(path: EscortPath, body: AnswerBody) -> Reply:
    """Choose a time, or decline: the leader, or the bureau in their name."""
    with transaction() as session:
        if body.decision == "accepted" and body.slot is not None:
            done = escorts.accept(session, caller(), path.escort_id, body.slot, body.word, now())
        else:
            done = escorts.decline(session, caller(), path.escort_id, body.word, now())
        return _row(session, done)


@bp.post("/escorts/<uuid:escort_id>/call-off", responses={200: EscortRow})
def call_escort_off(path: EscortPath, body: CallOffBody) -> Reply:
    """Take it back, asked or agreed; whoever is concerned is told."""
    with transaction() as session:
        return _row(session, escorts.withdraw(session, caller(), path.escort_id, body.reason, now()))


@bp.post("/escorts/<uuid:escort_id>/outcome", responses={200: EscortRow})
def finish_escort(path: EscortPath, body: OutcomeBody) -> Reply:
    """What came of it, once it has begun."""
    with transaction() as session:
        return _row(session, escorts.finish(session, caller(), path.escort_id, body.outcome, now()))


@bp.get("/escorts/<uuid:escort_id>/calendar.ics", responses=_CALENDAR)
def read_escort_calendar(path: EscortPath) -> Reply:
    """The agreed time as a calendar entry; empty while none is agreed."""
    with reading() as session:
        return _ics(session, [escorts.one(session, caller(), path.escort_id)])


@bp.get("/me/escorts.ics", responses=_CALENDAR)
def read_my_calendar() -> Reply:
    """What the caller goes to, as a leader or as one of the squad; and what was called off, so that it goes out."""
    with reading() as session:
        return _ics(session, escorts.calendar_of(session, caller(), now()))


def escort_rows(session: Session, found: Sequence[Escort]) -> list[EscortRow]:
    who = caller()
    of = select(Lead, Company.name).join(
        Company, (Company.county_id == Lead.county_id) & (Company.id == Lead.company_id)
    )
    about = of.where(Lead.county_id == who.county_id, Lead.id.in_({one.lead_id for one in found}))
    companies = {row.Lead.id: row.name for row in session.execute(about)}
    mine = in_county(who, Lead).with_only_columns(Lead.id).where(Lead.id.in_(companies), see.worked_on(who))
    inside = set(session.scalars(mine))
    squads = squad_names(session, who.county_id, {one.squad_id for one in found})
    named = {
        id_
        for one in found
        for id_ in (one.leader_id, one.asked_by, one.answered_by, one.off_by, one.outcome_by)
        if id_
    }
    names = people.names(session, who.county_id, named)
    return [
        _escort_row(one, companies[one.lead_id], squads[one.squad_id], names, one.lead_id in inside) for one in found
    ]


def _escort_row(one: Escort, company: str, squad: str, names: Any, is_inside: bool) -> EscortRow:
    chosen = (one.starts_at, one.ends_at) if one.starts_at and one.ends_at else None
    takes_part = is_inside or one.leader_id == caller().member_id or caller().has(escorts.IN_THEIR_NAME)
    return EscortRow(
        id=one.id,
        lead=one.lead_id,
        company=company,
        squad=squad,
        leader=MemberRef(id=one.leader_id, name=names[one.leader_id]),
        asked_by=MemberRef(id=one.asked_by, name=names[one.asked_by]),
        asked_at=one.asked_at,
        purpose=one.purpose,
        place=one.place,
        slots=[_slot(slot) for slot in escorts.slots_of(one)],
        state=one.state,
        state_word=ESCORT_STATES[one.state],
        chosen=_slot(chosen) if chosen else None,
        answered_by=names[one.answered_by] if one.answered_by else None,
        answered_at=one.answered_at,
        answer=one.answer,
        off_by=names[one.off_by] if one.off_by else None,
        off_reason=one.off_reason,
        outcome=one.outcome,
        outcome_by=names[one.outcome_by] if one.outcome_by else None,
        outcome_at=one.outcome_at,
        may_answer=escorts.may_answer(caller(), one),
        may_call_off=is_inside if one.state == "open" else takes_part and one.state == "accepted",
        may_finish=takes_part and one.state == "accepted" and one.starts_at is not None and one.starts_at <= now(),
    )


def _slot(slot: escorts.Slot) -> SlotRow:
    return SlotRow(starts_at=slot[0], ends_at=slot[1], word=escorts.spoken(slot, caller().tz))


def _row(session: Session, one: Escort) -> dict[str, Any]:
    (row,) = escort_rows(session, [one])
    return row.model_dump(mode="json")


def _brief(session: Session, lead: Lead) -> BriefReply:
    (row,) = lead_rows(session, [lead])
    return BriefReply(
        lead=row,
        intent=lead.intent,
        land_mu=lead.land_mu,
        energy_tce=lead.energy_tce,
        eia_word=EIA[lead.eia] if lead.eia else None,
        environment=lead.environment,
        reported_by=people.names(session, lead.county_id, {lead.reported_by})[lead.reported_by],
        reported_at=lead.reported_at,
        fit=lead_fits(session, [lead])[lead.id],
        updates=update_rows(session, course.updates(session, caller(), lead, _UPDATES)),
    )


def _ics(session: Session, found: Sequence[Escort]) -> Response:
    entries = [
        ics.Entry(
            id=one.id,
            starts_at=one.chosen.starts_at,
            ends_at=one.chosen.ends_at,
            title=f"一同拜访：{one.company}",
            place=one.place,
            text=f"{one.leader.name}与{one.squad}。{one.purpose}",
            revision=revision,
            is_off=one.state == "called_off",
        )
        for one, revision in zip(escort_rows(session, found), [one.revision for one in found], strict=True)
        if one.chosen
    ]
    response = Response(ics.calendar(entries, now()), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="escorts.ics"'
    response.headers["Cache-Control"] = "no-store"
    return response
