"""Complaints and suggestions with their answers; which workers live; notices listed by time, and the dead ones.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(1000), nullable=True),
        sa.CheckConstraint("kind IN ('complaint', 'suggestion')", name=op.f("ck_complaints_kind_known")),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_complaints_answered_whole")),
        sa.CheckConstraint("answered_by <> member_id", name=op.f("ck_complaints_not_by_oneself")),
        sa.ForeignKeyConstraint(
            ["county_id", "member_id"],
            ["members.county_id", "members.id"],
            name=op.f("fk_complaints_county_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "answered_by"],
            ["members.county_id", "members.id"],
            name=op.f("fk_complaints_county_id_answered_by"),
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_complaints")),
    )
    op.create_index(
        op.f("ix_complaints_county_id_member_id_created_at"), "complaints", ["county_id", "member_id", "created_at"]
    )
    op.create_index(op.f("ix_complaints_county_id_created_at_id"), "complaints", ["county_id", "created_at", "id"])
    unanswered = sa.text("answered_at IS NULL")
    op.create_index(
        "ix_complaints_open",
        "complaints",
        ["county_id", "due_on"],
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    op.create_table(
        "worker_beats",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_beats")),
    )

    op.create_index(op.f("ix_notices_county_id_created_at_id"), "notices", ["county_id", "created_at", "id"])
    dead = sa.text("state IN ('failed', 'refused', 'uncertain')")
    op.create_index(
        "ix_notices_dead", "notices", ["county_id", "created_at", "id"], sqlite_where=dead, postgresql_where=dead
    )


def downgrade() -> None:
    op.drop_index("ix_notices_dead", "notices")
    op.drop_index(op.f("ix_notices_county_id_created_at_id"), "notices")
    op.drop_table("worker_beats")
    op.drop_table("complaints")
