"""Takes one check-in: judged on its evidence, stored with everything it was judged on. Suspicion is not an error."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, TextClause, Uuid, bindparam, select, text
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins import tickets
from server.checkins.gather import Submission, Terms, gather, month_key
from server.checkins.models import CheckIn
from server.db import dialect_of, lock, site_day_lock, upsert
from server.errors import conflict
from server.evidence import capture, serialize
from server.evidence.decide import decide, judge
from server.evidence.ruleset import RULESET
from server.evidence.types import Finding, Outcome, Verdict
from server.notify.outbox import enqueue
from server.org.postings import Presence, presence_at
from server.org.scope import Caller
from server.photos import match
from server.photos.models import Photo
from server.photos.read import PhotoFacts

_INSERT_PHOTO = Photo.__table__.insert()  # type: ignore[attr-defined]
# Four rows in one statement, as text: what SQLAlchemy makes of several VALUES it compiles anew each time.
_INSERT_BANDS = text(
    "INSERT INTO photo_bands (county_id, month, band, photo_id, phash) VALUES"
    " (:county, :month, :band0, :photo, :hash), (:county, :month, :band1, :photo, :hash),"
    " (:county, :month, :band2, :photo, :hash), (:county, :month, :band3, :photo, :hash)"
).bindparams(bindparam("photo", type_=Uuid()))


@cache
def _insert_findings(count: int) -> TextClause:
    """So many rows in one statement; the same again for the next check-in with as many."""
    rows = ", ".join(f"(:county, :checkin, :code{n}, :outcome{n})" for n in range(count))
    statement = f"INSERT INTO checkin_findings (county_id, checkin_id, code, outcome) VALUES {rows}"  # noqa: S608
    return text(statement).bindparams(bindparam("checkin", type_=Uuid()))


@cache
def _insert_unless_taken(dialect: str) -> Executable:
    """Insert first, never look before: a conflict is found by the database, twins of the same instant included."""
    return (
        upsert(dialect, CheckIn)
        .on_conflict_do_nothing(index_elements=["county_id", "id"])
        .returning(CheckIn.__table__.c.id)
    )


class AlreadySubmitted(Exception):
    """This id is stored already: roll back and answer with `repeat`."""


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo whose bytes are on disk: its facts and where they are."""

    id: uuid.UUID
    key: str
    facts: PhotoFacts


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a submission belongs, before it is judged."""

    ticket: tickets.UsedTicket | None
    happened_at: datetime
    presence: Presence


def content_sha256(submission: Submission, photo_sha256: str) -> str:
    """What makes two submissions the same: photo, position, datum, accuracy, time, kind, ticket, note.

    Transport facts (device, clock offset) are not content: a retry may carry newer ones.
    """
    content = [
        photo_sha256,
        submission.given_lat,
        submission.given_lng,
        submission.datum,
        submission.accuracy_m,
        submission.captured_at.astimezone(UTC).isoformat(),
        submission.kind,
        str(submission.ticket_id) if submission.ticket_id else None,
        submission.note,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def locate(session: Session, caller: Caller, submission: Submission, now: datetime) -> Moment:
    """Take the ticket and find the instant, the local date and the station this submission belongs to."""
    ticket = None
    if submission.ticket_id is not None:
        ticket = tickets.use(session, caller, submission.ticket_id, submission.id)
    happened_at = capture.bounded(
        submission.captured_at, submission.clock_offset_ms, ticket.issued_at if ticket else None, now
    )
    return Moment(ticket, happened_at, presence_at(session, caller.county_id, caller.member_id, happened_at))


def submit(
    session: Session,
    caller: Caller,
    submission: Submission,
    moment: Moment,
    terms: Terms,
    photo: StoredPhoto,
    now: datetime,
) -> CheckIn:
    """Judge and store. Raises AlreadySubmitted when the id is taken, whoever took it first."""
    # Both at once: recompute needs the second, and finds it held.
    lock(
        session,
        f"photo:{caller.county_id}:{photo.facts.sha256}",
        site_day_lock(caller.county_id, caller.member_id, moment.presence.on_date),
    )
    evidence = gather(
        session,
        caller.county_id,
        caller.member_id,
        submission,
        moment.ticket,
        moment.presence,
        terms,
        photo.facts,
        now,
    )
    findings = judge(evidence, RULESET.rules)
    decision = decide(findings, RULESET)
    checkin = {
        **_as_submitted(caller, submission, moment, photo, now),
        "evidence": serialize.to_json(evidence),
        "findings": serialize.findings_to_json(findings),
        "ruleset": decision.ruleset,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "weight": decision.weight,
        "decision": None,
        "addendum": terms.month_closed,
    }
    _insert_photo(session, caller, photo, now)
    if session.execute(_insert_unless_taken(dialect_of(session)), checkin).first() is None:
        raise AlreadySubmitted
    _store_findings(session, caller, submission, findings)
    _announce(session, caller, submission, moment, decision.verdict, now)
    return CheckIn(**checkin)


def _as_submitted(
    caller: Caller, submission: Submission, moment: Moment, photo: StoredPhoto, now: datetime
) -> dict[str, Any]:
    """The columns that say what was submitted, when and where; none that says what was concluded."""
    place = moment.presence.place
    return {
        "county_id": caller.county_id,
        "id": submission.id,
        "member_id": caller.member_id,
        "squad_id": moment.presence.squad_id,
        "station_id": uuid.UUID(place.station_id) if place else None,
        "kind": submission.kind,
        "content_sha256": content_sha256(submission, photo.facts.sha256),
        "received_at": now,
        "happened_at": moment.happened_at,
        "on_date": moment.presence.on_date,
        "minute_of_day": moment.presence.minute_of_day,
        "lat": submission.lat,
        "lng": submission.lng,
        "accuracy_m": submission.accuracy_m,
        "ticket_id": moment.ticket.id if moment.ticket else None,
        "photo_id": photo.id,
        "note": submission.note,
        "device": submission.device,
    }


def _store_findings(session: Session, caller: Caller, submission: Submission, findings: tuple[Finding, ...]) -> None:
    """A row for each finding that is not clear; the check-in itself keeps them all."""
    raised = [f for f in findings if f.outcome is not Outcome.CLEAR]
    if not raised:
        return
    values = {"county": caller.county_id, "checkin": submission.id}
    for number, finding in enumerate(raised):
        values |= {f"code{number}": finding.code, f"outcome{number}": finding.outcome.value}
    session.execute(_insert_findings(len(raised)), values)


def _announce(
    session: Session, caller: Caller, submission: Submission, moment: Moment, verdict: Verdict, now: datetime
) -> None:
    """The audit event, and a notice when a person has to look: the phone may have been put away by then."""
    on = moment.presence.on_date.isoformat()
    facts = {"verdict": verdict.value, "on": on, "kind": submission.kind}
    record(session, caller.county_id, caller.member_id, "checkin.submitted", submission.id, facts, now)
    if verdict is Verdict.REVIEW:
        told = {"checkin": str(submission.id), "on": on}
        key = f"pending:{submission.id}"
        enqueue(session, caller.county_id, caller.member_id, "checkin_pending", key, told, now)


def repeat(session: Session, caller: Caller, submission: Submission, photo_sha256: str) -> CheckIn:
    """The stored check-in that this submission repeats. 409 without content when it is another's or differs."""
    stored = session.scalar(select(CheckIn).where(CheckIn.county_id == caller.county_id, CheckIn.id == submission.id))
    same = (
        stored is not None
        and stored.member_id == caller.member_id
        and stored.content_sha256 == content_sha256(submission, photo_sha256)
    )
    if stored is None or not same:
        raise conflict("checkin_id_taken", "这个编号已经用过，原来的打卡保持不变；请重新打一次卡。")
    return stored


def _insert_photo(session: Session, caller: Caller, photo: StoredPhoto, now: datetime) -> None:
    facts = photo.facts
    session.execute(
        _INSERT_PHOTO,
        {
            "county_id": caller.county_id,
            "id": photo.id,
            "member_id": caller.member_id,
            "storage_key": photo.key,
            "sha256": facts.sha256,
            "phash": facts.phash,
            "mime": facts.mime,
            "size_bytes": facts.size_bytes,
            "width": facts.width,
            "height": facts.height,
            "exif": serialize.plain(facts.exif),
            "received_at": now,
        },
    )
    bands = {f"band{number}": band for number, band in enumerate(match.bands(facts.phash))}
    row = {"county": caller.county_id, "month": month_key(now), "photo": photo.id, "hash": facts.phash}
    session.execute(_INSERT_BANDS, bands | row)
