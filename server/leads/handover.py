"""移交: one person's open leads go to another in one step, with their history."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.errors import forbidden, invalid, not_found
from server.leads import see
from server.leads.models import Lead, LeadSquad
from server.leads.report import note, tell
from server.org.models import Member, Posting, Squad
from server.org.scope import WATCHING_COUNTY, Caller, posted_today, watched_squads
from server.org.scope import county as in_county

HANDING_OVER = ("squad_leader", "unit_supervisor", *WATCHING_COUNTY)


def hand_over(
    session: Session, caller: Caller, from_id: uuid.UUID, to_id: uuid.UUID, reason: str, now: datetime
) -> Sequence[Lead]:
    """All that `from_id` owns and the caller watches goes to `to_id`, who is posted today; the squad goes with it. A
    repeat hands over nothing more."""
    caller.require(*HANDING_OVER)
    if from_id == to_id:
        raise invalid("same_person", "移交的双方是同一个人。")
    giver = session.scalar(in_county(caller, Member).where(Member.id == from_id))
    squad_id = session.scalar(posted_today(caller, Posting.squad_id).where(Posting.member_id == to_id))
    taker = session.scalar(in_county(caller, Member).where(Member.id == to_id, Member.removed_at.is_(None)))
    if giver is None or taker is None:
        raise not_found()
    mine = in_county(caller, Squad).where(_governed(caller))
    governed = {squad.id: squad.name for squad in session.scalars(mine)}
    if squad_id is None:
        raise invalid("not_posted", f"{taker.name}今天不在任何小分队，不能接手线索。")
    if squad_id not in governed:
        raise forbidden("not_your_squad", "接手的人不在您管理的小分队，请由上级办理。")
    owned = in_county(caller, Lead).where(
        Lead.owner_id == from_id, Lead.outcome.is_(None), Lead.squad_id.in_(list(governed))
    )
    wanted = session.scalars(owned.order_by(Lead.company_id)).all()
    see.lock_company(session, caller.county_id, *(lead.company_id for lead in wanted))
    handed = session.scalars(owned.order_by(Lead.company_id).execution_options(populate_existing=True)).all()
    for lead in handed:
        _give(session, lead, taker, squad_id, now)
        facts = {"from": giver.name, "to": taker.name, "squad": governed[squad_id]}
        note(session, caller, lead, "handed_over", now, reason, facts)
    if handed:
        said = {"to": str(to_id), "leads": [str(lead.id) for lead in handed], "reason": reason}
        record(session, caller.county_id, caller.member_id, "lead.handed_over", from_id, said, now)
    return handed


def takers(session: Session, caller: Caller) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of those to whom the caller may hand leads over: posted today in a squad they lead or watch over."""
    squads = select(Squad.id).where(Squad.county_id == caller.county_id, _governed(caller))
    posted = posted_today(caller, Posting.member_id).where(Posting.squad_id.in_(squads))
    named = in_county(caller, Member).with_only_columns(Member.id, Member.name)
    here = named.where(Member.id.in_(posted), Member.removed_at.is_(None)).order_by(Member.name)
    return [(row.id, row.name) for row in session.execute(here)]


def may_hand_over(session: Session, caller: Caller, lead: Lead) -> bool:
    """Whether the lead is one that the caller may give to another."""
    may = lead.outcome is None and caller.has(*HANDING_OVER)
    return may and see.is_among(session, caller, lead.squad_id, _governed(caller))


def _governed(caller: Caller) -> ColumnElement[bool]:
    """Those the caller leads or watches over; being posted in one is not enough."""
    if caller.has(*WATCHING_COUNTY, "unit_supervisor"):
        return watched_squads(caller)
    return Squad.id.in_(caller.squads("squad_leader"))


def _give(session: Session, lead: Lead, taker: Member, squad_id: uuid.UUID, now: datetime) -> None:
    joined = session.get(LeadSquad, (lead.county_id, lead.id, squad_id))
    if joined is not None:
        session.delete(joined)
    lead.owner_id, lead.squad_id, lead.moved_at = taker.id, squad_id, now
    tell(session, lead, taker.id, "handed_over", f"{lead.id}:{now.timestamp():.3f}", "", now)
