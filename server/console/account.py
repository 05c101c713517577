"""我的账号: who is signed in here, as what, and on which devices; each of them can be signed out."""

import uuid

from flask import Response, url_for
from sqlalchemy import select

from server.api.services import now, reading, transaction
from server.api.session import caller
from server.console.face import done, face, page
from server.errors import not_found
from server.org import console, signin
from server.org.models import COUNTY_ROLES, Squad, Unit


@face.get("/account")
def account() -> Response:
    who = caller()
    with reading() as session:
        held = console.account_of(session, who)
        units = select(Unit.id, Unit.name).where(Unit.county_id == who.county_id)
        squads = select(Squad.id, Squad.name).where(Squad.county_id == who.county_id)
        names = {row.id: row.name for row in session.execute(units.union_all(squads))}
        grants = [(g.role, names.get(g.unit_id or g.squad_id or who.unit_id, "")) for g in who.grants]
        grants = [(role, "全县" if role in COUNTY_ROLES else where) for role, where in grants]
        return page(
            "account.html",
            username=held.username if held and held.confirmed_at else None,
            grants=sorted(set(grants)),
            unit=names[who.unit_id],
            sign_ins=signin.standing(session, who, now()),
            now=now(),
        )


@face.post("/account/sign-ins/<uuid:sign_in_id>/end")
def account_end(sign_in_id: uuid.UUID) -> Response:
    """Sign one of one's own devices out."""
    with transaction() as session:
        if not signin.end_one(session, caller(), sign_in_id, now()):
            raise not_found("没有这个登录。")
    return done("已退出那个设备。", url_for("desk.account"))
