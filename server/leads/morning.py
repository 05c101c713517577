"""The morning's look at the leads: whoever is late is told, their leader and the bureau after a while, and a claim
without progress goes back to the pool."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, exists, or_, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.leads import clocks, see
from server.leads.clocks import IsWorkday, Owed, Standing, Terms
from server.leads.models import Company, Lead, LeadRequest
from server.leads.report import note
from server.leads.requests import void_open
from server.notify.outbox import Letter, enqueue_all
from server.org.models import Member, RoleGrant
from server.org.scope import holders

_WARNED = timedelta(days=5)  # before a claim goes
_LEADER_AFTER, _BUREAU_AFTER = 3, 7  # days late


@dataclass(frozen=True, slots=True)
class Day:
    """A county's day: its zone, the local date, its terms, and which dates are workdays."""

    county_id: int
    tz: str
    today: date
    terms: Terms
    is_workday: IsWorkday


def standing(lead: Lead, tz: str) -> Standing:
    """What the clocks ask of a lead that somebody holds."""
    zone = ZoneInfo(tz)
    return Standing(
        claimed_on=(lead.claimed_at or lead.created_at).astimezone(zone).date(),
        moved_on=lead.moved_at.astimezone(zone).date(),
        is_responded=lead.responded_at is not None,
        is_judged=lead.judged_at is not None,
        is_answered=lead.answered_at is not None,
    )


def look(session: Session, of: Day, now: datetime) -> None:
    """Tell and expire, each once: a second look the same day finds the keys taken."""
    held = session.execute(_held(of.county_id)).all()
    people = _Above(session, of)
    letters: list[Letter] = []
    running_out = [row for row in held if not row.closing and _is_over(row.Lead, of)]
    see.lock_company(session, of.county_id, *(row.Lead.company_id for row in running_out))  # at once, in its order
    for row in running_out:
        if not _still_ends(session, row.Lead, of):
            continue
        whom = {row.Lead.owner_id, *people.leaders(row.Lead.squad_id)}
        letters.extend(_news(row, who, "expired", of) for who in whom)
        _to_pool(session, row.Lead, now)
    over = {row.Lead.id for row in running_out}
    for row in held:
        if row.Lead.id in over:
            continue
        stands = standing(row.Lead, of.tz)
        ends = clocks.expires_on(stands, of.terms)
        if of.today >= ends - _WARNED and not row.closing:
            letters.append(_news(row, row.Lead.owner_id, "expiring", of))
        for one in clocks.owed(stands, of.terms, of.is_workday):
            letters.extend(_late(row, one, of, people))
    enqueue_all(session, of.county_id, letters, now)


def _held(county_id: int) -> Any:
    closing = exists().where(
        LeadRequest.county_id == Lead.county_id,
        LeadRequest.lead_id == Lead.id,
        LeadRequest.kind == "close",
        LeadRequest.state == "open",
    )
    return (
        select(Lead, Company.name, Member.name.label("owner"), closing.label("closing"))
        .join(Company, (Company.county_id == Lead.county_id) & (Company.id == Lead.company_id))
        .join(Member, (Member.county_id == Lead.county_id) & (Member.id == Lead.owner_id))
        .where(Lead.county_id == county_id, Lead.outcome.is_(None), Lead.squad_id.is_not(None))
        .order_by(Lead.id)
    )


class _Above:
    """Who is told after a while: a squad's leaders, and the bureau."""

    def __init__(self, session: Session, of: Day) -> None:
        leaders = select(RoleGrant.squad_id, RoleGrant.member_id).where(
            RoleGrant.county_id == of.county_id,
            RoleGrant.role == "squad_leader",
            RoleGrant.valid_from <= of.today,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= of.today),
        )
        self._leaders: dict[uuid.UUID | None, set[uuid.UUID]] = defaultdict(set)
        for squad_id, member_id in session.execute(leaders):
            self._leaders[squad_id].add(member_id)
        self.bureau = holders(session, of.county_id, "bureau_supervisor", of.today)

    def leaders(self, squad_id: uuid.UUID) -> set[uuid.UUID]:
        return self._leaders[squad_id]


def _late(row: Row[Any], one: Owed, of: Day, people: _Above) -> Iterator[Letter]:
    """To the owner on the first day after, to the leader and the bureau when it stays so."""
    days = one.days_late(of.today)
    told: list[tuple[str, Sequence[uuid.UUID]]] = [("owner", [row.Lead.owner_id] if days >= 1 else [])]
    told.append(("leader", sorted(people.leaders(row.Lead.squad_id)) if days >= _LEADER_AFTER else []))
    told.append(("bureau", people.bureau if days >= _BUREAU_AFTER else []))
    facts = {
        "company": row.name,
        "what": clocks.WORDS[one.what],
        "due": one.due_on.isoformat(),
        "days": days,
        "owner": row.owner,
    }
    seen: set[uuid.UUID] = set()
    for level, whom in told:
        for who in whom:
            if who not in seen:
                seen.add(who)
                key = f"lead_late:{row.Lead.id}:{one.what}:{one.due_on}:{level}:{str(who)[:8]}"
                yield Letter(who, "lead_late", key, facts)


def _news(row: Row[Any], who: uuid.UUID, what: str, of: Day) -> Letter:
    facts = {"company": row.name, "what": what, "said": "", "on": of.today.isoformat()}
    moved = row.Lead.moved_at.timestamp()
    return Letter(who, "lead_news", f"lead_news:{what}:{row.Lead.id}:{moved:.0f}:{str(who)[:8]}", facts)


def _is_over(lead: Lead, of: Day) -> bool:
    """Whether a claim has run out without progress."""
    return of.today >= clocks.expires_on(standing(lead, of.tz), of.terms)


def _still_ends(session: Session, lead: Lead, of: Day) -> bool:
    """The same, looked at again while nobody else changes it: whoever wrote a word, asked to close it or handed it over
    since it was read keeps it."""
    session.refresh(lead)
    asks = select(LeadRequest.id).where(LeadRequest.county_id == lead.county_id, LeadRequest.lead_id == lead.id)
    closing = session.scalar(asks.where(LeadRequest.kind == "close", LeadRequest.state == "open"))
    return lead.outcome is None and lead.squad_id is not None and closing is None and _is_over(lead, of)


def _to_pool(session: Session, lead: Lead, now: datetime) -> None:
    facts = {"squad": str(lead.squad_id), "owner": str(lead.owner_id)}
    lead.squad_id = lead.owner_id = lead.claimed_at = None
    lead.moved_at = now
    void_open(session, lead, now)
    note(session, None, lead, "expired", now)
    record(session, lead.county_id, None, "lead.expired", lead.id, facts, now)
