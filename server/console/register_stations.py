"""登记 of stations: found by name or city, page by page; a new one is picked on the map or typed in with its datum."""

import uuid
from collections.abc import Sequence

from flask import Response, request, url_for
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, or_, select, true

from server.api import register as api
from server.api import structure as structure_api
from server.api.fields import Name
from server.api.services import reading, services
from server.api.session import caller
from server.console import maps
from server.console.exports import PAGE, Rows, export
from server.console.face import done, face, form, page, query
from server.console.register import READERS, tabs, units_of
from server.console.workbook import Column
from server.org.cities import CITIES
from server.org.models import Posting, Squad, Station
from server.org.scope import WATCHING_COUNTY, Caller
from server.org.scope import county as in_county
from server.watch import members

_SHOWN = 50
_DATUMS = {"wgs84": "WGS-84", "gcj02": "GCJ-02"}
_COLUMNS = (
    *(
        Column("驻点", 24),
        Column("城市", 12),
        Column("纬度（WGS-84）", 14, "degrees"),
        Column("经度（WGS-84）", 14, "degrees"),
    ),
    *(Column("登记时的坐标系", 12), Column("围栏半径（米）", 10, "count"), Column("固定电话", 18), Column("时区", 16)),
    *(Column("启用日期", 12, "date"), Column("停用日期", 12, "date")),
)


class Query(BaseModel):
    q: Name | None = Field(None, max_length=40)
    cursor: str = Field("", max_length=300)


@face.get("/register/stations")
def register_stations() -> Response:
    """A page of them by name, with their fences on the map."""
    who, asked = caller(), query(Query)
    who.require(*READERS)
    stations, cursor = _listed(asked, _SHOWN)
    fences = [maps.Fence(s.lat, s.lng, s.radius_m, s.name) for s in stations]
    cities = [maps.City(city.name, city.lat, city.lng) for city in CITIES]
    picker = {"lat": "lat", "lng": "lng", "datum": "datum", "radius": "radius"}
    return page(
        "register_stations.html",
        tabs=tabs(),
        asked=asked,
        stations=stations,
        cursor=cursor,
        view=maps.view(services().config, fences=fences, cities=cities, picker=picker if who.has("admin") else None),
        may_change=who.has("admin"),
    )


@face.get("/register/stations/list.xlsx")
def register_stations_sheet() -> Response:
    """What the page lists with these filters."""
    caller().require(*READERS)
    asked = query(Query)

    def pages(cursor: str) -> tuple[Rows, str | None]:
        stations, following = _listed(asked.model_copy(update={"cursor": cursor}), PAGE)
        return [_cells(one) for one in stations], following

    return export("驻点", "stations", _COLUMNS, {"名称或城市": asked.q}, pages)


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


def _listed(asked: Query, most: int) -> tuple[Sequence[Station], str | None]:
    """A page of the list, and the next cursor."""
    statement = in_county(caller(), Station).where(_stations_of(caller())).order_by(Station.name, Station.id)
    if asked.q:
        found = (of.contains(asked.q, autoescape=True) for of in (Station.name, Station.city))
        statement = statement.where(or_(*found))
    if asked.cursor:
        statement = statement.where(members.after(asked.cursor, Station))
    with reading() as session:
        rows = session.scalars(statement.limit(most + 1)).all()
    return rows[:most], members.mark(rows[most - 1]) if len(rows) > most else None


def _cells(one: Station) -> tuple[object, ...]:
    return (
        *(one.name, one.city, one.lat, one.lng, _DATUMS[one.datum], one.radius_m),
        *(one.phone or "", one.tz, one.valid_from, one.valid_to),
    )


def _stations_of(who: Caller) -> ColumnElement[bool]:
    """All, or those that squads of the own units were ever posted to."""
    if who.has("admin", *WATCHING_COUNTY):
        return true()
    squads = select(Squad.id).where(Squad.county_id == who.county_id, units_of(who, Squad.unit_id))
    used = select(Posting.station_id).where(Posting.county_id == who.county_id, Posting.squad_id.in_(squads))
    return Station.id.in_(used)
