"""WGS-84, GCJ-02 and BD-09: the datum we store, those that Chinese maps draw in, and the ways between them.

GCJ-02's formula was never published. This is the one all open libraries share (first seen in EvilTransform, 2013; the
same constants in gcoord, coordtransform and prcoords), on the Krasovsky 1940 ellipsoid. Like all of them it takes a
rectangle for China, so Seoul, Hanoi and Ulaanbaatar are shifted too: a member posted there must send wgs84.
BD-09 is Baidu's own shift on top of GCJ-02, by the formula of the same libraries. Nobody submits in it: it is here to
recognise a point that was copied from Baidu's map.
"""

from math import atan2, cos, fabs, hypot, pi, sin, sqrt

_AXIS_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_SETTLED_DEG = 1e-13  # about 1e-8 m on the ground
_BAIDU_PI = pi * 3000.0 / 180.0


def to_wgs84(lat: float, lng: float, datum: str) -> tuple[float, float]:
    """(lat, lng) in degrees of `datum` ("wgs84" or "gcj02") as WGS-84 degrees; ValueError for any other datum."""
    if datum == "wgs84":
        return lat, lng
    if datum == "gcj02":
        return gcj02_to_wgs84(lat, lng)
    raise ValueError(f"unknown datum: {datum!r}")


def from_wgs84(lat: float, lng: float, datum: str) -> tuple[float, float]:
    """(lat, lng) WGS-84 degrees in `datum`: "wgs84", "gcj02", or "cgcs2000", which is WGS-84 within decimetres (its
    frame stands still at the epoch 2000.0 while the plates have moved since): far less than any phone can tell."""
    if datum in ("wgs84", "cgcs2000"):
        return lat, lng
    if datum == "gcj02":
        return wgs84_to_gcj02(lat, lng)
    raise ValueError(f"unknown datum: {datum!r}")


def wgs84_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) WGS-84 degrees as GCJ-02 degrees, moved by 100-700 m; unchanged outside the rectangle."""
    if not in_rectangle(lat, lng):
        return lat, lng
    dlat, dlng = _shift(lat, lng)
    return lat + dlat, lng + dlng


def gcj02_to_wgs84(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) GCJ-02 degrees as WGS-84 degrees, by fixed-point iteration: back and forth stays below 1e-6 m.

    One subtraction, as most libraries do it, is up to 4 m off. Each round shrinks the error some thousandfold, so four
    are usual; the bound of ten only keeps the loop finite. Within 700 m of the rectangle's edge there is no way back.
    """
    if not in_rectangle(lat, lng):
        return lat, lng
    wlat, wlng = lat, lng
    for _ in range(10):
        dlat, dlng = _shift(wlat, wlng)
        elat, elng = wlat + dlat - lat, wlng + dlng - lng
        wlat, wlng = wlat - elat, wlng - elng
        if fabs(elat) < _SETTLED_DEG and fabs(elng) < _SETTLED_DEG:
            break
    return wlat, wlng


def gcj02_to_bd09(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) GCJ-02 degrees as BD-09 degrees: about a kilometre further to the north-east, wherever one is."""
    radius = hypot(lng, lat) + 0.00002 * sin(lat * _BAIDU_PI)
    angle = atan2(lat, lng) + 0.000003 * cos(lng * _BAIDU_PI)
    return radius * sin(angle) + 0.006, radius * cos(angle) + 0.0065


def bd09_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """(lat, lng) BD-09 degrees as GCJ-02 degrees, by the same iteration as above: there and back below 1e-6 m."""
    glat, glng = lat - 0.006, lng - 0.0065
    for _ in range(10):
        blat, blng = gcj02_to_bd09(glat, glng)
        glat, glng = glat + lat - blat, glng + lng - blng
        if fabs(blat - lat) < _SETTLED_DEG and fabs(blng - lng) < _SETTLED_DEG:
            break
    return glat, glng


def in_rectangle(lat: float, lng: float) -> bool:
    """Whether the shift applies: the usual rectangle, which is larger than China."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347


def _shift(lat: float, lng: float) -> tuple[float, float]:
    """(dlat, dlng) in degrees: metres of a polynomial with sine ripples, turned into degrees on the ellipsoid."""
    x, y = lng - 105.0, lat - 35.0
    common = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x)) + common
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x)) + common
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    rad = lat / 180.0 * pi
    squeeze = 1.0 - _ECCENTRICITY2 * sin(rad) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY2) / (squeeze * sqrt(squeeze))
    parallel_m = _AXIS_M / sqrt(squeeze) * cos(rad)
    return north * 180.0 / (meridian_m * pi), east * 180.0 / (parallel_m * pi)
