"""By which rules of counting a county's stored days are counted: a release that counts otherwise brings them to it.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("counties", sa.Column("days_counted_as", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("counties", "days_counted_as")
