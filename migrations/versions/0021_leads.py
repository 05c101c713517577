"""Companies and how they are found, leads with their claims, history, updates and what is asked about them.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_nodes",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("industry", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("side IN ('upstream', 'core', 'downstream')", name=op.f("ck_chain_nodes_side_known")),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_chain_nodes_county_id")),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_chain_nodes")),
        sa.UniqueConstraint("county_id", "industry", "name", name=op.f("uq_chain_nodes_county_id_industry_name")),
    )
    op.create_table(
        "companies",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("core", sa.String(length=100), nullable=False),
        sa.Column("sound", sa.String(length=700), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("industry", sa.String(length=40), nullable=True),
        sa.Column("node_id", sa.Uuid(), nullable=True),
        sa.Column("is_target", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=True),
        sa.Column("size", sa.String(length=10), nullable=True),
        sa.Column("home_city", sa.String(length=40), nullable=True),
        sa.Column("phone_sealed", sa.String(length=400), nullable=True),
        sa.Column("phone_digest", sa.String(length=64), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size IN ('large', 'medium', 'small', 'micro')", name=op.f("ck_companies_size_known")),
        sa.ForeignKeyConstraint(
            ["county_id", "added_by"], ["members.county_id", "members.id"], name=op.f("fk_companies_county_id_added_by")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "node_id"],
            ["chain_nodes.county_id", "chain_nodes.id"],
            name=op.f("fk_companies_county_id_node_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_companies")),
    )
    op.create_index(op.f("ix_companies_county_id_core"), "companies", ["county_id", "core"], unique=False)
    op.create_index(op.f("ix_companies_county_id_sound"), "companies", ["county_id", "sound"], unique=False)
    op.create_index(
        "ix_companies_node",
        "companies",
        ["county_id", "node_id", "name"],
        unique=False,
        sqlite_where=sa.text("node_id IS NOT NULL"),
        postgresql_where=sa.text("node_id IS NOT NULL"),
    )
    op.create_index(
        "ix_companies_phone",
        "companies",
        ["county_id", "phone_digest"],
        unique=False,
        sqlite_where=sa.text("phone_digest IS NOT NULL"),
        postgresql_where=sa.text("phone_digest IS NOT NULL"),
    )
    op.create_index(
        "uq_companies_uscc",
        "companies",
        ["county_id", "uscc"],
        unique=True,
        sqlite_where=sa.text("uscc IS NOT NULL"),
        postgresql_where=sa.text("uscc IS NOT NULL"),
    )

    op.create_table(
        "company_pieces",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("piece", sa.String(length=20), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "company_id"],
            ["companies.county_id", "companies.id"],
            name=op.f("fk_company_pieces_county_id_company_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "piece", "company_id", name=op.f("pk_company_pieces")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_company_pieces_county_id_company_id"), "company_pieces", ["county_id", "company_id"], unique=False
    )

    op.create_table(
        "leads",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("squad_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("intent", sa.String(length=500), nullable=False),
        sa.Column("investment_wan", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("land_mu", sa.Float(), nullable=True),
        sa.Column("energy_tce", sa.Float(), nullable=True),
        sa.Column("environment", sa.String(length=300), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action", sa.String(length=200), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(outcome IS NOT NULL AND outcome = 'signed') = (stage = 'signed')", name=op.f("ck_leads_signed_ends")
        ),
        sa.CheckConstraint(
            "channel IN ('exhibition', 'chamber', 'referral', 'cold_call', 'inquiry', 'directory', 'other')",
            name=op.f("ck_leads_channel_known"),
        ),
        sa.CheckConstraint("currency IN ('CNY', 'USD', 'EUR', 'HKD', 'JPY')", name=op.f("ck_leads_currency_known")),
        sa.CheckConstraint("outcome IN ('signed', 'dead_end')", name=op.f("ck_leads_outcome_known")),
        sa.CheckConstraint(
            "stage IN ('lead', 'contacted', 'visited', 'talks', 'signing', 'signed')", name=op.f("ck_leads_stage_known")
        ),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_leads_ended_whole")),
        sa.CheckConstraint("(squad_id IS NULL) = (claimed_at IS NULL)", name=op.f("ck_leads_claimed_whole")),
        sa.CheckConstraint("(squad_id IS NULL) = (owner_id IS NULL)", name=op.f("ck_leads_held_whole")),
        sa.CheckConstraint("investment_wan >= 0", name=op.f("ck_leads_investment")),
        sa.ForeignKeyConstraint(
            ["county_id", "company_id"],
            ["companies.county_id", "companies.id"],
            name=op.f("fk_leads_county_id_company_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "owner_id"], ["members.county_id", "members.id"], name=op.f("fk_leads_county_id_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "reported_by"],
            ["members.county_id", "members.id"],
            name=op.f("fk_leads_county_id_reported_by"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "squad_id"], ["squads.county_id", "squads.id"], name=op.f("fk_leads_county_id_squad_id")
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_leads")),
    )
    op.create_index(op.f("ix_leads_county_id_company_id"), "leads", ["county_id", "company_id"], unique=False)
    op.create_index(op.f("ix_leads_county_id_moved_at_id"), "leads", ["county_id", "moved_at", "id"], unique=False)
    op.create_index(
        op.f("ix_leads_county_id_squad_id_moved_at"), "leads", ["county_id", "squad_id", "moved_at"], unique=False
    )
    op.create_index(
        "ix_leads_owner",
        "leads",
        ["county_id", "owner_id"],
        unique=False,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(
        "uq_leads_open",
        "leads",
        ["county_id", "company_id"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )

    op.create_table(
        "lead_events",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "what IN ('claimed', 'taken', 'expired', 'handed_over', 'joined', 'contested', 'stage', 'changed', 'close_asked', 'close_refused', 'closed', 'reopened')",
            name=op.f("ck_lead_events_what_known"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "by_id"], ["members.county_id", "members.id"], name=op.f("fk_lead_events_county_id_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "lead_id"], ["leads.county_id", "leads.id"], name=op.f("fk_lead_events_county_id_lead_id")
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_lead_events")),
    )
    op.create_index(
        op.f("ix_lead_events_county_id_lead_id_at"), "lead_events", ["county_id", "lead_id", "at"], unique=False
    )

    op.create_table(
        "lead_requests",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("squad_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("evidence", sa.String(length=500), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.CheckConstraint("(kind = 'close') = (code IS NOT NULL)", name=op.f("ck_lead_requests_code_of_closing")),
        sa.CheckConstraint(
            "code IN ('invested_elsewhere', 'plan_cancelled', 'does_not_fit', 'no_land_or_energy', 'no_reply', 'closed_down', 'other')",
            name=op.f("ck_lead_requests_code_known"),
        ),
        sa.CheckConstraint("kind IN ('join', 'contest', 'close')", name=op.f("ck_lead_requests_kind_known")),
        sa.CheckConstraint(
            "state IN ('open', 'granted', 'refused', 'void')", name=op.f("ck_lead_requests_state_known")
        ),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_lead_requests_not_by_oneself")),
        sa.ForeignKeyConstraint(
            ["county_id", "asked_by"],
            ["members.county_id", "members.id"],
            name=op.f("fk_lead_requests_county_id_asked_by"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "decided_by"],
            ["members.county_id", "members.id"],
            name=op.f("fk_lead_requests_county_id_decided_by"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "lead_id"], ["leads.county_id", "leads.id"], name=op.f("fk_lead_requests_county_id_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "squad_id"],
            ["squads.county_id", "squads.id"],
            name=op.f("fk_lead_requests_county_id_squad_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_lead_requests")),
    )
    op.create_index(
        op.f("ix_lead_requests_county_id_state_asked_at_id"),
        "lead_requests",
        ["county_id", "state", "asked_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_lead_requests_open",
        "lead_requests",
        ["county_id", "lead_id", "kind", "squad_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    op.create_table(
        "lead_squads",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("squad_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "lead_id"], ["leads.county_id", "leads.id"], name=op.f("fk_lead_squads_county_id_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "squad_id"], ["squads.county_id", "squads.id"], name=op.f("fk_lead_squads_county_id_squad_id")
        ),
        sa.PrimaryKeyConstraint("county_id", "lead_id", "squad_id", name=op.f("pk_lead_squads")),
    )
    op.create_table(
        "lead_updates",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lng", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("checkin_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(lat IS NULL) = (lng IS NULL)", name=op.f("ck_lead_updates_placed_whole")),
        sa.ForeignKeyConstraint(
            ["county_id", "checkin_id"],
            ["checkins.county_id", "checkins.id"],
            name=op.f("fk_lead_updates_county_id_checkin_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "lead_id"], ["leads.county_id", "leads.id"], name=op.f("fk_lead_updates_county_id_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "member_id"],
            ["members.county_id", "members.id"],
            name=op.f("fk_lead_updates_county_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_lead_updates")),
    )
    op.create_index(
        op.f("ix_lead_updates_county_id_lead_id_happened_at"),
        "lead_updates",
        ["county_id", "lead_id", "happened_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lead_updates_county_id_member_id_happened_at"),
        "lead_updates",
        ["county_id", "member_id", "happened_at"],
        unique=False,
    )


def downgrade() -> None:
    for table in (
        *("lead_updates", "lead_squads", "lead_requests", "lead_events"),
        *("leads", "company_pieces", "companies", "chain_nodes"),
    ):
        op.drop_table(table)
