"""What becomes of a member, over HTTP: reached otherwise, transferred, removed, with a phone that is lost."""

import uuid
from datetime import timedelta

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field

from server.api.described import Described
from server.api.fields import Day, Name, Remark
from server.api.register import InviteReply, MemberPath
from server.api.services import Reply, now, services, transaction
from server.api.session import SIGNED_IN, caller
from server.errors import invalid
from server.org import people, reach
from server.tally import closed
from server.tally.recompute import recompute_stored

bp = Described("people", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="档案")], abp_security=SIGNED_IN)


class MemberChangeBody(BaseModel):
    """What is left out stays; null takes it away."""

    phone: Name | None = Field(None, max_length=30, description="eleven digits, or with the country's code: +49…")
    email: Name | None = Field(None, max_length=254)


class ReachReply(BaseModel):
    id: uuid.UUID
    phone: str | None = Field(description="masked: 138****1234")
    email: str | None = Field(description="masked: z***@example.com")


class RemovalBody(BaseModel):
    reason: Remark = Field("", max_length=200)


class RemovalReply(BaseModel):
    id: uuid.UUID
    removed_at: AwareDatetime


class TransferBody(BaseModel):
    unit_id: uuid.UUID
    from_: Day = Field(alias="from", description="today or a day before, in a month that is not closed")


class TransferReply(BaseModel):
    id: uuid.UUID
    unit_id: uuid.UUID
    changed: bool = Field(description="false: they belonged there already")


@bp.patch("/members/<uuid:member_id>", responses={200: ReachReply})
def change(path: MemberPath, body: MemberChangeBody) -> Reply:
    """How a member can be reached. The number is what WeChat's is compared with when they bind by it."""
    to = body.model_dump(exclude_unset=True)
    if not to:
        raise invalid("input_invalid", "填写有误：电话和邮箱至少填一项。")
    with transaction() as session:
        member = people.change(session, caller(), services().sealer, path.member_id, to, now())
    shown = reach.masked(member, services().sealer)
    return ReachReply(id=member.id, phone=shown.phone, email=shown.email).model_dump(mode="json")


@bp.post("/members/<uuid:member_id>/remove", responses={200: RemovalReply})
def remove(path: MemberPath, body: RemovalBody) -> Reply:
    """Today is their last day: signed out at once, the WeChat is free, postings and roles end. What they did stays."""
    who = caller()
    with transaction() as session:
        member = people.remove(session, who, services().sealer, path.member_id, body.reason, now())
        recompute_stored(session, who.county_id, path.member_id, who.today + timedelta(days=1), now())
    return RemovalReply(id=member.id, removed_at=member.removed_at).model_dump(mode="json")


@bp.post("/members/<uuid:member_id>/transfer", responses={200: TransferReply})
def transfer(path: MemberPath, body: TransferBody) -> Reply:
    """To another unit: signed out at once; postings and roles in the unit before end the day before `from`."""
    who = caller()
    with transaction() as session:
        changed = people.transfer(session, who, path.member_id, body.unit_id, body.from_, now())
        if changed:
            closed.require_after(session, who.county_id, body.from_)
            recompute_stored(session, who.county_id, path.member_id, body.from_, now())
    return TransferReply(id=path.member_id, unit_id=body.unit_id, changed=changed).model_dump(mode="json")


@bp.post("/members/<uuid:member_id>/lost-phone", responses={201: InviteReply})
def lost_phone(path: MemberPath) -> Reply:
    """A lost phone or a new WeChat, in one step: signed out everywhere, unbound, and an invite for the next one."""
    with transaction() as session:
        code, expires_at = people.lost_phone(session, caller(), path.member_id, now())
    return InviteReply(invite_code=code, expires_at=expires_at).model_dump(mode="json"), 201
