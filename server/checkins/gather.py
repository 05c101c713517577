"""Evidence from the request and the history: the only place where a check-in's facts are put together."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session

from server.checkins import tickets
from server.checkins.models import CheckIn
from server.db import lock, member_lock, short
from server.evidence import capture
from server.evidence.distance import distance_m
from server.evidence.ruleset import RULESET, Ruleset
from server.evidence.types import Evidence, Fix, PhotoTwin, Window
from server.org import postings
from server.org.models import Member, SignIn
from server.org.scope import Caller
from server.photos import match
from server.photos.models import Photo, PhotoBand
from server.photos.read import PhotoFacts
from server.together import Answers

MONTHS_BACK = 13  # what is older is past its term of storage
MOST_NOMINATED = 500
MOST_TWINS = 5
MOST_HISTORY = 20
HISTORY = timedelta(days=30)


_C, _B, _P = short(CheckIn, "c").c, short(PhotoBand, "b").c, short(Photo, "h").c
_COUNTY: BindParameter[int] = bindparam("county")
# The same bytes by their digest, however crowded the bands are; what equals this photo in one of four bands; and where
# the member was lately.
_SAME = (
    select(_P.id, _P.phash)
    .where(_P.county_id == _COUNTY, _P.sha256 == bindparam("sha256"))
    .order_by(_P.received_at.desc())
    .limit(MOST_TWINS)
)
_ALIKE = (
    select(_B.photo_id.label("id"), _B.phash)
    .where(
        _B.county_id == _COUNTY,
        _B.month.between(bindparam("oldest"), bindparam("newest")),
        # A fixed number of parameters: a list that may grow would be compiled in every request.
        _B.band.in_([bindparam(f"band{number}") for number in range(match.BANDS)]),
    )
    .limit(MOST_NOMINATED)
)
_LATEST = (
    select(_C.lat, _C.lng, _C.accuracy_m, _C.happened_at)
    .where(
        _C.county_id == _COUNTY,
        _C.member_id == bindparam("member"),
        # What a person rejected is no place anybody was: it must not make the next honest check-in look far away.
        func.coalesce(_C.decision, _C.verdict) != "rejected",
    )
    .order_by(_C.happened_at.desc())
    .limit(MOST_HISTORY)
)
_MINE, _MEMBER, _OTHER = short(SignIn, "i"), short(Member, "m"), short(SignIn, "o")
# Since when this WeChat is the caller's, and how many others checked in while signed in with it, since `lately`: one
# who was bound to it by mistake and never checked in is no finding against anybody.
_ACCOUNT = (
    select(_MEMBER.c.bound_at, func.count(_OTHER.c.member_id.distinct()).label("members"))
    .select_from(_MINE)
    .join(_MEMBER, (_MEMBER.c.county_id == _MINE.c.county_id) & (_MEMBER.c.id == _MINE.c.member_id))
    .outerjoin(
        _OTHER,
        (_OTHER.c.county_id == _MINE.c.county_id)
        & (_OTHER.c.wechat_sha256 == _MINE.c.wechat_sha256)
        & (_OTHER.c.created_at > bindparam("lately"))
        & (_OTHER.c.member_id != _MINE.c.member_id)
        & exists().where(
            _C.county_id == _OTHER.c.county_id,
            _C.member_id == _OTHER.c.member_id,
            _C.received_at >= _OTHER.c.created_at,
            func.coalesce(_OTHER.c.revoked_at, _C.received_at) >= _C.received_at,
        ),
    )
    .where(_MINE.c.county_id == _COUNTY, _MINE.c.id == bindparam("sign_in"))
    .group_by(_MEMBER.c.bound_at)
)
# Everything that was stored before and bears on this check-in's verdict; a face may ask more in the same breath.
QUESTIONS = {
    "ticket": tickets.HELD,
    "posting": postings.TOUCHING,
    "same": select(_SAME.subquery("x")),
    "alike": select(_ALIKE.subquery("y")),
    "latest": select(_LATEST.subquery("z")),
    "account": _ACCOUNT,
}


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

    ruleset: Ruleset
    may_reject: bool  # whether the machine may reject; people reject otherwise
    spot_answer_s: int
    windows: tuple[Window, ...]
    upload_limit_s: int
    accuracy_ceiling_m: float
    month_closed: bool


@dataclass(frozen=True, slots=True)
class Account:
    """The WeChat that a member is signed in with."""

    members: int  # how many checked in with it in the last 30 days, this one included
    bound_at: datetime | None


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a submission belongs, and what was stored before that bears on it."""

    ticket: tickets.UsedTicket | None
    happened_at: datetime
    presence: postings.Presence
    history: tuple[Fix, ...]  # the member's latest fixes, newest first
    account: Account
    twins: tuple[PhotoTwin, ...]
    twins_complete: bool


def hold(session: Session, caller: Caller, photo: PhotoFacts) -> None:
    """Until the transaction ends, no other check-in of this member and none with the same photo comes between."""
    lock(session, f"photo:{caller.county_id}:{photo.sha256}", member_lock(caller.county_id, caller.member_id))


def span(submission: Submission, now: datetime) -> tuple[date, date]:
    """The first and the last local date, in any zone, that this submission can belong to."""
    earliest = capture.corrected(submission.captured_at, submission.clock_offset_ms)
    return min(earliest, now).date() - timedelta(days=1), now.date() + timedelta(days=1)


def locate(
    session: Session, caller: Caller, submission: Submission, photo: PhotoFacts, before: Answers, now: datetime
) -> Moment:
    """Find the ticket, the instant, the local date and the station this submission belongs to, and its like.

    `before`: the answers to QUESTIONS, asked while it is on `hold`.
    """
    ticket = tickets.usable(before["ticket"], submission.id)
    happened_at = capture.bounded(
        submission.captured_at, submission.clock_offset_ms, ticket.issued_at if ticket else None, now
    )
    presence = postings.presence_of(session, caller.county_id, before["posting"], happened_at)
    nominated = [*before["same"], *before["alike"]]
    latest = sorted(before["latest"], key=lambda row: row.happened_at, reverse=True)
    account = before["account"][0] if before["account"] else None
    return Moment(
        ticket,
        happened_at,
        presence,
        tuple(Fix(row.lat, row.lng, row.accuracy_m, row.happened_at) for row in latest),
        Account(account.members + 1, account.bound_at) if account else Account(1, None),
        _twins(session, caller, submission, happened_at, presence.squad_id, photo, nominated),
        len(nominated) < MOST_NOMINATED,
    )


def asked(caller: Caller, submission: Submission, photo: PhotoFacts, now: datetime) -> dict[str, Any]:
    """The parameters of QUESTIONS."""
    since, until = span(submission, now)
    return {
        "county": caller.county_id,
        "member": caller.member_id,
        "sign_in": caller.sign_in_id,
        "lately": now - HISTORY,
        "ticket": submission.ticket_id,
        "sha256": photo.sha256,
        "first": since,
        "last": until,
        "oldest": month_key(now, months_back=MONTHS_BACK),
        "newest": month_key(now),
        **{f"band{number}": band for number, band in enumerate(match.bands(photo.phash))},
    }


def gather(submission: Submission, moment: Moment, terms: Terms, photo: PhotoFacts, now: datetime) -> Evidence:
    """The complete evidence of one check-in, as it stands at this moment."""
    fix = Fix(submission.lat, submission.lng, submission.accuracy_m, now)
    ticket, presence, place = moment.ticket, moment.presence, moment.presence.place
    previous = moment.history[0] if moment.history else None
    bound_at = moment.account.bound_at
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
        device_platform=submission.device.get("platform"),
        twins=moment.twins,
        twins_complete=moment.twins_complete,
        comparing=any(not twin.exact for twin in moment.twins),
        ticket_presented=submission.ticket_id is not None,
        previous=previous,
        history=tuple(fix for fix in moment.history if fix.at > now - HISTORY),
        given_lat=submission.given_lat,
        given_lng=submission.given_lng,
        session_members=moment.account.members,
        rebound_at=bound_at if previous and bound_at and previous.at < bound_at else None,
        spot_challenge=ticket.challenge if ticket else None,
        challenge_due_at=ticket.issued_at + timedelta(seconds=terms.spot_answer_s) if ticket else None,
    )


def _twins(
    session: Session,
    caller: Caller,
    submission: Submission,
    happened_at: datetime,
    squad_id: uuid.UUID | None,
    photo: PhotoFacts,
    nominated: Sequence[Any],
) -> tuple[PhotoTwin, ...]:
    """Stored photos of the county that equal or resemble this one, the closest first, at most five.

    The band index nominates (equal in one of four 16-bit bands), the whole hash decides.
    """
    near = {row.id: match.distance(photo.phash, row.phash) for row in nominated}
    # Every covered lens looks like every other: of flat pictures only the same bytes are the same photo.
    flat = photo.spread < RULESET.rules.photo_min_spread
    near = {photo_id: bits for photo_id, bits in near.items() if bits <= RULESET.rules.near_bits}
    if not near:
        return ()
    rows = (
        select(
            Photo.id,
            Photo.sha256,
            CheckIn.id.label("checkin_id"),
            CheckIn.member_id,
            CheckIn.squad_id,
            CheckIn.on_date,
            CheckIn.happened_at,
            CheckIn.lat,
            CheckIn.lng,
        )
        .join(CheckIn, and_(CheckIn.county_id == Photo.county_id, CheckIn.photo_id == Photo.id))
        .where(Photo.county_id == caller.county_id, Photo.id.in_(near))
    )
    if flat:
        rows = rows.where(Photo.sha256 == photo.sha256)
    found = [
        PhotoTwin(
            photo_id=str(row.id),
            checkin_id=str(row.checkin_id),
            same_member=row.member_id == caller.member_id,
            on=row.on_date,
            exact=row.sha256 == photo.sha256,
            distance_bits=near[row.id],
            apart_s=abs((row.happened_at - happened_at).total_seconds()),
            apart_m=distance_m(row.lat, row.lng, submission.lat, submission.lng),
            same_squad=squad_id is not None and row.squad_id == squad_id,
        )
        for row in session.execute(rows)
    ]
    return tuple(sorted(found, key=lambda t: (not t.exact, t.distance_bits, t.on))[:MOST_TWINS])


def month_key(at: datetime, months_back: int = 0) -> int:
    """202611 for any instant of November 2026 in UTC; 202510 for the same, 13 months back."""
    year, month = divmod(at.year * 12 + at.month - 1 - months_back, 12)
    return year * 100 + month + 1
