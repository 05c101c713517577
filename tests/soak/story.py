"""What people do in a simulated year: the same for the same seed, whoever watches and whatever is killed."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch

from sqlalchemy import update
from sqlalchemy.orm import Session

from server import migrate
from server.checkins.models import Attestation
from server.db import Database
from server.leaves.models import Leave
from server.org.models import Consent, Member
from server.tally import closed
from server.tally.recompute import recompute, recompute_span
from server.tally.rules import PolicyRules
from tests.cast import JOINED, Cast, assemble

# Ten hours before their end the windows of China and of Germany have one moment in common: one step a day does.
RULES = PolicyRules(
    burden_mode="daily",
    legal_basis="模拟",
    legal_basis_decided_by="县委办",
    legal_basis_decided_on=JOINED,
    reminder_before_min=600,
)
DAWN, EVENING = time(0, 30, tzinfo=UTC), time(13, 35, tzinfo=UTC)  # 08:30 and 21:35 in China
MEMBERS = ("chen", "colleague", "leader", "neighbour", "other_leader")
HEADS = ("supervisor", "other_supervisor")


def found(url: str, seed: str) -> Cast:
    """The cast in an empty database, with the same ids for the same seed; nobody has a WeChat, so nothing is sent."""
    luck = random.Random(seed)
    db = Database(url)
    migrate.upgrade(db)
    with patch("uuid.uuid4", lambda: uuid.UUID(int=luck.getrandbits(128), version=4)):
        cast = assemble(db, datetime.combine(JOINED, DAWN), RULES)
    with db.transaction() as session:
        session.execute(update(Member).values(openid=None))
    db.dispose()
    return cast


def days(months: int) -> Iterator[date]:
    """Every date of so many months from the first on."""
    on = JOINED
    while (on.year - JOINED.year) * 12 + on.month - JOINED.month < months:
        yield on
        on += timedelta(days=1)


class Story:
    """One county's year as it is lived, day by day, in the order of the days."""

    def __init__(self, cast: Cast, seed: str) -> None:
        self._cast = cast
        self._seed = seed
        self._month: tuple[int, int] = (0, 0)
        self._comes: dict[str, float] = {}

    def live(self, session: Session, on: date) -> None:
        """What everybody does on one date, before its evening."""
        luck = random.Random(f"{self._seed}:{on}")
        if self._month != (on.year, on.month):
            self._month = (on.year, on.month)
            self._comes = {name: luck.choice((0.2, 0.5, 0.65, 0.8, 1.0)) for name in MEMBERS}
        now = datetime.combine(on, DAWN)
        for name in MEMBERS:
            weekend = 0.5 if on.weekday() > 4 else 1.1
            if luck.random() < self._comes[name] * weekend:
                self._attest(session, name, on, luck.choice((2, 2, 2, 1)), now)
            if luck.random() < 0.02:
                self._leave(session, name, on, luck, now)
            if luck.random() < 0.004:
                self._consent(session, name, now)
        for name in HEADS:
            if luck.random() < 0.07:
                self._trip(session, name, on, luck.randint(1, 9), now)

    def _attest(self, session: Session, name: str, on: date, halves: int, now: datetime) -> None:
        """A colleague vouches; the day is counted."""
        person = self._cast[name]
        attester = next(p for p in self._cast.people.values() if p.county_id == person.county_id and p.id != person.id)
        session.add(
            Attestation(
                county_id=person.county_id,
                id=self._id("attestation", name, on),
                member_id=person.id,
                attester_id=attester.id,
                on_date=on,
                halves=halves,
                reason="在岗",
                created_at=now,
            )
        )
        session.flush()
        recompute(session, person.county_id, person.id, on, now)

    def _leave(self, session: Session, name: str, on: date, luck: random.Random, now: datetime) -> None:
        """Asked for, and granted at once as often as not."""
        kind, length = luck.choice(("sick", "annual", "training", "personal")), luck.randint(1, 5)
        self._away(session, name, kind, on, length, luck.choice(("approved", "pending")), now)

    def _trip(self, session: Session, name: str, on: date, length: int, now: datetime) -> None:
        self._away(session, name, "official_trip", on, length, "approved", now)

    def _away(self, session: Session, name: str, kind: str, on: date, length: int, state: str, now: datetime) -> None:
        person, last = self._cast[name], on + timedelta(days=length - 1)
        decider = next(
            p for p in self._cast.people.values() if p.county_id == person.county_id and p.name.endswith("bureau")
        )
        session.add(
            Leave(
                county_id=person.county_id,
                id=self._id("leave", name, on),
                member_id=person.id,
                kind=kind,
                starts_on=on,
                ends_on=last,
                halves=2,
                reason="有事",
                state=state,
                decided_by=decider.id if state == "approved" else None,
                decided_at=now if state == "approved" else None,
                created_at=now - timedelta(days=1),
            )
        )
        session.flush()
        if state == "approved" and not closed.is_closed(session, person.county_id, on):
            recompute_span(session, person.county_id, person.id, on, last, now)

    def _consent(self, session: Session, name: str, now: datetime) -> None:
        """Withdrawn, or given again."""
        person = self._cast[name]
        standing = session.query(Consent).filter_by(county_id=person.county_id, member_id=person.id, withdrawn_at=None)
        if (given := standing.one_or_none()) is not None:
            given.withdrawn_at = now
        else:
            given_again = session.query(Consent).filter_by(county_id=person.county_id, member_id=person.id).first()
            assert given_again is not None
            session.add(
                Consent(county_id=person.county_id, member_id=person.id, version=given_again.version, given_at=now)
            )
        session.flush()

    def _id(self, what: str, name: str, on: date) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{self._seed}:{what}:{name}:{on}")
