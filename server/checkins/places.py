"""Where a check-in was, for a map: the fence that it was judged by, where the phone said it was, and the photo."""

from dataclasses import dataclass
from typing import Literal

from server.checkins.models import CheckIn


@dataclass(frozen=True, slots=True)
class Place:
    """A WGS-84 point. `radius_m`: a station's fence, or the error of what the phone said; None: nobody knows."""

    kind: Literal["station", "claimed", "exif"]
    name: str
    lat: float
    lng: float
    radius_m: float | None = None


def places(checkin: CheckIn) -> list[Place]:
    """All that is known; nothing once the position is erased."""
    if checkin.lat is None or checkin.lng is None:
        return []
    found = [Place("claimed", "手机定位", checkin.lat, checkin.lng, checkin.accuracy_m)]
    station, exif = checkin.evidence.get("place"), checkin.evidence.get("exif") or {}
    if station:
        found.insert(0, Place("station", station["name"], station["lat"], station["lng"], station["radius_m"]))
    if exif.get("lat") is not None and exif.get("lng") is not None:
        found.append(Place("exif", "照片写入的位置", exif["lat"], exif["lng"]))
    return found
