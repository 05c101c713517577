"""County leaders asked along, and what paper of environmental review a lead needs.

Revision ID: 0023
Revises: 0022
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_BEFORE = (
    *("claimed", "taken", "expired", "handed_over", "joined", "contested"),
    *("stage", "changed", "close_asked", "close_refused", "closed", "reopened"),
)
_AFTER = (*_BEFORE, "escort_asked", "escort_accepted", "escort_declined", "escort_called_off", "escort_done")


def upgrade() -> None:
    # In place: SQLite would drop and write the table anew, which what refers to it forbids.
    op.execute(
        "ALTER TABLE leads ADD COLUMN eia VARCHAR(12)"
        " CONSTRAINT ck_leads_eia_known CHECK (eia IN ('registration', 'form', 'report'))"
    )
    _replace_known(_AFTER)
    op.create_table(
        "escorts",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("squad_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("slots", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("off_by", sa.Uuid(), nullable=True),
        sa.Column("off_reason", sa.String(length=500), nullable=False),
        sa.Column("outcome", sa.String(length=1000), nullable=False),
        sa.Column("outcome_by", sa.Uuid(), nullable=True),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'called_off', 'done')", name=op.f("ck_escorts_state_known")
        ),
        sa.CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name=op.f("ck_escorts_chosen_whole")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_escorts_chosen_forward")),
        sa.CheckConstraint("(outcome_at IS NOT NULL) = (state = 'done')", name=op.f("ck_escorts_outcome_known")),
        sa.ForeignKeyConstraint(
            ["county_id", "lead_id"], ["leads.county_id", "leads.id"], name=op.f("fk_escorts_county_id_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "squad_id"], ["squads.county_id", "squads.id"], name=op.f("fk_escorts_county_id_squad_id")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["county_id", who], ["members.county_id", "members.id"], name=op.f(f"fk_escorts_county_id_{who}")
            )
            for who in ("asked_by", "leader_id", "answered_by", "off_by", "outcome_by")
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_escorts")),
    )
    at_once = sa.text("state IN ('open', 'accepted')")
    op.create_index(
        "uq_escorts_open",
        "escorts",
        ["county_id", "lead_id", "leader_id"],
        unique=True,
        sqlite_where=at_once,
        postgresql_where=at_once,
    )
    op.create_index(
        op.f("ix_escorts_county_id_leader_id_starts_at"), "escorts", ["county_id", "leader_id", "starts_at"]
    )
    op.create_index(op.f("ix_escorts_county_id_lead_id_asked_at"), "escorts", ["county_id", "lead_id", "asked_at"])
    op.create_index(op.f("ix_escorts_county_id_state_asked_at_id"), "escorts", ["county_id", "state", "asked_at", "id"])


def downgrade() -> None:
    op.drop_table("escorts")
    op.execute("DELETE FROM lead_events WHERE what LIKE 'escort%'")
    _replace_known(_BEFORE)
    op.drop_column("leads", "eia")


def _replace_known(what: Sequence[str]) -> None:
    with op.batch_alter_table("lead_events") as events:
        name = op.f("ck_lead_events_what_known")
        events.drop_constraint(name, type_="check")
        events.create_check_constraint(name, f"what IN ({', '.join(map(repr, what))})")
