"""A spot check that another one stands for, and why one is void.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spot_checks", sa.Column("joined_id", sa.Uuid(), nullable=True))
    op.add_column("spot_checks", sa.Column("why", sa.String(length=12), nullable=True))


def downgrade() -> None:
    op.drop_column("spot_checks", "why")
    op.drop_column("spot_checks", "joined_id")
