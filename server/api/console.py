"""Signing a browser in: by name, password and a code, or by scanning what it shows with the mini-program."""

from datetime import datetime
from typing import Annotated, Literal

import segno
from flask import jsonify, request
from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from server.api.described import Described
from server.api.fields import Name
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, browser, caller, cookie_manners, require_own_page, set_cookie
from server.api.signin import MemberReply, member_reply
from server.audit.journal import record
from server.errors import forbidden
from server.org import console, scans, signin
from server.org.models import Member
from server.org.scope import hold_caller
from server.rate_limits import spend

bp = Described("console", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="控制台登录")])
_SCAN_COOKIE, _SCAN_PATH = "zhudian-scan", "/api/v1/console"
_SCAN_WORD = "zhudian-login:"  # what the mini-program knows our codes by

Username = Annotated[str, Field(min_length=3, max_length=40, pattern=r"^[a-z0-9][a-z0-9._-]+$")]
Password = Annotated[str, Field(min_length=10, max_length=128)]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="the six digits the authenticator shows")]


class AccountBody(BaseModel):
    username: Username
    password: Password
    totp: Code | None = Field(None, description="of the authenticator in use, when an account is already in force")


class AccountReply(BaseModel):
    username: str | None
    confirmed: bool


class EnrolmentReply(BaseModel):
    username: str
    secret: str = Field(description="base32, shown once")
    uri: str = Field(description="otpauth://, for an authenticator")
    qr_svg: str = Field(description="the same, to be scanned")


class CodeBody(BaseModel):
    totp: Code


class SignInBody(BaseModel):
    username: Name = Field(max_length=40)
    password: str = Field(min_length=1, max_length=128)
    totp: Code


class ScanCreated(BaseModel):
    code: str
    expires_at: AwareDatetime
    qr_svg: str


class ScanReply(BaseModel):
    device: str = Field(description="where the code is shown")
    address: str = Field(description="its network address")
    created_at: AwareDatetime
    expires_at: AwareDatetime
    confirmed: bool


class ClaimReply(BaseModel):
    state: Literal["waiting", "signed_in"]
    member: MemberReply | None = None


class ScanPath(BaseModel):
    code: str = Field(max_length=60)


@bp.get("/me/console", responses={200: AccountReply}, security=SIGNED_IN)
def my_account() -> Reply:
    """The caller's own name at the console, if there is one."""
    with reading() as session:
        account = console.account_of(session, caller())
    reply = AccountReply(
        username=account.username if account else None, confirmed=bool(account and account.confirmed_at)
    )
    return reply.model_dump(mode="json")


@bp.put("/me/console", responses={200: EnrolmentReply}, security=SIGNED_IN)
def enrol(body: AccountBody) -> Reply:
    """Choose a name and a password, and be given the authenticator's secret. In force once `confirm` had a code."""
    caller().require(*console.SUPERVISING)
    console.require_strong(body.username, body.password)
    with transaction() as session:
        spend(session, f"enrol:{caller().county_id}:{caller().member_id}", limit=10, window_s=3600, now=now())
    new = console.NewAccount(body.username, console.hash_password(body.password), body.totp or "")
    with transaction() as session:
        made = console.enrol(session, services().sealer, caller(), new, now())
    reply = EnrolmentReply(username=made.username, secret=made.secret, uri=made.uri, qr_svg=_qr(made.uri))
    return reply.model_dump(mode="json")


@bp.post("/me/console/confirm", responses={204: None}, security=SIGNED_IN)
def confirm_account(body: CodeBody) -> Reply:
    """The authenticator's first code puts the account in force."""
    with transaction() as session:
        spend(session, f"enrol:{caller().county_id}:{caller().member_id}", limit=10, window_s=3600, now=now())
    with transaction() as session:
        console.confirm(session, services().sealer, caller(), body.totp, now())
    return "", 204


@bp.delete("/me/console", responses={204: None}, security=SIGNED_IN)
def remove_account() -> Reply:
    """No sign-in by password any more, and every browser signed out. By the phone alone: it is what one still holds."""
    who = caller()
    who.require_phone()
    with transaction() as session:
        hold_caller(session, who)
        console.remove(session, who.county_id, who.member_id, who.member_id, now())
        signin.end_sessions(session, who.county_id, who.member_id, now(), kind="console")
    return "", 204


@bp.post("/console/sign-in", responses={200: MemberReply})
def sign_in(body: SignInBody) -> Reply:
    """By name, password and code; the session is the cookie of the answer."""
    token, reply = admit(body)
    response = jsonify(reply.model_dump(mode="json"))
    set_cookie(response, token)
    return response


def admit(body: SignInBody) -> tuple[str, MemberReply]:
    """A session for whoever has name, password and code; its token. Every wrong try is counted."""
    require_own_page()
    at = now()
    with transaction() as session:  # counted before anything is looked at, and whatever comes of it
        spend(session, f"console-from:{request.remote_addr}", limit=100, window_s=3600, now=at)
        spend(session, f"console:{body.username}", limit=10, window_s=900, now=at)
    with reading() as session:
        account = console.find(session, body.username)
    if not console.is_password(account, body.password) or account is None:
        raise console.wrong()
    with transaction() as session:  # whoever has the password guesses no more codes than a person mistypes
        spend(session, f"console-code:{account.county_id}:{account.member_id}", limit=30, window_s=86_400, now=at)
    with transaction() as session:
        member = console.admit(session, services().sealer, account, body.totp, at)
        if member is None:
            record(session, account.county_id, None, "console.refused", account.member_id, {}, at)
        else:
            token, reply = _start(session, member, "password", at)
    if member is None:
        raise console.wrong()
    return token, reply


@bp.post("/console/scans", responses={201: ScanCreated})
def begin_scan() -> Reply:
    """A code for this browser to show, good for two minutes; then `claim` it until the phone has confirmed."""
    require_own_page()
    with transaction() as session:
        spend(session, f"scan-from:{request.remote_addr}", limit=600, window_s=3600, now=now())
        code, secret, expires_at = scans.begin(session, browser().name, request.remote_addr or "", now())
    reply = ScanCreated(code=code, expires_at=expires_at, qr_svg=_qr(_SCAN_WORD + code))
    response = jsonify(reply.model_dump(mode="json"))
    response.set_cookie(_SCAN_COOKIE, secret, path=_SCAN_PATH, **cookie_manners())
    response.status_code = 201
    return response


@bp.get("/console/scans/<string:code>", responses={200: ScanReply}, security=SIGNED_IN)
def look_at_scan(path: ScanPath) -> Reply:
    """Where the code that the phone has scanned is shown, for its holder to say whether that is them."""
    with reading() as session:
        scan = scans.look(session, path.code, now())
    reply = ScanReply(
        device=scan.device,
        address=scan.address,
        created_at=scan.created_at,
        expires_at=scan.expires_at,
        confirmed=scan.member_id is not None,
    )
    return reply.model_dump(mode="json")


@bp.post("/console/scans/<string:code>/confirm", responses={204: None}, security=SIGNED_IN)
def confirm_scan(path: ScanPath) -> Reply:
    """Sign that browser in as the caller."""
    with transaction() as session:
        scans.confirm(session, caller(), path.code, now())
    return "", 204


@bp.post("/console/scans/<string:code>/claim", responses={200: ClaimReply})
def claim_scan(path: ScanPath) -> Reply:
    """Whether the phone has confirmed; once it has, the answer's cookie is the session. For the browser that began."""
    require_own_page()
    secret = request.cookies.get(_SCAN_COOKIE, "")
    with transaction() as session:
        member = scans.claim(session, path.code, secret, now())
        if member is None:
            return ClaimReply(state="waiting").model_dump(mode="json")
        token, reply = _start(session, member, "scan", now())
    response = jsonify(ClaimReply(state="signed_in", member=reply).model_dump(mode="json"))
    set_cookie(response, token)
    response.delete_cookie(_SCAN_COOKIE, path=_SCAN_PATH)
    return response


def _start(session: Session, member: Member, by: str, at: datetime) -> tuple[str, MemberReply]:
    """A session for a member who supervises somebody today. Raises 403 for whoever does not any more."""
    reply = member_reply(session, member)
    if not set(reply.roles).intersection(console.SUPERVISING):
        raise forbidden(
            "role_required", "控制台供队长和监督人员使用；打卡请用小程序。", roles=list(console.SUPERVISING)
        )
    return signin.start(session, member, browser(), by, at), reply


def _qr(text: str) -> str:
    return segno.make(text, error="m", micro=False).svg_inline(scale=4, omitsize=True)
