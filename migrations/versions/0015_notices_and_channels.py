"""A notice is read, goes by several channels, and says what each said; what is turned off; what everybody leaves alone.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OLD = "'pending', 'sending', 'sent', 'refused', 'failed', 'expired', 'uncertain'"
KNOWN = "ck_notices_state_known"
# What was sent so far went by the only channel there was.
FIRST = "UPDATE notices SET channel = 'subscribe', tried_at = COALESCE(sent_at, due_at) WHERE attempts > 0"


def upgrade() -> None:
    with op.batch_alter_table("notices") as notices:
        notices.add_column(sa.Column("channel", sa.String(10), nullable=True))
        notices.add_column(sa.Column("tries", JSON, server_default=sa.text("'[]'"), nullable=False))
        notices.add_column(sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
        notices.add_column(sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
        notices.alter_column("member_id", existing_type=sa.Uuid(), nullable=True)
        notices.drop_constraint(op.f(KNOWN), type_="check")
        notices.create_check_constraint(op.f(KNOWN), f"state IN ({OLD}, 'muted')")
        channels = "channel IN ('subscribe', 'employee', 'email', 'group_bot')"
        notices.create_check_constraint(op.f("ck_notices_channel_known"), channels)
    op.execute(FIRST)
    # One at a time from now on. Nothing sends while a schema is changed: what stands so was cut off.
    op.execute("UPDATE notices SET state = 'uncertain', claim = NULL, claimed_until = NULL WHERE state = 'sending'")
    sending = sa.text("state = 'sending'")
    op.create_index(
        "uq_notices_sending",
        "notices",
        ["county_id", "member_id"],
        unique=True,
        sqlite_where=sending,
        postgresql_where=sending,
    )
    op.create_table(
        "notice_mutes",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("place", sa.String(10), nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("place IN ('inbox', 'wechat', 'email')", name=op.f("ck_notice_mutes_place_known")),
        sa.ForeignKeyConstraint(
            ["county_id", "member_id"],
            ["members.county_id", "members.id"],
            name=op.f("fk_notice_mutes_county_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "member_id", "kind", "place", name=op.f("pk_notice_mutes")),
    )
    op.create_table(
        "channel_pauses",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel_pauses")),
    )


def downgrade() -> None:
    """What the older release would send by its one channel is only what was not begun by another; summaries go."""
    op.drop_table("channel_pauses")
    op.drop_table("notice_mutes")
    op.drop_index("uq_notices_sending", "notices")
    op.execute("DELETE FROM notices WHERE member_id IS NULL")
    op.execute("UPDATE notices SET state = 'refused' WHERE state = 'muted'")
    op.execute("UPDATE notices SET state = 'uncertain' WHERE state = 'pending' AND channel <> 'subscribe'")
    with op.batch_alter_table("notices") as notices:
        notices.drop_constraint(op.f("ck_notices_channel_known"), type_="check")
        notices.drop_constraint(op.f(KNOWN), type_="check")
        notices.create_check_constraint(op.f(KNOWN), f"state IN ({OLD})")
        notices.alter_column("member_id", existing_type=sa.Uuid(), nullable=False)
        for name in ("read_at", "tried_at", "tries", "channel"):
            notices.drop_column(name)
