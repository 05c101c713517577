"""线索 over HTTP: reported, followed up, moved from stage to stage, closed with somebody else's word, handed over."""

import uuid
from dataclasses import fields
from typing import Annotated, Any, Literal

from flask_openapi import FileStorage, Tag
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from server.api.companies import WORKING, CompanyBody, CompanyPath
from server.api.described import Described
from server.api.fields import Day, Moment, Remark, Sentence
from server.api.lead_filters import LeadFilter, Wan
from server.api.lead_replies import (
    Channel,
    Currency,
    DeadEnd,
    Eia,
    LeadReply,
    LeadRow,
    RequestRow,
    Stage,
    UpdateRow,
    event_rows,
    lead_fits,
    lead_rows,
    request_rows,
    update_rows,
)
from server.api.paging import PageQuery, cut, newest_first, oldest_first
from server.api.photos import uploaded
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller
from server.errors import invalid
from server.evidence.datum import to_wgs84
from server.leads import companies, course, handover, pictures, report, requests, see
from server.leads.filter import Wanted, conditions
from server.leads.models import CHANNELS, EIA, MOST_PHOTOS, Lead, LeadRequest, LeadSquad
from server.leads.requests import Asked
from server.org import consent, people
from server.org.scope import county as in_county
from server.org.structure import squad_names
from server.photos import preview
from server.photos.read import read
from server.tally import policy
from server.tally.lead_terms import lead_terms
from server.tally.workdays import is_workday

bp = Described("leads", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="线索")], abp_security=SIGNED_IN)
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
_UPDATES = 100
_NOT_OF_THE_POOL = ("owner", "channel", "late", "invest_from", "invest_to")


class LeadPath(BaseModel):
    lead_id: uuid.UUID


class LeadRequestPath(BaseModel):
    request_id: uuid.UUID


class GiverPath(BaseModel):
    member_id: uuid.UUID


class ReportBody(BaseModel):
    id: uuid.UUID = Field(description="made by the phone; the same id with the same words is the same lead")
    company_id: uuid.UUID | None = Field(None, description="a known company …")
    company: CompanyBody | None = Field(None, description="… or one as it is entered")
    squad: uuid.UUID | None = Field(None, description="for whoever is in several")
    channel: Channel
    intent: Remark = Field("", max_length=500)
    investment_wan: Wan | None = None
    currency: Currency = "CNY"
    next_action: Remark = Field("", max_length=200)
    next_on: Day | None = None
    reported_at: Moment = Field(description="the phone's time; whoever reaches the server first has the claim")

    def meant(self) -> uuid.UUID | companies.New:
        """The company. Raises 422 unless it is named in one of the two ways."""
        if self.company is not None and self.company_id is None:
            return self.company.as_new()
        if self.company_id is not None and self.company is None:
            return self.company_id
        raise invalid("company_needed", "请选一家企业，或填写企业名称。")


class LeadQuery(LeadFilter, PageQuery):
    """A page of the table."""


class LeadPage(BaseModel):
    items: list[LeadRow]
    next_cursor: str | None


class LeadChangeBody(BaseModel):
    """What is left out stays as it is."""

    intent: Remark = Field("", max_length=500)
    investment_wan: Wan | None = None
    currency: Currency = "CNY"
    land_mu: Amount | None = None
    energy_tce: Amount | None = Field(None, description="tonnes of standard coal a year")
    environment: Remark = Field("", max_length=300)
    eia: Eia | None = Field(None, description="环评类别 (环境影响评价法 §16)")
    channel: Channel = "other"
    next_action: Remark = Field("", max_length=200)
    next_on: Day | None = None


class StageBody(BaseModel):
    stage: Stage
    reason: Remark = Field("", max_length=500, description="needed to go back")


class UpdateBody(BaseModel):
    id: uuid.UUID = Field(description="made by the phone; the same id with the same words is the same update")
    text: Sentence = Field(max_length=1000)
    happened_at: Moment
    answers: bool = Field(False, description="it tells the company where it stands")
    photos: list[uuid.UUID] = Field(
        [],
        max_length=MOST_PHOTOS,
        description="the ids of its pictures, sent before; 409 names those that are not there",
    )
    visit: uuid.UUID | None = Field(
        None, description="the caller's check-in that it tells of: it corroborates the update and says when it was"
    )
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lng: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    datum: Literal["wgs84", "gcj02"] = "gcj02"
    accuracy_m: Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _placed_whole(self) -> "UpdateBody":
        if (self.lat is None) != (self.lng is None):
            raise ValueError("lat and lng")
        return self

    @model_validator(mode="after")
    def _photos_differ(self) -> "UpdateBody":
        if len(set(self.photos)) < len(self.photos):
            raise ValueError("photos")
        return self


class PictureForm(BaseModel):
    """The multipart fields of a picture."""

    id: uuid.UUID = Field(description="made by the phone; the same id with the same picture is the same")
    photo: FileStorage = Field(description="JPEG, PNG, HEIC or WebP, up to 10 MB")


class PictureReply(BaseModel):
    id: uuid.UUID


class ClosingBody(BaseModel):
    id: uuid.UUID = Field(description="made by the phone")
    code: DeadEnd
    tried: Sentence = Field(max_length=500, description="what was tried")
    evidence: Sentence = Field(max_length=500, description="by what it shows: who said so, when, in which paper")


class ReopenBody(BaseModel):
    reason: Remark = Field("", max_length=500)


class TakeBody(BaseModel):
    squad: uuid.UUID | None = None


class HandoverBody(BaseModel):
    to: uuid.UUID
    reason: Sentence = Field(max_length=300)


class HandoverReply(BaseModel):
    handed_over: int


class RequestQuery(PageQuery):
    state: Literal["open", "decided", "all"] = "open"


class RequestPage(BaseModel):
    items: list[RequestRow]
    next_cursor: str | None


class LeadRequestDecisionBody(BaseModel):
    decision: Literal["granted", "refused"]
    answer: Sentence = Field(max_length=500, description="whoever asked reads it")


@bp.post("/leads", responses={201: LeadReply, 200: LeadReply})
def report_lead(body: ReportBody) -> Reply:
    """Report a company; the first has the claim. 409 says whose it is, and stores nothing."""
    new = report.Report(
        id=body.id,
        company=body.meant(),
        squad=body.squad,
        channel=body.channel,
        reported_at=body.reported_at,
        intent=body.intent,
        investment_wan=body.investment_wan,
        currency=body.currency,
        next_action=body.next_action,
        next_on=body.next_on,
    )
    with transaction() as session:
        made, is_new = report.report(session, caller(), services().sealer, new, now())
        reply = _reply(session, made)
    return reply, 201 if is_new else 200


@bp.get("/leads", responses={200: LeadPage})
def list_leads(query: LeadQuery) -> Reply:
    """Those the caller may see, the latest moved first; the pool is everybody's."""
    with reading() as session:
        statement = in_county(caller(), Lead).where(*_in_state(query.state), *narrowed(session, query))
        found = session.scalars(newest_first(statement, Lead.moved_at, Lead.id, query)).all()
        page, cursor = cut(found, query, "moved_at")
        rows = lead_rows(session, page)
    if query.state == "pooled":  # whoever takes it up sees the rest
        hidden: dict[str, Any] = {"investment_wan": None, "next_action": "", "next_on": None, "asked": []}
        hidden |= {"fit": None, "fit_known_percent": 0}
        rows = [row.model_copy(update=hidden) for row in rows]
    return LeadPage(items=rows, next_cursor=cursor).model_dump(mode="json")


def _in_state(state: str) -> list[ColumnElement[bool]]:
    """The pool is everybody's who works with leads; of the rest those that the caller may see."""
    if state == "pooled":
        caller().require(*WORKING)
        return [Lead.outcome.is_(None), Lead.squad_id.is_(None)]
    if state == "open":
        return [see.seen(caller()), Lead.outcome.is_(None)]
    return [see.seen(caller())] if state == "all" else [see.seen(caller()), Lead.outcome == state]


def narrowed(session: Session, asked: LeadFilter) -> list[ColumnElement[bool]]:
    """The conditions on Lead that a filter's fields are, but for its state. 422 for a filter that would tell of a lead
    in the pool what only whoever takes it up may know."""
    in_pool = asked.state == "pooled"
    if in_pool and any(getattr(asked, name) is not None for name in _NOT_OF_THE_POOL):
        raise invalid("filter_not_for_pool", "公共池里的线索只能按阶段、产业环节和企业名称筛选。")
    wanted = {one.name: getattr(asked, one.name) for one in fields(Wanted)}
    terms = lead_terms(policy.in_force(session, caller().county_id, caller().today).rules)
    found = conditions(caller(), Wanted(**wanted), terms, is_workday, in_pool)
    return [*found, Lead.owner_id == caller().member_id] if asked.mine else found


@bp.get("/leads/<uuid:lead_id>", responses={200: LeadReply})
def read_lead(path: LeadPath) -> Reply:
    """One lead with its history and its latest updates."""
    with reading() as session:
        return _reply(session, course.one(session, caller(), path.lead_id))


@bp.post("/leads/<uuid:lead_id>/changes", responses={200: LeadReply})
def change_lead(path: LeadPath, body: LeadChangeBody) -> Reply:
    """Bring up to date what is known; the squad that has the claim. (Not PATCH: no mini-program can send one.)"""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    with transaction() as session:
        return _reply(session, course.change(session, caller(), path.lead_id, changes, now()))


@bp.post("/leads/<uuid:lead_id>/stages", responses={200: LeadReply})
def move_lead(path: LeadPath, body: StageBody) -> Reply:
    """To another stage; going back says why."""
    with transaction() as session:
        return _reply(session, course.move(session, caller(), path.lead_id, body.stage, body.reason, now()))


@bp.post("/leads/<uuid:lead_id>/updates", responses={201: UpdateRow, 200: UpdateRow})
def add_lead_update(path: LeadPath, body: UpdateBody) -> Reply:
    """A 跟进. One near a check-in of the caller's in time and place is marked as corroborated."""
    lat, lng = (None, None) if body.lat is None or body.lng is None else to_wgs84(body.lat, body.lng, body.datum)
    new = course.Update(
        id=body.id,
        text=body.text,
        happened_at=body.happened_at,
        answers=body.answers,
        photos=tuple(body.photos),
        visit=body.visit,
        lat=lat,
        lng=lng,
        accuracy_m=body.accuracy_m if lat is not None else None,
    )
    with transaction() as session:
        made, is_new = course.add_update(session, caller(), path.lead_id, new, now())
        (row,) = update_rows(session, [made])
    return row.model_dump(mode="json"), 201 if is_new else 200


@bp.post("/leads/<uuid:lead_id>/photos", responses={201: PictureReply, 200: PictureReply})
def add_lead_photo(path: LeadPath, form: PictureForm) -> Reply:
    """A picture for an update that will name it; one that none names is gone after a day."""
    consent.require(caller())
    picture = _kept(uploaded(form.photo))
    with transaction() as session:
        lead = course.hold_to_write(session, caller(), path.lead_id)
        is_new = pictures.add(session, caller(), lead, form.id, picture, now())
    if not is_new:
        services().store.delete(picture.key)
    return PictureReply(id=form.id).model_dump(mode="json"), 201 if is_new else 200


def _kept(data: bytes) -> pictures.Picture:
    """Its bytes on disk without metadata: nobody needs to know from it where its camera was."""
    sha256, clean, photo_id = read(data).sha256, preview.stripped(data), uuid.uuid4()
    key = services().store.put(caller().county_id, photo_id, "jpg", clean, now())
    facts = read(clean)
    return pictures.Picture(photo_id, key, sha256, facts.size_bytes, facts.width, facts.height)


@bp.post("/companies/<uuid:company_id>/take", responses={200: LeadReply})
def take_lead(path: CompanyPath, body: TakeBody) -> Reply:
    """Take a company's lead up from the pool."""
    with transaction() as session:
        return _reply(session, report.take(session, caller(), path.company_id, body.squad, now()))


@bp.post("/leads/<uuid:lead_id>/closing", responses={201: RequestRow, 200: RequestRow})
def close_lead(path: LeadPath, body: ClosingBody) -> Reply:
    """Ask that it be closed as a dead end. It stays open until somebody outside the squad signs."""
    asked = Asked(body.id, "close", body.tried, code=body.code, evidence=body.evidence)
    with transaction() as session:
        made, new = requests.ask_to_close(session, caller(), path.lead_id, asked, now())
        (row,) = request_rows(session, [made])
    return row.model_dump(mode="json"), 201 if new else 200


@bp.post("/leads/<uuid:lead_id>/reopen", responses={200: LeadReply})
def reopen_lead(path: LeadPath, body: ReopenBody) -> Reply:
    """Open a dead end again; its history stays."""
    with transaction() as session:
        return _reply(session, requests.reopen(session, caller(), path.lead_id, body.reason, now()))


@bp.get("/lead-requests", responses={200: RequestPage})
def list_lead_requests(query: RequestQuery) -> Reply:
    """Those the caller may decide, the oldest first."""
    statement = in_county(caller(), LeadRequest).where(requests.decides(caller()))
    if query.state != "all":
        is_open = LeadRequest.state == "open"
        statement = statement.where(is_open if query.state == "open" else ~is_open)
    with reading() as session:
        found = session.scalars(oldest_first(statement, LeadRequest.asked_at, LeadRequest.id, query)).all()
        page, cursor = cut(found, query, "asked_at")
        rows = request_rows(session, page)
    return RequestPage(items=rows, next_cursor=cursor).model_dump(mode="json")


@bp.post("/lead-requests/<uuid:request_id>/decision", responses={200: RequestRow})
def decide_lead_request(path: LeadRequestPath, body: LeadRequestDecisionBody) -> Reply:
    """Grant or refuse, from outside the squads it is about."""
    with transaction() as session:
        decided = requests.decide(session, caller(), path.request_id, body.decision == "granted", body.answer, now())
        (row,) = request_rows(session, [decided])
    return row.model_dump(mode="json")


@bp.post("/members/<uuid:member_id>/leads/handover", responses={200: HandoverReply})
def hand_leads_over(path: GiverPath, body: HandoverBody) -> Reply:
    """All open leads of one person to another, in one step: somebody leaves, or moves to another post."""
    with transaction() as session:
        handed = handover.hand_over(session, caller(), path.member_id, body.to, body.reason, now())
    return HandoverReply(handed_over=len(handed)).model_dump(mode="json")


def _reply(session: Session, lead: Lead) -> dict[str, Any]:
    (row,) = lead_rows(session, [lead])
    joined = session.scalars(
        select(LeadSquad.squad_id).where(LeadSquad.county_id == lead.county_id, LeadSquad.lead_id == lead.id)
    ).all()
    inside = see.is_inside(session, caller(), lead)
    holds = see.holds(session, caller(), lead)
    reply = LeadReply(
        **row.model_dump(),
        intent=lead.intent,
        land_mu=lead.land_mu,
        energy_tce=lead.energy_tce,
        environment=lead.environment,
        eia=lead.eia,
        eia_word=EIA[lead.eia] if lead.eia else None,
        channel=lead.channel,
        channel_word=CHANNELS[lead.channel],
        reported_by=people.names(session, lead.county_id, {lead.reported_by})[lead.reported_by],
        reported_at=lead.reported_at,
        claimed_at=lead.claimed_at,
        joined=sorted(squad_names(session, lead.county_id, set(joined)).values()),
        events=event_rows(session, lead),
        updates=update_rows(session, course.updates(session, caller(), lead, _UPDATES)),
        fit_parts=lead_fits(session, [lead])[lead.id].parts,
        may_edit=holds and lead.outcome is None,
        may_update=inside and lead.outcome != "dead_end",
        may_hand_over=handover.may_hand_over(session, caller(), lead),
    )
    return reply.model_dump(mode="json")
