"""Spot checks: draws, what came of them, calls; and which spot check a ticket is for.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("spot_check_id", sa.Uuid(), nullable=True))
    op.add_column("tickets", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "draws",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("squad_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_min", sa.Integer(), nullable=False),
        sa.Column("aimed_at", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("moment_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seed_event_id", sa.Uuid(), nullable=True),
        sa.Column("seed", sa.String(length=64), nullable=True),
        sa.Column("pool", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint("kind IN ('selfie', 'call')", name=op.f("ck_draws_kind_known")),
        sa.CheckConstraint("state IN ('announced', 'drawn')", name=op.f("ck_draws_state_known")),
        sa.CheckConstraint("count BETWEEN 1 AND 200", name=op.f("ck_draws_count_sane")),
        sa.CheckConstraint("starts_at <= ends_at", name=op.f("ck_draws_forward")),
        sa.CheckConstraint("(state = 'drawn') = (drawn_at IS NOT NULL)", name=op.f("ck_draws_drawn_whole")),
        sa.CheckConstraint("aimed_at IS NULL OR reason <> ''", name=op.f("ck_draws_aimed_says_why")),
        _key("draws", "asked_by", "members"),
        _key("draws", "unit_id", "units"),
        _key("draws", "squad_id", "squads"),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_draws")),
    )
    _index("ix_draws_announced", "draws", ["county_id", "moment_at"], "state = 'announced'")
    op.create_index(op.f("ix_draws_county_id_asked_at_id"), "draws", ["county_id", "asked_at", "id"])
    op.create_table(
        "spot_checks",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("squad_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("issues_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("challenge", sa.String(length=20), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checkin_id", sa.Uuid(), nullable=True),
        sa.Column("excuse", sa.String(length=12), nullable=True),
        sa.Column("explanation", sa.String(length=500), nullable=False),
        sa.Column("explained_by", sa.Uuid(), nullable=True),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('selfie', 'call')", name=op.f("ck_spot_checks_kind_known")),
        sa.CheckConstraint(
            "state IN ('planned', 'open', 'answered', 'late', 'unanswered', 'undelivered', 'wrong_number', 'void')",
            name=op.f("ck_spot_checks_state_known"),
        ),
        sa.CheckConstraint(
            "excuse IN ('no_signal', 'driving', 'meeting', 'phone', 'other')", name=op.f("ck_spot_checks_excuse_known")
        ),
        sa.CheckConstraint("decision IN ('excused', 'failed')", name=op.f("ck_spot_checks_decision_known")),
        sa.CheckConstraint("(kind = 'selfie') = (member_id IS NOT NULL)", name=op.f("ck_spot_checks_whose")),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_spot_checks_decided_whole")),
        _key("spot_checks", "draw_id", "draws"),
        _key("spot_checks", "member_id", "members"),
        _key("spot_checks", "squad_id", "squads"),
        _key("spot_checks", "station_id", "stations"),
        _key("spot_checks", "checkin_id", "checkins"),
        _key("spot_checks", "explained_by", "members"),
        _key("spot_checks", "decided_by", "members"),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_spot_checks")),
    )
    waits = "state IN ('planned', 'open')"
    _index(
        "uq_spot_checks_member", "spot_checks", ["county_id", "member_id"], f"member_id IS NOT NULL AND {waits}", True
    )
    _index("uq_spot_checks_squad", "spot_checks", ["county_id", "squad_id"], f"member_id IS NULL AND {waits}", True)
    _index("ix_spot_checks_waiting", "spot_checks", ["county_id", "due_at"], waits)
    _index("uq_spot_checks_checkin", "spot_checks", ["county_id", "checkin_id"], "checkin_id IS NOT NULL", True)
    for columns in (
        *(["county_id", "draw_id"], ["county_id", "member_id", "issues_at"], ["county_id", "squad_id", "issues_at"]),
        ["county_id", "issues_at", "id"],
    ):
        op.create_index(op.f(f"ix_spot_checks_{'_'.join(columns)}"), "spot_checks", columns)
    op.create_table(
        "spot_calls",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("spot_check_id", sa.Uuid(), nullable=False),
        sa.Column("called_by", sa.Uuid(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("who", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('answered', 'forwarded', 'no_answer', 'wrong_number')",
            name=op.f("ck_spot_calls_outcome_known"),
        ),
        _key("spot_calls", "spot_check_id", "spot_checks"),
        _key("spot_calls", "called_by", "members"),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_spot_calls")),
    )
    columns = ["county_id", "spot_check_id", "called_at"]
    op.create_index(op.f(f"ix_spot_calls_{'_'.join(columns)}"), "spot_calls", columns)


def downgrade() -> None:
    op.drop_table("spot_calls")
    op.drop_table("spot_checks")
    op.drop_table("draws")
    op.drop_column("tickets", "due_at")
    op.drop_column("tickets", "spot_check_id")


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_county_id_{column}")
    return sa.ForeignKeyConstraint(["county_id", column], [f"{to}.county_id", f"{to}.id"], name=name)


def _index(name: str, table: str, columns: list[str], where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
