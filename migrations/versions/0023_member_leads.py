"""What a member did about leads is found by the member.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_leads_owner", "leads")
    op.create_index("ix_leads_county_id_owner_id", "leads", ["county_id", "owner_id"])
    op.create_index("ix_leads_county_id_reported_by", "leads", ["county_id", "reported_by"])
    op.create_index("ix_lead_events_county_id_by_id_at", "lead_events", ["county_id", "by_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_lead_events_county_id_by_id_at", "lead_events")
    op.drop_index("ix_leads_county_id_reported_by", "leads")
    op.drop_index("ix_leads_county_id_owner_id", "leads")
    is_open = sa.text("outcome IS NULL")
    op.create_index(
        "ix_leads_owner", "leads", ["county_id", "owner_id"], sqlite_where=is_open, postgresql_where=is_open
    )
