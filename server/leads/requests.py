"""What is asked of somebody outside the squad: to join a lead, to have the claim, to close it as a dead end. Nobody
decides about their own squad's, and a lead that was closed opens again at a word."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select, true, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.errors import conflict, forbidden, not_found
from server.leads import companies, escorts, see
from server.leads.models import REQUESTS, Company, Lead, LeadRequest, LeadSquad
from server.leads.report import note, tell
from server.notify.outbox import Letter, enqueue, settle
from server.org.models import RoleGrant, Squad
from server.org.scope import Caller, holders, unit_squads
from server.org.scope import county as in_county

DECIDING_COUNTY = ("bureau_supervisor", "county_leader")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it comes; `id` is made by the phone. `code` and `evidence`: of a closing. `reported_at`: of a
    contest, when the phone had the company first."""

    id: uuid.UUID
    kind: str
    reason: str
    squad: uuid.UUID | None = None
    code: str | None = None
    evidence: str = ""
    reported_at: datetime | None = None


def ask_about_company(
    session: Session, caller: Caller, company_id: uuid.UUID, asked: Asked, now: datetime
) -> tuple[LeadRequest, bool]:
    """Join or contest the lead of a company that another squad has; and whether it is new."""
    squad = see.squad_of(session, caller, asked.squad)
    companies.get(session, caller, company_id)
    see.lock_company(session, caller.county_id, company_id)
    if known := _known(session, caller, asked):
        return known, False
    lead = see.open_lead(session, caller, company_id)
    if lead is None or lead.squad_id is None:
        raise not_found("这家企业现在没有小分队在跟进，可以直接报送或接手。")
    if lead.squad_id == squad.id:
        raise conflict("lead_known", "本队已经在跟进这家企业，请直接写跟进。", lead=str(lead.id))
    if asked.kind == "join" and session.get(LeadSquad, (caller.county_id, lead.id, squad.id)) is not None:
        raise conflict("lead_known", "本队已经加入，请直接写跟进。", lead=str(lead.id))
    return _store(session, caller, lead, squad, asked, now), True


def ask_to_close(
    session: Session, caller: Caller, lead_id: uuid.UUID, asked: Asked, now: datetime
) -> tuple[LeadRequest, bool]:
    """Ask that a lead be closed as a dead end; and whether it is new. Until somebody outside signs it stays open."""
    lead = see.hold(session, caller, lead_id)
    if known := _known(session, caller, asked):
        return known, False
    see.require_holder(session, caller, lead)
    if lead.outcome is not None:
        raise conflict("lead_ended", "这条线索已经结束。")
    made = _store(session, caller, lead, session.get_one(Squad, (caller.county_id, lead.squad_id)), asked, now)
    lead.judged_at = lead.judged_at or now
    note(session, caller, lead, "close_asked", now, asked.reason, {"code": asked.code})
    return made, True


def decide(
    session: Session, caller: Caller, request_id: uuid.UUID, granted: bool, answer: str, now: datetime
) -> LeadRequest:
    """Grant or refuse; whoever asked is told, and who loses a claim by it. The same decision again is a retry."""
    found = session.scalar(in_county(caller, LeadRequest).where(LeadRequest.id == request_id, decides(caller)))
    if found is None:
        raise not_found()
    lead = session.get_one(Lead, (caller.county_id, found.lead_id))
    see.lock_company(session, caller.county_id, lead.company_id)
    session.refresh(found)
    session.refresh(lead)
    state = "granted" if granted else "refused"
    if found.state != "open":
        if (found.state, found.decided_by, found.answer) == (state, caller.member_id, answer):
            return found
        raise conflict("request_decided", "这条申请已经处理过了。")
    if (
        found.asked_by == caller.member_id
        or see.is_inside(session, caller, lead)
        or see.is_among(session, caller, found.squad_id, see.own(caller))  # it is the own squad that asks
    ):
        raise forbidden("own_request", "与您所在的小分队有关，请由其他人决定。")
    if lead.outcome is not None:
        raise conflict("lead_ended", "这条线索已经结束，不用再决定。")
    found.state, found.decided_by, found.decided_at, found.answer = state, caller.member_id, now, answer
    session.flush()
    settle(session, caller.county_id, f"lead_asked:{found.id}:")
    if granted:
        _GRANTED[found.kind](session, caller, lead, found, now)
    elif found.kind == "close":
        note(session, caller, lead, "close_refused", now, answer)
    facts = {"kind": found.kind, "granted": granted, "lead": str(lead.id), "answer": answer}
    record(session, caller.county_id, caller.member_id, "lead.request_decided", found.asked_by, facts, now)
    tell(session, lead, found.asked_by, f"{found.kind}_{state}", f"{found.id}", answer, now)
    return found


def reopen(session: Session, caller: Caller, lead_id: uuid.UUID, reason: str, now: datetime) -> Lead:
    """Open a dead end again, with all its history. It lies in the squad's hands as before."""
    lead = see.hold(session, caller, lead_id)
    if lead.outcome is None:
        return lead
    if lead.outcome == "signed":
        raise conflict("lead_signed", "这条线索已经签约；如要退回，请由招商局改它的阶段。")
    see.require_free(session, caller, lead)
    lead.outcome, lead.ended_at, lead.moved_at = None, None, now
    note(session, caller, lead, "reopened", now, reason)
    record(session, caller.county_id, caller.member_id, "lead.reopened", lead.id, {"reason": reason}, now)
    if lead.owner_id and lead.owner_id != caller.member_id:
        tell(session, lead, lead.owner_id, "reopened", f"{now.timestamp():.3f}", reason, now)
    return lead


def decides(caller: Caller) -> ColumnElement[bool]:
    """The condition on LeadRequest: those the caller may decide by their role. Between squads of two units only the
    bureau stands outside; a unit's supervisor decides within the unit."""
    if caller.has(*DECIDING_COUNTY):
        return true()
    squads = unit_squads(caller)
    held = select(Lead.id).where(Lead.county_id == caller.county_id, Lead.squad_id.in_(squads))
    return and_(LeadRequest.squad_id.in_(squads), LeadRequest.lead_id.in_(held))


def waiting(session: Session, caller: Caller, leads: Sequence[Lead]) -> dict[uuid.UUID, list[str]]:
    """By the lead, the kinds of what is asked about it and not decided yet, in the order it was asked."""
    asked = (
        in_county(caller, LeadRequest)
        .with_only_columns(LeadRequest.lead_id, LeadRequest.kind)
        .where(LeadRequest.state == "open", LeadRequest.lead_id.in_({lead.id for lead in leads}))
        .order_by(LeadRequest.asked_at, LeadRequest.id)
    )
    kinds: dict[uuid.UUID, list[str]] = {}
    for row in session.execute(asked):
        kinds.setdefault(row.lead_id, []).append(row.kind)
    return kinds


def _known(session: Session, caller: Caller, asked: Asked) -> LeadRequest | None:
    known = session.get(LeadRequest, (caller.county_id, asked.id))
    if known is None:
        return None
    if (known.asked_by, known.kind, known.reason, known.code) != (
        caller.member_id,
        asked.kind,
        asked.reason,
        asked.code,
    ):
        raise conflict("request_differs", "这个编号已经用过，内容不同，没有保存。")
    return known


def _store(session: Session, caller: Caller, lead: Lead, squad: Squad, asked: Asked, now: datetime) -> LeadRequest:
    waits = in_county(caller, LeadRequest).where(
        LeadRequest.lead_id == lead.id,
        LeadRequest.kind == asked.kind,
        LeadRequest.squad_id == squad.id,
        LeadRequest.state == "open",
    )
    if session.scalar(waits.with_only_columns(LeadRequest.id)) is not None:
        raise conflict("request_waits", f"本队已经提过“{REQUESTS[asked.kind]}”，正在等候决定。")
    made = LeadRequest(
        county_id=caller.county_id,
        id=asked.id,
        lead_id=lead.id,
        squad_id=squad.id,
        asked_by=caller.member_id,
        kind=asked.kind,
        code=asked.code,
        reason=asked.reason,
        evidence=asked.evidence,
        reported_at=min(asked.reported_at, now) if asked.reported_at else None,
        asked_at=now,
    )
    session.add(made)
    session.flush()
    facts = {"kind": asked.kind, "lead": str(lead.id), "squad": str(squad.id), "reason": asked.reason}
    record(session, caller.county_id, caller.member_id, "lead.asked", caller.member_id, facts, now)
    name = session.get_one(Company, (caller.county_id, lead.company_id)).name
    for who in _deciders(session, caller.county_id, squad, lead, caller.today):
        if who != caller.member_id:
            said = {"company": name, "squad": squad.name, "what": asked.kind, "on": caller.today.isoformat()}
            enqueue(session, caller.county_id, Letter(who, "lead_asked", f"lead_asked:{asked.id}:{who}", said), now)
    return made


def _deciders(session: Session, county_id: int, squad: Squad, lead: Lead, on: date) -> list[uuid.UUID]:
    """The supervisors of the unit where it is a matter of one unit, else the bureau's."""
    holder = session.get_one(Squad, (county_id, lead.squad_id))
    if holder.unit_id == squad.unit_id:
        heads = session.scalars(
            select(RoleGrant.member_id).where(
                RoleGrant.county_id == county_id,
                RoleGrant.role == "unit_supervisor",
                RoleGrant.unit_id == squad.unit_id,
                RoleGrant.valid_from <= on,
                or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= on),
            )
        ).all()
        if heads:
            return sorted(set(heads))
    return holders(session, county_id, "bureau_supervisor", on)


def _join(session: Session, caller: Caller, lead: Lead, request: LeadRequest, now: datetime) -> None:
    session.add(LeadSquad(county_id=lead.county_id, lead_id=lead.id, squad_id=request.squad_id, joined_at=now))
    squad = session.get_one(Squad, (lead.county_id, request.squad_id))
    note(session, caller, lead, "joined", now, request.answer, {"squad": squad.name})
    if lead.owner_id:
        tell(session, lead, lead.owner_id, "joined", str(request.id), squad.name, now)


def _contest(session: Session, caller: Caller, lead: Lead, request: LeadRequest, now: datetime) -> None:
    """The claim goes to who asked; the squad that had it stays in, as one that joined."""
    before_squad, before_owner = lead.squad_id, lead.owner_id
    lead.squad_id, lead.owner_id, lead.claimed_at, lead.moved_at = request.squad_id, request.asked_by, now, now
    joined = session.get(LeadSquad, (lead.county_id, lead.id, request.squad_id))
    if joined is not None:
        session.delete(joined)
    if before_squad:
        session.add(LeadSquad(county_id=lead.county_id, lead_id=lead.id, squad_id=before_squad, joined_at=now))
    squad = session.get_one(Squad, (lead.county_id, request.squad_id))
    note(session, caller, lead, "contested", now, request.answer, {"squad": squad.name})
    if before_owner:
        tell(session, lead, before_owner, "lost", str(request.id), request.answer, now)


def _close(session: Session, caller: Caller, lead: Lead, request: LeadRequest, now: datetime) -> None:
    lead.outcome, lead.ended_at, lead.moved_at = "dead_end", now, now
    facts = {"code": request.code, "tried": request.reason, "evidence": request.evidence}
    note(session, caller, lead, "closed", now, request.answer, facts)
    void_open(session, lead, now)


_GRANTED = {"join": _join, "contest": _contest, "close": _close}


def void_open(session: Session, lead: Lead, now: datetime) -> None:
    """What is asked about a lead that is over, or back in the pool, needs no decision any more."""
    voided = session.scalars(
        update(LeadRequest)
        .where(LeadRequest.county_id == lead.county_id, LeadRequest.lead_id == lead.id, LeadRequest.state == "open")
        .values(state="void", decided_at=now)
        .returning(LeadRequest.id)
    ).all()
    if voided:
        settle(session, lead.county_id, *(f"lead_asked:{id_}:" for id_ in voided))
    escorts.call_off(session, lead, now)
