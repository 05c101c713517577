"""What is known of leads, as the score asks for it: read together, however many there are."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from server.leads.fit import Known
from server.leads.models import ChainNode, Company, Lead


def known(
    session: Session, county_id: int, leads: Sequence[Lead], companies: Mapping[uuid.UUID, Company]
) -> dict[uuid.UUID, Known]:
    """By the lead. `companies`: those of the leads. Three queries."""
    industries = select(ChainNode.industry).where(ChainNode.county_id == county_id)
    leading = tuple(session.scalars(industries.distinct().order_by(ChainNode.industry)))
    standing = {one.node_id for one in companies.values() if one.node_id}
    nodes = session.scalars(select(ChainNode).where(ChainNode.county_id == county_id, ChainNode.id.in_(standing)))
    names = {node.id: (node.industry, node.name) for node in nodes}
    signed = _signed(session, county_id, standing)
    found = {}
    for lead in leads:
        of = companies[lead.company_id]
        others = signed.get(of.node_id, frozenset()) - {of.id} if of.node_id else frozenset()
        found[lead.id] = Known(
            leading=leading,
            industry=of.industry,
            node=names[of.node_id] if of.node_id else None,
            signed_at_node=len(others),
            investment_wan=lead.investment_wan,
            currency=lead.currency,
            land_mu=lead.land_mu,
            energy_tce=lead.energy_tce,
            eia=lead.eia,
        )
    return found


def _signed(session: Session, county_id: int, nodes: set[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """The companies that have signed, by where they stand."""
    of = and_(Lead.county_id == Company.county_id, Lead.company_id == Company.id)
    rows = session.execute(
        select(Company.node_id, Company.id)
        .join(Lead, of)
        .where(Company.county_id == county_id, Company.node_id.in_(nodes), Lead.outcome == "signed")
        .distinct()
    )
    there: dict[Any, set[uuid.UUID]] = {}
    for node_id, company_id in rows:
        there.setdefault(node_id, set()).add(company_id)
    return {node_id: frozenset(ids) for node_id, ids in there.items()}
