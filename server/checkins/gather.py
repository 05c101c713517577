"""Evidence from the request and the history: the only place where a check-in's facts are put together."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, func, select
from sqlalchemy.orm import Session

from server.checkins import tickets, twins
from server.checkins.models import CheckIn
from server.checkins.twins import Twins
from server.db import hold_member, short
from server.evidence import capture
from server.evidence.distance import distance_m
from server.evidence.ruleset import Ruleset
from server.evidence.types import Evidence, Fix, Window
from server.org import postings
from server.org.models import Member, SignIn
from server.org.scope import Caller
from server.photos.read import PhotoFacts
from server.together import Answers

MOST_HISTORY = 20
HISTORY = timedelta(days=30)


_C = short(CheckIn, "c").c
_COUNTY: BindParameter[int] = bindparam("county")
_LATEST = (
    select(_C.lat, _C.lng, _C.accuracy_m, _C.happened_at)
    .where(
        _C.county_id == _COUNTY,
        _C.member_id == bindparam("member"),
        _C.lat.is_not(None),  # erased
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
    "latest": select(_LATEST.subquery("z")),
    "account": _ACCOUNT,
    **twins.QUESTIONS,
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
    windows: tuple[Window, ...]
    upload_limit_s: int
    accuracy_ceiling_m: float
    fence_radius_m: int | None  # None: the station's own
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
    twins: Twins


def hold(session: Session, caller: Caller, photo: PhotoFacts) -> None:
    """Until the transaction ends, no other check-in of this member and none with a photo like it comes between."""
    hold_member(session, caller.county_id, caller.member_id, *twins.lock_names(caller, photo))


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
    latest = sorted(before["latest"], key=lambda row: row.happened_at, reverse=True)
    account = before["account"][0] if before["account"] else None
    around = twins.Around(caller, presence.squad_id, happened_at, submission.lat, submission.lng)
    return Moment(
        ticket,
        happened_at,
        presence,
        tuple(Fix(row.lat, row.lng, row.accuracy_m, row.happened_at) for row in latest),
        Account(account.members + 1, account.bound_at) if account else Account(1, None),
        twins.nominated(session, around, photo, before),
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
        "first": since,
        "last": until,
        **twins.asked(photo, now),
    }


def gather(submission: Submission, moment: Moment, terms: Terms, photo: PhotoFacts, now: datetime) -> Evidence:
    """The complete evidence of one check-in, as it stands at this moment."""
    fix = Fix(submission.lat, submission.lng, submission.accuracy_m, now)
    ticket, presence, place = moment.ticket, moment.presence, moment.presence.place
    if place and terms.fence_radius_m is not None:
        place = replace(place, radius_m=terms.fence_radius_m)
    latest = moment.history[0] if moment.history else None
    recent = tuple(fix for fix in moment.history if fix.at > now - HISTORY)
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
        twins=moment.twins.found,
        twins_complete=moment.twins.complete,
        comparing=moment.twins.comparing,
        ticket_presented=submission.ticket_id is not None,
        previous=recent[0] if recent else None,  # in a month anybody gets anywhere
        history=recent,
        given_lat=submission.given_lat,
        given_lng=submission.given_lng,
        session_members=moment.account.members,
        rebound_at=bound_at if latest and bound_at and latest.at < bound_at else None,
        spot_challenge=ticket.challenge if ticket else None,
        challenge_due_at=ticket.due_at if ticket else None,
    )
