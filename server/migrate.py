"""Brings a database to the newest schema (or an older one), by Alembic, from whatever process asks."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from server.db import Database

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# Two processes that start together must not both create the tables; any number will do.
_MIGRATION_LOCK = 7_210_501


def upgrade(db: Database, revision: str = "head") -> None:
    """Apply every migration up to `revision`; a second process that starts at the same moment waits."""
    from alembic import command  # dear to import, and who serves only asks `is_current`

    with db.engine.begin() as connection:
        _lock(connection)
        command.upgrade(_alembic(connection), revision)


def downgrade(db: Database, revision: str = "base") -> None:
    """Take migrations back down to `revision`."""
    from alembic import command

    with db.engine.begin() as connection:
        _lock(connection)
        command.downgrade(_alembic(connection), revision)


def revise(message: str) -> None:
    """Write the migration from what the migrations make now to what the models say, for a developer to read over."""
    from alembic import command

    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/now.db")
        upgrade(db)
        with db.engine.begin() as connection:
            command.revision(_alembic(connection), message, autogenerate=True, rev_id=f"{int(newest()) + 1:04}")
        db.dispose()


def newest() -> str:
    """The revision that the files lead to, as `revise` numbers them; "0000" before the first."""
    return max((path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")), default="0000")


def is_current(connection: Connection) -> bool:
    """Whether the database stands at the newest migration this code knows: asked at every look whether a server is
    ready, so without Alembic, which would read all migrations each time."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.scalar(text("SELECT version_num FROM alembic_version")) == newest()


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


def _alembic(connection: Connection) -> "AlembicConfig":
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
