"""What a repeated submission does to a stored check-in while somebody else works on it too."""

import time
import uuid
from collections.abc import Callable
from threading import Thread

from sqlalchemy import insert, select, text

from server.checkins.models import CheckIn, CheckInFinding
from server.db import Database, dialect_of, lock, member_lock
from tests.processes import until


def while_a_submission_repeats(db: Database, checkin_id: str, act: Callable[[], None]) -> None:
    """Begin `act` while a submission holds the member; then, as a repeat does, the submission adds a finding.

    Whoever holds the check-in's row by then, and waits for the member, can never be let go.
    """
    other = Thread(target=act)
    with db.transaction() as session:
        checkin = session.scalars(select(CheckIn).where(CheckIn.id == uuid.UUID(checkin_id))).one()
        lock(session, member_lock(checkin.county_id, checkin.member_id))
        other.start()
        if dialect_of(session) == "postgresql":
            waiting = text(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database "
                "WHERE datname = current_database())"
            )
            until(lambda: session.execute(waiting).first(), "the other waits for the submission")
        else:
            time.sleep(0.2)  # SQLite has one writer and no list of those who wait
        finding = {"code": "PHOTO_REUSE", "outcome": "unknown"}
        session.execute(insert(CheckInFinding), [{"county_id": checkin.county_id, "checkin_id": checkin.id, **finding}])
    other.join(20)
    assert not other.is_alive()
