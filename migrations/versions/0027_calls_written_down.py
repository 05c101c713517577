"""When a call was written down, beside when it was made.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spot_calls", sa.Column("logged_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE spot_calls SET logged_at = called_at")
    with op.batch_alter_table("spot_calls") as table:
        table.alter_column("logged_at", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    op.drop_column("spot_calls", "logged_at")
