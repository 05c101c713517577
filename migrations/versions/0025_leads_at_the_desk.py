"""What a member did about leads is found by the member; filters of the leads' table are kept under names.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_leads_owner", "leads")
    op.create_index("ix_leads_county_id_owner_id", "leads", ["county_id", "owner_id"])
    op.create_index("ix_leads_county_id_reported_by", "leads", ["county_id", "reported_by"])
    op.create_index("ix_lead_events_county_id_by_id_at", "lead_events", ["county_id", "by_id", "at"])
    op.create_table(
        "lead_filters",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("wanted", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("county_id", "id", name="pk_lead_filters"),
        sa.ForeignKeyConstraint(
            ["county_id", "member_id"],
            ["members.county_id", "members.id"],
            name="fk_lead_filters_county_id_member_id_members",
        ),
        sa.UniqueConstraint("county_id", "member_id", "name", name="uq_lead_filters_county_id_member_id_name"),
    )


def downgrade() -> None:
    op.drop_table("lead_filters")
    op.drop_index("ix_lead_events_county_id_by_id_at", "lead_events")
    op.drop_index("ix_leads_county_id_reported_by", "leads")
    op.drop_index("ix_leads_county_id_owner_id", "leads")
    is_open = sa.text("outcome IS NULL")
    op.create_index(
        "ix_leads_owner", "leads", ["county_id", "owner_id"], sqlite_where=is_open, postgresql_where=is_open
    )
