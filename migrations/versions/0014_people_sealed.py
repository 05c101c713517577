"""What a person can be reached by, sealed; a deletion asked for; sign-in to the console.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("phone_sealed", sa.String(400), nullable=True))
    op.add_column("members", sa.Column("phone_digest", sa.String(64), nullable=True))
    op.add_column("members", sa.Column("email_sealed", sa.String(700), nullable=True))
    held = sa.text("phone_digest IS NOT NULL")
    op.create_index("ix_members_phone_digest", "members", ["phone_digest"], sqlite_where=held, postgresql_where=held)
    with op.batch_alter_table("sign_ins") as sign_ins:
        sign_ins.add_column(sa.Column("kind", sa.String(10), server_default="phone", nullable=False))
        sign_ins.add_column(sa.Column("device", sa.String(80), nullable=True))
        sign_ins.create_check_constraint(op.f("ck_sign_ins_kind_known"), "kind IN ('phone', 'console')")
    op.create_table(
        "deletion_requests",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("withdrawn_at IS NULL OR done_at IS NULL", name=op.f("ck_deletion_requests_one_end")),
        _member("deletion_requests"),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_deletion_requests")),
    )
    open_ = sa.text("withdrawn_at IS NULL AND done_at IS NULL")
    op.create_index(
        "uq_deletion_requests_open",
        "deletion_requests",
        ["county_id", "member_id"],
        unique=True,
        sqlite_where=open_,
        postgresql_where=open_,
    )
    op.create_table(
        "console_accounts",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(40), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("totp_sealed", sa.String(400), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        _member("console_accounts"),
        sa.PrimaryKeyConstraint("county_id", "member_id", name=op.f("pk_console_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_console_accounts_username")),
    )
    op.create_table(
        "console_scans",
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("browser_sha256", sa.String(64), nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        _member("console_scans"),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_console_scans")),
    )
    op.create_index(op.f("ix_console_scans_expires_at"), "console_scans", ["expires_at"])


def downgrade() -> None:
    """Numbers, addresses and console accounts are lost; open deletion requests with them. Console sessions end."""
    for table in ("console_scans", "console_accounts", "deletion_requests"):
        op.drop_table(table)
    op.execute("DELETE FROM sign_ins WHERE kind = 'console'")
    with op.batch_alter_table("sign_ins") as sign_ins:
        sign_ins.drop_constraint(op.f("ck_sign_ins_kind_known"), type_="check")
        sign_ins.drop_column("device")
        sign_ins.drop_column("kind")
    op.drop_index("ix_members_phone_digest", "members")
    for column in ("email_sealed", "phone_digest", "phone_sealed"):
        op.drop_column("members", column)  # not in a batch: SQLite would copy the table, to which others refer


def _member(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_county_id_member_id")
    return sa.ForeignKeyConstraint(["county_id", "member_id"], ["members.county_id", "members.id"], name=name)
