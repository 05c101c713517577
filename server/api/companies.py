"""企业 over HTTP: found however it is typed, told from those that are known, and asked about where another has it."""

import uuid
from typing import Literal

from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.api.fields import Moment, Name, Remark, Sentence
from server.api.lead_replies import CompanyRow, RequestRow, Size, company_rows, request_rows
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller
from server.audit.journal import record
from server.leads import companies, requests, see
from server.leads.models import Company, Lead
from server.leads.requests import Asked
from server.org.scope import county as in_county
from server.rate_limits import spend

bp = APIBlueprint("companies", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="企业")], abp_security=SIGNED_IN)
_A_MINUTE, _A_DAY = (
    60,
    1000,
)  # as one types: a search tells which companies are claimed, and is not for copying them all
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


def rows_of(session: Session, found: list[Company]) -> list[CompanyRow]:
    """The companies as the caller may know them."""
    ids = [one.id for one in found]
    visible = in_county(caller(), Lead).where(Lead.company_id.in_(ids), Lead.outcome.is_(None), see.seen(caller()))
    return company_rows(session, found, {lead.company_id: lead for lead in session.scalars(visible)})


def _note(facts: dict[str, str], rows: list[CompanyRow]) -> None:
    """Audited when it told of a claim that the caller does not see otherwise."""
    told = [str(row.id) for row in rows if row.state == "claimed"]
    if told:
        who = caller()
        with transaction() as session:
            record(session, who.county_id, who.member_id, "company.searched", None, facts | {"claimed": told}, now())
