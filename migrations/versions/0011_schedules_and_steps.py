"""How far each job has come, flags about units, and what was done about a flag.

Leases of finished periods are not carried over: where a job has no row, its latest period is done again, and doing it
again changes nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = "kind IN ('behind', 'at_risk', 'unreachable', 'missed', 'uncovered')"
OLD_KINDS = "kind IN ('behind', 'unreachable', 'missed')"
ABOUT_ONE = (
    "(kind = 'uncovered' AND unit_id IS NOT NULL AND member_id IS NULL)"
    " OR (kind <> 'uncovered' AND unit_id IS NULL AND member_id IS NOT NULL)"
)
OPEN = sa.text("closed_at IS NULL")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def flags(kinds: str, *more: sa.Column | sa.Constraint | sa.Index, member_may_lack: bool) -> sa.Table:
    """The table as it is, for SQLite's copy: it tells no check constraint of itself. Nothing may refer to it then."""
    return sa.Table(
        "flags",
        sa.MetaData(),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=member_may_lack),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("message", sa.String(300), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(kinds, name="ck_flags_kind_known"),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= raised_at", name="ck_flags_interval"),
        sa.ForeignKeyConstraint(
            ["county_id", "member_id"], ["members.county_id", "members.id"], name="fk_flags_county_id_member_id"
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name="pk_flags"),
        sa.Index("ix_flags_county_id_raised_at_id", "county_id", "raised_at", "id"),
        sa.Index(
            "uq_flags_open",
            *("county_id", "member_id", "month", "kind"),
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        *more,
    )


def upgrade() -> None:
    op.drop_table("leases")
    op.create_table(
        "schedules",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(80), nullable=False),
        sa.Column("done_through", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resume_at", sa.String(80), nullable=True),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("county_id", "job", name=op.f("pk_schedules")),
    )
    with op.batch_alter_table("flags", copy_from=flags(OLD_KINDS, member_may_lack=False)) as changed:
        changed.alter_column("member_id", existing_type=sa.Uuid(), nullable=True)
        changed.add_column(sa.Column("unit_id", sa.Uuid(), nullable=True))
        changed.create_foreign_key(
            op.f("fk_flags_county_id_unit_id"), "units", ["county_id", "unit_id"], ["county_id", "id"]
        )
        changed.drop_constraint(op.f("ck_flags_kind_known"), type_="check")
        changed.create_check_constraint(op.f("ck_flags_kind_known"), KINDS)
        changed.create_check_constraint(op.f("ck_flags_about_one"), ABOUT_ONE)
    op.create_index(
        "uq_flags_open_unit", "flags", ["county_id", "unit_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "flag_steps",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("heard", sa.String(500), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("told", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step IN ('remind', 'talk', 'circular', 'replace')", name=op.f("ck_flag_steps_step_known")),
        sa.CheckConstraint(
            "step = 'remind' OR (decided_by IS NOT NULL AND length(heard) > 0 AND length(reason) > 0)",
            name=op.f("ck_flag_steps_decided_and_heard"),
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "flag_id"], ["flags.county_id", "flags.id"], name=op.f("fk_flag_steps_county_id_flag_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "decided_by"],
            ["members.county_id", "members.id"],
            name=op.f("fk_flag_steps_county_id_decided_by"),
        ),
        sa.PrimaryKeyConstraint("county_id", "flag_id", "step", name=op.f("pk_flag_steps")),
    )


def _about_a_unit() -> tuple[sa.Column | sa.Constraint, ...]:
    return (
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["county_id", "unit_id"], ["units.county_id", "units.id"], name="fk_flags_county_id_unit_id"
        ),
        sa.CheckConstraint(ABOUT_ONE, name="ck_flags_about_one"),
    )


def downgrade() -> None:
    """Flags of kinds that were not known before go; the others stay."""
    op.drop_table("flag_steps")
    op.drop_index("uq_flags_open_unit", "flags", sqlite_where=OPEN, postgresql_where=OPEN)
    op.execute("DELETE FROM flags WHERE kind IN ('at_risk', 'uncovered')")
    today = flags(KINDS, *_about_a_unit(), member_may_lack=True)
    with op.batch_alter_table("flags", copy_from=today) as changed:
        changed.drop_constraint(op.f("ck_flags_about_one"), type_="check")
        changed.drop_constraint(op.f("ck_flags_kind_known"), type_="check")
        changed.create_check_constraint(op.f("ck_flags_kind_known"), OLD_KINDS)
        changed.drop_constraint(op.f("fk_flags_county_id_unit_id"), type_="foreignkey")
        changed.drop_column("unit_id")
        changed.alter_column("member_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_table("schedules")
    op.create_table(
        "leases",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("county_id", "name", name=op.f("pk_leases")),
    )
