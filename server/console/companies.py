"""企业: what one is, its leads over time, who had to do with it; put right by those who deal with it."""

import uuid
from typing import Any, cast

from flask import Response, request, url_for

from server.api import chains as chains_api
from server.api import companies as api
from server.api.services import reading
from server.api.session import caller
from server.console.face import done, face, form, page
from server.leads import chains
from server.leads.models import SIDES, SIZES


@face.get("/leads/companies/<uuid:company_id>")
def leads_company(company_id: uuid.UUID) -> Response:
    shown = cast(dict[str, Any], api.read_company(api.CompanyPath(company_id=company_id)))
    nodes: list[Any] = []
    if shown["may_edit"]:
        with reading() as session:
            nodes = list(chains.nodes(session, caller()))
    return page("company.html", company=shown, sizes=SIZES, sides=SIDES, nodes=nodes)


@face.post("/leads/companies/<uuid:company_id>/changes")
def leads_company_change(company_id: uuid.UUID) -> Response:
    """The whole form: what was emptied is taken away."""
    given = {name: value.strip() or None for name, value in request.form.items() if name != "is_other"}
    body = form(api.CompanyChangeBody, given | {"is_other": "is_other" in request.form})
    api.change_company(api.CompanyPath(company_id=company_id), body)
    return done("企业资料已更新。", url_for("desk.leads_company", company_id=company_id))


@face.post("/leads/companies/<uuid:company_id>/node")
def leads_company_place(company_id: uuid.UUID) -> Response:
    body = form(chains_api.PlaceBody, {"node": request.form.get("node") or None})
    chains_api.place_company(api.CompanyPath(company_id=company_id), body)
    return done("所在环节已更新。", url_for("desk.leads_company", company_id=company_id))
