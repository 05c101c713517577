"""What was asked for after a month was closed has an addendum, too.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KNOWN = "'checkin', 'review', 'appeal', 'attestation', 'leave', 'withdrawal'"


def upgrade() -> None:
    _causes(f"{KNOWN}, 'asked'")


def downgrade() -> None:
    """Refused where a closed month has to leave something out: without these rows verifying it would count it in, also
    after going up again."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM month_addenda WHERE cause = 'asked'")):
        raise RuntimeError("0031 holds requests that came after a month was closed; there is no way down without them")
    _causes(KNOWN)


def _causes(known: str) -> None:
    with op.batch_alter_table("month_addenda") as batch:
        batch.drop_constraint(op.f("ck_month_addenda_cause_known"), type_="check")
        batch.create_check_constraint(op.f("ck_month_addenda_cause_known"), f"cause IN ({known})")
