"""Whether a flag only waits for a decision stands in a column of its own, not in the last words of its sentence.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

WORDS = "待核的核定之前，这条预警不作进一步处理。"


def upgrade() -> None:
    op.add_column("flags", sa.Column("waits", sa.Boolean(), server_default=sa.false(), nullable=False))
    flags = sa.table("flags", sa.column("message"), sa.column("waits"), sa.column("closed_at"))
    shorter = sa.func.substr(flags.c.message, 1, sa.func.length(flags.c.message) - len(WORDS))
    op.execute(
        flags.update().where(flags.c.message.endswith(WORDS)).values(message=shorter, waits=flags.c.closed_at.is_(None))
    )


def downgrade() -> None:
    flags = sa.table("flags", sa.column("message"), sa.column("waits", sa.Boolean()))
    op.execute(flags.update().where(flags.c.waits).values(message=flags.c.message + WORDS))
    with op.batch_alter_table("flags") as batch:
        batch.drop_column("waits")
