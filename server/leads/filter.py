"""筛选: which leads a table shows, and the filters that people keep under names of their own."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from server.db import lock
from server.errors import conflict, not_found
from server.leads import clocks, names, see
from server.leads.clocks import IsWorkday, Terms
from server.leads.models import ChainNode, Company, Lead, LeadFilter
from server.org.models import Member, Squad
from server.org.scope import Caller
from server.org.scope import county as in_county

MOST = 20  # filters that one person keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for; None: not narrowed. `industry`: the company's own or its node's; `late`: one of the clocks, or
    `any`; `invest_from`, `invest_to` in 万 of whatever currency, both included; `q`: in the company's name, and where
    the lead is not in the pool in its intent and next step."""

    stage: str | None = None
    squad: uuid.UUID | None = None
    unit: uuid.UUID | None = None
    owner: uuid.UUID | None = None
    industry: str | None = None
    node: uuid.UUID | None = None
    channel: str | None = None
    late: str | None = None
    invest_from: int | None = None
    invest_to: int | None = None
    q: str | None = None


def conditions(
    caller: Caller, wanted: Wanted, terms: Terms, is_workday: IsWorkday, in_pool: bool = False
) -> list[ColumnElement[bool]]:
    """The conditions on Lead."""
    equal: list[tuple[Any, Any]] = [
        (Lead.stage, wanted.stage),
        (Lead.squad_id, wanted.squad),
        (Lead.owner_id, wanted.owner),
        (Lead.channel, wanted.channel),
    ]
    found: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.unit:
        of_unit = select(Squad.id).where(Squad.county_id == caller.county_id, Squad.unit_id == wanted.unit)
        found.append(Lead.squad_id.in_(of_unit))
    if wanted.invest_from is not None:
        found.append(Lead.investment_wan >= wanted.invest_from)
    if wanted.invest_to is not None:
        found.append(Lead.investment_wan <= wanted.invest_to)
    if wanted.late:
        found.append(_late(caller, wanted.late, terms, is_workday))
    if wanted.industry or wanted.node:
        found.append(_of_companies(caller, *_standing(caller, wanted)))
    if wanted.q:
        found.append(_said(caller, wanted.q, in_pool))
    return found


def _of_companies(caller: Caller, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    return Lead.company_id.in_(select(Company.id).where(Company.county_id == caller.county_id, *where))


def _standing(caller: Caller, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.node:
        found.append(Company.node_id == wanted.node)
    if wanted.industry:
        nodes = select(ChainNode.id).where(
            ChainNode.county_id == caller.county_id, ChainNode.industry == wanted.industry
        )
        found.append(or_(Company.industry == wanted.industry, Company.node_id.in_(nodes)))
    return found


def _said(caller: Caller, q: str, in_pool: bool) -> ColumnElement[bool]:
    where: list[ColumnElement[bool]] = []
    if core := names.plain(q):
        by_code = Company.uscc == q.strip().upper()
        where.append(_of_companies(caller, or_(Company.core.contains(core, autoescape=True), by_code)))
    if not in_pool:
        where += [column.contains(q, autoescape=True) for column in (Lead.intent, Lead.next_action)]
    return or_(Lead.id.is_(None), *where)


def _late(caller: Caller, what: str, terms: Terms, is_workday: IsWorkday) -> ColumnElement[bool]:
    """What `clocks.owed` says of each lead, asked of the database: whoever was claimed up to a date is late by now."""

    def claimed_by(days: int) -> ColumnElement[bool]:
        return Lead.claimed_at < _end_of(clocks.late_since(caller.today, days, is_workday), caller.tz)

    reported_by = _end_of(caller.today - timedelta(days=terms.report + 1), caller.tz)
    late = {
        "respond": and_(Lead.responded_at.is_(None), claimed_by(terms.respond)),
        "judge": and_(Lead.judged_at.is_(None), claimed_by(terms.judge)),
        "answer": and_(Lead.answered_at.is_(None), claimed_by(terms.answer)),
        "report": and_(Lead.responded_at.is_not(None), Lead.moved_at < reported_by),
    }
    chosen = or_(*late.values()) if what == "any" else late[what]
    return and_(Lead.outcome.is_(None), Lead.squad_id.is_not(None), chosen)


def _end_of(on: date, tz: str) -> datetime:
    return datetime.combine(on + timedelta(days=1), time(), ZoneInfo(tz))


def owners(session: Session, caller: Caller) -> Sequence[Any]:
    """(id, name) of those who have leads that the caller may see."""
    having = select(Lead.owner_id).where(Lead.county_id == caller.county_id, Lead.owner_id.is_not(None))
    mine = in_county(caller, Member).with_only_columns(Member.id, Member.name)
    return session.execute(mine.where(Member.id.in_(having.where(see.seen(caller)))).order_by(Member.name)).all()


def kept(session: Session, caller: Caller) -> Sequence[LeadFilter]:
    """The caller's own, by name."""
    return session.scalars(_own(caller).order_by(LeadFilter.name)).all()


def keep(
    session: Session, caller: Caller, name: str, wanted: Mapping[str, Any], now: datetime
) -> tuple[LeadFilter, bool]:
    """Keep a filter under a name, and whether the name is new; a known one takes the new filter. 409 `filters_full`."""
    _hold(session, caller)
    known = session.scalar(_own(caller).where(LeadFilter.name == name))
    if known is not None:
        known.wanted = dict(wanted)
        return known, False
    if session.scalar(_own(caller).with_only_columns(func.count())) == MOST:
        raise conflict("filters_full", f"最多保存 {MOST} 个筛选，请先删去不用的。")
    made = LeadFilter(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        member_id=caller.member_id,
        name=name,
        wanted=dict(wanted),
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made, True


def rename(session: Session, caller: Caller, filter_id: uuid.UUID, name: str) -> LeadFilter:
    """409 `filter_known` when another of theirs has this name."""
    _hold(session, caller)
    found = _one(session, caller, filter_id)
    if session.scalar(_own(caller).where(LeadFilter.name == name, LeadFilter.id != filter_id)) is not None:
        raise conflict("filter_known", f"您已有叫“{name}”的筛选。")
    found.name = name
    return found


def forget(session: Session, caller: Caller, filter_id: uuid.UUID) -> None:
    session.delete(_one(session, caller, filter_id))


def _own(caller: Caller) -> Any:
    return in_county(caller, LeadFilter).where(LeadFilter.member_id == caller.member_id)


def _one(session: Session, caller: Caller, filter_id: uuid.UUID) -> LeadFilter:
    found: LeadFilter | None = session.scalar(_own(caller).where(LeadFilter.id == filter_id))
    if found is None:
        raise not_found()
    return found


def _hold(session: Session, caller: Caller) -> None:
    lock(session, f"lead-filters:{caller.county_id}:{caller.member_id}")
