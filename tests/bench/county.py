"""A county for the benchmark: posted members who are signed in, tickets at hand, a million photo hashes stored."""

import string
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.checkins.models import Ticket
from server.db import Database
from server.org import consent, models
from server.org.models import Consent, Posting, SignIn
from server.org.signin import digest
from server.tally.rules import PolicyRules, WindowRule
from tests.cast import JOINED, assemble

# 13 months of photos, each of another member; 80 % of the hashes random, 20 % in clusters of like scenes.
_PHOTOS = """
INSERT INTO photos
  (county_id, id, member_id, storage_key, sha256, phash, looks, mime, size_bytes, width, height, exif, received_at)
SELECT :county, gen_random_uuid(), (CAST(:members AS uuid[]))[1 + n % cardinality(CAST(:members AS uuid[]))],
       'bench/' || :county || '/' || n, md5(n::text) || md5((n + 1)::text),
       CASE WHEN n % 5 = 0
            THEN hashint8extended(n % 2000, 7)
                 # (1::bigint << (random() * 62)::int) # (1::bigint << (random() * 62)::int)
            ELSE hashint8extended(n, 42) END,
       substr(translate(encode(sha512(n::text::bytea) || sha512((-n)::text::bytea) || sha512(('a' || n)::bytea)
                             || sha512(('b' || n)::bytea) || sha512(('c' || n)::bytea)
                             || sha512(('d' || n)::bytea), 'base64'), :base64 || E'=\n', :characters), 1, 504),
       'image/jpeg', 250000, 960, 1280, '{}', :now - (n % 390) * interval '1 day'
FROM generate_series(1, :count) AS n
"""
_ALPHABETS = {
    "base64": string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/",
    "characters": "".join(map(chr, range(0x40, 0x80))),  # as photos/looks.py writes six bits
}
_BANDS = """
INSERT INTO photo_bands (county_id, month, band, photo_id, phash)
SELECT :county, (extract(year FROM received_at) * 100 + extract(month FROM received_at))::int,
       band * 65536 + ((phash >> (16 * band)) & 65535)::int, id, phash
FROM photos, generate_series(0, 3) AS band
WHERE county_id = :county AND storage_key LIKE 'bench/%'
ON CONFLICT DO NOTHING
"""


SQUAD_SIZE = 8


@dataclass(frozen=True)
class Member:
    """One posted member who is signed in."""

    member_id: uuid.UUID
    token: str


def populate(db: Database, now: datetime, members: int, hashes: int) -> list[Member]:
    """Fill an empty, migrated PostgreSQL."""
    # Whole-day windows: at night the same run would measure check-ins that wait for a person, which cost a notice more.
    all_day = (WindowRule(start="00:00", end="24:00"),)
    cast = assemble(db, now, PolicyRules(burden_mode="daily", legal_basis="测试", windows=all_day))
    made = [Member(uuid.uuid4(), f"member-{number}") for number in range(members)]
    with db.transaction() as session:
        squad = cast.squads["east-1"]
        for number, member in enumerate(made):
            if number % SQUAD_SIZE == 0:
                squad = _squad(session, cast.units["east"], f"squad {number}")
            _member(session, member, cast.units["east"], squad, cast.stations["east-1"], now)
        session.execute(text("CREATE TABLE floor (id uuid PRIMARY KEY, name text)"))
    load_photos(db, 1, [member.member_id for member in made], hashes, now)
    return made


def load_photos(db: Database, county_id: int, members: list[uuid.UUID], count: int, now: datetime) -> None:
    """`count` photos of this county, each member's in turn, with bands and looks."""
    values = {"county": county_id, "members": members, "now": now, "count": count} | _ALPHABETS
    with db.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # a bulk load needs no key checks
        session.execute(text(_PHOTOS), values)
        session.execute(text(_BANDS), values)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))  # else it is written out while others are measured


def _squad(session: Session, unit: uuid.UUID, name: str) -> uuid.UUID:
    squad = models.Squad(county_id=1, id=uuid.uuid4(), unit_id=unit, name=name)
    session.add(squad)
    session.flush()
    return squad.id


def ticket(db: Database, member: Member, now: datetime) -> str:
    """A ticket of this member, issued now."""
    ticket_id = uuid.uuid4()
    with db.transaction() as session:
        session.add(
            Ticket(
                county_id=1,
                id=ticket_id,
                member_id=member.member_id,
                issued_at=now,
                expires_at=now + timedelta(hours=24),
            )
        )
    return str(ticket_id)


def _member(
    session: Session, member: Member, unit: uuid.UUID, squad: uuid.UUID, station: uuid.UUID, now: datetime
) -> None:
    session.add(models.Member(county_id=1, id=member.member_id, unit_id=unit, name=member.token, created_at=now))
    session.flush()
    session.add_all(
        [
            SignIn(
                county_id=1,
                member_id=member.member_id,
                token_sha256=digest(member.token),
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(days=30),
            ),
            Consent(county_id=1, member_id=member.member_id, version=consent.CURRENT_VERSION, given_at=now),
            Posting(county_id=1, member_id=member.member_id, squad_id=squad, station_id=station, starts_on=JOINED),
        ]
    )
