"""One way to a session and a transaction, the same on SQLite and PostgreSQL."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import psycopg
import psycopg._queries
from psycopg.types.numeric import Int8BinaryDumper
from sqlalchemy import (
    JSON,
    Alias,
    CheckConstraint,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ForeignKeyConstraint,
    Index,
    MetaData,
    TextClause,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

# Stored JSON: jsonb where there is one; what is only ever read whole stays as it was written (half the cost to store).
Json = JSON().with_variant(postgresql.JSONB(), "postgresql")
JsonText = JSON()
# How long a writer on SQLite waits for the one before it. Writers queue, they do not fail.
_SQLITE_BUSY_S = 30
# psycopg keeps the translation of a statement's parameters for statements up to 4096 letters and 50 parameters, against
# ORMs that never write the same one twice (its discussion 628). A check-in's are longer, few, and always the same:
# 0.6 ms each time. There is no public setting; tests/test_database.py tells when the name goes away.
psycopg._queries.MAX_CACHED_STATEMENT_LENGTH = 16_384
psycopg._queries.MAX_CACHED_STATEMENT_PARAMS = 200
# A host that answers nothing is away; without this the operating system would wait for minutes.
_CONNECT_S = 5


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one is a bug and is refused before it reaches the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r} must not be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The declarative base of every table; constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: Json, list[Any]: Json}


def county_fk(column: str, table: str) -> ForeignKeyConstraint:
    """A reference that carries the county, so the database itself refuses one across counties.

    It also ties the row to an existing county, by way of the row referred to; a second key to `counties` itself would
    only make every writer of a county share-lock that one row.
    """
    return ForeignKeyConstraint(["county_id", column], [f"{table}.county_id", f"{table}.id"])


def one_of(column: str, values: Sequence[str]) -> CheckConstraint:
    """A check constraint: the column holds one of these words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")


def short(table: type[Base], name: str) -> Alias:
    """A table without the ORM around it (half the cost of a statement, 27 µs for 52), under a name of a letter or two.

    For the few statements that every check-in runs; everything else names the mapped attributes.
    """
    return table.__table__.alias(name)  # type: ignore[return-value]


def index_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that fulfil `where`, the same on both databases."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class Database:
    """An engine and the ways to use it: `transaction()` to write, `reading()` to read, `snapshot()` to walk."""

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self.url = url
        self.engine = _make_engine(url, pool_size)
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._read_only = self.engine.execution_options(zhudian_read_only=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises. Nobody else commits."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Statements that only read, each on its own: no BEGIN, no lock, no round trip for a COMMIT."""
        with Session(self._autocommit, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """One transaction that only reads, for long walks: it sees one state and holds up no writer."""
        with Session(self._read_only, expire_on_commit=False, autoflush=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        self.engine.dispose()


def dialect_of(session: Session) -> str:
    """`sqlite` or `postgresql`."""
    return session.get_bind().dialect.name


def upsert(dialect: str, table: type[Base]) -> postgresql.Insert:
    """An INSERT that knows ON CONFLICT; both dialects speak the same words, so one type stands for either."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table.__table__)  # type: ignore[arg-type, return-value]


def member_lock(county_id: int, member_id: object) -> str:
    """The name under which a member's check-ins are taken and days are counted, one after the other.

    Not a name for each day: which day a check-in belongs to is known only after its ticket and posting are read, and
    they are to be read under the lock.
    """
    return f"member:{county_id}:{member_id}"


def count_lock(county_id: int) -> str:
    """The name under which a whole county is counted: whoever counts one member's days shares it, whoever closes a
    month or changes the rules holds it alone, and so sees every change or none."""
    return f"count:{county_id}"


def hold_member(session: Session, county_id: int, member_id: object, *others: str) -> None:
    """Hold what writing to a member's check-ins, leave and days takes: one statement, always the same order."""
    lock(session, member_lock(county_id, member_id), *others, shared=count_lock(county_id))


def lock(session: Session, *names: str, shared: str | None = None) -> None:
    """Hold the named locks until the transaction ends, first the one that may be `shared` with others of its kind.
    Sorted, so that two callers cannot wait for each other.

    On SQLite a write transaction already excludes every other, so there is nothing to do; nor for a session that says
    `info["alone"]`: one that fills an empty database would hold more locks than PostgreSQL has room for.
    """
    held = session.info.setdefault("locks", set())
    wanted = {*names, *({f"{shared} shared"} if shared else ())}
    if session.info.get("alone") or dialect_of(session) != "postgresql" or held.issuperset(wanted):
        return
    keys = ([_key(shared)] if shared else []) + sorted({_key(name) for name in names})
    held.update(wanted)
    values = {f"k{number}": key for number, key in enumerate(keys)}
    session.connection().execute(_lock_all(len(keys), shared is not None), values)


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


@cache
def _lock_all(count: int, first_shared: bool) -> TextClause:
    kinds = [
        "pg_advisory_xact_lock_shared" if first_shared and number == 0 else "pg_advisory_xact_lock"
        for number in range(count)
    ]
    return text("SELECT " + ", ".join(f"{kind}(:k{number})" for number, kind in enumerate(kinds)))


def to_json(value: Any) -> str:
    """Chinese as Chinese: an operator can read it, and it is a fifth shorter."""
    return orjson.dumps(value).decode()


def _make_engine(url: str, pool_size: int) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=20,
            pool_use_lifo=True,  # the connection used last has its statements prepared and planned
            json_serializer=to_json,
            json_deserializer=orjson.loads,
            hide_parameters=True,  # positions and people's words must not reach a log by way of an error's text
            connect_args={"connect_timeout": _CONNECT_S},
        )
        event.listen(engine, "connect", _one_kind_of_int)
        return engine
    path = url.removeprefix("sqlite:///")
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=20,
        json_serializer=to_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        connect_args={"timeout": _SQLITE_BUSY_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _one_kind_of_int(connection: psycopg.Connection[Any], _record: object) -> None:
    """psycopg sends a number as the smallest kind that holds it, and prepares a statement anew for each mixture of
    kinds: a check-in's question was planned in four ways, its insert in two, on every connection."""
    connection.adapters.register_dumper(int, Int8BinaryDumper)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see below
    for pragma in (
        *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_SQLITE_BUSY_S * 1000}"),
        "secure_delete=ON",  # what is erased is no longer in the file
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a deferred reader that later writes would fail instead of waiting.
    # `reading()` runs in autocommit, which SQLAlchemy begins without a transaction, so it stays lock-free.
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN" if options.get("zhudian_read_only") else "BEGIN IMMEDIATE")
