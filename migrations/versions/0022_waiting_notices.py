"""Of one reader's notices the older goes first: an index over those that wait.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    waiting = sa.text("state = 'pending'")
    op.create_index(
        "ix_notices_waiting",
        "notices",
        ["county_id", "member_id", "created_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade() -> None:
    op.drop_index("ix_notices_waiting", "notices")
