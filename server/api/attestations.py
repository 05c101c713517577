"""证明 over HTTP: the way for whoever has no phone, no signal, or gave no consent."""

import uuid
from datetime import date

from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field

from server.api.counts import DayReply, MonthReply, recount
from server.api.fields import Sentence
from server.api.services import Reply, now, transaction
from server.api.session import SIGNED_IN, caller
from server.checkins.attest import attest
from server.errors import invalid
from server.tally.addenda import Cause

bp = APIBlueprint("attestations", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="证明")], abp_security=SIGNED_IN)


class AttestationBody(BaseModel):
    member: uuid.UUID
    on: date = Field(description="the station's local date")
    value: float = Field(1, description="1 a whole day, 0.5 half a day", json_schema_extra={"enum": [0.5, 1]})
    reason: Sentence = Field(min_length=1, max_length=300, description="how it is known, in words")


class AttestationReply(BaseModel):
    id: uuid.UUID
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
