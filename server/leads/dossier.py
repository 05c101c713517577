"""谁接触过: everyone who had to do with a company, as far as the reader may know of it."""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.audit.models import AuditEvent, AuditPayload
from server.leads import requests, see
from server.leads.models import Company, Lead, LeadEvent, LeadRequest, LeadUpdate
from server.org.scope import Caller, own_squads
from server.org.scope import county as in_county

# What somebody did, in the order in which it is told.
DEEDS = {
    "reported": "首报",
    "taken": "从公共池接手",
    "updated": "跟进",
    "moved": "改阶段",
    "changed": "修改资料",
    "asked": "提出申请",
    "decided": "决定申请",
    "reopened": "重新打开",
    "escorted": "县领导一同拜访",
    "handed_over": "移交",
    "entered": "登记企业",
    "targeted": "列入名录",
    "placed": "标注环节",
    "searched": "搜索到它",
}
# What a line of a lead's history says that somebody did.
OF_EVENT = {
    "claimed": "reported",
    "taken": "taken",
    "stage": "moved",
    "changed": "changed",
    "close_asked": "asked",
    "close_refused": "decided",
    "closed": "decided",
    "joined": "decided",
    "contested": "decided",
    "reopened": "reopened",
    "handed_over": "handed_over",
    "escort_asked": "asked",
    "escort_accepted": "escorted",
    "escort_declined": "decided",
    "escort_called_off": "decided",
    "escort_done": "escorted",
}
_OF_AUDIT = {
    "company.added": "entered",
    "company.targeted": "targeted",
    "company.placed": "placed",
    "company.changed": "changed",
}
_AUDITING = ("bureau_supervisor",)  # of those who see leads; the console's audit is theirs to read


@dataclass(frozen=True, slots=True)
class Touch:
    """Somebody had to do with it: one of DEEDS, at a moment."""

    member_id: uuid.UUID
    what: str
    at: datetime


def leads_of(session: Session, caller: Caller, company: Company, most: int) -> Sequence[Lead]:
    """Its leads that the caller may see, the latest first."""
    mine = in_county(caller, Lead).where(Lead.company_id == company.id, see.seen(caller))
    return session.scalars(mine.order_by(Lead.created_at.desc(), Lead.id).limit(most)).all()


def touches(session: Session, caller: Caller, company: Company) -> list[Touch]:
    """By way of leads that the caller may see; what only the audit knows, for those who may read it."""
    seen = select(Lead.id).where(Lead.county_id == caller.county_id, Lead.company_id == company.id, see.seen(caller))
    found = [*_events(session, caller, seen), *_updates(session, caller, seen), *_requests(session, caller, company)]
    if caller.has(*_AUDITING):
        found += _audited(session, caller, company)
    return found


def _events(session: Session, caller: Caller, seen: Any) -> Iterator[Touch]:
    mine = in_county(caller, LeadEvent).where(LeadEvent.lead_id.in_(seen), LeadEvent.by_id.is_not(None))
    for row in session.execute(mine.with_only_columns(LeadEvent.by_id, LeadEvent.what, LeadEvent.at)):
        yield Touch(row.by_id, OF_EVENT[row.what], row.at)


def _updates(session: Session, caller: Caller, seen: Any) -> Iterator[Touch]:
    mine = in_county(caller, LeadUpdate).where(LeadUpdate.lead_id.in_(seen))
    for row in session.execute(mine.with_only_columns(LeadUpdate.member_id, LeadUpdate.happened_at)):
        yield Touch(row.member_id, "updated", row.happened_at)


def _requests(session: Session, caller: Caller, company: Company) -> Iterator[Touch]:
    """To join and to contest, told to who decides them and to the squad that asks. Closings, and what was granted, the
    leads' own histories have."""
    of = select(Lead.id).where(Lead.county_id == caller.county_id, Lead.company_id == company.id)
    mine = in_county(caller, LeadRequest).where(
        LeadRequest.lead_id.in_(of),
        LeadRequest.kind != "close",
        or_(requests.decides(caller), LeadRequest.squad_id.in_(own_squads(caller))),
    )
    for one in session.scalars(mine):
        yield Touch(one.asked_by, "asked", one.asked_at)
        if one.state == "refused" and one.decided_by and one.decided_at:
            yield Touch(one.decided_by, "decided", one.decided_at)


def _audited(session: Session, caller: Caller, company: Company) -> Iterator[Touch]:
    events = (
        select(AuditEvent.action, AuditEvent.at, AuditPayload.actor_id, AuditPayload.body)
        .join(AuditPayload, (AuditPayload.county_id == AuditEvent.county_id) & (AuditPayload.event_id == AuditEvent.id))
        .where(AuditEvent.county_id == caller.county_id, AuditPayload.actor_id.is_not(None))
    )
    about = events.where(AuditPayload.subject_id == company.id, AuditEvent.action.in_(_OF_AUDIT))
    for row in session.execute(about):
        if not json.loads(row.body)["facts"].get("lead"):  # else the lead's history has it
            yield Touch(row.actor_id, _OF_AUDIT[row.action], row.at)
    told = events.where(AuditEvent.action == "company.searched", AuditPayload.body.contains(str(company.id)))
    for row in session.execute(told):
        yield Touch(row.actor_id, "searched", row.at)
