"""The audit is searched by action and by whoever acted; both were found by reading all of it. A county's month is added up
date by date, as its days lie.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# The body is kept as canonical JSON in a text; who acted stands in it as a UUID with its dashes, or as null.
ACTOR = {
    "postgresql": "CAST(CAST(body AS json) ->> 'actor' AS uuid)",
    "sqlite": "replace(json_extract(body, '$.actor'), '-', '')",
}


def upgrade() -> None:
    with op.batch_alter_table("audit_payloads") as table:
        table.add_column(sa.Column("actor_id", sa.Uuid(), nullable=True))
    actor = ACTOR[op.get_bind().dialect.name]
    op.execute(f"UPDATE audit_payloads SET actor_id = {actor} WHERE body IS NOT NULL")
    op.create_index("ix_audit_payloads_actor", "audit_payloads", ["county_id", "actor_id"])
    op.create_index("ix_audit_events_action", "audit_events", ["county_id", "action", "seq"])
    op.create_index("ix_site_days_date", "site_days", ["county_id", "on_date"])


def downgrade() -> None:
    op.drop_index("ix_site_days_date", "site_days")
    op.drop_index("ix_audit_events_action", "audit_events")
    op.drop_index("ix_audit_payloads_actor", "audit_payloads")
    with op.batch_alter_table("audit_payloads") as table:
        table.drop_column("actor_id")
