"""The register over HTTP: stations, members, postings, invites."""

import uuid
from datetime import date
from typing import Literal

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field

from server.api.described import Described
from server.api.fields import Day, Name
from server.api.services import Reply, now, services, transaction
from server.api.session import SIGNED_IN, caller
from server.org import reach, register, signin
from server.tally import closed
from server.tally.recompute import recompute_stored

bp = Described("register", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="档案")], abp_security=SIGNED_IN)


class StationBody(BaseModel):
    name: Name = Field(max_length=60)
    city: Name = Field(max_length=40)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lng: float = Field(ge=-180, le=180, allow_inf_nan=False)
    datum: Literal["wgs84", "gcj02"]
    radius_m: int = Field(300, ge=20, le=5000)
    tz: str = Field("Asia/Shanghai", max_length=40, description="IANA name")
    phone: str | None = Field(None, max_length=20, pattern=r"^[0-9+\-() ]+$", description="the landline")
    recorded_on_site: bool = Field(False, description="a phone at the station gave this point; it may give it again")


class StationReply(BaseModel):
    id: uuid.UUID
    name: str
    lat: float = Field(description="WGS-84")
    lng: float = Field(description="WGS-84")
    datum: str = Field(description="as it was given")
    radius_m: int
    tz: str


class MemberBody(BaseModel):
    name: Name = Field(max_length=40)
    unit: Name = Field(max_length=60, description="id or exact name")
    squad: Name | None = Field(None, max_length=60, description="id or exact name; a squad of that unit")
    phone: Name | None = Field(None, max_length=30, description="eleven digits, or with the country's code: +49…")
    email: Name | None = Field(None, max_length=254)
    is_other: bool = Field(False, description="the unit has somebody of this name, and they are two")


class MemberCreated(BaseModel):
    id: uuid.UUID
    name: str
    phone: str | None = Field(description="masked: 138****1234")
    email: str | None = Field(description="masked: z***@example.com")


class PostingBody(BaseModel):
    member: uuid.UUID
    squad: Name = Field(max_length=60, description="id or exact name")
    station: Name = Field(max_length=60, description="id or exact name")
    starts_on: Day
    ends_on: Day | None = None


class PostingCreated(BaseModel):
    id: uuid.UUID
    starts_on: date
    ends_on: date | None


class MemberPath(BaseModel):
    member_id: uuid.UUID


class InviteReply(BaseModel):
    invite_code: str = Field(description="shown once; one binding, seven days")
    expires_at: AwareDatetime


@bp.post("/stations", responses={201: StationReply})
def add_station(body: StationBody) -> Reply:
    """Enter a station. The point is stored as WGS-84 with the datum it came in."""
    with transaction() as session:
        station = register.add_station(session, caller(), register.NewStation(**body.model_dump()), now())
    reply = StationReply(
        id=station.id,
        name=station.name,
        lat=station.lat,
        lng=station.lng,
        datum=station.datum,
        radius_m=station.radius_m,
        tz=station.tz,
    )
    return reply.model_dump(mode="json"), 201


@bp.post("/members", responses={201: MemberCreated})
def add_member(body: MemberBody) -> Reply:
    """Enter a person under a unit, and in a squad of it. 409 `member_exists` where the unit has one of that name."""
    with transaction() as session:
        new = register.NewMember(**body.model_dump())
        member = register.add_member(session, caller(), new, services().sealer, now())
    shown = reach.masked(member, services().sealer)
    reply = MemberCreated(id=member.id, name=member.name, phone=shown.phone, email=shown.email)
    return reply.model_dump(mode="json"), 201


@bp.post("/postings", responses={201: PostingCreated})
def add_posting(body: PostingBody) -> Reply:
    """Post a member to a station; an open posting ends the day before. Nothing of it may reach into a closed month."""
    with transaction() as session:
        posting = register.add_posting(
            session, caller(), body.member, body.squad, body.station, body.starts_on, body.ends_on, now()
        )
        closed.require_after(session, caller().county_id, body.starts_on)
        recompute_stored(session, caller().county_id, body.member, body.starts_on, now())
    reply = PostingCreated(id=posting.id, starts_on=posting.starts_on, ends_on=posting.ends_on)
    return reply.model_dump(mode="json"), 201


@bp.post("/members/<uuid:member_id>/invites", responses={201: InviteReply})
def issue_invite(path: MemberPath) -> Reply:
    """A one-time code by which this member binds a WeChat; a later binding replaces the earlier one."""
    with transaction() as session:
        code, expires_at = signin.issue_invite(session, caller(), path.member_id, now())
    return InviteReply(invite_code=code, expires_at=expires_at).model_dump(mode="json"), 201
