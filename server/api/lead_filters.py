"""保存的筛选 over HTTP: the filters of the leads' table that somebody keeps under names of their own."""

import uuid
from typing import Annotated, Literal

from flask_openapi import Tag
from pydantic import BaseModel, Field

from server.api.described import Described
from server.api.fields import Name, Remark
from server.api.lead_replies import Channel, Stage
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.leads import filter as filters
from server.leads.models import LeadFilter as Stored

bp = Described("lead_filters", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="线索")], abp_security=SIGNED_IN)
Wan = Annotated[int, Field(ge=0, le=10**9, description="万元")]


class LeadFilter(BaseModel):
    """What the table is narrowed to."""

    state: Literal["open", "signed", "dead_end", "pooled", "all"] = "open"
    stage: Stage | None = None
    squad: uuid.UUID | None = None
    unit: uuid.UUID | None = None
    owner: uuid.UUID | None = None
    mine: bool = Field(False, description="owned by the caller")
    industry: Remark | None = Field(None, max_length=40, description="the company's own, or its chain node's")
    node: uuid.UUID | None = None
    channel: Channel | None = None
    late: Literal["any", "respond", "judge", "answer", "report"] | None = Field(None, description="what is overdue")
    invest_from: Wan | None = None
    invest_to: Wan | None = None
    q: Remark | None = Field(None, max_length=60, description="in the company's name, the intent, the next step")


class FilterPath(BaseModel):
    filter_id: uuid.UUID


class FilterBody(BaseModel):
    name: Name = Field(max_length=20)
    wanted: LeadFilter


class FilterNameBody(BaseModel):
    name: Name = Field(max_length=20)


class FilterRow(BaseModel):
    id: uuid.UUID
    name: str
    wanted: LeadFilter


class FilterList(BaseModel):
    items: list[FilterRow]


@bp.get("/me/lead-filters", responses={200: FilterList})
def list_lead_filters() -> Reply:
    """The caller's own, by name."""
    with reading() as session:
        items = [_row(one) for one in filters.kept(session, caller())]
    return FilterList(items=items).model_dump(mode="json")


@bp.post("/me/lead-filters", responses={201: FilterRow, 200: FilterRow})
def keep_lead_filter(body: FilterBody) -> Reply:
    """Keep a filter under a name; the same name again takes the new filter. Twenty at most."""
    wanted = body.wanted.model_dump(mode="json", exclude_defaults=True)
    with transaction() as session:
        made, is_new = filters.keep(session, caller(), body.name, wanted, now())
    return _row(made).model_dump(mode="json"), 201 if is_new else 200


@bp.put("/me/lead-filters/<uuid:filter_id>/name", responses={200: FilterRow})
def rename_lead_filter(path: FilterPath, body: FilterNameBody) -> Reply:
    with transaction() as session:
        found = filters.rename(session, caller(), path.filter_id, body.name)
    return _row(found).model_dump(mode="json")


@bp.delete("/me/lead-filters/<uuid:filter_id>", responses={204: None})
def forget_lead_filter(path: FilterPath) -> Reply:
    with transaction() as session:
        filters.forget(session, caller(), path.filter_id)
    return "", 204


def _row(one: Stored) -> FilterRow:
    return FilterRow(id=one.id, name=one.name, wanted=LeadFilter(**one.wanted))
