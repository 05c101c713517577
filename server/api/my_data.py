"""One's own data: a copy of all of it, having it deleted, and the devices that are signed in."""

import tempfile
import uuid
from typing import Literal

from flask import Response, send_file
from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from server.api.described import Described
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller
from server.audit.journal import record
from server.errors import not_found
from server.org import signin
from server.org.models import Member
from server.org.scope import county as in_county
from server.privacy import deletion, export
from server.rate_limits import spend

bp = Described("my_data", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="我的信息")], abp_security=SIGNED_IN)
_MOST_A_DAY = 3  # each reads every photo of a year
_IN_MEMORY_BYTES = 2_000_000


class DeletionBody(BaseModel):
    understood: Literal[True] = Field(description="the member has read what goes and what stays")


class DeletionReply(BaseModel):
    asked_at: AwareDatetime | None = Field(description="of the request that is open, else of the last that was done")
    done_at: AwareDatetime | None
    left: int = Field(description="check-ins whose photo and position wait for the month's close or an appeal's end")
    text: list[str] = Field(description="what goes when, and what stays, line by line as it is to be shown")


class SignInReply(BaseModel):
    id: uuid.UUID
    kind: Literal["phone", "console"]
    device: str | None = Field(description="such as 微信小程序，iPhone")
    started_at: AwareDatetime
    seen_at: AwareDatetime = Field(description="to the hour")
    expires_at: AwareDatetime = Field(description="unless it is used before; each use moves it on")
    this: bool = Field(description="the one that asks")


class SignInsReply(BaseModel):
    items: list[SignInReply]


class SignInPath(BaseModel):
    sign_in_id: uuid.UUID


@bp.get("/me/export", responses={200: {"content": {"application/zip": {"schema": {"type": "string"}}}}})
def export_my_data() -> Reply:
    """All that is stored about the caller, as a zip: JSON, photos, and who looked at what and when."""
    who = caller()
    with transaction() as session:
        spend(session, f"export:{who.county_id}:{who.member_id}", limit=_MOST_A_DAY, window_s=86_400, now=now())
        record(session, who.county_id, who.member_id, "data.exported", who.member_id, {}, now())
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # closed with the response
    with services().db.snapshot() as session:
        member = session.scalars(in_county(who, Member).where(Member.id == who.member_id)).one()
        export.write(session, services().store, services().sealer, member, file, now())
    file.seek(0)
    response: Response = send_file(
        file,
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"驻点通个人信息-{who.today.isoformat()}.zip",
        max_age=0,
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/me/deletion", responses={200: DeletionReply})
def read_deletion() -> Reply:
    """What deleting one's data means, and how far a request has come."""
    with reading() as session:
        return _deletion(session)


@bp.post("/me/deletion", responses={200: DeletionReply})
def ask_for_deletion(body: DeletionBody) -> Reply:  # noqa: ARG001  # that it was meant is all it says
    """Ask that photos, positions and device facts go. It withdraws consent; asking again changes nothing."""
    with transaction() as session:
        deletion.ask(session, caller(), now())
        return _deletion(session)


@bp.delete("/me/deletion", responses={204: None})
def withdraw_deletion() -> Reply:
    """Take back a request that is not done. What is erased already stays so; consent has to be given anew."""
    with transaction() as session:
        if not deletion.withdraw(session, caller(), now()):
            raise not_found()
    return "", 204


def _deletion(session: Session) -> Reply:
    state = deletion.state(session, caller())
    reply = DeletionReply(asked_at=state.asked_at, done_at=state.done_at, left=state.left, text=list(deletion.TEXT))
    return reply.model_dump(mode="json")


@bp.get("/me/sign-ins", responses={200: SignInsReply})
def my_sign_ins() -> Reply:
    """Where the caller is signed in now, the latest used first."""
    with reading() as session:
        found = signin.standing(session, caller(), now())
    items = [
        SignInReply(
            id=one.id,
            kind=one.kind,
            device=one.device,
            started_at=one.created_at,
            seen_at=one.seen_at,
            expires_at=one.expires_at,
            this=one.id == caller().sign_in_id,
        )
        for one in found
    ]
    return SignInsReply(items=items).model_dump(mode="json")


@bp.delete("/me/sign-ins/<uuid:sign_in_id>", responses={204: None})
def end_sign_in(path: SignInPath) -> Reply:
    """End one of the caller's sessions at once: of a phone that was lost, or given away. Again, it changes nothing."""
    with transaction() as session:
        if not signin.end_one(session, caller(), path.sign_in_id, now()):
            raise not_found()
    return "", 204
