"""Which WeChat messages a member has accepted, and what they answered when asked for more."""

import uuid
from typing import Annotated, Literal

from flask import Response
from flask_openapi import Tag
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select

from server.api.described import Described
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller
from server.audit.journal import record
from server.errors import invalid
from server.notify import credits, messages, subscriptions, templates
from server.org.models import Member
from server.rate_limits import spend

bp = Described("subscriptions", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="订阅消息")], abp_security=SIGNED_IN)
TemplateId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class SubscriptionReply(BaseModel):
    template_id: str = Field(description="for wx.requestSubscribeMessage, three at a time at most")
    title: str
    purposes: list[str] = Field(description="what it tells this member, a short sentence each")
    credits: int | None = Field(description="messages accepted and not yet received; null: nothing is known yet")
    low: bool = Field(description="ask at the next tap")
    lasting: bool = Field(description="accepted once for all that come; never to be asked for together with others")


class EmployeeTemplate(BaseModel):
    template_id: str = Field(description="for wx.bindEmployeeRelation; there are six at most")
    title: str
    purposes: list[str] = Field(description="what it tells this member, a short sentence each")


class SubscriptionsReply(BaseModel):
    items: list[SubscriptionReply]
    employee: list[EmployeeTemplate] = Field(description="of 用工关系; none: this county has none for the caller")


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
    who, at, configured = caller(), now(), services().config.wechat_templates
    known = {subscriptions.template_id(kind, configured) for kind in messages.KINDS}
    if unknown := sorted(set(body.answers) - known):
        raise invalid("template_unknown", "没有这个消息模板，请更新小程序后再试。", templates=unknown)
    with transaction() as session:
        for template, answer in sorted(body.answers.items()):
            of = credits.Holder(who.county_id, who.member_id, template)
            # The member stands in the key: an id that another phone used by chance or by malice is nobody else's.
            key = f"phone:{who.member_id}:{body.id}:{template}"[:160]
            credits.hear(session, of, answer, "phone", key, at, at)
    return _standing()


@bp.delete("/me/employee-relation", responses={204: None})
def end_employee_relation() -> Reply:
    """End the caller's 用工关系 with this mini-program; where there is none it is ended. WeChat itself tells the phone
    whether there is one, so nothing of it is kept here."""
    who, at = caller(), now()
    with transaction() as session:
        spend(session, f"employee-relation:{who.member_id}", limit=20, window_s=3600, now=at)
        openid = session.scalar(
            select(Member.openid).where(Member.county_id == who.county_id, Member.id == who.member_id)
        )
    if openid is not None:
        services().wechat.unbind_employee(openid)
        with transaction() as session:
            record(session, who.county_id, who.member_id, "wechat.employee_unbound", who.member_id, {}, at)
    return Response(status=204)


def _standing() -> Reply:
    who, at, config = caller(), now(), services().config
    roles = {grant.role for grant in who.grants}
    with reading() as session:
        ledger = credits.of_member(session, who.county_id, who.member_id)
        lasting = templates.lasting(session)
    items = [
        SubscriptionReply(
            template_id=offer.template_id,
            title=offer.title,
            purposes=list(offer.purposes),
            credits=ledger[offer.template_id].credits if offer.template_id in ledger else None,
            low=subscriptions.is_low(ledger.get(offer.template_id), offer.template_id in lasting, at),
            lasting=offer.template_id in lasting,
        )
        for offer in subscriptions.offers(roles, config.wechat_templates)
    ]
    staffs = config.wechat_employee_templates
    employee = [
        EmployeeTemplate(template_id=offer.template_id, title=offer.title, purposes=list(offer.purposes))
        for offer in subscriptions.offers(roles, staffs, staffs)
    ]
    return SubscriptionsReply(items=items, employee=employee).model_dump(mode="json")
