"""Reads database, photo folder and phones of a site into what the invariants compare."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Text, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from server.audit.models import AuditEvent
from server.audit.verify import verify
from server.checkins.models import CheckIn, Review
from server.db import Database
from server.notify import course, messages
from server.notify.desk import PATIENCE
from server.notify.models import Notice
from server.org.models import Member
from server.photos.models import Photo
from server.tally.models import SiteDay
from server.tally.recompute import recompute
from tests.processes import until
from tests.soak.invariants import Day, Observed, StoredCheckIn, StoredNotice, Words
from tests.soak.people import Promises
from tests.soak.site import Site

SETTLED_S = 40  # a worker starts within seconds, on a busy machine within twenty, and looks every two
_COUNTIES = (1, 2)


def observe(site: Site, promises: Promises, check_files: Iterable[str] | None = None) -> Observed:
    """Everything about a site once its workers had time. `check_files`: ids whose photo is hashed (all when None)."""
    db = Database(site.system.database_url)
    try:
        _let_settle(db)
        with db.reading() as session:
            checkins = _checkins(session)
            reviews = [str(key) for key in session.scalars(select(Review.id))]
        notices, delivered = _outside(db, site)
        days, recounted = _days(db)
        tampered, unlinked = _audit(db)
    finally:
        db.dispose()
    wanted = None if check_files is None else set(check_files)
    keys = [row.storage_key for row in checkins if wanted is None or row.id in wanted]
    return Observed(
        acknowledged=promises.acknowledged,
        reviewed=promises.reviewed,
        checkins=checkins,
        reviews=reviews,
        files={key: _sha256(site.system.photo_root / key) for key in keys},
        days=days,
        recounted=recounted,
        notices=notices,
        delivered=delivered,
        tampered=tampered,
        unlinked=unlinked,
    )


def _let_settle(db: Database) -> None:
    """Until every event is linked, every photo compared and nothing due waits, or long enough: then the invariants
    say what is wrong. What a worker still concludes while we read would look like a broken promise."""

    def settled() -> bool:
        with db.reading() as session:
            unlinked = session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.seq.is_(None)))
            comparing = session.scalar(select(func.count()).select_from(CheckIn).where(CheckIn.comparing))
            due = select(func.count()).select_from(Notice).where(Notice.state == "pending", _is_due())
            sending = select(func.count()).select_from(Notice).where(Notice.state == "sending", _is_held())
            return not unlinked and not comparing and not session.scalar(due) and not session.scalar(sending)

    try:
        until(settled, "settled", SETTLED_S, every=0.1)
    except AssertionError:
        return


def _is_due() -> Any:
    """And nothing stands before it: to one person goes one at a time, and what a killed worker had in hand holds the
    others up for the minute until its claim lapses. They also wait for an older one that waits to be tried again; not
    for one that may have arrived."""
    before = aliased(Notice)
    tried_again = (
        (before.state == "pending")
        & (before.created_at < Notice.created_at)
        & ~cast(before.tries, Text).contains('"uncertain"')
        & before.due_at.between(datetime.now(UTC), datetime.now(UTC) + PATIENCE)
        & (func.coalesce(before.channel, "subscribe") == func.coalesce(Notice.channel, "subscribe"))
    )
    held = exists().where(
        before.county_id == Notice.county_id,
        before.member_id == Notice.member_id,
        (before.state == "sending") | tried_again,
    )
    return (Notice.due_at <= datetime.now(UTC)) & ~held


def _is_held() -> Any:
    """Claimed a moment ago: its send may be under way. What a killed worker held stays so for a minute."""
    return Notice.claimed_until > datetime.now(UTC) + timedelta(seconds=58)


def _checkins(session: Session) -> list[StoredCheckIn]:
    statement = select(CheckIn.id, Photo.sha256, Photo.storage_key).join(
        Photo, (Photo.county_id == CheckIn.county_id) & (Photo.id == CheckIn.photo_id)
    )
    return [StoredCheckIn(str(row.id), row.sha256, row.storage_key) for row in session.execute(statement)]


def _notices(session: Session) -> list[StoredNotice]:
    long_due = datetime.now(UTC) - timedelta(seconds=5)
    statement = select(Notice, Member.openid, _is_due().label("due")).join(
        Member, (Member.county_id == Notice.county_id) & (Member.id == Notice.member_id)
    )
    found = []
    for notice, openid, due in session.execute(statement):
        kind = messages.KINDS[notice.kind]
        words = _words(str(openid), kind.template, messages.compose(notice.kind, notice.facts))
        overdue = notice.state == "pending" and due and notice.due_at < long_due
        # One that may have arrived and is sent once more in ten minutes is as unknown as one that never is.
        state = "uncertain" if notice.state == "pending" and course.in_doubt(notice) else notice.state
        found.append(StoredNotice(notice.dedupe_key, state, words, overdue))
    return found


def _outside(db: Database, site: Site) -> tuple[list[StoredNotice], Counter[Words]]:
    """The outbox and what arrived, as of one moment: what becomes due and is sent while we read would stand in one of
    them only."""
    with db.reading() as session:
        after = _notices(session)
    for _ in range(20):
        before, delivered = after, _delivered(site)
        with db.reading() as session:
            after = _notices(session)
        if before == after:
            break
    return after, delivered


def _words(openid: str, template: str, fields: dict[str, str]) -> Words:
    return openid, template, json.dumps(fields, sort_keys=True, ensure_ascii=False)


def _delivered(site: Site) -> Counter[Words]:
    return Counter(_words(m["openid"], m["template_id"], m["fields"]) for m in site.messages())  # type: ignore[arg-type]


def _days(db: Database) -> tuple[dict[Day, object], dict[Day, object]]:
    """Each day as it is stored, and as it is counted anew from the check-ins, which is then forgotten."""
    stored: dict[Day, object] = {}
    recounted: dict[Day, object] = {}
    with Session(db.engine) as session, session.begin() as nothing:
        for day in session.scalars(select(SiteDay)).all():
            key = (day.county_id, str(day.member_id), day.on_date.isoformat())
            counted = (day.confirmed_halves, day.pending_halves, day.excused_halves, day.lowers_target_halves)
            stored[key] = (*counted, day.explanation, _ids(day.sources))
        members = select(CheckIn.county_id, CheckIn.member_id, CheckIn.on_date).distinct()
        for row in session.execute(members).all():
            key = (row.county_id, str(row.member_id), row.on_date.isoformat())
            anew = recompute(session, row.county_id, row.member_id, row.on_date, datetime.now(UTC))
            counted = (anew.confirmed, anew.pending, anew.excused, anew.lowers_target)
            recounted[key] = (*counted, anew.explanation, _ids(anew.sources))
        nothing.rollback()
    return stored, recounted


def _ids(sources: Iterable[Any]) -> list[str]:
    return sorted(str(source["id"]) for source in sources)


def _audit(db: Database) -> tuple[int, int]:
    tampered = unlinked = 0
    with db.transaction() as session:  # rows are streamed, which PostgreSQL does within a transaction only
        for county_id in _COUNTIES:
            report = verify(session, county_id)
            tampered, unlinked = tampered + report.tampered, unlinked + report.unlinked
    return tampered, unlinked


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
