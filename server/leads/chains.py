"""产业链: the chains of the county's industries, the directory of companies to be won, and where there is nobody."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from server.audit.journal import record, record_all
from server.errors import AppError, conflict
from server.leads import companies
from server.leads.amend import KEEPING, require_keeper
from server.leads.models import ChainNode, Company, Lead
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.sealing import Sealer

READING = ("unit_supervisor", "bureau_supervisor", "county_leader")


@dataclass(frozen=True, slots=True)
class Place:
    """One node of the map: how many companies stand there, how many are to be won, followed up, and signed."""

    node: ChainNode
    companies: int
    targets: int
    leads: int
    signed: int


@dataclass(frozen=True, slots=True)
class Target:
    """A line of the directory: the company, its node by names, and where it was found."""

    company: companies.New
    industry: str
    node: str
    source: str | None = None


def add_node(session: Session, caller: Caller, industry: str, side: str, name: str, now: datetime) -> ChainNode:
    """One more node, at the end. 409 when the industry has one of this name."""
    caller.require(*KEEPING)
    if find(session, caller, industry, name) is not None:
        raise conflict("node_known", f"{industry}已有“{name}”这个环节。")
    last = session.scalar(in_county(caller, ChainNode).with_only_columns(func.max(ChainNode.position))) or 0
    made = ChainNode(
        county_id=caller.county_id, id=uuid.uuid4(), industry=industry, side=side, name=name, position=last + 1
    )
    session.add(made)
    session.flush()
    facts = {"industry": industry, "side": side, "name": name}
    record(session, caller.county_id, caller.member_id, "chain_node.added", made.id, facts, now)
    return made


def nodes(session: Session, caller: Caller) -> Sequence[ChainNode]:
    """All of the county's, in their order."""
    return session.scalars(in_county(caller, ChainNode).order_by(ChainNode.position)).all()


def find(session: Session, caller: Caller, industry: str, name: str) -> ChainNode | None:
    return session.scalar(in_county(caller, ChainNode).where(ChainNode.industry == industry, ChainNode.name == name))


def add_targets(
    session: Session, caller: Caller, sealer: Sealer, listed: Sequence[Target], now: datetime
) -> list[Company | AppError]:
    """Enter companies to be won at their nodes; those that are known are marked.

    In place of a company why it was not entered: 404 `node_unknown`, 409 `target_known` for what the directory has
    already, and what `companies.the_ones` says. The rest stands all the same, unless the caller takes it back.
    """
    caller.require(*KEEPING)
    known = {(node.industry, node.name): node for node in nodes(session, caller)}
    placed = [new for new in listed if (new.industry, new.node) in known]
    meant = iter(companies.the_ones(session, caller, sealer, [new.company for new in placed], now))
    found: list[Company | AppError] = []
    marked: list[tuple[uuid.UUID, dict[str, str]]] = []
    for new in listed:
        node = known.get((new.industry, new.node))
        one = next(meant) if node else _no_node(f"{new.industry}没有“{new.node}”这个环节，请先填产业链。")
        if node and isinstance(one, Company):
            if one.is_target:
                one = conflict("target_known", f"名录里已有“{one.name}”。")
            else:
                one.node_id, one.is_target, one.source = node.id, True, new.source
                marked.append((one.id, {"node": str(node.id)}))
        found.append(one)
    session.flush()
    record_all(session, caller.county_id, caller.member_id, "company.targeted", marked, now)
    return found


def _no_node(said: str) -> AppError:
    return AppError(404, "node_unknown", said)


def place(session: Session, caller: Caller, company_id: uuid.UUID, node_id: uuid.UUID | None, now: datetime) -> Company:
    """Say at which node a company stands; None: at none. For those who keep its facts."""
    company = companies.get(session, caller, company_id)
    require_keeper(session, caller, company_id)
    if node_id is not None:
        node = session.scalar(in_county(caller, ChainNode).where(ChainNode.id == node_id))
        if node is None:
            raise _no_node("没有这个环节。")
    if company.node_id != node_id:
        company.node_id = node_id
        facts = {"node": str(node_id) if node_id else None}
        record(session, caller.county_id, caller.member_id, "company.placed", company.id, facts, now)
    return company


def chart(session: Session, caller: Caller) -> Mapping[str, Sequence[Place]]:
    """The map: by industry its nodes in their order, with counts of the whole county."""
    caller.require(*READING)
    held = and_(Lead.county_id == Company.county_id, Lead.company_id == Company.id)
    signed = func.count().filter(Lead.outcome == "signed")
    open_ones = func.count().filter(Lead.id.is_not(None), Lead.outcome.is_(None), Lead.squad_id.is_not(None))
    counted = (
        select(
            Company.node_id,
            func.count(Company.id.distinct()).label("companies"),
            func.count(Company.id.distinct()).filter(Company.is_target).label("targets"),
            open_ones.label("leads"),
            signed.label("signed"),
        )
        .outerjoin(Lead, held)
        .where(Company.county_id == caller.county_id, Company.node_id.is_not(None))
        .group_by(Company.node_id)
    )
    counts: dict[Any, Any] = {row.node_id: row for row in session.execute(counted)}
    found: dict[str, list[Place]] = {}
    for node in nodes(session, caller):
        row = counts.get(node.id)
        made = Place(node, row.companies, row.targets, row.leads, row.signed) if row else Place(node, 0, 0, 0, 0)
        found.setdefault(node.industry, []).append(made)
    return found


def standing_at(session: Session, caller: Caller, node_id: uuid.UUID, most: int) -> Sequence[Company]:
    """The companies at a node, those to be won first."""
    caller.require(*READING)
    at = in_county(caller, Company).where(Company.node_id == node_id)
    return session.scalars(at.order_by(Company.is_target.desc(), Company.name, Company.id).limit(most)).all()
