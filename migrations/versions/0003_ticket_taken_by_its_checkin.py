"""A ticket is taken by the check-in that names it: no second copy of that fact in `tickets`."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAMED = sa.text("ticket_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "uq_checkins_ticket",
        "checkins",
        ["county_id", "ticket_id"],
        unique=True,
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    )
    with op.batch_alter_table("tickets") as batch:
        batch.drop_column("used_by")


def downgrade() -> None:
    with op.batch_alter_table("tickets") as batch:
        batch.add_column(sa.Column("used_by", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE tickets SET used_by = (SELECT c.id FROM checkins AS c"
        " WHERE c.county_id = tickets.county_id AND c.ticket_id = tickets.id)"
    )
    op.drop_index("uq_checkins_ticket", "checkins", sqlite_where=NAMED, postgresql_where=NAMED)
