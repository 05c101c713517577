"""Consent: the words, and giving or withdrawing it with equal ease."""

from datetime import datetime

from flask_openapi import Tag
from pydantic import BaseModel, ConfigDict, Field

from server.api.described import Described
from server.api.services import Reply, now, transaction
from server.api.session import SIGNED_IN, caller
from server.org import consent

bp = Described("consents", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="同意")], abp_security=SIGNED_IN)


class ConsentBody(BaseModel):
    """Strict: what is mistyped must not be taken for a yes."""

    model_config = ConfigDict(extra="forbid")
    version: str = Field(max_length=20, description="the version of the words that were shown")
    agreed: bool = Field(strict=True, description="false withdraws")


class ConsentReply(BaseModel):
    version: str
    text: list[str] = Field(description="the words, line by line, as they are to be shown")
    given: bool
    given_at: datetime | None = None


@bp.get("/consents", responses={200: ConsentReply})
def read_consent() -> Reply:
    """The current words and whether the caller's consent to them stands."""
    reply = ConsentReply(version=consent.CURRENT_VERSION, text=list(consent.TEXT), given=caller().consented)
    return reply.model_dump(mode="json")


@bp.post("/consents", responses={200: ConsentReply})
def answer_consent(body: ConsentBody) -> Reply:
    """Agree or withdraw. Refusing is recorded as nothing, raises no flag, and leaves attestation as the way."""
    with transaction() as session:
        given_at = consent.answer(session, caller(), body.version, body.agreed, now())
    reply = ConsentReply(
        version=consent.CURRENT_VERSION, text=list(consent.TEXT), given=given_at is not None, given_at=given_at
    )
    return reply.model_dump(mode="json")
