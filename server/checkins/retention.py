"""保存期限: what a check-in was judged on is erased when its term is over, or at its member's request once its month is
closed; that it counted, and why, stays.

Gone are the photo with all that is derived from it, the position (also as the place before another check-in), the
device's facts, and what the findings measured. Left are date and minute, note, verdict, decision, the one sentence that
gives the reason, and the sentences of suspect findings: a day and a frozen month are explained and verified from those.
Whatever may still be disputed, or was never decided by anybody, is held.
"""

import uuid
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins import twins
from server.checkins.gather import HISTORY
from server.checkins.models import Appeal, CheckIn, Review
from server.clock import Clock
from server.db import Database, hold_member
from server.errors import conflict
from server.notify.outbox import Letter, enqueue
from server.org.consent import KEPT_MONTHS
from server.org.models import DeletionRequest
from server.photos import match
from server.photos.models import Photo, PhotoBand
from server.schedule import Step

IS_OPEN = DeletionRequest.withdrawn_at.is_(None) & DeletionRequest.done_at.is_(None)
_AT_ONCE = 200  # of SQLite's parameters, four each
_FORGOTTEN = "所依据的数据已过保存期限，按规定删除。"
_ASKED_TO_FORGET = "所依据的数据已应本人要求删除。"


def term_begins(today: date, months: int) -> date:
    """The first local date that is kept: the same day `months` before, or that month's last."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a county in `tz` keeps on a night: for how many `months`, what may be appealed for how long; and the first
    date that no closed month holds, before which a member may have theirs deleted."""

    tz: str
    today: date
    months: int
    appeal_within: timedelta
    open_from: date


def steps(db: Database, county_id: int, terms: Terms, mark: str | None, clock: Clock) -> Iterator[Step]:
    """Erase what a county has kept for long enough or was asked to delete, from the member after `mark` on; one step a
    member. Doing it again changes nothing. The files go with the next sweep, which knows them by their rows."""
    over = _may_go(county_id, terms, clock()) & _is_out_of_term(terms)
    after = uuid.UUID(mark or "0" * 32)
    asked = select(DeletionRequest.member_id).where(
        DeletionRequest.county_id == county_id, DeletionRequest.member_id > after, IS_OPEN
    )
    with db.snapshot() as session:
        members = set(session.scalars(select(CheckIn.member_id).where(over, CheckIn.member_id > after).distinct()))
        members.update(session.scalars(asked))
    for member_id in sorted(members, key=lambda one: one.bytes):
        yield Step(str(member_id), partial(_erase, county_id, member_id, terms, clock))


def require_evidence(checkin: CheckIn) -> None:
    """Raise 409 `evidence_erased` when there is nothing left by which anybody could be found at fault."""
    if checkin.erased_at is not None:
        raise conflict("evidence_erased", "这次打卡的照片和位置已过保存期限或应本人要求删除，不能再据此驳回或申诉。")


def _may_go(county_id: int, terms: Terms, now: datetime) -> ColumnElement[bool]:
    """Nothing is to be drawn from it any more: nobody compares it or may still dispute it."""
    return (
        (CheckIn.county_id == county_id)
        & CheckIn.erased_at.is_(None)
        & ~CheckIn.comparing
        & ~_may_be_disputed(now - terms.appeal_within)
    )


def _is_out_of_term(terms: Terms) -> ColumnElement[bool]:
    """By the day it belongs to and by its receipt: the first a phone may have told wrongly."""
    begins = term_begins(terms.today, terms.months)
    return (
        (CheckIn.on_date < begins)
        & (CheckIn.received_at < datetime.combine(begins, time(), UTC))
        & (_is_decided() | (CheckIn.on_date < term_begins(terms.today, KEPT_MONTHS)))
    )


def _is_decided() -> ColumnElement[bool]:
    return func.coalesce(CheckIn.decision, CheckIn.verdict) != "review"


def _may_be_disputed(since: datetime) -> ColumnElement[bool]:
    """Whether an appeal is open, or a word spoken since then, a person's or the machine's, may still be appealed."""
    of_it = (Appeal.county_id == CheckIn.county_id) & (Appeal.checkin_id == CheckIn.id)
    reviewed = (
        (Review.county_id == CheckIn.county_id) & (Review.checkin_id == CheckIn.id) & Review.withdrawn_at.is_(None)
    )
    return or_(
        exists().where(of_it, or_(Appeal.state == "open", Appeal.decided_at > since)),
        exists().where(reviewed, Review.created_at > since),
        (CheckIn.verdict == "rejected") & (CheckIn.received_at > since),
    )


def _erase(county_id: int, member_id: uuid.UUID, terms: Terms, clock: Clock, session: Session) -> None:
    hold_member(session, county_id, member_id)
    now, begins = clock(), term_begins(terms.today, terms.months)
    theirs = (CheckIn.county_id == county_id) & (CheckIn.member_id == member_id)
    over = _is_out_of_term(terms)
    request = session.scalar(
        select(DeletionRequest).where(
            DeletionRequest.county_id == county_id, DeletionRequest.member_id == member_id, IS_OPEN
        )
    )
    if request is not None:
        over |= (CheckIn.on_date < terms.open_from) & (CheckIn.received_at <= request.asked_at)
        begins = max(begins, terms.open_from)
    if gone := session.scalars(select(CheckIn).where(theirs, _may_go(county_id, terms, now), over)).all():
        _erase_checkins(session, county_id, gone, _ASKED_TO_FORGET if request else _FORGOTTEN, now)
        _erase_fixes(session, theirs, {checkin.happened_at for checkin in gone})
        facts = {"checkins": len(gone), "before": begins.isoformat(), "asked": request is not None}
        record(session, county_id, None, "evidence.erased", member_id, facts, now)
    if request is not None and left_to_erase(session, request) == 0:
        request.done_at = now
        record(session, county_id, None, "deletion.done", member_id, {"request": str(request.id)}, now)
        told = {"asked_on": request.asked_at.astimezone(ZoneInfo(terms.tz)).date().isoformat()}
        enqueue(session, county_id, Letter(member_id, "deletion_done", f"deletion_done:{request.id}", told), now)


def left_to_erase(session: Session, request: DeletionRequest) -> int:
    """Of how many check-ins the evidence is still there that the request asks to delete."""
    statement = select(func.count()).where(
        CheckIn.county_id == request.county_id,
        CheckIn.member_id == request.member_id,
        CheckIn.received_at <= request.asked_at,
        CheckIn.erased_at.is_(None),
    )
    return session.scalar(statement) or 0


def _erase_checkins(session: Session, county_id: int, gone: Sequence[CheckIn], why: str, now: datetime) -> None:
    erase_photos(session, county_id, [checkin.photo_id for checkin in gone])
    for checkin in gone:
        checkin.lat = checkin.lng = checkin.accuracy_m = None
        checkin.device, checkin.evidence = {}, {}
        checkin.findings = [_without_facts(finding, why) for finding in checkin.findings]
        checkin.erased_at = now
    session.flush()


def _erase_fixes(session: Session, theirs: ColumnElement[bool], gone: set[datetime]) -> None:
    """Their places, known by their instants, also stand where a later check-in was judged beside them: of the same
    month, too, where that one is kept."""
    later = CheckIn.received_at.between(min(gone), max(gone) + HISTORY) & CheckIn.erased_at.is_(None)
    for checkin in session.scalars(select(CheckIn).where(theirs, later)):
        checkin.evidence = checkin.evidence | _fixes_without(checkin.evidence, gone)
    session.flush()


def _without_facts(finding: dict[str, Any], why: str) -> dict[str, Any]:
    """Nothing that was measured; the sentence only where it says what somebody was suspected of."""
    message = finding["message"] if finding["outcome"] == "suspect" else why
    return finding | {"facts": {}, "message": message}


def _fixes_without(evidence: dict[str, Any], gone: set[datetime]) -> dict[str, Any]:
    """The earlier fixes that a later check-in was judged beside, without those that are gone."""
    history = [fix for fix in evidence.get("history", ()) if datetime.fromisoformat(fix["at"]) not in gone]
    previous = evidence.get("previous")
    kept = previous if previous and datetime.fromisoformat(previous["at"]) not in gone else None
    return {"history": history, "previous": kept}


def erase_photos(session: Session, county_id: int, photos: Sequence[uuid.UUID]) -> None:
    """Hash, looks and EXIF, and by its whole key each band by which a copy would be nominated. The files go with the
    next sweep."""
    of_them = (Photo.county_id == county_id) & Photo.id.in_(photos)
    rows = session.execute(select(Photo.id, Photo.phash, Photo.received_at).where(of_them)).all()
    keys = [(county_id, band, twins.month_key(r.received_at), r.id) for r in rows for band in match.bands(r.phash)]
    key = tuple_(PhotoBand.county_id, PhotoBand.band, PhotoBand.month, PhotoBand.photo_id)
    for first in range(0, len(keys), _AT_ONCE):
        session.execute(delete(PhotoBand).where(key.in_(keys[first : first + _AT_ONCE])))
    session.execute(update(Photo).where(of_them).values(sha256="", phash=0, looks="", exif={}))
