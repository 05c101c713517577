"""证明 over HTTP: the way for whoever has no phone, no signal, or gave no consent."""

import uuid
from datetime import date

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field

from server.api.checkin_replies import MemberRef
from server.api.counts import DayReply, MonthReply, recount, standing
from server.api.described import Described
from server.api.fields import Sentence
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.checkins.attest import attest, given_by, withdraw
from server.checkins.models import Attestation
from server.errors import invalid
from server.tally.addenda import Cause

bp = Described("attestations", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="证明")], abp_security=SIGNED_IN)


class AttestationBody(BaseModel):
    member: uuid.UUID
    on: date = Field(description="the station's local date")
    value: float = Field(1, description="1 a whole day, 0.5 half a day", json_schema_extra={"enum": [0.5, 1]})
    reason: Sentence = Field(min_length=1, max_length=300, description="how it is known, in words")


class AttestationReply(BaseModel):
    id: uuid.UUID
    day: DayReply
    month: MonthReply


class AttestationPath(BaseModel):
    attestation_id: uuid.UUID


class AttestationEndBody(BaseModel):
    reason: Sentence = Field(min_length=1, max_length=300, description="the member reads it")


class AttestationEnd(BaseModel):
    """It counts no longer: taken back by whoever gave it, or set aside by somebody else."""

    by: str
    set_aside: bool
    reason: str
    at: AwareDatetime


class AttestationRow(BaseModel):
    id: uuid.UUID
    member: MemberRef
    on: date
    value: float
    reason: str
    created_at: AwareDatetime
    withdrawn: AttestationEnd | None


class AttestationPage(BaseModel):
    items: list[AttestationRow]
    next_cursor: str | None


class AttestationEndReply(BaseModel):
    id: uuid.UUID
    withdrawn: AttestationEnd
    day: DayReply
    month: MonthReply


@bp.post("/attestations", responses={201: AttestationReply})
def attest_presence(body: AttestationBody) -> Reply:
    """Vouch for a colleague's presence, with name and reason; counts like a check-in, marked as vouched."""
    if body.value not in (0.5, 1):
        raise invalid("value_invalid", "只能证明半天或一天。")
    with transaction() as session:
        made = attest(session, caller(), body.member, body.on, int(body.value * 2), body.reason, now())
        cause = Cause("attestation", made.id, caller().member_id)
        reply = AttestationReply(id=made.id, **recount(session, caller(), body.member, body.on, cause, now()))
    return reply.model_dump(mode="json"), 201


@bp.get("/me/attestations", responses={200: AttestationPage})
def my_attestations(query: PageQuery) -> Reply:
    """What the caller vouched for, the latest first, and what became of it."""
    with reading() as session:
        rows = session.execute(newest_first(given_by(caller()), Attestation.created_at, Attestation.id, query)).all()
    of = {row.Attestation.id: row for row in rows}
    page, cursor = cut([row.Attestation for row in rows], query, "created_at")
    items = [
        AttestationRow(
            id=one.id,
            member=MemberRef(id=one.member_id, name=of[one.id].name),
            on=one.on_date,
            value=one.halves / 2,
            reason=one.reason,
            created_at=one.created_at,
            withdrawn=_end(one, of[one.id].ender) if one.withdrawn_at else None,
        )
        for one in page
    ]
    return AttestationPage(items=items, next_cursor=cursor).model_dump(mode="json")


@bp.post("/attestations/<uuid:attestation_id>/withdrawal", responses={200: AttestationEndReply})
def withdraw_attestation(path: AttestationPath, body: AttestationEndBody) -> Reply:
    """Take back what one vouched for; or, as a bureau supervisor who is neither of the two, set it aside. The day is
    counted anew; that of a closed month becomes an addendum."""
    with transaction() as session:
        made, news = withdraw(session, caller(), path.attestation_id, body.reason, now())
        cause = Cause("withdrawal", made.id, caller().member_id)
        about = (session, caller(), made.member_id, made.on_date)
        counted = recount(*about, cause, now()) if news else standing(*about)
        reply = AttestationEndReply(id=made.id, withdrawn=_end(made, caller().name), **counted)
    return reply.model_dump(mode="json")


def _end(made: Attestation, by: str) -> AttestationEnd:
    """`by`: the name of whoever ended it."""
    at = made.withdrawn_at or made.created_at
    return AttestationEnd(by=by, set_aside=made.is_set_aside, reason=made.withdrawal_reason, at=at)
