"""Alembic's entry: migrates the engine it is handed (server.migrate), on SQLite in batch mode."""

from typing import Any

from alembic import context
from sqlalchemy import JSON

from server.db import UtcDateTime
from server.schema import metadata


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Our own column types are written as the plain ones they are, so that a migration never imports the server."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
