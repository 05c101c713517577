"""Pictures of a 跟进: sent one by one before the update that names them, so that it is there with all or not yet.

They prove nothing and are compared with nothing: stored without metadata, and neither hash nor looks are kept of them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import lock
from server.errors import conflict
from server.leads.models import Lead, LeadPhoto, LeadUpdate
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.photos.models import Photo

# The update comes seconds after its pictures; the phone sends again what is missing by then.
LOOSE_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Picture:
    """One whose bytes are on disk under `key`, without metadata; `sha256`: of the bytes as they came."""

    photo_id: uuid.UUID
    key: str
    sha256: str
    size_bytes: int
    width: int
    height: int


def add(session: Session, caller: Caller, lead: Lead, picture_id: uuid.UUID, picture: Picture, now: datetime) -> bool:
    """Store a picture for an update of the caller's about this lead; False when it is there already."""
    lock(session, f"lead-photo:{caller.county_id}:{picture_id}")
    known = session.execute(_stored(caller, LeadPhoto.id == picture_id)).one_or_none()
    if known is not None:
        if (known.Photo.member_id, known.LeadPhoto.lead_id) == (caller.member_id, lead.id) and (
            known.Photo.sha256 in (picture.sha256, "")  # erased meanwhile: it was there
        ):
            return False
        raise conflict("photo_differs", "这个编号已经用过，照片不同，没有保存。")
    photo = Photo(
        county_id=caller.county_id,
        id=picture.photo_id,
        member_id=caller.member_id,
        storage_key=picture.key,
        sha256=picture.sha256,
        phash=0,
        looks="",
        mime="image/jpeg",
        size_bytes=picture.size_bytes,
        width=picture.width,
        height=picture.height,
        exif={},
        received_at=now,
    )
    session.add(photo)
    session.flush()
    session.add(LeadPhoto(county_id=caller.county_id, id=picture_id, lead_id=lead.id, photo_id=picture.photo_id))
    session.flush()
    facts = {"photo": str(picture.photo_id)}
    record(session, caller.county_id, caller.member_id, "lead.photo_added", lead.id, facts, now)
    return True


def loose(session: Session, caller: Caller, lead: Lead, ids: Sequence[uuid.UUID]) -> list[LeadPhoto]:
    """The caller's own of these, in their order, that no update has named yet. Raises 409 `photos_missing`."""
    if not ids:
        return []
    free = _stored(
        caller,
        LeadPhoto.id.in_(ids)
        & (LeadPhoto.lead_id == lead.id)
        & LeadPhoto.update_id.is_(None)
        & (Photo.member_id == caller.member_id),
    )
    found = {row.LeadPhoto.id: row.LeadPhoto for row in session.execute(free)}
    if missing := [str(one) for one in ids if one not in found]:
        raise conflict("photos_missing", "有照片还没有收到，这条跟进没有保存，请重新提交。", photos=missing)
    return [found[one] for one in ids]


def name(taken: Sequence[LeadPhoto], by: LeadUpdate) -> None:
    """They are this update's from now on."""
    for place, one in enumerate(taken, start=1):
        one.update_id, one.place = by.id, place


def of_updates(session: Session, caller: Caller, updates: Sequence[LeadUpdate]) -> dict[uuid.UUID, list[Photo]]:
    """The photos of updates that the caller sees, in their order; erased ones (`sha256` empty) among them."""
    by_update: dict[uuid.UUID, list[Photo]] = {one.id: [] for one in updates}
    theirs = _stored(caller, LeadPhoto.update_id.in_(by_update)).order_by(LeadPhoto.update_id, LeadPhoto.place)
    for row in session.execute(theirs):
        by_update[row.LeadPhoto.update_id].append(row.Photo)
    return by_update


def _stored(caller: Caller, which: ColumnElement[bool]) -> Select[Any]:
    photo = (Photo.county_id == LeadPhoto.county_id) & (Photo.id == LeadPhoto.photo_id)
    return in_county(caller, LeadPhoto, Photo).join(Photo, photo).where(which)
