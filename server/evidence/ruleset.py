"""The one table of limits and weights, versioned: what the signals measure against, and what their findings count."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date


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
    exif_zones_s: float = 26 * 3600  # two local times of one instant differ by no more than this
    exif_default_s: float = (
        400 * 86_400
    )  # a modification dated longer than this before the shutter is firmware's default
    exif_gps_stale_s: float = 48 * 3600  # cameras write the last satellite time they had; 27 h old ones are real

    exif_position_near_m: float = 500  # beyond the accuracy: the two positions agree
    exif_position_stale_m: float = 1_500  # beyond that: a camera's older fix may explain it
    accuracy_reduced_m: float = 1_000  # an iPhone whose 精确位置 is off gives circles of kilometres
    accuracy_useless_m: float = 50_000  # beyond that there is no fix at all
    centre_deg: float = 1e-6  # 0.1 m: a fix this near the registered point is that point
    few_decimals: int = 3  # 100 m: where both coordinates end there; of a phone's five decimals, 1 in 10 000 by chance
    repeat_accuracy_m: float = 30  # under it a fix is from satellites and never repeats; Wi-Fi fixes are coarser and do
    cached_fix_s: float = 30  # WeChat answers with the last fix within this time (wx.getLocation)

    assumed_accuracy_m: float = 1_000  # where a phone gave none, for comparisons that must not accuse

    ground_kmh: float = 350  # high-speed rail between two stops
    flight_kmh: float = 1_000
    flight_overhead_s: float = 2_100  # taxi, climb and descent: the shortest flights are 400 km in an hour
    travel_slack_m: float = 5_000

    near_bits: int = 13  # of 121: looks this close that the second look could not tell apart are shown to a person
    shared_s: float = 300  # colleagues of one squad who send one selfie: within this time, as it is passed on by chat
    shared_late_s: float = 900  # up to this it may still be one: a person looks
    shared_m: float = 200  # and this near each other
    photo_min_px: int = 200  # shorter side
    photo_min_spread: float = 5.0  # standard deviation of grey, 0..127: below it there is nothing to see

    session_members: int = 1  # who use one WeChat account or sign-in


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Limits, weights, caps and needs under one version and its date, so that a stored decision can be explained later.

    weights: code -> what one suspect finding counts; caps: group -> the most a group may count, so that correlated
    findings do not stack; needs: the codes that must be clear before the machine accepts. reject_weight: what a finding
    list must weigh before the machine may reject, where a policy allows it at all; no group's cap reaches it alone.
    """

    version: str
    date: date
    rules: Rules
    weights: Mapping[str, float]
    caps: Mapping[str, float]
    needs: tuple[str, ...]
    reject_weight: float


RULESET = Ruleset(
    version="2026-11-26.2",
    date=date(2026, 11, 26),
    rules=Rules(),
    weights={
        "STATION_DISTANCE": 5.0,
        "LOCATION_ACCURACY": 0.0,  # never suspect
        "COORDINATE_DATUM": 0.0,  # never suspect
        "POSITION_TYPED": 4.0,
        "IMPOSSIBLE_TRAVEL": 5.0,
        "TIME_WINDOW": 1.0,
        "TICKET": 4.0,
        "PHONE_CLOCK": 3.0,
        "EXIF_TIME": 4.0,
        "EXIF_POSITION": 4.0,
        "PHOTO_REUSE": 8.0,
        "PHOTO_NEAR": 7.0,
        "PHOTO_EDITED": 3.0,
        "CAMERA_MODEL": 1.0,
        "PHOTO_USABLE": 0.0,  # never suspect
        "SESSION_MEMBERS": 5.0,
        "REBOUND": 0.0,  # never suspect
        "SPOT_CHALLENGE": 0.0,  # never suspect
    },
    caps={"location": 8.0, "time": 6.0, "photo": 10.0, "person": 5.0},
    needs=(
        "STATION_DISTANCE",
        "LOCATION_ACCURACY",
        "TICKET",
        "PHOTO_REUSE",
        "PHOTO_NEAR",
        "PHOTO_USABLE",
        "SPOT_CHALLENGE",
    ),
    reject_weight=12.0,
)

# What a county's policy may change, and how far: beyond these a limit accuses honest people, or nobody.
BOUNDS: Mapping[str, tuple[float, float]] = {
    "clock_tolerance_s": (30, 600),
    "clock_notice_s": (60, 3_600),
    "exif_tolerance_s": (120, 3_600),
    "exif_gps_stale_s": (36 * 3600, 14 * 86_400),
    "exif_position_near_m": (200, 5_000),
    "exif_position_stale_m": (500, 20_000),
    "accuracy_reduced_m": (500, 5_000),
    "repeat_accuracy_m": (0, 40),
    "few_decimals": (0, 4),
    "ground_kmh": (250, 450),
    "flight_kmh": (800, 1_200),
    "flight_overhead_s": (0, 3_600),
    "travel_slack_m": (2_000, 50_000),
    "near_bits": (0, 16),
    "shared_s": (0, 1_800),
    "shared_late_s": (0, 3_600),
    "shared_m": (0, 1_000),
    "photo_min_px": (100, 480),
    "photo_min_spread": (1, 15),
    "session_members": (1, 5),
}
_COUNTS = {f.name for f in fields(Rules) if f.type is int}


def adjusted(ruleset: Ruleset, limits: Mapping[str, float]) -> Ruleset:
    """The ruleset with a county's own limits, named as in Rules; weights, caps, needs and the version stay.

    ValueError that names the limit when there is none of that name, when it is out of its bounds, or not a whole
    number where Rules counts. The findings carry the limits they used, so that the decision is still explained.
    """
    changed: dict[str, float] = {}
    for name, value in limits.items():
        low, high = BOUNDS.get(name, (1, 0))
        if name not in BOUNDS:
            raise ValueError(f"{name}: no limit that a policy may change")
        if not low <= value <= high:
            raise ValueError(f"{name}: {value} is not within {low} and {high}")
        if name in _COUNTS and value != int(value):
            raise ValueError(f"{name}: {value} is not a whole number")
        changed[name] = int(value) if name in _COUNTS else float(value)
    return replace(ruleset, rules=replace(ruleset.rules, **changed))  # type: ignore[arg-type]
