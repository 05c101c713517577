"""The words of the engine: what was gathered (Evidence), what a signal says (Finding), what is concluded (Verdict)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What one signal says. Missing evidence is UNKNOWN, never SUSPECT."""

    CLEAR = "clear"
    SUSPECT = "suspect"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """核验结论. The machine answers ACCEPTED or REVIEW; REJECTED is for people unless a policy says otherwise."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Fix:
    """A position somebody or something claimed. Degrees are WGS-84; accuracy_m is the radius the phone gave."""

    lat: float
    lng: float
    accuracy_m: float | None
    at: datetime  # aware, UTC


@dataclass(frozen=True, slots=True)
class Place:
    """A station's fence: a WGS-84 point and a radius in metres."""

    station_id: str
    name: str
    lat: float
    lng: float
    radius_m: float
    recorded_on_site: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the station's local day in which a check-in counts; [start, end) as minutes after midnight."""

    start_min: int
    end_min: int
    halves: int = 2  # how many half days one accepted check-in inside it earns


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """What the photo's metadata claims. Every field may be missing: WeChat's camera delivers none of them."""

    taken_local: datetime | None = None  # DateTimeOriginal: naive, as written by the camera
    utc_offset_s: int | None = None  # OffsetTimeOriginal, when written
    gps_at: datetime | None = None  # aware UTC, GPSDateStamp + GPSTimeStamp, only when both are sane
    lat: float | None = None  # WGS-84 degrees
    lng: float | None = None
    make: str | None = None
    model: str | None = None
    software: str | None = None
    digitized_local: datetime | None = None  # DateTimeDigitized, naive: a camera writes the instant of the original
    modified_local: datetime | None = None  # DateTime, naive: when the file was last written; HEIF may have it in UTC


@dataclass(frozen=True, slots=True)
class PhotoTwin:
    """Another stored photo that this one equals (exact) or resembles (photos/looks.py; distance in bits of 121).

    A hash nominates; `same` is what the second look, at the pixels, says about the two.
    """

    photo_id: str
    checkin_id: str
    same_member: bool
    on: date  # the local date the other photo was submitted for
    exact: bool
    distance_bits: int
    same: bool | None = None  # True the same picture, False another one of a like scene, None not looked at, or unclear
    mirrored: bool = False  # the other photo was compared in its mirror image
    apart_s: float | None = None  # between the two bounded captures, in either order
    apart_m: float | None = None  # between the two fixes
    same_squad: bool = False  # both members were posted to one squad on this check-in's date
    minute: int | None = None  # of the other photo's local day


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known about one check-in when it was received; complete, so that it can be judged again later.

    Datetimes are aware UTC. `captured_at` is the phone's own claim; `clock_offset_ms` is the server's clock minus the
    phone's, as the phone measured it at an earlier reply (NTP's sign: server = phone + offset).
    """

    kind: str  # station | visit | spot
    received_at: datetime
    captured_at: datetime
    clock_offset_ms: int | None
    tz: str  # the station's IANA zone; the local day is counted there
    fix: Fix
    datum: str  # the datum the position came in: wgs84 | gcj02
    place: Place | None  # None: nobody posted the member anywhere on that date
    distance_m: float | None  # great-circle, fix to place; None without a place
    windows: tuple[Window, ...]
    upload_limit_s: int  # policy: an upload later than this after capture does not count by itself
    accuracy_ceiling_m: float  # policy: a fix less accurate than this cannot be accepted by machine
    ticket_issued_at: datetime | None  # None: no ticket travelled with the photo
    ticket_expires_at: datetime | None
    photo_width: int
    photo_height: int
    photo_spread: float | None  # standard deviation of the grey draft, 0..127; None if it was not measured
    exif: ExifFacts = field(default_factory=ExifFacts)
    device_model: str | None = None  # what WeChat calls the phone: "M2012K11AG", "iPhone 14 Pro<iPhone15,2>"
    twins: tuple[PhotoTwin, ...] = ()
    twins_complete: bool = True  # False: so many photos were nominated that not all were compared
    ticket_presented: bool = False  # a ticket was sent; without ticket_issued_at it was spent or another's
    previous: Fix | None = None  # the member's latest earlier check-in, if any
    spot_challenge: str | None = None  # kind=spot: the gesture, or the four digits, that the ticket asked to show
    challenge_due_at: datetime | None = None  # kind=spot: to be answered by then
    comparing: bool = False  # the second look at nominated photos is still under way; judged again when it is done
    given_lat: float | None = None  # as submitted, in degrees of `datum`, before conversion
    given_lng: float | None = None
    history: tuple[Fix, ...] = ()  # the member's fixes of the last 30 days, newest first, at most 20, without this one
    session_members: int = 1  # members who checked in through this WeChat account or sign-in lately, this one included
    rebound_at: datetime | None = None  # this is the member's first check-in since a new WeChat was bound, at that time
    device_platform: str | None = None  # android | ios | ohos | windows | mac | devtools, as WeChat says


@dataclass(frozen=True, slots=True)
class Finding:
    """One signal's result: `message` is a Chinese sentence for people, `facts` the JSON-ready numbers behind it."""

    code: str
    group: str  # location | time | photo | person
    outcome: Outcome
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The fold of all findings: what the machine concludes, and why in one Chinese sentence."""

    verdict: Verdict
    reason: str
    ruleset: str
    weight: float  # of the suspect findings, capped by group; what the queue sorts by
