"""What a map shows: points, fences and city names, moved to the datum that its tiles are drawn in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.config import Config
from server.evidence.datum import from_wgs84


@dataclass(frozen=True, slots=True)
class Row:
    """A line under a point's name: a state (its shape and colour), what is said, and where it leads."""

    state: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A WGS-84 point with its state, or (`counts`) a station of a city with people by state; the radius of its error in
    metres. said: what the list says of it, instead of its rows."""

    lat: float
    lng: float
    state: str
    label: str
    rows: Sequence[Row] = ()
    accuracy_m: float | None = None
    counts: Mapping[str, int] | None = None
    city: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Fence:
    """A WGS-84 point and a radius in metres."""

    lat: float
    lng: float
    radius_m: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class City:
    """A name on the built-in base, WGS-84."""

    name: str
    lat: float
    lng: float


@dataclass(frozen=True, slots=True)
class MapView:
    """What static/map.js draws (`data`), and `points` as they stand in the list beside it."""

    data: Mapping[str, Any] = field(repr=False)
    points: Sequence[Point] = ()


def view(
    config: Config,
    points: Iterable[Point] = (),
    fences: Iterable[Fence] = (),
    cities: Iterable[City] = (),
    picker: Mapping[str, str] | None = None,
) -> MapView:
    """A map for `maps.html`. picker: the ids of the fields lat, lng, datum and radius that a click fills in.

    Without tiles there is nothing to fit to, so the datum is WGS-84 then whatever the setting says.
    """
    shown = tuple(points)
    datum = config.map_datum if config.map_tiles else "wgs84"
    data = {
        "points": [_point(p, datum) for p in shown],
        "fences": [_at(f, datum) | {"radius_m": f.radius_m, "label": f.label} for f in fences],
        "cities": [_at(c, datum) | {"name": c.name} for c in cities],
        "tiles": {"url": config.map_tiles, "attribution": config.map_attribution} if config.map_tiles else None,
        "datum": datum,
        "picker": dict(picker) if picker else None,
    }
    return MapView(data, shown)


def _point(point: Point, datum: str) -> dict[str, Any]:
    return _at(point, datum) | {
        "state": point.state,
        "label": point.label,
        "accuracy_m": point.accuracy_m,
        "city": point.city,
        "counts": dict(point.counts) if point.counts is not None else None,
        "rows": [{"state": row.state, "text": row.text, "href": row.href} for row in point.rows],
    }


def _at(point: Point | Fence | City, datum: str) -> dict[str, Any]:
    lat, lng = from_wgs84(point.lat, point.lng, datum)
    return {"lat": round(lat, 7), "lng": round(lng, 7)}
