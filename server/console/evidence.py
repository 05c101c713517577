"""What a reviewer is shown of one check-in; of what they are to judge blindly no conclusion of anybody."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.checkin_replies import (
    AppealReply,
    CommentReply,
    ReviewReply,
    appeals_reply,
    comments_reply,
    reviews_reply,
)
from server.api.photos import link_to, record_photo
from server.api.services import services
from server.api.squads import day_state
from server.audit.journal import record
from server.checkins import sample
from server.checkins.models import CheckIn
from server.checkins.places import places
from server.console import maps
from server.console.finding_words import FACTS, FINDINGS, fact_words
from server.console.words import moment
from server.evidence.decide import as_decided
from server.evidence.ruleset import RULESET
from server.evidence.words import metres
from server.org.models import Member, Squad, Station, Unit
from server.org.scope import Caller, watched_members
from server.org.scope import county as in_county
from server.tally.models import SiteDay

STRIP_DAYS = 30
_KINDS = {"station": "驻点打卡", "visit": "走访打卡", "spot": "抽查"}
_ORDER = ("suspect", "unknown", "clear")
_TOLD = ("REBOUND", "COORDINATE_DATUM")  # never suspect, but what a person should know
_EXIF = (
    *(
        ("taken_local", "拍摄时间"),
        ("digitized_local", "数字化时间"),
        ("modified_local", "写入时间"),
        ("gps_at", "卫星时间"),
    ),
    *(("make", "相机厂商"), ("model", "相机型号"), ("software", "处理软件"), ("lat", "纬度"), ("lng", "经度")),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the four in a row; `outcome` None where it may not be said."""

    name: str
    value: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """One finding, with its measurements in words."""

    name: str
    outcome: str
    message: str
    facts: Sequence[tuple[str, str]]
    matters: bool  # it speaks against the check-in, or is what it waits for; the rest is folded away


@dataclass(frozen=True, slots=True)
class Twin:
    """The stored photo that a finding names."""

    said: str
    photo_id: uuid.UUID
    checkin_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PastDay:
    """A day of the strip. `state` None: the day that is being judged."""

    on: date
    state: str | None
    half: bool
    said: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page says of one check-in."""

    checkin: CheckIn
    name: str
    squad: str
    unit: str
    kind: str
    station: str
    tz: str
    state: str
    reason: str
    is_blind: bool
    challenge: str | None  # of a spot check: what the photo has to show
    photo: str | None
    is_ahead: bool
    map: maps.MapView | None
    facts: Sequence[Fact]
    findings: Sequence[Found]
    minor: Sequence[Found]
    exif: Sequence[tuple[str, str]]
    twin: Twin | None
    strip: Sequence[PastDay]
    reviews: Sequence[ReviewReply]
    comments: Sequence[CommentReply]
    appeals: Sequence[AppealReply]


def shown(session: Session, caller: Caller, checkin: CheckIn, blind: bool, now: datetime, ahead: bool) -> Shown:
    """`blind`: the caller is to judge as if nobody had. Somebody else's look is audited; what is loaded `ahead` of one
    is audited as that, and the look once it is on the screen (`looked`)."""
    _audit(session, caller, checkin, "checkin.preloaded" if ahead else "checkin.viewed", now)
    hidden = sample.is_hidden(caller, checkin, blind)
    decision = None if blind else checkin.decision
    place, findings = _place(session, checkin), [] if hidden else _findings(checkin)
    kept = checkin.erased_at is None
    return Shown(
        checkin=checkin,
        **_who(session, checkin),
        kind=_KINDS[checkin.kind],
        station=place.name if place else "没有派驻",
        tz=str(checkin.evidence.get("tz") or (place.tz if place else "Asia/Shanghai")),
        state="review" if hidden else decision or checkin.verdict,
        reason=sample.HIDDEN_REASON if hidden else as_decided(checkin.reason, decision),
        is_blind=hidden,
        challenge=checkin.evidence.get("spot_challenge"),
        photo=link_to(checkin.photo_id, caller, "ahead" if ahead else "preview") if kept else None,
        is_ahead=ahead,
        map=_map(checkin) if kept else None,
        facts=_facts(checkin, hidden),
        findings=[one for one in findings if one.matters],
        minor=[one for one in findings if not one.matters],
        exif=_exif(checkin),
        twin=None if hidden else _twin(session, caller, checkin),
        strip=_strip(session, checkin, judging=blind or checkin.decision is None),
        reviews=[] if blind else reviews_reply(session, checkin.id),
        comments=comments_reply(session, checkin.id),
        appeals=appeals_reply(session, checkin.id),
    )


def looked(session: Session, caller: Caller, checkin: CheckIn, blind: bool, now: datetime) -> dict[str, str | None]:
    """It is seen now, details and photo: audited. The links to the `whole` photo and to its `twin`, as the caller may
    see them."""
    kept = checkin.erased_at is None
    _audit(session, caller, checkin, "checkin.viewed", now)
    if kept:
        record_photo(session, caller.county_id, caller.member_id, checkin.member_id, checkin.photo_id, "viewed", now)
    twin = _twin(session, caller, checkin) if not sample.is_hidden(caller, checkin, blind) else None
    return {
        "whole": link_to(checkin.photo_id, caller, "full") if kept else None,
        "twin": link_to(twin.photo_id, caller, "preview") if twin else None,
    }


def _audit(session: Session, caller: Caller, checkin: CheckIn, action: str, now: datetime) -> None:
    if checkin.member_id != caller.member_id:
        record(session, caller.county_id, caller.member_id, action, checkin.id, {}, now)


def _who(session: Session, checkin: CheckIn) -> dict[str, str]:
    row = session.execute(
        select(Member.name, Unit.name.label("unit"), Squad.name.label("squad"))
        .join(Unit, (Unit.county_id == Member.county_id) & (Unit.id == Member.unit_id))
        .outerjoin(Squad, (Squad.county_id == Member.county_id) & (Squad.id == checkin.squad_id))
        .where(Member.county_id == checkin.county_id, Member.id == checkin.member_id)
    ).one()
    return {"name": row.name, "unit": row.unit, "squad": row.squad or ""}


def _place(session: Session, checkin: CheckIn) -> Station | None:
    return session.get(Station, (checkin.county_id, checkin.station_id)) if checkin.station_id else None


def _map(checkin: CheckIn) -> maps.MapView | None:
    found = places(checkin)
    if not found:
        return None
    errors = [p.radius_m if p.kind == "claimed" else None for p in found]
    points = [
        maps.Point(p.lat, p.lng, p.kind, p.name, accuracy_m=error) for p, error in zip(found, errors, strict=True)
    ]
    fences = [maps.Fence(p.lat, p.lng, p.radius_m, p.name) for p in found if p.kind == "station" and p.radius_m]
    return maps.view(services().config, points, fences)


def _facts(checkin: CheckIn, hidden: bool) -> list[Fact]:
    """距离, 时间, 照片, 位置来源: each as good as the worst of its signals."""
    by_code = {finding["code"]: finding for finding in checkin.findings}
    distance = checkin.evidence.get("distance_m")
    made = []
    for name, codes in FACTS:
        outcomes = [by_code[code]["outcome"] for code in codes if code in by_code]
        worst = min(outcomes, key=_ORDER.index, default="unknown")
        value = metres(distance) if name == "距离" and distance is not None else ""
        made.append(Fact(name, value, None if hidden else worst))
    return made


def _findings(checkin: CheckIn) -> list[Found]:
    """In order of weight; what is clear comes last."""

    def place(finding: Mapping[str, Any]) -> tuple[int, float]:
        return _ORDER.index(finding["outcome"]), -RULESET.weights.get(finding["code"], 1.0)

    def matters(finding: Mapping[str, Any]) -> bool:
        return finding["outcome"] == "suspect" or (
            finding["outcome"] == "unknown" and finding["code"] in (*RULESET.needs, *_TOLD)
        )

    return [
        Found(FINDINGS.get(f["code"], f["code"]), f["outcome"], f["message"], fact_words(f["facts"]), matters(f))
        for f in sorted(checkin.findings, key=place)
    ]


def _exif(checkin: CheckIn) -> list[tuple[str, str]]:
    stored = checkin.evidence.get("exif") or {}
    return [(word, str(stored[name]).replace("T", " ")) for name, word in _EXIF if stored.get(name) is not None]


def _twin(session: Session, caller: Caller, checkin: CheckIn) -> Twin | None:
    """The photo that a finding says this one equals or resembles, if the caller may see its member's evidence."""
    named = [f["facts"].get("checkin_id") for f in checkin.findings if f["facts"].get("checkin_id")]
    if not named or checkin.member_id == caller.member_id:
        return None
    row = session.execute(
        in_county(caller, CheckIn, Member.name)
        .join(Member, (Member.county_id == CheckIn.county_id) & (Member.id == CheckIn.member_id))
        .where(CheckIn.id == uuid.UUID(named[0]), CheckIn.erased_at.is_(None), watched_members(caller))
    ).first()
    if row is None:
        return None
    tz = str(row.CheckIn.evidence.get("tz") or "Asia/Shanghai")
    said = f"{row.name} {moment(row.CheckIn.happened_at, tz)}"
    return Twin(said, row.CheckIn.photo_id, row.CheckIn.id)


def _strip(session: Session, checkin: CheckIn, judging: bool) -> list[PastDay]:
    """The member's last 30 days. How the day stands that is being judged would say what was concluded."""
    last = checkin.on_date
    first = last - timedelta(days=STRIP_DAYS - 1)
    rows = session.scalars(
        select(SiteDay).where(
            SiteDay.county_id == checkin.county_id,
            SiteDay.member_id == checkin.member_id,
            SiteDay.on_date.between(first, last),
        )
    )
    known = {row.on_date: row for row in rows}
    return [_past(first + timedelta(days=i), known.get(first + timedelta(days=i)), last, judging) for i in range(30)]


def _past(on: date, stored: SiteDay | None, last: date, judging: bool) -> PastDay:
    if on == last and judging:
        return PastDay(on, None, False, "正在复核的这一天")
    half = bool(stored and stored.confirmed_halves == 1 and not stored.pending_halves)
    return PastDay(on, day_state(stored), half, stored.explanation if stored else "当天没有打卡。")
