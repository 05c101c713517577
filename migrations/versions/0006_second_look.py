"""Which check-ins wait for a second look at their photos."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WAITING = sa.text("comparing")


def upgrade() -> None:
    op.add_column("checkins", sa.Column("comparing", sa.Boolean(), nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name == "postgresql":  # SQLite would copy the table, whose rows others refer to
        op.alter_column(
            "checkins", "comparing", existing_type=sa.Boolean(), existing_nullable=False, server_default=None
        )
    op.create_index(
        "ix_checkins_comparing", "checkins", ["received_at"], sqlite_where=WAITING, postgresql_where=WAITING
    )


def downgrade() -> None:
    op.drop_index("ix_checkins_comparing", "checkins", sqlite_where=WAITING, postgresql_where=WAITING)
    op.drop_column("checkins", "comparing")
