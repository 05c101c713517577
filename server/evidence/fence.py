"""Where the fix lies against the station's fence: the questions that several location signals ask."""

from itertools import product

from server.evidence.datum import bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, in_rectangle, wgs84_to_gcj02
from server.evidence.distance import distance_m, is_accuracy, is_position
from server.evidence.types import Evidence

_FIVE_DECIMALS = 5e-6  # what rounding to five decimals moves a point, 0.6 m; four (6 m) would meet honest fixes


def has_fix(e: Evidence) -> bool:
    """Whether the position and its error radius can be used at all."""
    return e.fix.accuracy_m is not None and is_accuracy(e.fix.accuracy_m) and is_position(e.fix.lat, e.fix.lng)


def surely_outside(e: Evidence) -> bool:
    """Whether not even the phone's own error radius reaches the fence. False without a fix or a place.

    One in ten circles does not hold the truth. A radius too coarse to accept by is too coarse to accuse by: twice it.
    """
    if e.place is None or e.distance_m is None or e.fix.accuracy_m is None or not has_fix(e):
        return False
    reach_m = e.fix.accuracy_m if e.fix.accuracy_m <= e.accuracy_ceiling_m else 2 * e.fix.accuracy_m
    return e.distance_m - reach_m > e.place.radius_m


def misread_datum(e: Evidence) -> tuple[str, float] | None:
    """(datum, metres to the station) when the fix is surely outside, but inside once one point is read in that datum.

    Either point may be the mislabelled one: the phone's, or the station's when somebody copied it from a map. Names
    "gcj02" or "bd09", the nearest reading first; None when no reading lands inside, where the shifts do not apply, and
    for a visit, which may be anywhere.
    """
    lat, lng = e.fix.lat, e.fix.lng
    if e.place is None or e.kind == "visit" or not surely_outside(e) or not in_rectangle(lat, lng):
        return None
    gcj_lat, gcj_lng = wgs84_to_gcj02(lat, lng)
    readings = [
        ("gcj02", gcj02_to_wgs84(lat, lng)),  # sent as wgs84, but was GCJ-02
        ("gcj02", (gcj_lat, gcj_lng)),  # sent as gcj02, but was WGS-84; or the station's point is GCJ-02
        ("bd09", gcj02_to_wgs84(*bd09_to_gcj02(lat, lng))),  # sent as wgs84, but was BD-09
        ("bd09", gcj02_to_wgs84(*bd09_to_gcj02(gcj_lat, gcj_lng))),  # sent as gcj02, but was BD-09
        ("bd09", gcj02_to_bd09(gcj_lat, gcj_lng)),  # the station's point is BD-09
    ]
    away_m, datum = min((distance_m(*point, e.place.lat, e.place.lng), name) for name, point in readings)
    return (datum, away_m) if away_m <= e.place.radius_m else None


def _camera_was_there(e: Evidence) -> bool:
    lat, lng = e.exif.lat, e.exif.lng
    if e.place is None or lat is None or lng is None or not is_position(lat, lng):
        return False
    return distance_m(lat, lng, e.place.lat, e.place.lng) <= e.place.radius_m


def on_registered_centre(e: Evidence, within_deg: float) -> bool:
    """Whether the fix, or the point as it was given, is the very point of the station in any of the three datums.

    False where that point was recorded on site: there a phone gave it once, and may give it again; and where the camera
    wrote the same place into the photo, for then it is no typed number that says where the phone was.
    A phone that gives five decimals rounds the point it was told to: then as far as rounding goes.
    """
    if e.place is None or e.place.recorded_on_site or _camera_was_there(e):
        return False
    gcj = wgs84_to_gcj02(e.place.lat, e.place.lng)
    rounding = _half_unit(e.given_lat, e.given_lng)
    rounded = max(within_deg, rounding * 1.001) if rounding <= _FIVE_DECIMALS else within_deg
    points = ((e.fix.lat, e.fix.lng), (e.given_lat, e.given_lng))
    centres = ((e.place.lat, e.place.lng), gcj, gcj02_to_bd09(*gcj))
    return any(
        lat is not None and lng is not None and max(abs(lat - clat), abs(lng - clng)) <= within
        for ((lat, lng), within), (clat, clng) in product(zip(points, (within_deg, rounded), strict=True), centres)
    )


def _half_unit(*degrees: float | None) -> float:
    """Half of the last decimal's worth, as the numbers are written; 0 where a number is missing."""
    if None in degrees:
        return 0.0
    return 0.5 * 10.0 ** -max(len(repr(number).partition(".")[2]) for number in degrees)
