"""Stored photos that may show the same picture as a new one: nominated by hashes, and a few compared at once.

The member's own and the squad's are looked through by their looks (looks.py: crops, turns and mirror images as well);
all of the county's by the bands of their hash and of the mirror image's.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BindParameter, ColumnElement, String, and_, bindparam, cast, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from server.checkins.models import CheckIn
from server.db import short
from server.evidence.distance import distance_m
from server.evidence.ruleset import RULESET
from server.evidence.types import PhotoTwin
from server.org.consent import KEPT_MONTHS
from server.org.models import Posting
from server.org.scope import Caller
from server.photos import match
from server.photos.looks import NEAR, TEXT_LENGTH, nearest
from server.photos.models import Photo, PhotoBand
from server.photos.pairs import Pairs
from server.photos.read import PhotoFacts
from server.photos.same import Sameness
from server.photos.store import FolderStore
from server.together import Answers

log = structlog.get_logger()

SQUAD_BACK = timedelta(days=62)  # how far back colleagues' photos are looked through
AT_ONCE = 3  # more than these are left to the worker, and the check-in waits for it
MOST_TWINS = 20
_MOST_ALIKE = 2_000  # rows of the bands
_MOST_LOOKED = 500  # photos whose looks are read, of the member and of the squad each
_MOST_KEPT = 200  # by their hash; their looks are read then
_ALIKE_BITS = 10  # of 64: from here on the looks decide
_ID_LENGTH = 32
_SLOW = ".heic"  # most of a second each, in a process of its own

_B, _P = short(PhotoBand, "b").c, short(Photo, "h").c
_POSTING, _COLLEAGUE = short(Posting, "w"), short(Posting, "v")
_MINE, _THEIRS = _POSTING.c, _COLLEAGUE.c
_COUNTY: BindParameter[int] = bindparam("county")
_DASH: ColumnElement[str] = literal_column("'-'")
_NOTHING: ColumnElement[str] = literal_column("''")


class joined(GenericFunction[str]):
    """The texts of all rows as one, without a separator: `aggregate_strings` would write its own into the statement
    anew at each request."""

    type = String()
    inherit_cache = True


@compiles(joined, "sqlite")
def _group_concat(element: joined, compiler: SQLCompiler, **how: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **how)}, '')"


@compiles(joined, "postgresql")
def _string_agg(element: joined, compiler: SQLCompiler, **how: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **how)}, '')"


def _looks(*where: ColumnElement[bool]) -> Any:
    """The newest photos of some members as one text, id and looks in turn: one row is read many times faster than
    hundreds, and both databases know how to join text."""
    newest = (
        select(_P.id, _P.looks)
        .where(_P.county_id == _COUNTY, _P.looks != "", *where)
        .order_by(_P.received_at.desc())
        .limit(_MOST_LOOKED)
        .subquery("n")
    )
    text = func.replace(cast(newest.c.id, String), _DASH, _NOTHING) + newest.c.looks
    return select(joined(text).label("looks"))


_COLLEAGUES = (
    select(_THEIRS.member_id)
    .join_from(
        _POSTING,
        _COLLEAGUE,
        (_THEIRS.county_id == _MINE.county_id) & (_THEIRS.squad_id == _MINE.squad_id),
    )
    .where(
        _MINE.county_id == _COUNTY,
        _MINE.member_id == bindparam("member"),
        _MINE.starts_on <= bindparam("last"),
        func.coalesce(_MINE.ends_on, bindparam("last")) >= bindparam("first"),
        _THEIRS.member_id != _MINE.member_id,
    )
)
# The same bytes by their digest, however crowded the bands are; what equals this photo or its mirror image in one of
# four bands; and the looks of the member's own and the colleagues' photos.
QUESTIONS = {
    "same": select(
        select(_P.id)
        .where(_P.county_id == _COUNTY, _P.sha256 == bindparam("sha256"))
        .order_by(_P.received_at.desc())
        .limit(MOST_TWINS)
        .subquery("x")
    ),
    "alike": select(
        select(_B.photo_id.label("id"), _B.phash)
        .where(
            _B.county_id == _COUNTY,
            _B.month.between(bindparam("oldest"), bindparam("newest")),
            # A fixed number of parameters: a list that may grow would be compiled in every request.
            _B.band.in_([bindparam(f"band{number}") for number in range(2 * match.BANDS)]),
        )
        .limit(_MOST_ALIKE)
        .subquery("y")
    ),
    "mine": _looks(_P.member_id == bindparam("member"), _P.received_at > bindparam("photos_since")),
    "squad": _looks(_P.member_id.in_(_COLLEAGUES), _P.received_at > bindparam("squad_photos_since")),
}


@dataclass(frozen=True, slots=True)
class Around:
    """Whose check-in, when and where: what a twin is set beside."""

    caller: Caller
    squad_id: uuid.UUID | None
    happened_at: datetime
    lat: float
    lng: float


@dataclass(frozen=True, slots=True)
class Twins:
    """What was nominated, the closest first, and where those photos are stored."""

    found: tuple[PhotoTwin, ...]
    keys: Mapping[str, str]  # by photo id
    complete: bool  # False: there were more alike than could be looked at
    few: bool  # few enough to be compared at once

    @property
    def comparing(self) -> bool:
        """Whether the worker has to look."""
        return not self.few and any(not twin.exact for twin in self.found)


def asked(photo: PhotoFacts, now: datetime) -> dict[str, Any]:
    """The parameters of QUESTIONS; `county`, `member`, `first` and `last` are the check-in's."""
    return {
        "sha256": photo.sha256,
        "oldest": month_key(now, months_back=KEPT_MONTHS),
        "newest": month_key(now),
        "photos_since": now - timedelta(days=31 * KEPT_MONTHS),
        "squad_photos_since": now - SQUAD_BACK,
        **{f"band{number}": band for number, band in enumerate(_bands(photo))},
    }


def lock_names(caller: Caller, photo: PhotoFacts) -> list[str]:
    """What two submissions that may be twins have in common, so that of two at once the second finds the first."""
    county = caller.county_id
    squads = [f"squad-photos:{county}:{squad}" for squad in caller.squads("member", "squad_leader")]
    return [f"photo:{county}:{photo.sha256}", *(f"band:{county}:{band}" for band in _bands(photo)), *squads]


def nominated(session: Session, around: Around, photo: PhotoFacts, before: Answers) -> Twins:
    """Stored photos of the county that equal or resemble this one. `before`: the answers to QUESTIONS."""
    near, alike = {row.id for row in before["same"]}, list[tuple[int, uuid.UUID]]()
    # Every covered lens looks like every other: of flat pictures only the same bytes are the same photo.
    if photo.spread >= RULESET.rules.photo_min_spread:
        near |= _looked_through(photo, before["mine"] + before["squad"])
        # A photo has a row for each band that it shares.
        bits_of = {row.id: _bits(photo, row.phash) for row in before["alike"] if row.id not in near}
        alike = sorted((bits, photo_id) for photo_id, bits in bits_of.items() if bits <= _ALIKE_BITS)
    complete = len(before["alike"]) < _MOST_ALIKE and len(alike) <= _MOST_KEPT
    near |= {photo_id for _, photo_id in alike[:_MOST_KEPT]}
    if not near:
        return Twins((), {}, complete, few=True)
    rows = session.execute(_with_checkins(around.caller.county_id, near)).all()
    bits = dict(zip((row.id for row in rows), _distances(photo, rows), strict=True))
    twins = [_twin(around, photo, row, bits[row.id]) for row in rows]
    twins = [twin for twin in twins if twin.exact or twin.distance_bits <= NEAR]
    twins.sort(key=lambda twin: (not twin.exact, twin.distance_bits, twin.on))
    keys = {str(row.id): row.storage_key for row in rows}
    few = sum(not twin.exact for twin in twins) <= AT_ONCE
    return Twins(tuple(twins[:MOST_TWINS]), keys, complete and len(twins) <= MOST_TWINS, few)


def compared(twins: Twins, store: FolderStore, key: str) -> Twins:
    """With what the pixels say of each twin, if they are few and quick to read. Whatever goes wrong is the worker's."""
    others = [twin for twin in twins.found if not twin.exact]
    if not twins.few or not others:
        return twins
    if any(k.endswith(_SLOW) for k in (key, *(twins.keys[twin.photo_id] for twin in others))):
        return replace(twins, few=False)
    try:
        pairs = Pairs(store, key)
        seen = {twin: pairs.with_(twins.keys[twin.photo_id]) for twin in others}
    except Exception:  # no stored file may keep anybody from checking in
        log.exception("compare_failed")
        return replace(twins, few=False)
    return replace(twins, found=tuple(seen_as(twin, seen.get(twin)) for twin in twins.found))


def seen_as(twin: PhotoTwin, seen: Sameness | None) -> PhotoTwin:
    """The twin with what the pixels said, if they said anything."""
    return twin if seen is None else replace(twin, same=seen.same, mirrored=seen.mirrored)


def month_key(at: datetime, months_back: int = 0) -> int:
    """202611 for any instant of November 2026 in UTC; 202510 for the same, 13 months back."""
    year, month = divmod(at.year * 12 + at.month - 1 - months_back, 12)
    return year * 100 + month + 1


def _bands(photo: PhotoFacts) -> tuple[int, ...]:
    return match.bands(photo.phash) + match.bands(photo.mirrored)


def _bits(photo: PhotoFacts, phash: int) -> int:
    return min(match.distance(photo.phash, phash), match.distance(photo.mirrored, phash))


def _looked_through(photo: PhotoFacts, rows: Sequence[Any]) -> set[uuid.UUID]:
    """The ids of those whose looks are near."""
    text = "".join(row.looks or "" for row in rows)
    at = range(0, len(text), _ID_LENGTH + TEXT_LENGTH)
    distances = nearest(photo.looks, text, beside=_ID_LENGTH)
    return {uuid.UUID(text[n : n + _ID_LENGTH]) for n, bits in zip(at, distances, strict=True) if bits <= NEAR}


def _with_checkins(county_id: int, photo_ids: Collection[uuid.UUID]) -> Any:
    place_and_time = (CheckIn.on_date, CheckIn.minute_of_day, CheckIn.happened_at, CheckIn.lat, CheckIn.lng)
    return (
        select(
            *(Photo.id, Photo.sha256, Photo.phash, Photo.looks, Photo.storage_key),
            *(CheckIn.id.label("checkin_id"), CheckIn.member_id, CheckIn.squad_id, *place_and_time),
        )
        .join(CheckIn, and_(CheckIn.county_id == Photo.county_id, CheckIn.photo_id == Photo.id))
        .where(Photo.county_id == county_id, Photo.id.in_(photo_ids), CheckIn.erased_at.is_(None))
    )


def _distances(photo: PhotoFacts, rows: Sequence[Any]) -> list[int]:
    """In bits of the looks; for a photo stored before there were any, its hash's brought to that scale."""
    looked = iter(nearest(photo.looks, "".join(row.looks for row in rows)))
    return [next(looked) if row.looks else 2 * _bits(photo, row.phash) for row in rows]


def _twin(around: Around, photo: PhotoFacts, row: Any, bits: int) -> PhotoTwin:
    return PhotoTwin(
        photo_id=str(row.id),
        checkin_id=str(row.checkin_id),
        same_member=row.member_id == around.caller.member_id,
        on=row.on_date,
        exact=row.sha256 == photo.sha256,
        distance_bits=bits,
        apart_s=abs((row.happened_at - around.happened_at).total_seconds()),
        apart_m=distance_m(row.lat, row.lng, around.lat, around.lng),
        minute=row.minute_of_day,
        same_squad=around.squad_id is not None and row.squad_id == around.squad_id,
    )
