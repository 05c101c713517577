"""The one table of limits and weights, versioned: what the signals measure against, and what their findings count."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of the signals. What a county's policy sets (windows, upload limit, accuracy ceiling) is in Evidence."""

    clock_tolerance_s: float = 120  # phone and server may differ by this before anything is said to contradict
    clock_notice_s: float = 300  # a phone clock further off than this is worth a note
    clock_explains_s: float = 14 * 3600  # a clock wrong by a zone, but not by a day, may explain a photo's own time

    exif_tolerance_s: float = 600  # between the photo's own time and the capture
    exif_zone_tolerance_s: float = 120  # the same, when another time zone has to explain the difference
    exif_future_s: float = 86_400  # a photo from further ahead than this carries nonsense
    exif_first_year: int = 2000
    exif_gps_stale_s: float = 48 * 3600  # cameras write the last satellite time they had; 27 h old ones are real

    exif_position_near_m: float = 500  # beyond the accuracy: the two positions agree
    exif_position_stale_m: float = 1_500  # beyond that: a camera's older fix may explain it
    assumed_accuracy_m: float = 1_000  # where a phone gave none, for comparisons that must not accuse

    ground_kmh: float = 350  # high-speed rail
    flight_kmh: float = 1_000
    flight_overhead_s: float = 1_800  # taxi, climb and descent: nobody flies 500 km in half an hour
    travel_slack_m: float = 5_000

    near_bits: int = 3  # of 64: perceptual hashes this close are shown to a person
    photo_min_px: int = 200  # shorter side
    photo_min_spread: float = 5.0  # standard deviation of grey, 0..127: below it there is nothing to see


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Limits, weights, caps and needs under one version, so that a stored decision can be explained later.

    weights: code -> what one suspect finding counts; caps: group -> the most a group may count, so that correlated
    findings do not stack; needs: the codes that must be clear before the machine accepts.
    """

    version: str
    rules: Rules
    weights: Mapping[str, float]
    caps: Mapping[str, float]
    needs: tuple[str, ...]


RULESET = Ruleset(
    version="2026-11-24.1",
    rules=Rules(),
    weights={
        "STATION_DISTANCE": 5.0,
        "LOCATION_ACCURACY": 0.0,  # never suspect
        "IMPOSSIBLE_TRAVEL": 5.0,
        "TIME_WINDOW": 1.0,
        "TICKET": 4.0,
        "PHONE_CLOCK": 3.0,
        "EXIF_TIME": 4.0,
        "EXIF_POSITION": 4.0,
        "PHOTO_REUSE": 8.0,
        "PHOTO_NEAR": 4.0,
        "PHOTO_USABLE": 0.0,  # never suspect
    },
    caps={"location": 8.0, "time": 6.0, "photo": 10.0},
    needs=("STATION_DISTANCE", "LOCATION_ACCURACY", "TICKET", "PHOTO_USABLE"),
)
