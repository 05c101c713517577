"""企业 over HTTP: found however it is typed, told from those that are known, and asked about where another has it."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from server.api.checkin_replies import MemberRef
from server.api.described import Described
from server.api.fields import Moment, Name, Remark, Sentence
from server.api.lead_replies import CompanyRow, LeadRow, RequestRow, Size, company_rows, lead_rows, request_rows
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller
from server.audit.journal import record
from server.leads import amend, companies, dossier, requests, see
from server.leads.dossier import DEEDS, Touch
from server.leads.models import ChainNode, Company, Lead
from server.leads.requests import Asked
from server.org import people
from server.org.models import Member
from server.org.scope import county as in_county
from server.org.scope import watched_members
from server.rate_limits import spend

bp = Described("companies", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="企业")], abp_security=SIGNED_IN)
_A_MINUTE, _A_DAY = (
    60,
    1000,
)  # as one types: a search tells which companies are claimed, and is not for copying them all
_LEADS = 50
WORKING = ("member", "squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader")


class SearchQuery(BaseModel):
    q: Remark = Field(min_length=2, max_length=60, description="name, initials, USCC or phone")


class CompanyPath(BaseModel):
    company_id: uuid.UUID


class CompanyBody(BaseModel):
    name: Name = Field(max_length=100)
    uscc: Remark | None = Field(None, max_length=30)
    phone: Remark | None = Field(None, max_length=30)
    industry: Remark | None = Field(None, max_length=40)
    size: Size | None = None
    home_city: Remark | None = Field(None, max_length=40)
    is_other: bool = Field(False, description="those that it may be were seen, and it is none of them")

    def as_new(self) -> companies.New:
        return companies.New(
            name=self.name,
            uscc=self.uscc or None,
            phone=self.phone or None,
            industry=self.industry or None,
            size=self.size,
            home_city=self.home_city or None,
            is_other=self.is_other,
        )


class CompanyChangeBody(BaseModel):
    """What is left out stays as it is; null takes it away."""

    name: Name = Field("", max_length=100)
    uscc: Remark | None = Field(None, max_length=30)
    phone: Remark | None = Field(None, max_length=30)
    industry: Remark | None = Field(None, max_length=40)
    size: Size | None = None
    home_city: Remark | None = Field(None, max_length=40)
    is_other: bool = Field(False, description="another company has this name, and they are two")


class AlikeRow(BaseModel):
    why: Literal["uscc", "phone", "name", "sound"]
    company: CompanyRow


class CompanyList(BaseModel):
    items: list[CompanyRow]


class AlikeList(BaseModel):
    uscc_doubtful: bool = Field(
        description="the check character of the code does not fit; it may be right all the same"
    )
    items: list[AlikeRow]


class NodeRef(BaseModel):
    id: uuid.UUID
    industry: str
    side: Literal["upstream", "core", "downstream"]
    name: str


class DeedRow(BaseModel):
    what: Literal[
        "reported",
        "taken",
        "updated",
        "moved",
        "changed",
        "asked",
        "decided",
        "reopened",
        "escorted",
        "handed_over",
        "entered",
        "targeted",
        "placed",
        "searched",
    ]
    word: str
    times: int


class TouchRow(BaseModel):
    """One person, and what they had to do with the company."""

    member: MemberRef
    may_open: bool = Field(description="their file is the caller's to see")
    first_at: AwareDatetime
    last_at: AwareDatetime
    did: list[DeedRow]


class CompanyReply(CompanyRow):
    node: NodeRef | None = Field(description="where it stands in a chain of the county's")
    is_target: bool = Field(description="of the directory of those to be won")
    source: str | None
    created_at: AwareDatetime
    phone: str | None = Field(description="only for those who may change it")
    may_edit: bool
    leads: list[LeadRow] = Field(description="those that the caller may see, the latest first")
    people: list[TouchRow] = Field(description="who had to do with it, as far as the caller may see, the latest first")


class RequestBody(BaseModel):
    id: uuid.UUID = Field(description="made by the phone")
    kind: Literal["join", "contest"]
    reason: Sentence = Field(max_length=500)
    squad: uuid.UUID | None = None
    reported_at: Moment | None = Field(None, description="of a contest: when the phone had the company first")


@bp.get("/companies", responses={200: CompanyList})
def search_companies(query: SearchQuery) -> Reply:
    """Up to twenty, the likest first; of each whose it is. Limited and audited, since it tells who is after whom."""
    _spend()
    with reading() as session:
        found = companies.search(session, caller(), services().sealer, query.q)
        rows = rows_of(session, list(found))
    _note({"q": query.q}, rows)
    return CompanyList(items=rows).model_dump(mode="json")


@bp.post("/companies/alike", responses={200: AlikeList})
def alike_companies(body: CompanyBody) -> Reply:
    """The known companies that this one may be, while it is being typed."""
    _spend()
    new = body.as_new()
    with reading() as session:
        found = companies.alike(session, caller(), services().sealer, new)
        rows = rows_of(session, [one.company for one in found])
    _note({"name": body.name}, rows)
    items = [AlikeRow(why=one.why, company=row) for one, row in zip(found, rows, strict=True)]
    doubtful = bool(new.uscc) and companies.is_doubtful(companies.normal_uscc(str(new.uscc)))
    return AlikeList(uscc_doubtful=doubtful, items=items).model_dump(mode="json")


@bp.get("/companies/<uuid:company_id>", responses={200: CompanyReply})
def read_company(path: CompanyPath) -> Reply:
    """What it is, its leads over time, and who had to do with it. Limited and audited like a search."""
    _spend()
    with reading() as session:
        reply = _file(session, companies.get(session, caller(), path.company_id))
    _note({"company": str(reply.id)}, [reply])
    return reply.model_dump(mode="json")


@bp.post("/companies/<uuid:company_id>/changes", responses={200: CompanyReply})
def change_company(path: CompanyPath, body: CompanyChangeBody) -> Reply:
    """Put right what it is: the squad that has its lead, the supervisors above them. 409 when another company has this
    code or name. (Not PATCH: no mini-program can send one.)"""
    to = {name: getattr(body, name) for name in body.model_fields_set - {"is_other"}}
    with transaction() as session:
        company = amend.amend(session, caller(), services().sealer, path.company_id, to, body.is_other, now())
        return _file(session, company).model_dump(mode="json")


@bp.post("/companies/<uuid:company_id>/requests", responses={201: RequestRow, 200: RequestRow})
def ask_about_company(path: CompanyPath, body: RequestBody) -> Reply:
    """Ask to join the lead of another squad, or contest its claim; a supervisor outside both decides."""
    asked = Asked(body.id, body.kind, body.reason, squad=body.squad, reported_at=body.reported_at)
    with transaction() as session:
        made, new = requests.ask_about_company(session, caller(), path.company_id, asked, now())
        (row,) = request_rows(session, [made])
    shown = row.model_copy(update={"lead": None})  # it is not theirs to see yet
    return shown.model_dump(mode="json"), 201 if new else 200


def _spend() -> None:
    caller().require(*WORKING)
    key = f"companies:{caller().county_id}:{caller().member_id}"
    with transaction() as session:
        spend(session, key, limit=_A_MINUTE, window_s=60, now=now())
        spend(session, f"{key}:day", limit=_A_DAY, window_s=86_400, now=now())


def _file(session: Session, company: Company) -> CompanyReply:
    who, may_edit = caller(), amend.may_amend(session, caller(), company.id)
    (row,) = rows_of(session, [company])
    node = session.get(ChainNode, (who.county_id, company.node_id)) if company.node_id else None
    return CompanyReply(
        **row.model_dump(),
        node=NodeRef(id=node.id, industry=node.industry, side=node.side, name=node.name) if node else None,
        is_target=company.is_target,
        source=company.source,
        created_at=company.created_at,
        phone=companies.phone_of(company, services().sealer) if may_edit else None,
        may_edit=may_edit,
        leads=lead_rows(session, dossier.leads_of(session, who, company, _LEADS)),
        people=_people(session, dossier.touches(session, who, company)),
    )


def _people(session: Session, touches: list[Touch]) -> list[TouchRow]:
    """By person, whoever had to do with it last first."""
    of: dict[uuid.UUID, list[Touch]] = defaultdict(list)
    for one in touches:
        of[one.member_id].append(one)
    who = caller()
    names = people.names(session, who.county_id, of.keys())
    watched = in_county(who, Member).with_only_columns(Member.id)
    open_to = set(session.scalars(watched.where(Member.id.in_(of), Member.removed_at.is_(None), watched_members(who))))
    rows = []
    for member_id, theirs in of.items():
        times = Counter(one.what for one in theirs)
        did = [DeedRow(what=what, word=word, times=times[what]) for what, word in DEEDS.items() if times[what]]
        moments = [one.at for one in theirs]
        rows.append(
            TouchRow(
                member=MemberRef(id=member_id, name=names[member_id]),
                may_open=member_id in open_to,
                first_at=min(moments),
                last_at=max(moments),
                did=did,
            )
        )
    return sorted(rows, key=lambda row: (row.last_at, row.member.name), reverse=True)


def rows_of(session: Session, found: list[Company]) -> list[CompanyRow]:
    """The companies as the caller may know them."""
    ids = [one.id for one in found]
    visible = in_county(caller(), Lead).where(Lead.company_id.in_(ids), Lead.outcome.is_(None), see.seen(caller()))
    return company_rows(session, found, {lead.company_id: lead for lead in session.scalars(visible)})


def _note(facts: dict[str, str], rows: Sequence[CompanyRow]) -> None:
    """Audited when it told of a claim that the caller does not see otherwise."""
    told = [str(row.id) for row in rows if row.state == "claimed"]
    if told:
        who = caller()
        with transaction() as session:
            record(session, who.county_id, who.member_id, "company.searched", None, facts | {"claimed": told}, now())
