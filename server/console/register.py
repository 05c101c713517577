"""登记: units and squads, and the whole register by a workbook."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Response, url_for
from sqlalchemy import ColumnElement, func, or_, select, true

from server.api import squads as squads_api
from server.api import structure as structure_api
from server.api.services import reading
from server.api.session import caller
from server.console import register_sheets
from server.console.exports import export
from server.console.face import done, face, form, page
from server.console.import_sheets import taken, template
from server.console.workbook import Column, download
from server.org.models import Posting, Squad, Unit
from server.org.scope import WATCHING_COUNTY, Caller
from server.org.scope import county as in_county

READERS = ("admin", "bureau_supervisor", "unit_supervisor")
_COLUMNS = (Column("单位", 24), Column("小分队", 28), Column("今天派驻（人）", 10, "count"))
TABS = (
    ("register", "单位和小分队"),
    ("register_stations", "驻点"),
    ("register_people", "人员"),
    ("register_import", "导入"),
)


@face.get("/register")
def register() -> Response:
    """Units with their squads, and how many are posted with each today."""
    caller().require(*READERS)
    units, squads = _structure()
    return page("register.html", tabs=tabs(), units=units, squads=squads, may_change=caller().has("admin"))


@face.get("/register/list.xlsx")
def register_sheet() -> Response:
    """Units with their squads, as the page has them."""
    caller().require(*READERS)
    units, squads = _structure()
    empty = [{"name": "", "people": None}]
    rows = [(unit.name, squad["name"], squad["people"]) for unit in units for squad in squads.get(unit.id, empty)]
    return export("单位和小分队", "squads", _COLUMNS, {}, lambda _: (rows, None))


def _structure() -> tuple[Sequence[Unit], dict[uuid.UUID, list[Any]]]:
    """The units that the caller may read, and the squads of each."""
    who = caller()
    posted = (
        select(Posting.squad_id, func.count().label("people"))
        .where(
            Posting.county_id == who.county_id,
            Posting.starts_on <= who.today,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= who.today),
        )
        .group_by(Posting.squad_id)
        .subquery()
    )
    with reading() as session:
        units = session.scalars(in_county(who, Unit).where(units_of(who)).order_by(Unit.name)).all()
        rows = session.execute(
            in_county(who, Squad)
            .add_columns(posted.c.people)
            .outerjoin(posted, posted.c.squad_id == Squad.id)
            .where(units_of(who, Squad.unit_id))
            .order_by(Squad.name)
        ).all()
    squads: dict[uuid.UUID, list[Any]] = {}
    for row in rows:
        squad = {"id": row.Squad.id, "name": row.Squad.name, "people": row.people or 0}
        squads.setdefault(row.Squad.unit_id, []).append(squad)
    return units, squads


@face.post("/register/units")
def register_add_unit() -> Response:
    body = form(structure_api.UnitBody)
    structure_api.add_unit(body)
    return done(f"已登记单位：{body.name}。", url_for("desk.register"))


@face.post("/register/squads")
def register_add_squad() -> Response:
    body = form(squads_api.SquadBody)
    squads_api.add_squad(body)
    return done(f"已登记小分队：{body.name}。", url_for("desk.register"))


@face.post("/register/units/<uuid:unit_id>")
def register_rename_unit(unit_id: uuid.UUID) -> Response:
    body = form(structure_api.UnitBody)
    structure_api.rename_unit(structure_api.UnitPath(unit_id=unit_id), body)
    return done(f"单位已改名为{body.name}。", url_for("desk.register"))


@face.post("/register/squads/<uuid:squad_id>")
def register_rename_squad(squad_id: uuid.UUID) -> Response:
    body = form(squads_api.SquadName)
    squads_api.rename_squad(squads_api.SquadPath(squad_id=squad_id), body)
    return done(f"小分队已改名为{body.name}。", url_for("desk.register"))


@face.get("/register/import")
def register_import() -> Response:
    caller().require("admin")
    return page("register_import.html", tabs=tabs(), kinds=register_sheets.KINDS)


@face.get("/register/import/template.xlsx")
def register_import_template() -> Response:
    caller().require("admin")
    return download(template(register_sheets.KINDS), "登记表.xlsx")


@face.post("/register/import")
def register_import_try() -> Response:
    """Each row's error in place; all of it is written, or nothing."""
    caller().require("admin")
    return taken(register_sheets.KINDS, url_for("desk.register"))


def units_of(who: Caller, unit_id: Any = Unit.id) -> ColumnElement[bool]:
    """All of the county's, or for whoever answers for a unit the own ones."""
    return true() if who.has("admin", *WATCHING_COUNTY) else unit_id.in_(who.units("unit_supervisor"))


def tabs() -> list[tuple[str, str]]:
    """The parts of the register that the caller may open."""
    admins = ("register_people", "register_import")
    return [tab for tab in TABS if tab[0] not in admins or caller().has("admin")]
