"""保存期限: what a check-in was judged on is deleted when its term is over; that it counted, and why, stays.

Gone are the photo with all that is derived from it, the position, the device's facts, and the facts of the findings.
Left are the date and minute, verdict, decision, reason and the findings' sentences: the counted day and the frozen
month are verified from those. An appeal that is open, or may still be made, holds everything.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins.models import Appeal, CheckIn, Review
from server.clock import Clock
from server.db import Database, hold_member
from server.errors import conflict
from server.photos.models import Photo, PhotoBand
from server.photos.store import FolderStore
from server.schedule import Step


def term_ends(today: date, months: int) -> date:
    """The first local date whose evidence is still kept: the same day `months` before, or that month's last."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=today.day - 1), following - timedelta(days=1))


def steps(
    db: Database,
    store: FolderStore,
    county_id: int,
    before: date,
    appeal_within: timedelta,
    mark: str | None,
    clock: Clock,
) -> Iterator[Step]:
    """Erase what a county stored of the local dates before `before`, from the member after `mark` on; one step a
    member. Doing it again changes nothing."""
    with db.snapshot() as session:
        members = session.scalars(
            select(CheckIn.member_id)
            .where(_is_over(county_id, before), CheckIn.member_id > uuid.UUID(mark or "0" * 32))
            .distinct()
            .order_by(CheckIn.member_id)
        ).all()
    for member_id in members:
        yield Step(str(member_id), partial(erase, store, county_id, member_id, before, appeal_within, clock))


def erase(
    store: FolderStore,
    county_id: int,
    member_id: uuid.UUID,
    before: date,
    appeal_within: timedelta,
    clock: Clock,
    session: Session,
) -> None:
    """One member's. The files go first: should this transaction fail, the next one finds their rows again."""
    hold_member(session, county_id, member_id)
    now = clock()
    over = session.scalars(
        select(CheckIn).where(
            _is_over(county_id, before), CheckIn.member_id == member_id, ~_may_be_disputed(now - appeal_within)
        )
    ).all()
    if not over:
        return
    _erase_photos(session, store, county_id, [checkin.photo_id for checkin in over])
    for checkin in over:
        checkin.lat = checkin.lng = checkin.accuracy_m = None
        checkin.device, checkin.evidence = {}, {}
        checkin.findings = [finding | {"facts": {}} for finding in checkin.findings]
        checkin.erased_at = now
    session.flush()
    facts = {"checkins": len(over), "before": before.isoformat()}
    record(session, county_id, None, "evidence.erased", member_id, facts, now)


def require_evidence(checkin: CheckIn) -> None:
    """Raise 409 `evidence_erased` when there is nothing left by which anybody could decide."""
    if checkin.erased_at is not None:
        raise conflict("evidence_erased", "这次打卡的照片和位置已过保存期限、按规定删除，结果不再改变。")


def _is_over(county_id: int, before: date) -> ColumnElement[bool]:
    return (CheckIn.county_id == county_id) & (CheckIn.on_date < before) & CheckIn.erased_at.is_(None)


def _may_be_disputed(since: datetime) -> ColumnElement[bool]:
    """Whether an appeal is open, or somebody's word of `since` then may still be appealed against."""
    of_it = (Appeal.county_id == CheckIn.county_id) & (Appeal.checkin_id == CheckIn.id)
    reviewed = (Review.county_id == CheckIn.county_id) & (Review.checkin_id == CheckIn.id)
    return or_(
        exists().where(of_it, or_(Appeal.state == "open", Appeal.decided_at > since)),
        exists().where(reviewed, Review.created_at > since),
    )


def _erase_photos(session: Session, store: FolderStore, county_id: int, photos: Sequence[uuid.UUID]) -> None:
    """Bytes and preview; hash, looks and EXIF; the bands by which a copy would be nominated."""
    of_them = (Photo.county_id == county_id) & Photo.id.in_(photos)
    for key in session.scalars(select(Photo.storage_key).where(of_them)):
        store.delete(key)
    session.execute(delete(PhotoBand).where(PhotoBand.county_id == county_id, PhotoBand.photo_id.in_(photos)))
    session.execute(update(Photo).where(of_them).values(sha256="", phash=0, looks="", exif={}))
