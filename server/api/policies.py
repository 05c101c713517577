"""规则 over HTTP: an admin adopts them and sees before what they would do; the bureau reads them."""

import uuid
from datetime import date
from typing import Any

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select

from server.api.counts import MonthReply, month_reply
from server.api.described import Described
from server.api.fields import Day, Remark
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.org.models import Member
from server.org.scope import county as in_county
from server.tally import adopt, policy
from server.tally.adopt import Draft
from server.tally.models import Policy
from server.tally.preview import preview
from server.tally.rules import PolicyRules

bp = Described("policies", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="规则")], abp_security=SIGNED_IN)


class PolicyBody(BaseModel):
    starts_on: Day = Field(description="the first local date they hold on; not in a closed month")
    rules: PolicyRules = Field(description="whole: what is left out has its default")
    note: Remark = Field("", max_length=300, description="why, and by which document")


class PolicyRow(BaseModel):
    id: uuid.UUID
    version: int
    starts_on: date
    in_force: bool = Field(description="whether it holds today")
    rules: PolicyRules
    note: str
    created_by: str | None = Field(description="a name; null for what came with the county")
    created_at: AwareDatetime


class PolicyList(BaseModel):
    items: list[PolicyRow]


class AdoptedReply(PolicyRow):
    remarks: list[str] = Field(description="what to know about these rules")


class RuleChange(BaseModel):
    rule: str
    then: Any
    now: Any


class MonthChange(BaseModel):
    member_id: uuid.UUID
    name: str
    before: MonthReply
    after: MonthReply


class PreviewReply(BaseModel):
    months: list[str] = Field(description="the open months that would be counted anew, YYYY-MM")
    members: int
    rules: list[RuleChange]
    changes: list[MonthChange]
    remarks: list[str]


@bp.get("/policies", responses={200: PolicyList})
def list_policies() -> Reply:
    """All versions, the newest first."""
    caller().require("admin", "bureau_supervisor", "county_leader")
    with reading() as session:
        holding = policy.in_force(session, caller().county_id, caller().today).version
        names = select(Member.name).where(Member.county_id == Policy.county_id, Member.id == Policy.created_by)
        rows = session.execute(
            in_county(caller(), Policy).add_columns(names.scalar_subquery()).order_by(Policy.version.desc())
        ).all()
    return PolicyList(items=[_row(row, name, holding) for row, name in rows]).model_dump(mode="json")


@bp.post("/policies", responses={201: AdoptedReply})
def adopt_policy(body: PolicyBody) -> Reply:
    """Adopt rules from a date on. Days from then on are counted by them; closed months keep theirs."""
    draft = Draft(body.starts_on, body.rules, body.note)
    with transaction() as session:
        made = adopt.adopt(session, caller(), draft, now())
        holding = policy.in_force(session, caller().county_id, caller().today).version
        row = _row(made, caller().name, holding)
    return AdoptedReply(**row.model_dump(), remarks=adopt.remarks(draft)).model_dump(mode="json"), 201


@bp.post("/policies/preview", responses={200: PreviewReply})
def preview_policy(body: PolicyBody) -> Reply:
    """What these rules would do to the open months, member by member; nothing is saved."""
    caller().require("admin")
    with reading() as session:
        seen = preview(session, caller().county_id, Draft(body.starts_on, body.rules, body.note), caller().today)
    return PreviewReply(
        months=[f"{month:%Y-%m}" for month in seen.months],
        members=seen.members,
        rules=[RuleChange(rule=name, then=then, now=now) for name, (then, now) in seen.rules.items()],
        changes=[
            MonthChange(
                member_id=one.member_id, name=one.name, before=month_reply(one.before), after=month_reply(one.after)
            )
            for one in seen.changes
        ],
        remarks=seen.remarks,
    ).model_dump(mode="json")


def _row(row: Policy, name: str | None, holding: int) -> PolicyRow:
    return PolicyRow(
        id=row.id,
        version=row.version,
        starts_on=row.starts_on,
        in_force=row.version == holding,
        rules=PolicyRules.model_validate(row.rules),
        note=row.note,
        created_by=name,
        created_at=row.created_at,
    )
