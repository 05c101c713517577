"""首报: whoever reports a company first has the claim; who comes second is told at once whose it is."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import lock
from server.errors import AppError, conflict, invalid, not_found
from server.leads import companies, see
from server.leads.models import STAGES, Company, Lead, LeadEvent
from server.notify.outbox import Letter, enqueue
from server.org import people
from server.org.models import County, Squad
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Report:
    """A lead as it is reported; `id` is made by the phone. `company`: a known one's id, or a new one."""

    id: uuid.UUID
    company: uuid.UUID | companies.New
    squad: uuid.UUID | None
    channel: str
    reported_at: datetime
    intent: str = ""
    investment_wan: int | None = None
    currency: str = "CNY"
    next_action: str = ""
    next_on: date | None = None

    def digest(self) -> str:
        """What makes two reports the same."""
        said: Any = [
            str(self.company) if isinstance(self.company, uuid.UUID) else repr(self.company),
            *(self.channel, self.reported_at.isoformat(), self.intent, self.investment_wan, self.currency),
            *(self.next_action, str(self.next_on), str(self.squad)),
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """A lead as a workbook has it; squad and owner by their names."""

    company: companies.New
    squad: str
    owner: str
    channel: str
    stage: str = "lead"
    intent: str = ""
    investment_wan: int | None = None
    next_action: str = ""
    next_on: date | None = None


def report(session: Session, caller: Caller, sealer: Sealer, new: Report, now: datetime) -> tuple[Lead, bool]:
    """Store it and take the claim; and whether it is new. The same id with the same words is a repeat.

    Raises 409 `lead_differs`, `company_claimed` (another squad has it), `lead_known` (the own squad has it),
    `company_pooled` (it may be taken up); nothing is stored then.
    """
    squad = see.squad_of(session, caller, new.squad)
    lock(session, f"lead:{caller.county_id}:{new.id}")
    known = session.get(Lead, (caller.county_id, new.id))
    if known is not None:
        if (known.reported_by, known.content_sha256) != (caller.member_id, new.digest()):
            raise conflict("lead_differs", "这个编号已经用过，内容不同，没有保存。")
        return known, False
    company = _company(session, caller, sealer, new, now)
    see.lock_company(session, caller.county_id, company.id)
    open_one = see.open_lead(session, caller, company.id)
    if open_one is not None:
        raise taken(session, caller, squad, company, open_one)
    made = _claimed(caller, new, company, squad, caller.member_id, now)
    made.id, made.content_sha256, made.currency = new.id, new.digest(), new.currency
    made.reported_at = min(new.reported_at, now)
    _store(session, caller, made, squad, caller.name, now)
    return made, True


def enter(session: Session, caller: Caller, sealer: Sealer, entry: Entry, now: datetime) -> Lead:
    """Take over a lead that was kept elsewhere, in the name of a squad and one of its people; by the bureau. 422 for a
    squad or a person that is not there, 409 like `report`."""
    caller.require("bureau_supervisor")
    squad = session.scalar(in_county(caller, Squad).where(Squad.name == entry.squad))
    if squad is None:
        raise invalid("squad_unknown", f"没有叫“{entry.squad}”的小分队。")
    there = people.names(session, caller.county_id, people.of_squad(session, caller.county_id, squad.id, caller.today))
    owners = [id_ for id_, name in there.items() if name == entry.owner]
    if len(owners) != 1:
        said = "没有" if not owners else "不止一个"
        raise invalid("owner_unknown", f"{squad.name}今天{said}叫“{entry.owner}”的队员。")
    company = companies.the_one(session, caller, sealer, entry.company, now)
    see.lock_company(session, caller.county_id, company.id)
    open_one = see.open_lead(session, caller, company.id)
    if open_one is not None:
        raise taken(session, caller, squad, company, open_one)
    made = _claimed(caller, entry, company, squad, owners[0], now)
    made.id, made.content_sha256 = uuid.uuid4(), hashlib.sha256(repr(entry).encode()).hexdigest()
    made.reported_at, made.stage = now, entry.stage
    if entry.stage != "lead":  # somebody has taken it up before
        made.responded_at = made.judged_at = now
    _store(session, caller, made, squad, entry.owner, now)
    tell(session, made, owners[0], "entered", str(made.id), "", now)
    return made


def _claimed(
    caller: Caller, said: Report | Entry, company: Company, squad: Squad, owner_id: uuid.UUID, now: datetime
) -> Lead:
    """A lead of this squad from now on, in this person's hands; without what only the one or the other says."""
    return Lead(
        county_id=caller.county_id,
        company_id=company.id,
        squad_id=squad.id,
        owner_id=owner_id,
        reported_by=owner_id,
        claimed_at=now,
        created_at=now,
        intent=said.intent,
        investment_wan=said.investment_wan,
        channel=said.channel,
        stage_since=now,
        next_action=said.next_action,
        next_on=said.next_on,
        moved_at=now,
    )


def _store(session: Session, caller: Caller, made: Lead, squad: Squad, owner: str, now: datetime) -> None:
    session.add(made)
    session.flush()
    note(session, caller, made, "claimed", now, facts={"squad": squad.name, "member": owner})
    facts = {"company": str(made.company_id), "squad": str(squad.id), "reported_at": made.reported_at.isoformat()}
    record(session, caller.county_id, caller.member_id, "lead.reported", made.id, facts, now)


def take(session: Session, caller: Caller, company_id: uuid.UUID, named: uuid.UUID | None, now: datetime) -> Lead:
    """Take a company's lead up from the pool, with all that was done about it before."""
    squad = see.squad_of(session, caller, named)
    company = companies.get(session, caller, company_id)
    see.lock_company(session, caller.county_id, company_id)
    found = see.open_lead(session, caller, company_id)
    if found is None:
        raise not_found("这家企业现在没有线索，可以直接报送。")
    if found.squad_id is not None:
        if (found.squad_id, found.owner_id) == (squad.id, caller.member_id):
            return found
        raise taken(session, caller, squad, company, found)
    found.squad_id, found.owner_id, found.claimed_at, found.moved_at = squad.id, caller.member_id, now, now
    note(session, caller, found, "taken", now, facts={"squad": squad.name, "member": caller.name})
    record(session, caller.county_id, caller.member_id, "lead.taken", found.id, {"squad": str(squad.id)}, now)
    return found


def taken(session: Session, caller: Caller, squad: Squad, company: Company, lead: Lead) -> AppError:
    """409 that says whose the company is, and what can be done."""
    facts = {"company": str(company.id), "name": company.name}
    if lead.squad_id is None:
        detail = f"“{company.name}”的线索在公共池里，可以直接接手。"
        return conflict("company_pooled", detail, **facts)
    holder = session.get_one(Squad, (caller.county_id, lead.squad_id))
    if holder.id == squad.id:
        detail = f"本队已经在跟进“{company.name}”，请直接写跟进。"
        return conflict("lead_known", detail, **facts, lead=str(lead.id), stage=STAGES[lead.stage])
    detail = f"“{company.name}”已由{holder.name}首报。可以申请加入，或提出异议。"
    return conflict("company_claimed", detail, **facts, squad=holder.name)


def note(
    session: Session,
    caller: Caller | None,
    lead: Lead,
    what: str,
    now: datetime,
    reason: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """One line of the lead's history. `caller` None: the machine."""
    session.add(
        LeadEvent(
            county_id=lead.county_id,
            lead_id=lead.id,
            what=what,
            by_id=caller.member_id if caller else None,
            reason=reason,
            facts=facts or {},
            at=now,
        )
    )
    session.flush()


def tell(session: Session, lead: Lead, who: uuid.UUID, what: str, key: str, said: str, now: datetime) -> None:
    """A word to somebody about their lead: `what` is one of notify.words' lead news, `key` tells this one from others,
    `said` goes with it."""
    name = session.get_one(Company, (lead.county_id, lead.company_id)).name
    today = now.astimezone(ZoneInfo(session.get_one(County, lead.county_id).tz)).date()
    facts = {"company": name, "what": what, "said": said, "on": today.isoformat()}
    enqueue(session, lead.county_id, Letter(who, "lead_news", f"lead_news:{what}:{key}:{who}"[:120], facts), now)


def _company(session: Session, caller: Caller, sealer: Sealer, new: Report, now: datetime) -> Company:
    if isinstance(new.company, uuid.UUID):
        return companies.get(session, caller, new.company)
    return companies.the_one(session, caller, sealer, new.company, now)
