"""产业链 over HTTP: the map of the county's chains, and the companies at a node."""

import uuid
from typing import Literal

from flask_openapi import Tag
from pydantic import BaseModel, Field

from server.api.companies import CompanyPath, rows_of
from server.api.described import Described
from server.api.lead_replies import CompanyRow
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.leads import chains

bp = Described("chains", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="产业链")], abp_security=SIGNED_IN)
_MOST = 200


class NodePath(BaseModel):
    node_id: uuid.UUID


class NodeRow(BaseModel):
    id: uuid.UUID
    side: Literal["upstream", "core", "downstream"]
    name: str
    companies: int
    targets: int = Field(description="of them in the directory of those to be won")
    leads: int = Field(description="that a squad follows up now")
    signed: int


class IndustryRow(BaseModel):
    name: str
    nodes: list[NodeRow]


class ChainReply(BaseModel):
    industries: list[IndustryRow]


class NodeCompanies(BaseModel):
    items: list[CompanyRow]


class PlaceBody(BaseModel):
    node: uuid.UUID | None = Field(description="null: at none")


@bp.get("/chains", responses={200: ChainReply})
def read_chains() -> Reply:
    """Which nodes have companies to be won, which are followed up, and where there is nobody."""
    with reading() as session:
        found = chains.chart(session, caller())
    industries = [
        IndustryRow(
            name=industry,
            nodes=[
                NodeRow(
                    id=one.node.id,
                    side=one.node.side,
                    name=one.node.name,
                    companies=one.companies,
                    targets=one.targets,
                    leads=one.leads,
                    signed=one.signed,
                )
                for one in places
            ],
        )
        for industry, places in found.items()
    ]
    return ChainReply(industries=industries).model_dump(mode="json")


@bp.get("/chains/<uuid:node_id>/companies", responses={200: NodeCompanies})
def read_node(path: NodePath) -> Reply:
    """Up to 200 companies at a node, those to be won first; of each whose it is."""
    with reading() as session:
        found = chains.standing_at(session, caller(), path.node_id, _MOST)
        rows = rows_of(session, list(found))
    return NodeCompanies(items=rows).model_dump(mode="json")


@bp.put("/companies/<uuid:company_id>/node", responses={200: CompanyRow})
def place_company(path: CompanyPath, body: PlaceBody) -> Reply:
    """Say at which node of a chain a company stands."""
    with transaction() as session:
        company = chains.place(session, caller(), path.company_id, body.node, now())
        (row,) = rows_of(session, [company])
    return row.model_dump(mode="json")
