"""What is said of a company and a lead over HTTP: whole to those who may see it, and to others whose it is."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.checkin_replies import MemberRef, PhotoReply, photo_reply
from server.api.session import caller
from server.leads import clocks, companies, pictures, quality, requests
from server.leads.fit import WORDS, Fit, fit
from server.leads.models import (
    DEAD_ENDS,
    REQUESTS,
    STAGES,
    Company,
    Lead,
    LeadEvent,
    LeadRequest,
    LeadUpdate,
)
from server.leads.morning import standing
from server.org import people
from server.org.models import Squad
from server.org.structure import squad_names
from server.tally import policy
from server.tally.lead_terms import fit_weights, lead_terms
from server.tally.workdays import is_workday

Stage = Literal["lead", "contacted", "visited", "talks", "signing", "signed"]
Channel = Literal["exhibition", "chamber", "referral", "cold_call", "inquiry", "directory", "other"]
Size = Literal["large", "medium", "small", "micro"]
Currency = Literal["CNY", "USD", "EUR", "HKD", "JPY"]
Eia = Literal["registration", "form", "report"]
DeadEnd = Literal[
    "invested_elsewhere", "plan_cancelled", "does_not_fit", "no_land_or_energy", "no_reply", "closed_down", "other"
]


class CompanyRow(BaseModel):
    """A company as everybody in the county may know it: what it is, and by which squad it is claimed."""

    id: uuid.UUID
    name: str
    uscc: str | None
    uscc_doubtful: bool = Field(description="its check character does not fit; most likely mistyped")
    industry: str | None
    size: Size | None
    home_city: str | None
    state: Literal["free", "claimed", "yours", "pooled"] = Field(
        description="`pooled`: a lead that anybody may take up"
    )
    squad: str | None = Field(description="who has the claim")
    lead: uuid.UUID | None = Field(description="only where the caller may see it")


class OwedRow(BaseModel):
    what: Literal["respond", "judge", "answer", "report"]
    word: str
    due_on: date
    days_late: int


class FitPartRow(BaseModel):
    what: Literal["industry", "chain", "investment", "energy", "environment"]
    word: str
    weight: int = Field(description="by the county's rules")
    score: int | None = Field(description="0 to 100; null: not known")
    why: str


class FitReply(BaseModel):
    """契合度: how well it fits the county."""

    score: int | None = Field(description="the weighted mean of the parts that are known, 0 to 100; null: none is")
    known_percent: int = Field(description="the share of the weights that is known")
    parts: list[FitPartRow]


class LeadRow(BaseModel):
    id: uuid.UUID
    company: CompanyRow
    squad: str | None
    owner: MemberRef | None
    stage: Stage
    stage_word: str
    stage_since: AwareDatetime
    outcome: Literal["signed", "dead_end"] | None
    investment_wan: int | None
    currency: Currency
    next_action: str
    next_on: date | None
    moved_at: AwareDatetime
    fit: int | None = Field(description="契合度 of what is known, 0 to 100; null: nothing is")
    fit_known_percent: int
    asked: list[str] = Field(description="what somebody asked about it and nobody has decided yet, in words")
    owed: list[OwedRow] = Field(description="what is due, the soonest first; nothing once it is over or in the pool")


class EventRow(BaseModel):
    what: str
    at: AwareDatetime
    by: str | None = Field(description="None: the machine")
    reason: str
    facts: dict[str, Any]


class UpdateRow(BaseModel):
    id: uuid.UUID
    member: str
    text: str
    answers: bool
    happened_at: AwareDatetime
    corroborated: bool = Field(
        description="a check-in of theirs lies near it in time and place; without one it is as good"
    )
    photos: list[PhotoReply] = Field(description="its pictures in their order")
    photos_erased: int = Field(description="how many more there were, whose term is over or whose member asked")


class LeadReply(LeadRow):
    intent: str
    land_mu: float | None
    energy_tce: float | None
    environment: str
    eia: Eia | None = Field(description="环评类别")
    eia_word: str | None
    channel: Channel
    channel_word: str
    reported_by: str
    reported_at: AwareDatetime
    claimed_at: AwareDatetime | None
    joined: list[str] = Field(description="squads that were let in")
    events: list[EventRow]
    updates: list[UpdateRow]
    fit_parts: list[FitPartRow]
    may_edit: bool
    may_update: bool
    may_hand_over: bool


class RequestRow(BaseModel):
    id: uuid.UUID
    kind: Literal["join", "contest", "close"]
    word: str
    company: str
    lead: uuid.UUID | None = Field(description="only where the caller may see it")
    squad: str
    holder: str | None
    asked_by: MemberRef
    asked_at: AwareDatetime
    reported_at: AwareDatetime | None = Field(description="of a contest: the phone's time of the first contact")
    claimed_at: AwareDatetime | None = Field(description="when the server took the claim that is contested")
    code: DeadEnd | None
    code_word: str | None
    reason: str
    evidence: str
    state: Literal["open", "granted", "refused", "void"]
    decided_by: str | None
    decided_at: AwareDatetime | None
    answer: str


def company_rows(session: Session, found: Sequence[Company], visible: Mapping[uuid.UUID, Lead]) -> list[CompanyRow]:
    """`visible`: of the companies' open leads those that the caller may see, by the company."""
    ids = [one.id for one in found]
    held = select(Lead.company_id, Lead.squad_id, Squad.name).outerjoin(
        Squad, (Squad.county_id == Lead.county_id) & (Squad.id == Lead.squad_id)
    )
    mine = held.where(Lead.county_id == caller().county_id, Lead.company_id.in_(ids), Lead.outcome.is_(None))
    holders = {row.company_id: row for row in session.execute(mine)}
    rows = []
    for one in found:
        holder, lead = holders.get(one.id), visible.get(one.id)
        state: Literal["free", "claimed", "yours", "pooled"] = "free"
        if holder is not None:
            state = "pooled" if holder.squad_id is None else "yours" if lead else "claimed"
        rows.append(company_row(one, state, holder.name if holder else None, lead.id if lead else None))
    return rows


def company_row(
    one: Company, state: Literal["free", "claimed", "yours", "pooled"], squad: str | None, lead: uuid.UUID | None
) -> CompanyRow:
    return CompanyRow(
        id=one.id,
        name=one.name,
        uscc=one.uscc,
        uscc_doubtful=bool(one.uscc) and companies.is_doubtful(str(one.uscc)),
        industry=one.industry,
        size=one.size,
        home_city=one.home_city,
        state=state,
        squad=squad,
        lead=lead,
    )


def lead_rows(session: Session, leads: Sequence[Lead]) -> list[LeadRow]:
    """The list's rows; all that they name is read together."""
    who = caller()
    known = _companies(session, leads)
    fits = _fits(session, leads, known)
    squads = squad_names(session, who.county_id, {lead.squad_id for lead in leads if lead.squad_id})
    names = people.names(session, who.county_id, {lead.owner_id for lead in leads if lead.owner_id})
    asked = requests.waiting(session, who, leads)
    terms = lead_terms(policy.in_force(session, who.county_id, who.today).rules)
    return [
        LeadRow(
            id=lead.id,
            company=_company_of(lead, known[lead.company_id], squads),
            squad=squads.get(lead.squad_id) if lead.squad_id else None,
            owner=MemberRef(id=lead.owner_id, name=names[lead.owner_id]) if lead.owner_id else None,
            stage=lead.stage,
            stage_word=STAGES[lead.stage],
            stage_since=lead.stage_since,
            outcome=lead.outcome,
            investment_wan=lead.investment_wan,
            currency=lead.currency,
            next_action=lead.next_action,
            next_on=lead.next_on,
            moved_at=lead.moved_at,
            fit=fits[lead.id].score,
            fit_known_percent=fits[lead.id].known_percent,
            asked=[REQUESTS[kind] for kind in asked.get(lead.id, ())],
            owed=_owed(lead, terms),
        )
        for lead in leads
    ]


def lead_fits(session: Session, leads: Sequence[Lead]) -> dict[uuid.UUID, FitReply]:
    """By the lead, by the rules of today."""
    return _fits(session, leads, _companies(session, leads))


def _fits(session: Session, leads: Sequence[Lead], of: Mapping[uuid.UUID, Company]) -> dict[uuid.UUID, FitReply]:
    who = caller()
    weights = fit_weights(policy.in_force(session, who.county_id, who.today).rules)
    known = quality.known(session, who.county_id, leads, of)
    return {id_: _fit_reply(fit(one, weights)) for id_, one in known.items()}


def _fit_reply(found: Fit) -> FitReply:
    parts = [
        FitPartRow(what=p.what, word=WORDS[p.what], weight=p.weight, score=p.score, why=p.why) for p in found.parts
    ]
    return FitReply(score=found.score, known_percent=found.known_percent, parts=parts)


def _companies(session: Session, leads: Sequence[Lead]) -> dict[uuid.UUID, Company]:
    of = session.scalars(
        select(Company).where(
            Company.county_id == caller().county_id, Company.id.in_({lead.company_id for lead in leads})
        )
    )
    return {company.id: company for company in of}


def _company_of(lead: Lead, company: Company, squads: Mapping[uuid.UUID, str]) -> CompanyRow:
    is_open = lead.outcome is None
    state: Literal["free", "yours", "pooled"] = "free" if not is_open else "yours" if lead.squad_id else "pooled"
    return company_row(company, state, squads.get(lead.squad_id) if is_open and lead.squad_id else None, lead.id)


def _owed(lead: Lead, terms: clocks.Terms) -> list[OwedRow]:
    if lead.outcome is not None or lead.squad_id is None:
        return []
    today = caller().today
    return [
        OwedRow(what=one.what, word=clocks.WORDS[one.what], due_on=one.due_on, days_late=one.days_late(today))
        for one in clocks.owed(standing(lead, caller().tz), terms, is_workday)
    ]


def event_rows(session: Session, lead: Lead) -> list[EventRow]:
    """The history, newest first."""
    found = session.scalars(
        select(LeadEvent)
        .where(LeadEvent.county_id == lead.county_id, LeadEvent.lead_id == lead.id)
        .order_by(LeadEvent.at.desc(), LeadEvent.id)
        .limit(200)
    ).all()
    names = people.names(session, lead.county_id, {one.by_id for one in found if one.by_id})
    return [
        EventRow(what=e.what, at=e.at, by=names.get(e.by_id) if e.by_id else None, reason=e.reason, facts=e.facts)
        for e in found
    ]


def update_rows(session: Session, found: Sequence[LeadUpdate]) -> list[UpdateRow]:
    names = people.names(session, caller().county_id, {one.member_id for one in found})
    photos = pictures.of_updates(session, caller(), found)
    return [
        UpdateRow(
            id=one.id,
            member=names[one.member_id],
            text=one.text,
            answers=one.answers,
            happened_at=one.happened_at,
            corroborated=one.checkin_id is not None,
            photos=[photo_reply(photo.id) for photo in photos[one.id] if photo.sha256],
            photos_erased=sum(not photo.sha256 for photo in photos[one.id]),
        )
        for one in found
    ]


def request_rows(session: Session, found: Sequence[LeadRequest]) -> list[RequestRow]:
    county = caller().county_id
    of = select(Lead, Company.name).join(
        Company, (Company.county_id == Lead.county_id) & (Company.id == Lead.company_id)
    )
    about = of.where(Lead.county_id == county, Lead.id.in_({one.lead_id for one in found}))
    leads = {row.Lead.id: row for row in session.execute(about)}
    holders = {row.Lead.squad_id for row in leads.values() if row.Lead.squad_id}
    squads = squad_names(session, county, {one.squad_id for one in found} | holders)
    who = {one.asked_by for one in found} | {one.decided_by for one in found if one.decided_by}
    names = people.names(session, county, who)
    rows = []
    for one in found:
        lead, company = leads[one.lead_id].Lead, leads[one.lead_id].name
        rows.append(
            RequestRow(
                id=one.id,
                kind=one.kind,
                word=REQUESTS[one.kind],
                company=company,
                lead=one.lead_id,
                squad=squads[one.squad_id],
                holder=squads.get(lead.squad_id) if lead.squad_id else None,
                asked_by=MemberRef(id=one.asked_by, name=names[one.asked_by]),
                asked_at=one.asked_at,
                reported_at=one.reported_at,
                claimed_at=lead.claimed_at if one.kind == "contest" else None,
                code=one.code,
                code_word=DEAD_ENDS[one.code] if one.code else None,
                reason=one.reason,
                evidence=one.evidence,
                state=one.state,
                decided_by=names.get(one.decided_by) if one.decided_by else None,
                decided_at=one.decided_at,
                answer=one.answer,
            )
        )
    return rows
