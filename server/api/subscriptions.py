"""Which WeChat messages a member has accepted, and what they answered when asked for more."""

import uuid
from typing import Annotated, Literal

from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field, StringConstraints

from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller
from server.errors import invalid
from server.notify import credits, messages, subscriptions

bp = APIBlueprint(
    "subscriptions", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="订阅消息")], abp_security=SIGNED_IN
)
TemplateId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class SubscriptionReply(BaseModel):
    template_id: str = Field(description="for wx.requestSubscribeMessage, three at a time at most")
    title: str
    purposes: list[str] = Field(description="what it tells this member, a short sentence each")
    credits: int | None = Field(description="messages accepted and not yet received; null: nothing is known yet")
    low: bool = Field(description="ask at the next tap")


class SubscriptionsReply(BaseModel):
    items: list[SubscriptionReply]


class AnswersBody(BaseModel):
    id: uuid.UUID = Field(description="made by the phone, one a tap: a repeated report changes nothing")
    answers: dict[TemplateId, Literal["accept", "reject", "ban", "filter"]] = Field(
        min_length=1, max_length=10, description="what wx.requestSubscribeMessage answered, by template id"
    )


@bp.get("/me/subscriptions", responses={200: SubscriptionsReply})
def read_subscriptions() -> Reply:
    """The templates by which the caller's roles can get anything, what is left of each, and which to ask for now."""
    return _standing()


@bp.post("/me/subscriptions", responses={200: SubscriptionsReply})
def report_answers(body: AnswersBody) -> Reply:
    """Take in what the caller just answered; WeChat's own push of the same tap, early or late, does not count again
    (how that is told, and what cannot be: server/notify/credits.py)."""
    who, at, templates = caller(), now(), services().config.wechat_templates
    known = {subscriptions.template_id(kind, templates) for kind in messages.KINDS}
    if unknown := sorted(set(body.answers) - known):
        raise invalid("template_unknown", "没有这个消息模板，请更新小程序后再试。", templates=unknown)
    with transaction() as session:
        for template, answer in sorted(body.answers.items()):
            of = credits.Holder(who.county_id, who.member_id, template)
            # The member stands in the key: an id that another phone used by chance or by malice is nobody else's.
            key = f"phone:{who.member_id}:{body.id}:{template}"[:160]
            credits.hear(session, of, answer, "phone", key, at, at)
    return _standing()


def _standing() -> Reply:
    who, at = caller(), now()
    with reading() as session:
        ledger = credits.of_member(session, who.county_id, who.member_id)
    offered = subscriptions.offers((grant.role for grant in who.grants), services().config.wechat_templates)
    items = [
        SubscriptionReply(
            template_id=offer.template_id,
            title=offer.title,
            purposes=list(offer.purposes),
            credits=ledger[offer.template_id].credits if offer.template_id in ledger else None,
            low=subscriptions.is_low(ledger.get(offer.template_id), at),
        )
        for offer in offered
    ]
    return SubscriptionsReply(items=items).model_dump(mode="json")
