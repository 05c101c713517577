"""Evidence from the request and the history: the only place where a check-in's facts are put together."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Float,
    Row,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn
from server.checkins.tickets import UsedTicket
from server.db import UtcDateTime, columns
from server.evidence.distance import distance_m
from server.evidence.ruleset import RULESET
from server.evidence.types import Evidence, Fix, PhotoTwin, Window
from server.org.postings import Presence
from server.photos import match
from server.photos.models import Photo, PhotoBand
from server.photos.read import PhotoFacts

MONTHS_BACK = 13  # what is older is past its term of storage
MOST_NOMINATED = 500
MOST_TWINS = 5


_C, _B, _P = columns(CheckIn), columns(PhotoBand), columns(Photo)
_COUNTY: BindParameter[int] = bindparam("county")
_NO_FIX = [cast(null(), Float).label(name) for name in ("lat", "lng", "accuracy_m")]
_NO_TIME = cast(null(), UtcDateTime()).label("at")
# Everything that was stored before and bears on this check-in, in one question: the same bytes by their digest, however
# crowded the bands are; what equals this photo in one of four bands; and where the member was last.
_SAME = (
    select(literal_column("'photo'").label("part"), _P.id, _P.phash, *_NO_FIX, _NO_TIME)
    .where(_P.county_id == _COUNTY, _P.sha256 == bindparam("sha256"))
    .order_by(_P.received_at.desc())
    .limit(MOST_TWINS)
)
_ALIKE = (
    select(literal_column("'photo'").label("part"), _B.photo_id, _B.phash, *_NO_FIX, _NO_TIME)
    .where(
        _B.county_id == _COUNTY,
        # A fixed number of parameters: a list that may grow would be compiled in every request.
        _B.month.in_([bindparam(f"month{number}") for number in range(MONTHS_BACK + 1)]),
        _B.band.in_([bindparam(f"band{number}") for number in range(match.BANDS)]),
    )
    .limit(MOST_NOMINATED)
)
_PREVIOUS = (
    select(
        literal_column("'fix'").label("part"),
        _C.id,
        cast(null(), BigInteger).label("phash"),
        _C.lat,
        _C.lng,
        _C.accuracy_m,
        _C.happened_at,
    )
    .where(
        _C.county_id == _COUNTY,
        _C.member_id == bindparam("member"),
        # What a person rejected is no place anybody was: it must not make the next honest check-in look far away.
        func.coalesce(_C.decision, _C.verdict) != "rejected",
    )
    .order_by(_C.happened_at.desc())
    .limit(1)
)
# Each in parentheses of its own, as SQLite has no LIMIT inside a union.
_BEFORE = union_all(*(select(part.subquery()) for part in (_SAME, _ALIKE, _PREVIOUS)))


@dataclass(frozen=True, slots=True)
class Submission:
    """One request, read and typed. Degrees are WGS-84 already; `given_*` and `datum` say what was sent."""

    id: uuid.UUID
    kind: str
    lat: float
    lng: float
    given_lat: float
    given_lng: float
    datum: str
    accuracy_m: float | None
    captured_at: datetime
    ticket_id: uuid.UUID | None
    device: dict[str, Any]
    clock_offset_ms: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the policy in force says about one check-in."""

    windows: tuple[Window, ...]
    upload_limit_s: int
    accuracy_ceiling_m: float
    month_closed: bool


def gather(
    session: Session,
    county_id: int,
    member_id: uuid.UUID,
    submission: Submission,
    ticket: UsedTicket | None,
    presence: Presence,
    terms: Terms,
    photo: PhotoFacts,
    now: datetime,
) -> Evidence:
    """The complete evidence of one check-in, as it stands at this moment."""
    fix = Fix(submission.lat, submission.lng, submission.accuracy_m, now)
    place = presence.place
    before = _before(session, county_id, member_id, photo, now)
    found, complete = _twins(session, county_id, member_id, photo, [row for row in before if row.part == "photo"])
    return Evidence(
        kind=submission.kind,
        received_at=now,
        captured_at=submission.captured_at,
        clock_offset_ms=submission.clock_offset_ms,
        tz=presence.tz,
        fix=fix,
        datum=submission.datum,
        place=place,
        distance_m=distance_m(fix.lat, fix.lng, place.lat, place.lng) if place else None,
        windows=terms.windows,
        upload_limit_s=terms.upload_limit_s,
        accuracy_ceiling_m=terms.accuracy_ceiling_m,
        ticket_issued_at=ticket.issued_at if ticket else None,
        ticket_expires_at=ticket.expires_at if ticket else None,
        photo_width=photo.width,
        photo_height=photo.height,
        photo_spread=photo.spread,
        exif=photo.exif,
        device_model=submission.device.get("model"),
        twins=found,
        twins_complete=complete,
        ticket_presented=submission.ticket_id is not None,
        previous=next((Fix(row.lat, row.lng, row.accuracy_m, row.at) for row in before if row.part == "fix"), None),
    )


def _before(
    session: Session, county_id: int, member_id: uuid.UUID, photo: PhotoFacts, now: datetime
) -> Sequence[Row[Any]]:
    values = {
        "county": county_id,
        "member": member_id,
        "sha256": photo.sha256,
    }
    months = {f"month{number}": month for number, month in enumerate(months_back(now))}
    bands = {f"band{number}": band for number, band in enumerate(match.bands(photo.phash))}
    return session.execute(_BEFORE, values | months | bands).all()


def _twins(
    session: Session, county_id: int, member_id: uuid.UUID, photo: PhotoFacts, nominated: Sequence[Row[Any]]
) -> tuple[tuple[PhotoTwin, ...], bool]:
    """Stored photos of the county that equal or resemble this one, the closest first, at most five; and whether all
    that were nominated were compared.

    The band index nominates (equal in one of four 16-bit bands), the whole hash decides.
    """
    complete = len(nominated) < MOST_NOMINATED
    near = {row.id: match.distance(photo.phash, row.phash) for row in nominated}
    # Every covered lens looks like every other: of flat pictures only the same bytes are the same photo.
    flat = photo.spread < RULESET.rules.photo_min_spread
    near = {photo_id: bits for photo_id, bits in near.items() if bits <= RULESET.rules.near_bits}
    if not near:
        return (), complete
    rows = (
        select(Photo.id, Photo.sha256, CheckIn.id.label("checkin_id"), CheckIn.member_id, CheckIn.on_date)
        .join(CheckIn, and_(CheckIn.county_id == Photo.county_id, CheckIn.photo_id == Photo.id))
        .where(Photo.county_id == county_id, Photo.id.in_(near))
    )
    if flat:
        rows = rows.where(Photo.sha256 == photo.sha256)
    found = [
        PhotoTwin(
            photo_id=str(row.id),
            checkin_id=str(row.checkin_id),
            same_member=row.member_id == member_id,
            on=row.on_date,
            exact=row.sha256 == photo.sha256,
            distance_bits=near[row.id],
        )
        for row in session.execute(rows)
    ]
    return tuple(sorted(found, key=lambda t: (not t.exact, t.distance_bits, t.on))[:MOST_TWINS]), complete


def month_key(at: datetime) -> int:
    """202611 for any instant of November 2026 in UTC."""
    return at.year * 100 + at.month


def months_back(now: datetime) -> Iterator[int]:
    """The month keys of this month and the thirteen before it."""
    year, month = now.year, now.month
    for _ in range(MONTHS_BACK + 1):
        yield year * 100 + month
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
