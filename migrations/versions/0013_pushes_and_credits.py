"""What WeChat pushes to us, and how many messages each member has accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pushed_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dedupe_key", sa.String(64), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("openid", sa.String(64), nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(200), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'handled', 'ignored', 'failed')", name=op.f("ck_pushed_events_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushed_events")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_pushed_events_dedupe_key")),
    )
    op.create_index(op.f("ix_pushed_events_state_due_at"), "pushed_events", ["state", "due_at"])
    op.create_index(op.f("ix_pushed_events_received_at"), "pushed_events", ["received_at"])
    op.create_table(
        "push_stamps",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_push_stamps")),
    )
    op.create_table(
        "subscription_credits",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.String(64), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("zeroed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_subscription_credits_not_owed")),
        _member("subscription_credits"),
        sa.PrimaryKeyConstraint("county_id", "member_id", "template_id", name=op.f("pk_subscription_credits")),
    )
    op.create_table(
        "subscription_answers",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.String(64), nullable=False),
        sa.Column("answer", sa.String(10), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("dedupe_key", sa.String(160), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paired", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "answer IN ('accept', 'reject', 'ban', 'filter')", name=op.f("ck_subscription_answers_answer_known")
        ),
        sa.CheckConstraint("source IN ('phone', 'wechat')", name=op.f("ck_subscription_answers_source_known")),
        _member("subscription_answers"),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_subscription_answers")),
        sa.UniqueConstraint("county_id", "dedupe_key", name=op.f("uq_subscription_answers_county_id_dedupe_key")),
    )
    op.create_index(
        op.f("ix_subscription_answers_county_id_member_id_template_id_at"),
        "subscription_answers",
        ["county_id", "member_id", "template_id", "at"],
    )


def downgrade() -> None:
    """Who accepted what is lost: until the next answer every member is sent to, and 43101 says who had none."""
    for table in ("subscription_answers", "subscription_credits", "push_stamps", "pushed_events"):
        op.drop_table(table)


def _member(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_county_id_member_id")
    return sa.ForeignKeyConstraint(["county_id", "member_id"], ["members.county_id", "members.id"], name=name)
