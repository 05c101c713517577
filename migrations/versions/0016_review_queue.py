"""The review queue: reviews with a code, that can be withdrawn or be a second opinion; claims, comments, its index.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CODES = "'not_the_person', 'not_there', 'reused_photo', 'screen_or_edited', 'unreadable', 'other'"
OPINIONS = "'waiting', 'agreed', 'differs', 'settled'"
WAITING = sa.text("decision IS NULL AND erased_at IS NULL AND NOT comparing AND (verdict = 'review' OR sampled)")
OPEN = sa.text("second_opinion IN ('waiting', 'differs') AND withdrawn_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("reviews") as reviews:
        reviews.add_column(sa.Column("code", sa.String(20), nullable=True))
        reviews.add_column(sa.Column("is_second", sa.Boolean(), server_default=sa.false(), nullable=False))
        reviews.add_column(sa.Column("second_opinion", sa.String(10), nullable=True))
        reviews.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        reviews.create_check_constraint(op.f("ck_reviews_code_known"), f"code IN ({CODES})")
        known = f"second_opinion IN ({OPINIONS})"
        reviews.create_check_constraint(op.f("ck_reviews_second_opinion_known"), known)
    columns = ["county_id", "reviewer_id", "created_at"]
    op.create_index(op.f("ix_reviews_county_id_reviewer_id_created_at"), "reviews", columns)
    columns = ["county_id", "created_at"]
    op.create_index("ix_reviews_open", "reviews", columns, sqlite_where=OPEN, postgresql_where=OPEN)
    columns = ["county_id", "received_at", "id"]
    op.create_index("ix_checkins_waiting", "checkins", columns, sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table(
        "review_claims",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("checkin_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        *_keys("review_claims", checkin_id="checkins", reviewer_id="members"),
        sa.PrimaryKeyConstraint("county_id", "checkin_id", name=op.f("pk_review_claims")),
    )
    op.create_table(
        "checkin_comments",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("checkin_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_checkin_comments_says_something")),
        *_keys("checkin_comments", checkin_id="checkins", author_id="members"),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_checkin_comments")),
    )
    columns = ["county_id", "checkin_id"]
    op.create_index(op.f("ix_checkin_comments_county_id_checkin_id"), "checkin_comments", columns)


def downgrade() -> None:
    """Comments and claims are lost; so are withdrawn reviews and second opinions, which would read as decisions."""
    op.drop_table("checkin_comments")
    op.drop_table("review_claims")
    op.drop_index("ix_checkins_waiting", "checkins", sqlite_where=WAITING, postgresql_where=WAITING)
    op.drop_index("ix_reviews_open", "reviews", sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_index(op.f("ix_reviews_county_id_reviewer_id_created_at"), "reviews")
    op.execute("DELETE FROM reviews WHERE is_second OR withdrawn_at IS NOT NULL")
    with op.batch_alter_table("reviews") as reviews:
        reviews.drop_constraint(op.f("ck_reviews_second_opinion_known"), type_="check")
        reviews.drop_constraint(op.f("ck_reviews_code_known"), type_="check")
        for name in ("withdrawn_at", "second_opinion", "is_second", "code"):
            reviews.drop_column(name)


def _keys(table: str, **referred: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            ["county_id", column],
            [f"{parent}.county_id", f"{parent}.id"],
            name=op.f(f"fk_{table}_county_id_{column}"),
        )
        for column, parent in referred.items()
    ]
