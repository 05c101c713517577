"""登记: units and squads, stations on a map, and the whole register by a workbook."""

import uuid
from typing import Any

from flask import Response, request, url_for
from sqlalchemy import ColumnElement, func, or_, select, true

from server.api import register as api
from server.api import squads as squads_api
from server.api import structure as structure_api
from server.api.services import now, reading, services, transaction
from server.api.session import caller
from server.console import maps, register_sheets
from server.console.face import done, face, form, page
from server.console.month_sheet import MIME
from server.demo.cities import CITIES
from server.errors import invalid
from server.org.models import Posting, Squad, Station, Unit
from server.org.scope import WATCHING_COUNTY, Caller
from server.org.scope import county as in_county
from server.rate_limits import spend

_READERS = ("admin", "bureau_supervisor", "unit_supervisor")
TABS = (
    ("register", "单位和小分队"),
    ("register_stations", "驻点"),
    ("register_people", "人员"),
    ("register_import", "导入"),
)


class _TakeBack(Exception):
    """A dry run: everything that was tried is rolled back."""


@face.get("/register")
def register() -> Response:
    """Units with their squads, and how many are posted with each today."""
    who = caller()
    who.require(*_READERS)
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
        units = session.scalars(in_county(who, Unit).where(_units_of(who)).order_by(Unit.name)).all()
        rows = session.execute(
            in_county(who, Squad)
            .add_columns(posted.c.people)
            .outerjoin(posted, posted.c.squad_id == Squad.id)
            .where(_units_of(who, Squad.unit_id))
            .order_by(Squad.name)
        ).all()
    squads: dict[uuid.UUID, list[Any]] = {}
    for row in rows:
        squads.setdefault(row.Squad.unit_id, []).append({"name": row.Squad.name, "people": row.people or 0})
    return page("register.html", tabs=tabs(), units=units, squads=squads, may_change=who.has("admin"))


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


@face.get("/register/stations")
def register_stations() -> Response:
    """All stations; a new one is picked on the map or typed in with its datum."""
    who = caller()
    who.require(*_READERS)
    with reading() as session:
        stations = session.scalars(
            in_county(who, Station).where(_stations_of(who)).order_by(Station.city, Station.name)
        ).all()
    config = services().config
    fences = [maps.Fence(s.lat, s.lng, s.radius_m, s.name) for s in stations]
    cities = [maps.City(city.name, city.lat, city.lng) for city in CITIES]
    picker = {"lat": "lat", "lng": "lng", "datum": "datum", "radius": "radius"}
    return page(
        "register_stations.html",
        tabs=tabs(),
        stations=stations,
        view=maps.view(config, fences=fences, cities=cities, picker=picker if who.has("admin") else None),
        may_change=who.has("admin"),
        today=who.today,
    )


@face.post("/register/stations")
def register_add_station() -> Response:
    body = form(api.StationBody)
    api.add_station(body)
    return done(f"已登记驻点：{body.name}。", url_for("desk.register_stations"))


@face.post("/register/stations/<uuid:station_id>")
def register_change_station(station_id: uuid.UUID) -> Response:
    """Radius, landline and last date; an empty field takes the last two away."""
    given = {"phone": None, "valid_to": None} | {key: value for key, value in request.form.items() if value}
    structure_api.change_station(
        structure_api.StationPath(station_id=station_id), form(structure_api.StationChange, given)
    )
    return done("已修改驻点。", url_for("desk.register_stations"))


@face.get("/register/import")
def register_import() -> Response:
    caller().require("admin")
    return page("register_import.html", tabs=tabs(), kinds=register_sheets.KINDS)


@face.get("/register/import/template.xlsx")
def register_import_template() -> Response:
    caller().require("admin")
    name = "attachment; filename*=UTF-8''%E7%99%BB%E8%AE%B0%E8%A1%A8.xlsx"
    return Response(register_sheets.template(), mimetype=MIME, headers={"Content-Disposition": name})


@face.post("/register/import")
def register_import_try() -> Response:
    """Try the workbook: each row's error in place. With `commit` and no error all of it is written, else nothing."""
    who = caller()
    who.require("admin")
    sent = request.files.get("workbook")
    if sent is None or not sent.filename:
        raise invalid("workbook_missing", "请先选择一个 .xlsx 文件。")
    with transaction() as session:
        spend(session, f"import:{who.county_id}:{who.member_id}", limit=60, window_s=3600, now=now())
    book = register_sheets.read(sent.read(register_sheets.MOST_BYTES + 1))
    wanted = request.form.get("commit") == "true"
    found: list[register_sheets.Line] = []
    try:
        with transaction() as session:
            to = register_sheets.Reading(session, who, services().sealer, now())
            found = list(register_sheets.lines(to, book))
            if not wanted or any(line.said for line in found):
                raise _TakeBack
    except _TakeBack:
        return page(
            "_import_result.html", lines=found, wrong=sum(bool(line.said) for line in found), name=sent.filename
        )
    return done(f"已导入 {len(found)} 行。", url_for("desk.register"))


def _units_of(who: Caller, unit_id: Any = Unit.id) -> ColumnElement[bool]:
    """All of the county's, or for whoever answers for a unit the own ones."""
    return true() if who.has("admin", *WATCHING_COUNTY) else unit_id.in_(who.units("unit_supervisor"))


def _stations_of(who: Caller) -> ColumnElement[bool]:
    """All, or those that squads of the own units were ever posted to."""
    if who.has("admin", *WATCHING_COUNTY):
        return true()
    squads = select(Squad.id).where(Squad.county_id == who.county_id, _units_of(who, Squad.unit_id))
    used = select(Posting.station_id).where(Posting.county_id == who.county_id, Posting.squad_id.in_(squads))
    return Station.id.in_(used)


def tabs() -> list[tuple[str, str]]:
    """The parts of the register that the caller may open."""
    admins = ("register_people", "register_import")
    return [tab for tab in TABS if tab[0] not in admins or caller().has("admin")]
