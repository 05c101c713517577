"""What a policy's author, a rejected half day and a closed month need; made-up days among the kinds of leave."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OLD_KINDS = "'training', 'recall', 'official_trip', 'sick', 'maternity', 'annual', 'public_holiday', 'personal'"
CAUSES = "'checkin', 'review', 'appeal', 'attestation', 'leave', 'withdrawal'"


def upgrade() -> None:
    # Nothing refers to policies, site_days or leaves, so SQLite may copy them.
    with op.batch_alter_table("policies") as policies:
        policies.add_column(sa.Column("created_by", sa.Uuid(), nullable=True))
        policies.drop_constraint(op.f("uq_policies_county_id_starts_on"), type_="unique")
        policies.create_foreign_key(
            op.f("fk_policies_county_id_created_by"), "members", ["county_id", "created_by"], ["county_id", "id"]
        )
    with op.batch_alter_table("site_days") as days:
        days.add_column(sa.Column("rejected_halves", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("site_days") as days:
        days.alter_column("rejected_halves", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    with op.batch_alter_table("leaves") as leaves:
        leaves.add_column(sa.Column("answer", sa.String(length=300), nullable=False, server_default=""))
        leaves.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        leaves.drop_constraint(op.f("ck_leaves_kind_known"), type_="check")
        leaves.create_check_constraint(op.f("ck_leaves_kind_known"), f"kind IN ({OLD_KINDS}, 'make_up')")
    with op.batch_alter_table("leaves") as leaves:
        leaves.alter_column("answer", existing_type=sa.String(300), existing_nullable=False, server_default=None)
        leaves.create_index("ix_leaves_county_id_state_starts_on", ["county_id", "state", "starts_on"])
    op.create_table(
        "closed_months",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("table", JSON, nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_closed_months_county_id")),
        sa.ForeignKeyConstraint(
            ["county_id", "closed_by"],
            ["members.county_id", "members.id"],
            name=op.f("fk_closed_months_county_id_closed_by"),
        ),
        sa.PrimaryKeyConstraint("county_id", "month", name=op.f("pk_closed_months")),
    )
    op.create_table(
        "month_results",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("count", JSON, nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["counties.id"], name=op.f("fk_month_results_county_id")),
        sa.ForeignKeyConstraint(
            ["county_id", "member_id"],
            ["members.county_id", "members.id"],
            name=op.f("fk_month_results_county_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "month", "member_id", name=op.f("pk_month_results")),
    )
    op.create_table(
        "month_addenda",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("explanation", sa.String(length=300), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"cause IN ({CAUSES})", name=op.f("ck_month_addenda_cause_known")),
        sa.ForeignKeyConstraint(
            ["county_id", "made_by"],
            ["members.county_id", "members.id"],
            name=op.f("fk_month_addenda_county_id_made_by"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "member_id"],
            ["members.county_id", "members.id"],
            name=op.f("fk_month_addenda_county_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_month_addenda")),
    )
    op.create_index(
        "ix_month_addenda_county_id_member_id_on_date_made_at",
        "month_addenda",
        ["county_id", "member_id", "on_date", "made_at"],
    )
    op.create_index("ix_month_addenda_county_id_on_date", "month_addenda", ["county_id", "on_date"])


def downgrade() -> None:
    op.drop_table("month_addenda")
    op.drop_table("month_results")
    op.drop_table("closed_months")
    op.execute("DELETE FROM leaves WHERE kind = 'make_up'")  # the older schema has no word for them
    with op.batch_alter_table("leaves") as leaves:
        leaves.drop_index("ix_leaves_county_id_state_starts_on")
        leaves.drop_constraint(op.f("ck_leaves_kind_known"), type_="check")
        leaves.create_check_constraint(op.f("ck_leaves_kind_known"), f"kind IN ({OLD_KINDS})")
        leaves.drop_column("withdrawn_at")
        leaves.drop_column("answer")
    with op.batch_alter_table("site_days") as days:
        days.drop_column("rejected_halves")
    # Of one start date only the newest version ever held.
    op.execute(
        "DELETE FROM policies WHERE EXISTS (SELECT 1 FROM policies n WHERE n.county_id = policies.county_id"
        " AND n.starts_on = policies.starts_on AND n.version > policies.version)"
    )
    with op.batch_alter_table("policies") as policies:
        policies.drop_constraint(op.f("fk_policies_county_id_created_by"), type_="foreignkey")
        policies.drop_column("created_by")
        policies.create_unique_constraint(op.f("uq_policies_county_id_starts_on"), ["county_id", "starts_on"])
