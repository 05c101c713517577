"""Which check-ins a person judges without being shown the machine's verdict."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SAMPLED = sa.text("sampled")


def upgrade() -> None:
    op.add_column("checkins", sa.Column("sampled", sa.Boolean(), nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name == "postgresql":  # SQLite would copy the table, whose rows others refer to
        op.alter_column("checkins", "sampled", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    op.create_index(
        "ix_checkins_sampled",
        "checkins",
        ["county_id", "received_at"],
        sqlite_where=SAMPLED,
        postgresql_where=SAMPLED,
    )


def downgrade() -> None:
    op.drop_index("ix_checkins_sampled", "checkins", sqlite_where=SAMPLED, postgresql_where=SAMPLED)
    op.drop_column("checkins", "sampled")
