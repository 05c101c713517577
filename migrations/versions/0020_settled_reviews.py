"""Reviews say until when they can be taken back, and remember that a second opinion was waiting when they were decided anew.

Revision ID: 0020
Revises: 0019
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BEFORE = "second_opinion IN ('waiting', 'agreed', 'differs', 'settled')"
AFTER = "second_opinion IN ('waiting', 'agreed', 'differs', 'settled', 'overtaken')"


def upgrade() -> None:
    with op.batch_alter_table("reviews") as reviews:
        reviews.add_column(sa.Column("settles_at", sa.DateTime(timezone=True), nullable=True))
        _replace_known(reviews, AFTER)
    op.execute("UPDATE reviews SET settles_at = created_at")  # what was decided before the upgrade stands
    with op.batch_alter_table("reviews") as reviews:
        reviews.alter_column("settles_at", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    op.execute("UPDATE reviews SET second_opinion = NULL WHERE second_opinion = 'overtaken'")
    with op.batch_alter_table("reviews") as reviews:
        _replace_known(reviews, BEFORE)
        reviews.drop_column("settles_at")


def _replace_known(reviews: Any, condition: str) -> None:
    name = op.f("ck_reviews_second_opinion_known")
    reviews.drop_constraint(name, type_="check")
    reviews.create_check_constraint(name, condition)
