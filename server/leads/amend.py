"""企业资料: what a company is, kept right by those who deal with it. Two never share a code, nor unawares a name."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.errors import conflict, forbidden, invalid
from server.leads import companies, names, see
from server.leads.models import Company, CompanyPiece, Lead
from server.leads.report import note
from server.org.models import Squad
from server.org.reach import normal_phone
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.sealing import Sealer

KEEPING = ("bureau_supervisor",)


def may_amend(session: Session, caller: Caller, company_id: uuid.UUID) -> bool:
    """The bureau; of the lead that is open, else of the last one, the squad that has it and its unit's supervisors."""
    return caller.has(*KEEPING) or _keeps(session, caller, _of(session, caller, company_id))


def require_keeper(session: Session, caller: Caller, company_id: uuid.UUID) -> None:
    """Raise 403 unless the caller may amend it."""
    if not may_amend(session, caller, company_id):
        raise forbidden("not_the_keeper", "这家企业的资料由跟进它的小分队、所在单位或招商局修改，您不能修改。")


def amend(
    session: Session,
    caller: Caller,
    sealer: Sealer,
    company_id: uuid.UUID,
    to: Mapping[str, Any],
    is_other: bool,
    now: datetime,
) -> Company:
    """Set `name uscc phone industry size home_city`, those of them that `to` has; None takes one away. What was there
    before stands in the audit and in the lead's history, a phone number in neither.

    Raises 403; 422 for a name or number that cannot be one; 409 `uscc_known`, `company_known` when another company has
    that code or name (the name may be shared once `is_other` says that they are two).
    """
    companies.hold_all(session, caller)
    company = companies.get(session, caller, company_id)
    require_keeper(session, caller, company_id)
    wanted = _normal(to)
    before = {name: getattr(company, name) for name in wanted if name != "phone"}
    if "phone" in wanted:
        before["phone"] = companies.phone_of(company, sealer)
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if not changed:
        return company
    _require_distinct(session, caller, company, changed, is_other)
    _write(session, company, sealer, changed)
    facts = {name: {} if name == "phone" else {"from": before[name], "to": changed[name]} for name in changed}
    lead = _of(session, caller, company_id)
    if lead is not None:
        note(session, caller, lead, "changed", now, facts=facts)
    said = {"changed": facts, "lead": str(lead.id) if lead else None}
    record(session, caller.county_id, caller.member_id, "company.changed", company.id, said, now)
    return company


def _of(session: Session, caller: Caller, company_id: uuid.UUID) -> Lead | None:
    """The lead that is open, else the last one; whoever sees it."""
    mine = in_county(caller, Lead).where(Lead.company_id == company_id)
    return session.scalar(mine.order_by(Lead.outcome.is_not(None), Lead.created_at.desc()).limit(1))


def _keeps(session: Session, caller: Caller, lead: Lead | None) -> bool:
    theirs = or_(see.own(caller), Squad.unit_id.in_(caller.units("unit_supervisor")))
    return lead is not None and see.is_among(session, caller, lead.squad_id, theirs)


def _normal(to: Mapping[str, Any]) -> dict[str, Any]:
    """As they are stored."""
    wanted = {name: value or None for name, value in to.items()}
    if "name" in wanted and not names.core(wanted["name"] or ""):
        raise invalid("company_name_invalid", "企业名称里要有文字。")
    for name, normal in (("uscc", companies.normal_uscc), ("phone", normal_phone)):
        if given := wanted.get(name):
            wanted[name] = normal(given)
    return wanted


def _require_distinct(
    session: Session, caller: Caller, company: Company, changed: Mapping[str, Any], is_other: bool
) -> None:
    """The same rule as for a company that is reported: one code is one company, and so is one name unless the codes
    differ or somebody says that it is another."""
    others = in_county(caller, Company).where(Company.id != company.id)
    uscc = changed.get("uscc", company.uscc)
    if "uscc" in changed and uscc and (known := session.scalar(others.where(Company.uscc == uscc))):
        raise conflict("uscc_known", f"这个代码是“{known.name}”的，没有保存。", company=str(known.id))
    if is_other or not {"name", "uscc"} & changed.keys():
        return
    core = names.core(changed.get("name", company.name))
    for known in session.scalars(others.where(Company.core == core)):
        if not (uscc and known.uscc):
            detail = f"已有一家“{known.name}”，没有保存。如果确实是两家企业，请注明后再保存。"
            raise conflict("company_known", detail, company=str(known.id))


def _write(session: Session, company: Company, sealer: Sealer, changed: Mapping[str, Any]) -> None:
    for name, value in changed.items():
        if name == "phone":
            companies.set_phone(company, sealer, value)
        else:
            setattr(company, name, value)
    if "name" in changed:
        company.core, company.sound = names.core(company.name), names.sound(company.name)
        written = (CompanyPiece.county_id == company.county_id, CompanyPiece.company_id == company.id)
        session.execute(delete(CompanyPiece).where(*written))
        companies.index(session, [company])
    session.flush()
