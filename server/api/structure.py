"""The county's structure over HTTP, for its admins: units, squads, stations' fences, ends of postings, roles."""

import uuid
from datetime import date
from typing import Literal

from flask_openapi import Tag
from pydantic import BaseModel, Field

from server.api.closing import UnitPath
from server.api.described import Described
from server.api.fields import Day, Name
from server.api.register import MemberPath
from server.api.services import Reply, now, transaction
from server.api.session import SIGNED_IN, caller
from server.errors import invalid
from server.org import structure
from server.org.structure import NewRole
from server.tally import closed
from server.tally.recompute import recompute_stored

bp = Described("structure", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="档案")], abp_security=SIGNED_IN)


class UnitBody(BaseModel):
    name: Name = Field(max_length=60)


class NamedReply(BaseModel):
    id: uuid.UUID
    name: str


class StationPath(BaseModel):
    station_id: uuid.UUID


class StationChange(BaseModel):
    """What is left out stays; null takes the landline or the end away."""

    radius_m: int = Field(300, ge=20, le=5000)
    phone: str | None = Field(None, max_length=20, pattern=r"^[0-9+\-() ]+$", description="the landline")
    valid_to: Day | None = Field(None, description="the last date")


class StationChanged(BaseModel):
    id: uuid.UUID
    radius_m: int
    phone: str | None
    valid_to: date | None


class PostingPath(BaseModel):
    posting_id: uuid.UUID


class PostingEnd(BaseModel):
    ends_on: Day


class PostingEnded(BaseModel):
    id: uuid.UUID
    starts_on: date
    ends_on: date


class RoleBody(BaseModel):
    role: Literal["member", "squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader", "admin"]
    unit: Name | None = Field(None, max_length=60, description="of a unit supervisor: id or exact name")
    squad: Name | None = Field(None, max_length=60, description="of a member or leader: id or exact name")
    starts_on: Day | None = Field(None, description="today unless said otherwise")


class RolePath(BaseModel):
    role_id: uuid.UUID


class RoleReply(BaseModel):
    id: uuid.UUID
    role: str
    valid_from: date
    valid_to: date | None


@bp.post("/units", responses={201: NamedReply})
def add_unit(body: UnitBody) -> Reply:
    """Enter a unit: a town or a department."""
    with transaction() as session:
        unit = structure.add_unit(session, caller(), body.name, now())
    return NamedReply(id=unit.id, name=unit.name).model_dump(mode="json"), 201


@bp.patch("/units/<uuid:unit_id>", responses={200: NamedReply})
def rename_unit(path: UnitPath, body: UnitBody) -> Reply:
    """Give a unit another name; closed months keep the one they were published with."""
    with transaction() as session:
        unit = structure.rename_unit(session, caller(), path.unit_id, body.name, now())
    return NamedReply(id=unit.id, name=unit.name).model_dump(mode="json")


@bp.patch("/stations/<uuid:station_id>", responses={200: StationChanged})
def change_station(path: StationPath, body: StationChange) -> Reply:
    """Change a station's radius, landline or last date. Its point stays: who moves enters a new station."""
    to = body.model_dump(exclude_unset=True)
    if not to:
        raise invalid("input_invalid", "填写有误：围栏半径、电话和停用日期至少填一项。")
    with transaction() as session:
        station = structure.change_station(session, caller(), path.station_id, to, now())
    reply = StationChanged(id=station.id, radius_m=station.radius_m, phone=station.phone, valid_to=station.valid_to)
    return reply.model_dump(mode="json")


@bp.post("/postings/<uuid:posting_id>/end", responses={200: PostingEnded})
def end_posting(path: PostingPath, body: PostingEnd) -> Reply:
    """The posting's last date, in a month that is not closed; the days after it are counted anew."""
    with transaction() as session:
        posting = structure.end_posting(session, caller(), path.posting_id, body.ends_on, now())
        first = date.fromordinal(body.ends_on.toordinal() + 1)
        closed.require_after(session, caller().county_id, first)
        recompute_stored(session, caller().county_id, posting.member_id, first, now())
    reply = PostingEnded(id=posting.id, starts_on=posting.starts_on, ends_on=body.ends_on)
    return reply.model_dump(mode="json")


@bp.post("/members/<uuid:member_id>/roles", responses={201: RoleReply})
def grant_role(path: MemberPath, body: RoleBody) -> Reply:
    """Give a member a role."""
    new = NewRole(body.role, body.squad or body.unit, body.starts_on or caller().today)
    with transaction() as session:
        made = structure.grant(session, caller(), path.member_id, new, now())
    return _role(made.id, made.role, made.valid_from, made.valid_to), 201


@bp.delete("/roles/<uuid:role_id>", responses={200: RoleReply})
def end_role(path: RolePath) -> Reply:
    """End a role at once."""
    with transaction() as session:
        ended = structure.end_role(session, caller(), path.role_id, now())
    return _role(ended.id, ended.role, ended.valid_from, ended.valid_to)


def _role(role_id: uuid.UUID, role: str, first: date, last: date | None) -> dict[str, object]:
    return RoleReply(id=role_id, role=role, valid_from=first, valid_to=last).model_dump(mode="json")
