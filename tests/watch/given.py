"""What the tests of the reading services set up: days, leave, members; and how many statements something takes."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from server.db import Database
from server.leaves.models import Leave
from server.org import consent
from server.org.models import Consent, Member, Posting
from server.org.scope import Caller
from server.org.signin import caller_of
from server.tally.models import SiteDay
from tests.cast import JOINED, Cast
from tests.conftest import NOON

TODAY = date(2026, 11, 24)


def caller(db: Database, cast: Cast, who: str, now: datetime = NOON) -> Caller:
    with db.reading() as session:
        return caller_of(session, cast[who].token, now)[0]


def site_day(db: Database, cast: Cast, who: str, *halves: int, on: date = TODAY) -> None:
    """Half days confirmed, waiting, excused, rejected."""
    confirmed, pending, excused, rejected = halves
    with db.transaction() as session:
        session.add(
            SiteDay(
                county_id=cast[who].county_id, member_id=cast[who].id, on_date=on, confirmed_halves=confirmed,
                pending_halves=pending, excused_halves=excused, lowers_target_halves=0, rejected_halves=rejected,
                explanation="", sources=[], policy_version=1, computed_at=NOON,
            )
        )  # fmt: skip


def away(db: Database, cast: Cast, who: str, halves: int = 2, state: str = "approved") -> None:
    with db.transaction() as session:
        session.add(
            Leave(
                county_id=1, id=uuid.uuid4(), member_id=cast[who].id, kind="personal", reason="家事", starts_on=TODAY,
                ends_on=TODAY, halves=halves, state=state, decided_by=cast["bureau"].id, created_at=NOON,
            )
        )  # fmt: skip


class Counted:
    """How many statements go to the database meanwhile."""

    def __init__(self, db: Database) -> None:
        self.db, self.number = db, 0

    def _one(self, *_args: Any) -> None:
        self.number += 1

    def __enter__(self) -> "Counted":
        event.listen(self.db.engine, "before_cursor_execute", self._one)
        return self

    def __exit__(self, *_args: object) -> None:
        event.remove(self.db.engine, "before_cursor_execute", self._one)


def add_member(session: Session, cast: Cast, name: str, squad: str = "east-1") -> uuid.UUID:
    """One more posted member of the county."""
    member_id = uuid.uuid4()
    unit = cast.units[squad.partition("-")[0]]
    session.add(Member(county_id=1, id=member_id, unit_id=unit, name=name, created_at=NOON))
    session.flush()
    given = {"county_id": 1, "member_id": member_id}
    session.add(Consent(version=consent.CURRENT_VERSION, given_at=NOON - timedelta(days=60), **given))
    session.add(Posting(squad_id=cast.squads[squad], station_id=cast.stations[squad], starts_on=JOINED, **given))
    return member_id
