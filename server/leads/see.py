"""Who sees a lead, and who works on it. Leads are commercial secrets: of others' nobody learns more than that a company
is claimed and by which squad."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session

from server.db import lock
from server.errors import conflict, forbidden, invalid, not_found
from server.leads.models import Lead, LeadSquad
from server.org.models import Squad
from server.org.scope import WATCHING_COUNTY, Caller, own_squads, unit_squads
from server.org.scope import county as in_county


def seen(caller: Caller) -> ColumnElement[bool]:
    """The condition on Lead: those of the caller's squads, or of the units and the county they watch."""
    if caller.has(*WATCHING_COUNTY):
        return true()
    squads: list[Select[Any]] = [own_squads(caller)]
    if caller.has("unit_supervisor"):
        squads.append(unit_squads(caller))
    return or_(false(), *(_of(caller, of) for of in squads))


def worked_on(caller: Caller) -> ColumnElement[bool]:
    """Those that the caller's squads hold or have joined."""
    return _of(caller, own_squads(caller))


def _of(caller: Caller, squads: Select[Any]) -> ColumnElement[bool]:
    joined = select(LeadSquad.lead_id).where(LeadSquad.county_id == caller.county_id, LeadSquad.squad_id.in_(squads))
    return or_(Lead.squad_id.in_(squads), Lead.id.in_(joined))


def hold(session: Session, caller: Caller, lead_id: uuid.UUID) -> Lead:
    """The lead, if the caller sees it, while nobody else changes anything about its company; else 404."""
    found = session.scalar(in_county(caller, Lead).where(Lead.id == lead_id, seen(caller)))
    if found is None:
        raise not_found()
    lock_company(session, caller.county_id, found.company_id)
    session.refresh(found)
    if (
        session.scalar(in_county(caller, Lead).with_only_columns(Lead.id).where(Lead.id == lead_id, seen(caller)))
        is None
    ):
        raise not_found()  # it changed hands meanwhile
    return found


def lock_company(session: Session, county_id: int, *company_ids: uuid.UUID) -> None:
    """One at a time for all that is about a company: whose it is, and what is asked about it."""
    lock(session, *(f"company:{county_id}:{company_id}" for company_id in company_ids))


def open_lead(session: Session, caller: Caller, company_id: uuid.UUID) -> Lead | None:
    """The company's one lead that is not over, whoever has it."""
    return session.scalar(in_county(caller, Lead).where(Lead.company_id == company_id, Lead.outcome.is_(None)))


def require_free(session: Session, caller: Caller, lead: Lead) -> None:
    """Raise 409 when somebody has begun anew with the company since this lead ended."""
    if open_lead(session, caller, lead.company_id) is not None:
        raise conflict("company_has_another", "这家企业已有一条新的线索，这条不能再打开。")


def require_holder(session: Session, caller: Caller, lead: Lead) -> None:
    """Raise 403 unless one of the caller's squads has the claim."""
    if not holds(session, caller, lead):
        raise forbidden("not_the_holder", "这条线索由别的小分队负责，您不能修改。")


def holds(session: Session, caller: Caller, lead: Lead) -> bool:
    """Whether one of the caller's squads has the claim."""
    return is_among(session, caller, lead.squad_id, own(caller))


def is_among(session: Session, caller: Caller, squad_id: uuid.UUID | None, those: ColumnElement[bool]) -> bool:
    """Whether the squad is one of `those`, a condition on Squad; no squad is none of any."""
    if squad_id is None:
        return False
    among = in_county(caller, Squad).with_only_columns(Squad.id).where(Squad.id == squad_id, those)
    return session.scalar(among) is not None


def require_worker(session: Session, caller: Caller, lead: Lead) -> None:
    """Raise 403 unless one of the caller's squads has the claim or joined."""
    if not is_inside(session, caller, lead):
        raise forbidden("not_the_holder", "这条线索由别的小分队负责，您不能写跟进。")


def is_inside(session: Session, caller: Caller, lead: Lead) -> bool:
    """Whether the caller belongs to a squad that works on it, and so cannot judge about it from outside."""
    mine = in_county(caller, Lead).with_only_columns(Lead.id).where(Lead.id == lead.id, worked_on(caller))
    return session.scalar(mine) is not None


def squad_of(session: Session, caller: Caller, named: uuid.UUID | None) -> Squad:
    """The squad in whose name the caller acts: the one named, or the only one. Raises 403 without one, 422 when it is
    unclear which."""
    mine = session.scalars(in_county(caller, Squad).where(own(caller)).order_by(Squad.name)).all()
    if not mine:
        raise forbidden("no_squad", "您现在不在任何小分队，不能报送线索。")
    if named is not None:
        found = next((squad for squad in mine if squad.id == named), None)
        if found is None:
            raise forbidden("not_your_squad", "您不在这个小分队，不能以它的名义报送。")
        return found
    if len(mine) > 1:
        raise invalid("which_squad", "您在几个小分队里，请选定以哪个小分队报送。", squads=[s.name for s in mine])
    return mine[0]


def own(caller: Caller) -> ColumnElement[bool]:
    """The condition on Squad: those the caller is posted with today, or leads."""
    return Squad.id.in_(own_squads(caller))


def by_stage(session: Session, caller: Caller, *narrowed: ColumnElement[bool]) -> dict[str, int]:
    """How many open leads the caller sees at each stage, of those that fulfil the conditions."""
    mine = in_county(caller, Lead).with_only_columns(Lead.stage, func.count())
    open_ones = mine.where(Lead.outcome.is_(None), seen(caller), *narrowed)
    return dict(session.execute(open_ones.group_by(Lead.stage)).all())
