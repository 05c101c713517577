"""Takes one check-in: judged on its evidence, stored with everything it was judged on. Suspicion is not an error."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.audit.journal import event_rows
from server.checkins import serialize
from server.checkins.gather import Moment, Submission, Terms, gather
from server.checkins.models import CheckIn, CheckInFinding
from server.checkins.sample import is_drawn
from server.checkins.twins import month_key
from server.errors import conflict
from server.evidence.decide import decide, judge
from server.evidence.ruleset import RULESET
from server.evidence.types import Finding, Outcome, Verdict
from server.notify.outbox import Letter, notice_rows
from server.org.scope import Caller
from server.photos import match
from server.photos.models import Photo, PhotoBand
from server.photos.read import PhotoFacts
from server.together import Rows, insert_together


class AlreadySubmitted(Exception):
    """This id is stored already: roll back and answer with `repeat`."""


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo whose bytes are on disk: its facts and where they are."""

    id: uuid.UUID
    key: str
    facts: PhotoFacts


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


def judged(
    caller: Caller, submission: Submission, moment: Moment, terms: Terms, photo: StoredPhoto, now: datetime
) -> tuple[CheckIn, list[Rows]]:
    """The check-in with its verdict, and everything of it that `store` is to store."""
    evidence = gather(submission, moment, terms, photo.facts, now)
    findings = judge(evidence, terms.ruleset.rules)
    decision = decide(findings, terms.ruleset, terms.may_reject)
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
        "comparing": evidence.comparing,
        "sampled": is_drawn(photo.id) and decision.verdict is not Verdict.REJECTED,
    }
    return CheckIn(**checkin), _rows(caller, checkin, findings, photo, now)


def store(session: Session, *rows: Rows) -> None:
    """Store what `judged` answered, and what else belongs to it. Raises AlreadySubmitted when the id is taken, whoever
    took it first: nobody looks before, the database says so, also of a twin of the same instant."""
    if not insert_together(session, *rows)[CheckIn]:
        raise AlreadySubmitted


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


def _rows(
    caller: Caller, checkin: dict[str, Any], findings: tuple[Finding, ...], photo: StoredPhoto, now: datetime
) -> list[Rows]:
    """Photo, check-in, findings, audit event and notice."""
    county_id, member_id, on = caller.county_id, caller.member_id, checkin["on_date"].isoformat()
    facts = {"verdict": checkin["verdict"], "on": on, "kind": checkin["kind"]}
    rows = [
        *_photo_rows(caller, photo, now),
        Rows(CheckIn, [checkin], if_taken="skip"),
        Rows(CheckInFinding, finding_rows(county_id, checkin["id"], findings), if_taken="skip"),
        *event_rows(county_id, member_id, "checkin.submitted", checkin["id"], facts, now),
    ]
    if not checkin["comparing"]:  # else the second look tells
        rows += notices(county_id, member_id, checkin["id"], checkin["on_date"], Verdict(checkin["verdict"]), now)
    return rows


def notices(
    county_id: int, member_id: uuid.UUID, checkin_id: uuid.UUID, on: date, verdict: Verdict, now: datetime
) -> list[Rows]:
    """What the member is told of the machine's verdict: nothing when it accepted, the reply and the app say so."""
    told = {"checkin": str(checkin_id), "on": on.isoformat()}
    if verdict is Verdict.REVIEW:  # a person has to look; the phone may have been put away by then
        letter = Letter(member_id, "checkin_pending", f"pending:{checkin_id}", told)
        return [notice_rows(county_id, letter, now)]
    if verdict is Verdict.REJECTED:
        told |= {"result": "驳回", "reason": ""}
        letter = Letter(member_id, "checkin_decided", f"rejected:{checkin_id}", told)
        return [notice_rows(county_id, letter, now)]
    return []


def finding_rows(county_id: int, checkin_id: uuid.UUID, findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """A row for each finding that is not clear; the check-in itself keeps them all."""
    key = {"county_id": county_id, "checkin_id": checkin_id}
    return [
        key | {"code": finding.code, "outcome": finding.outcome.value}
        for finding in findings
        if finding.outcome is not Outcome.CLEAR
    ]


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


def _photo_rows(caller: Caller, photo: StoredPhoto, now: datetime) -> tuple[Rows, Rows]:
    """The photo, and the bands by which a later copy of it is nominated."""
    facts = photo.facts
    # Every covered lens looks like every other, and much like a plain wall: only its bytes tell it.
    flat = facts.spread < RULESET.rules.photo_min_spread
    row = {
        "county_id": caller.county_id,
        "id": photo.id,
        "member_id": caller.member_id,
        "storage_key": photo.key,
        "sha256": facts.sha256,
        "phash": facts.phash,
        "looks": "" if flat else facts.looks.stored,
        "mime": facts.mime,
        "size_bytes": facts.size_bytes,
        "width": facts.width,
        "height": facts.height,
        "exif": serialize.plain(facts.exif),
        "received_at": now,
    }
    numbers = () if flat else match.bands(facts.phash)
    key = {"county_id": caller.county_id, "month": month_key(now), "photo_id": photo.id, "phash": facts.phash}
    return Rows(Photo, [row]), Rows(PhotoBand, [key | {"band": band} for band in numbers])
