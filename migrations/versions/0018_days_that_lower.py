"""The days that lower a target are found by their dates: a month's targets are asked for on every look at the overview.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WHERE = sa.text("lowers_target_halves > 0")


def upgrade() -> None:
    columns = ["county_id", "on_date"]
    op.create_index("ix_site_days_lowering", "site_days", columns, sqlite_where=WHERE, postgresql_where=WHERE)


def downgrade() -> None:
    op.drop_index("ix_site_days_lowering", "site_days", sqlite_where=WHERE, postgresql_where=WHERE)
