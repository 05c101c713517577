"""Removes files that no photo row refers to, once they are a day old: a request may still be about to refer to one.

And those of erased photos, whose rows have forgotten what they looked like: also what came back from a backup, or was
drawn as a preview while its photo was erased.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from server.db import Database
from server.photos.models import Photo
from server.photos.store import FolderStore

ORPHAN_AGE = timedelta(hours=24)


def sweep(db: Database, store: FolderStore, now: datetime) -> int:
    """Delete the unreferenced files older than 24 h, previews and dead temporary files included; returns how many."""
    removed = 0
    for key, _modified_at in store.iter_older_than(now - ORPHAN_AGE):
        county_id, photo_id = store.owner(key)
        with db.reading() as session:
            kept = session.scalar(_named(county_id, photo_id))
        if kept is None or store.is_temporary(key):
            store.delete(key)
            removed += 1
    return removed


def _named(county_id: int, photo_id: UUID) -> Select[Any]:
    return select(Photo.id).where(Photo.county_id == county_id, Photo.id == photo_id, Photo.sha256 != "")
