"""The second look at photos that a hash nominated: pixels decide, seconds after the check-in, and the day follows.

Where a few were nominated the check-in looked itself (checkins/twins.py); where more were it waits (`comparing`), and
says so. A hash alone accuses nobody.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins import serialize
from server.checkins.models import CheckIn, CheckInFinding
from server.checkins.submit import finding_rows, notices
from server.checkins.twins import seen_as
from server.db import Database, hold_member
from server.evidence.decide import decide, judge
from server.evidence.types import Evidence, PhotoTwin, Verdict
from server.photos.models import Photo
from server.photos.pairs import Pairs
from server.photos.same import Sameness
from server.photos.store import FolderStore
from server.tally import closed, policy
from server.tally.addenda import Cause
from server.tally.recompute import recompute
from server.together import insert_together

log = structlog.get_logger()

AT_ONCE = 20  # check-ins a run; the next run takes the next ones


@dataclass(frozen=True, slots=True)
class _Waiting:
    county_id: int
    checkin_id: uuid.UUID
    member_id: uuid.UUID
    photo_id: uuid.UUID
    evidence: Evidence


def look_again(db: Database, store: FolderStore, now: datetime) -> int:
    """Compare the photos of the check-ins that wait, oldest first, and conclude on each; returns how many.

    Any number of workers may do this: whoever comes second finds the check-in concluded and changes nothing.
    """
    with db.reading() as session:
        rows = session.execute(
            select(CheckIn.county_id, CheckIn.id, CheckIn.member_id, CheckIn.photo_id, CheckIn.evidence)
            .where(CheckIn.comparing)
            .order_by(CheckIn.received_at)
            .limit(AT_ONCE)
        ).all()
    waiting = [_Waiting(r.county_id, r.id, r.member_id, r.photo_id, serialize.from_json(r.evidence)) for r in rows]
    for one in waiting:
        try:
            seen = _compared(db, store, one)
        except OSError:  # a folder that cannot be read must not hold up everybody behind: then a person looks
            log.exception("second_look_failed", checkin=str(one.checkin_id))
            seen = {}
        with db.transaction() as session:
            _conclude(session, one, seen, now)
    return len(waiting)


def _compared(db: Database, store: FolderStore, one: _Waiting) -> dict[str, Sameness]:
    """By photo id what the pixels say of each twin; one that cannot be read any more is left out: nobody can tell."""
    twins = [uuid.UUID(twin.photo_id) for twin in one.evidence.twins if _is_open(twin)]
    with db.reading() as session:
        keys = session.execute(
            select(Photo.id, Photo.storage_key).where(
                Photo.county_id == one.county_id, Photo.id.in_([one.photo_id, *twins])
            )
        ).all()
    stored = {row.id: row.storage_key for row in keys}
    if one.photo_id not in stored:
        return {}
    pairs = Pairs(store, stored[one.photo_id])
    seen = {twin: pairs.with_(stored[twin]) for twin in twins if twin in stored}
    return {str(twin): what for twin, what in seen.items() if what is not None}


def _is_open(twin: PhotoTwin) -> bool:
    return not twin.exact and twin.same is None


def _conclude(session: Session, one: _Waiting, seen: Mapping[str, Sameness], now: datetime) -> None:
    """Judge anew with what was seen, store it, count the day, and tell the member what is left to tell."""
    county_id, checkin_id, member_id = one.county_id, one.checkin_id, one.member_id
    hold_member(session, county_id, member_id)  # before any row, as everybody who writes to a check-in
    waiting = (CheckIn.county_id == county_id, CheckIn.id == checkin_id, CheckIn.comparing)
    checkin = session.scalar(select(CheckIn).where(*waiting))
    if checkin is None:
        return
    before = serialize.from_json(checkin.evidence)
    twins = tuple(seen_as(twin, seen.get(twin.photo_id)) for twin in before.twins)
    evidence = replace(before, twins=twins, comparing=False)
    rules = policy.in_force(session, county_id, checkin.on_date)
    findings = judge(evidence, rules.ruleset.rules)
    decision = decide(findings, rules.ruleset, rules.rules.machine_may_reject)
    checkin.evidence, checkin.findings = serialize.to_json(evidence), serialize.findings_to_json(findings)
    # After an outage the month may be closed by now: the day was published as waiting, and a person decides on it.
    late = closed.is_closed(session, county_id, checkin.on_date)
    verdict = Verdict.REVIEW if late and not checkin.addendum else decision.verdict
    checkin.verdict, checkin.reason, checkin.weight = verdict.value, decision.reason, decision.weight
    checkin.ruleset, checkin.comparing = decision.ruleset, False
    checkin.sampled &= verdict is not Verdict.REJECTED  # may be appealed against, so it is shown
    session.execute(
        delete(CheckInFinding).where(CheckInFinding.county_id == county_id, CheckInFinding.checkin_id == checkin_id)
    )
    if rows := finding_rows(county_id, checkin_id, findings):
        session.execute(insert(CheckInFinding), rows)
    record(session, county_id, None, "checkin.compared", checkin_id, {"verdict": checkin.verdict}, now)
    if checkin.decision is None:
        insert_together(session, *notices(county_id, member_id, checkin_id, checkin.on_date, verdict, now))
    session.flush()
    if checkin.addendum or not late:
        recompute(session, county_id, member_id, checkin.on_date, now, Cause("checkin", checkin_id, None))
