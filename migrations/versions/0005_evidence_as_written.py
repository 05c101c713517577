"""Evidence and findings are only ever read whole: json as it was written, not jsonb (half the cost to store)."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _retype("json")


def downgrade() -> None:
    _retype("jsonb")


def _retype(kind: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite has one JSON
        for column in ("evidence", "findings"):
            op.execute(f"ALTER TABLE checkins ALTER COLUMN {column} TYPE {kind} USING {column}::{kind}")
