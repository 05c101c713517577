"""The databases of the tests: put back between two of them instead of made anew, with engines that move along."""

import time
import uuid
from typing import Any

import psycopg
from sqlalchemy import Dialect, QueuePool, event, make_url

from server import schema
from server.db import Database


class Restored:
    """A PostgreSQL database in which each test finds what the template holds: what the test before did is undone. To
    copy and drop one instead takes 25 ms, and then every connection has its tables to learn."""

    def __init__(self, server: str, template: str) -> None:
        self._server, self._template = server, template
        self._copy()

    def _copy(self) -> None:
        name = f"t_{uuid.uuid4().hex}"
        administer(self._server, f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY file_copy")
        self.url = self._server.format(name=name)
        self._hand = psycopg.connect(_plain(self.url), autocommit=True)
        self._version = self._hand.execute(_VERSION).fetchall()
        columns = {t.name: ", ".join(f'"{c.name}"' for c in t.columns) for t in schema.metadata.sorted_tables}
        filled = [name for name in columns if self._hand.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]
        self._hand.execute("CREATE SCHEMA kept")
        for name in filled:
            self._hand.execute(f"CREATE TABLE kept.{name} AS TABLE {name}")
        numbers = self._hand.execute("SELECT sequencename, coalesce(last_value, 0) + 1 FROM pg_sequences").fetchall()
        self._hand.execute("SET session_replication_role = replica")  # looks after no key: what was right is put back
        self._undo = ";".join(
            (
                *(f"DELETE FROM {name}" for name in columns),
                *(f"INSERT INTO {name} ({columns[name]}) SELECT {columns[name]} FROM kept.{name}" for name in filled),
                *(f"SELECT setval('{name}', {number}, false)" for name, number in numbers),
            )
        )

    def undo(self) -> None:
        """Whom the test left behind is sent away, but for the connections that the next one takes over."""
        while self._hand.execute(_STRANGERS, [MovingDatabase.NAME]).fetchone():
            time.sleep(0.001)  # until it is gone: it might yet commit
        if self._hand.execute(_VERSION).fetchall() != self._version:
            self.close()  # it was a test of migrations
            self._copy()
        else:
            self._hand.execute(self._undo)

    def close(self) -> None:
        self._hand.close()


# And who wrote it: what goes down and up again ends with the same version, perhaps not with the same tables.
_VERSION = "SELECT version_num, xmin FROM alembic_version"
_STRANGERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND NOT (state = 'idle' AND application_name = %s)"""  # nor the one that sweeps up dead rows


class MovingDatabase(Database):
    """One engine for many tests of a process, which connects to the database of whichever test is running: a statement
    is compiled once, not for each test. That was a fifth of what they took."""

    NAME = "moving"

    def __init__(self, url: str, pool_size: int) -> None:
        super().__init__(url, pool_size)
        event.listen(self.engine, "do_connect", self._connect_here)

    def _connect_here(self, dialect: Dialect, _record: object, args: list[Any], named: dict[str, Any]) -> None:
        for key in dialect.create_connect_args(self.engine.url)[1]:  # whom it was made for: perhaps a port of its own
            named.pop(key, None)
        args[:], found = dialect.create_connect_args(make_url(self.url))
        named.update(found)
        if not self.is_sqlite:
            named["application_name"] = self.NAME

    @property
    def is_held(self) -> bool:
        pool = self.engine.pool
        return isinstance(pool, QueuePool) and pool.checkedout() > 0

    def move_to(self, url: str) -> None:
        if url != self.url:
            self.dispose()
            self.url = url


class Moving:
    """Databases to lend: to a test, and to each worker that it makes, one that nobody else has."""

    def __init__(self) -> None:
        self._made: list[tuple[str, int, MovingDatabase]] = []
        self._lent: list[MovingDatabase] = []

    def lend(self, url: str, pool_size: int = 8) -> MovingDatabase:
        kind = url.partition(":")[0], pool_size
        free = (one for *of, one in self._made if tuple(of) == kind and one not in self._lent)
        if (found := next(free, None)) is None:
            found = MovingDatabase(url, pool_size)
            self._made.append((*kind, found))
        found.move_to(url)
        self._lent.append(found)
        return found

    def take_back(self) -> None:
        for one in self._lent:
            if one.is_sqlite or one.is_held:  # the file goes with the test, and so does who still holds a connection
                one.dispose()
        self._lent.clear()

    def close(self) -> None:
        for *_, one in self._made:
            one.dispose()


def administer(url: str, *statements: str) -> None:
    with psycopg.connect(_plain(url.format(name="postgres")), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _plain(url: str) -> str:
    """As psycopg itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string()
