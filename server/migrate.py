"""Brings a database to the newest schema (or an older one), by Alembic, from whatever process asks."""

import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from server.db import Database

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# Two processes that start together must not both create the tables; any number will do.
_MIGRATION_LOCK = 7_210_501


def upgrade(db: Database, revision: str = "head") -> None:
    """Apply every migration up to `revision`; a second process that starts at the same moment waits."""
    with db.engine.begin() as connection:
        _lock(connection)
        command.upgrade(_alembic(connection), revision)


def downgrade(db: Database, revision: str = "base") -> None:
    """Take migrations back down to `revision`."""
    with db.engine.begin() as connection:
        _lock(connection)
        command.downgrade(_alembic(connection), revision)


def revise(message: str) -> None:
    """Write the migration from what the migrations make now to what the models say, for a developer to read over."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/now.db")
        upgrade(db)
        newest = ScriptDirectory(str(MIGRATIONS)).get_current_head() or "0000"
        with db.engine.begin() as connection:
            command.revision(_alembic(connection), message, autogenerate=True, rev_id=f"{int(newest) + 1:04}")
        db.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the database stands at the newest migration this code knows."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


def _alembic(connection: Connection) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
