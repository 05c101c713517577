"""What the database itself refuses, and how writers wait for each other."""

import threading
import time
import uuid
from datetime import UTC, date, datetime

import pytest
from psycopg._queries import PostgresQuery, _query2pg
from psycopg.adapt import Transformer
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from server.db import Database, lock
from server.org.models import Consent, County, Posting, RoleGrant
from tests.cast import Cast

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def refused(db: Database, *made: object) -> None:
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.add_all(made)


def test_a_reference_across_counties_is_refused(db: Database, cast: Cast) -> None:
    ours, theirs = cast["chen"], cast["outsider"]
    refused(db, Consent(county_id=1, member_id=theirs.id, version="x", given_at=NOW))
    refused(
        db,
        Posting(
            county_id=2,
            member_id=theirs.id,
            squad_id=cast.squads["far-1"],
            station_id=cast.stations["east-1"],
            starts_on=date(2027, 1, 1),
        ),
    )
    assert ours.county_id != theirs.county_id


@pytest.mark.parametrize(
    ("role", "unit", "squad"),
    [
        ("member", None, None),
        ("member", "east", "east-1"),
        ("unit_supervisor", None, None),
        ("unit_supervisor", None, "east-1"),
        ("admin", "east", None),
        ("king", None, None),
    ],
)
def test_a_role_has_the_scope_that_fits_it(
    db: Database, cast: Cast, role: str, unit: str | None, squad: str | None
) -> None:
    refused(
        db,
        RoleGrant(
            county_id=1,
            member_id=cast["chen"].id,
            role=role,
            unit_id=cast.units[unit] if unit else None,
            squad_id=cast.squads[squad] if squad else None,
            valid_from=date(2026, 1, 1),
        ),
    )


def test_a_posting_does_not_end_before_it_starts(db: Database, cast: Cast) -> None:
    refused(
        db,
        Posting(
            county_id=1,
            member_id=cast["chen"].id,
            squad_id=cast.squads["east-1"],
            station_id=cast.stations["east-1"],
            starts_on=date(2027, 1, 2),
            ends_on=date(2027, 1, 1),
        ),
    )


def test_one_consent_stands_at_a_time(db: Database, cast: Cast) -> None:
    refused(db, Consent(county_id=1, member_id=cast["chen"].id, version="x", given_at=NOW))


def test_a_naive_datetime_is_a_bug_and_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="naive"), db.transaction() as session:
        session.add(County(id=9, name="x", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_times_come_back_as_they_went_in(db: Database) -> None:
    at = datetime(2026, 11, 24, 2, 0, 0, 123456, tzinfo=UTC)
    with db.transaction() as session:
        session.add(County(id=9, name="x", created_at=at))
    with db.reading() as session:
        assert session.scalar(select(County.created_at).where(County.id == 9)) == at


def test_raising_rolls_back(db: Database) -> None:
    with pytest.raises(RuntimeError), db.transaction() as session:
        session.add(County(id=9, name="x", created_at=NOW))
        session.flush()
        raise RuntimeError
    with db.reading() as session:
        assert session.scalar(select(County.id).where(County.id == 9)) is None


def test_writers_wait_for_each_other_and_none_fails(db: Database) -> None:
    with db.transaction() as session:
        session.add(County(id=9, name="0", created_at=NOW))

    def increment() -> None:
        for _ in range(10):
            with db.transaction() as session:
                lock(session, "counter")
                value = int(session.scalar(select(County.name).where(County.id == 9)) or 0)
                time.sleep(0.001)
                session.execute(text("UPDATE counties SET name = :n WHERE id = 9"), {"n": str(value + 1)})

    threads = [threading.Thread(target=increment) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert session.scalar(select(County.name).where(County.id == 9)) == "60"


def test_a_reader_does_not_wait_for_a_writer(db: Database) -> None:
    with db.transaction() as writer:
        writer.add(County(id=9, name="x", created_at=NOW))
        writer.flush()
        with db.reading() as session:
            assert session.scalar(select(County.id).where(County.id == 9)) is None


def test_a_long_walk_holds_up_no_writer(db: Database) -> None:
    with db.snapshot() as walk:
        assert walk.scalar(select(County.id).where(County.id == 9)) is None
        with db.transaction() as session:
            session.add(County(id=9, name="x", created_at=NOW))
    with db.reading() as session:
        assert session.scalar(select(County.id).where(County.id == 9)) == 9


def test_sqlite_is_durable(db: Database) -> None:
    if not db.is_sqlite:
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        return
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_ids_are_random(cast: Cast) -> None:
    assert len({p.id for p in cast.people.values()}) == len(cast.people)
    assert all(isinstance(p.id, uuid.UUID) for p in cast.people.values())


@pytest.mark.parametrize("letters", [100, 15_000])
def test_psycopg_keeps_the_translation_of_a_check_ins_statements(letters: int) -> None:
    """server.db raises two private limits of psycopg: this fails when a newer one has renamed them."""
    statement = "/*" + "x" * letters + "*/ SELECT " + ", ".join(f"%(p{n})s" for n in range(100))
    query = PostgresQuery(Transformer())
    query.convert(statement, {f"p{n}": n for n in range(100)})
    before = _query2pg.cache_info().hits
    query.convert(statement, {f"p{n}": n for n in range(100)})
    assert _query2pg.cache_info().hits == before + 1
