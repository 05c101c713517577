"""Signing in: wx.login code → session; an unknown WeChat is bound once by an invite code; who am I."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response, request
from flask_openapi import Tag
from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.described import Described
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller, drop_cookie, phone
from server.errors import AppError
from server.org import reach, signin
from server.org.binding import bind_by_phone
from server.org.models import County, Member, Squad, Unit
from server.org.postings import Presence, presence_at
from server.org.scope import Caller
from server.rate_limits import spend

bp = Described("signin", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="登录")])
_BINDING_S = 600


class LoginBody(BaseModel):
    code: str = Field(min_length=1, max_length=128, description="what wx.login returned; single use, five minutes")


class BindBody(BaseModel):
    """One of `invite_code` and `phone_code`, and one of `binding` and `code`."""

    invite_code: str | None = Field(None, min_length=4, max_length=20, description="issued by a supervisor, single use")
    phone_code: str | None = Field(
        None, min_length=1, max_length=128, description="what <button open-type=getPhoneNumber> returned; single use"
    )
    binding: str | None = Field(None, max_length=400, description="`facts.binding` of the 403 that /login answered")
    code: str | None = Field(None, max_length=128, description="or a fresh wx.login code")


class MemberReply(BaseModel):
    id: uuid.UUID
    name: str
    county: str
    unit: str
    roles: list[str]


class SessionReply(BaseModel):
    token: str = Field(description="send as `Authorization: Bearer …`")
    member: MemberReply


class PostingReply(BaseModel):
    squad: str
    station: str
    lat: float = Field(description="WGS-84")
    lng: float = Field(description="WGS-84")
    radius_m: float
    tz: str


class MeReply(BaseModel):
    member: MemberReply
    phone: str | None = Field(description="masked: 138****1234")
    email: str | None = Field(description="masked")
    consent_given: bool
    posting: PostingReply | None = Field(description="today's, by the station's zone")
    server_time: datetime


@bp.post("/login", responses={200: SessionReply})
def login(body: LoginBody) -> Reply:
    """Sign in. 403 `binding_required` with `facts.binding` when this WeChat is not bound yet."""
    with transaction() as session:  # a whole office behind one address signs in within the limit
        spend(session, f"login-from:{request.remote_addr}", limit=600, window_s=3600, now=now())
    openid = services().wechat.openid_of(body.code)
    try:
        with transaction() as session:
            token, member = signin.sign_in(session, openid, phone(), now())
            reply = SessionReply(token=token, member=member_reply(session, member))
    except AppError as error:
        if error.code == "binding_required":
            error.facts["binding"] = _binder().dumps(openid)
        raise
    return reply.model_dump(mode="json")


@bp.post("/bind", responses={200: SessionReply})
def bind(body: BindBody) -> Reply:
    """Bind this WeChat to the member an invite was issued for, or who is registered with its phone number; sign in."""
    if (body.invite_code is None) == (body.phone_code is None):
        raise AppError(422, "input_invalid", "填写有误：邀请码和手机号凭证须有一个，只能有一个。")
    openid = _openid(body)
    # Counted in a transaction of its own: a wrong code rolls the binding back, not the count.
    with transaction() as session:
        spend(session, f"bind:{signin.digest(openid)}", limit=signin.GUESSES, window_s=3600, now=now())
        spend(session, f"bind-from:{request.remote_addr}", limit=100, window_s=3600, now=now())
    number = services().wechat.phone_number(body.phone_code, openid) if body.phone_code else None
    try:
        with transaction() as session:
            if number is not None:
                bind_by_phone(session, openid, number, services().sealer, now())
            else:
                signin.bind(session, openid, str(body.invite_code), now())
            token, member = signin.sign_in(session, openid, phone(), now())
            reply = SessionReply(token=token, member=member_reply(session, member))
    except AppError as error:
        if error.code == "invite_invalid":  # the binding is rolled back, what is noted of it is not
            with transaction() as session:
                signin.note_wrong_code(session, openid, request.remote_addr, now())
        raise
    return reply.model_dump(mode="json")


@bp.post("/logout", responses={204: None}, security=SIGNED_IN)
def logout() -> Reply:
    """End this session; a browser forgets its cookie."""
    with transaction() as session:
        signin.end_one(session, caller(), caller().sign_in_id, now())
    response = Response(status=204)
    drop_cookie(response)
    return response


@bp.get("/me", responses={200: MeReply}, security=SIGNED_IN)
def me() -> Reply:
    """Who is signed in, where they are posted today, and whether consent stands."""
    who, at = caller(), now()
    with reading() as session:
        member = session.scalars(
            select(Member).where(Member.county_id == who.county_id, Member.id == who.member_id)
        ).one()
        presence = presence_at(session, who.county_id, who.member_id, at)
        shown = reach.masked(member, services().sealer)
        reply = MeReply(
            member=member_reply(session, member),
            phone=shown.phone,
            email=shown.email,
            consent_given=who.consented,
            posting=posting_reply(session, who, presence),
            server_time=at,
        )
    return reply.model_dump(mode="json")


def posting_reply(session: Session, who: Caller, presence: Presence) -> PostingReply | None:
    """Where the caller is posted, None when nowhere."""
    if (place := presence.place) is None:
        return None
    squad = session.scalar(select(Squad.name).where(Squad.county_id == who.county_id, Squad.id == presence.squad_id))
    return PostingReply(
        squad=squad or "",
        station=place.name,
        lat=place.lat,
        lng=place.lng,
        radius_m=place.radius_m,
        tz=presence.tz,
    )


def _openid(body: BindBody) -> str:
    if body.binding:
        try:
            return str(_binder().loads(body.binding, max_age=_BINDING_S))
        except BadSignature:
            raise AppError(403, "binding_expired", "停留太久了，请重新进入小程序再绑定。") from None
    if body.code:
        return services().wechat.openid_of(body.code)
    raise AppError(422, "input_invalid", "填写有误：绑定凭证和登录凭证须有一个。")


def _binder() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().config.secret_key, salt="wechat-binding")


def member_reply(session: Session, member: Member) -> MemberReply:
    """Who somebody is, with the roles in force today."""
    names = session.execute(
        select(County.name.label("county"), County.tz, Unit.name.label("unit")).where(
            County.id == Unit.county_id, Unit.county_id == member.county_id, Unit.id == member.unit_id
        )
    ).one()
    today = now().astimezone(ZoneInfo(names.tz)).date()
    return MemberReply(
        id=member.id,
        name=member.name,
        county=names.county,
        unit=names.unit,
        roles=signin.roles_today(session, member, today),
    )
