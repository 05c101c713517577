"""What a spot check's ticket asks to show, and which WeChat a session was signed in with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("challenge", sa.String(20), nullable=True))
    op.add_column("sign_ins", sa.Column("wechat_sha256", sa.String(64), nullable=True))
    op.create_index("ix_sign_ins_county_id_wechat_sha256", "sign_ins", ["county_id", "wechat_sha256"])


def downgrade() -> None:
    op.drop_index("ix_sign_ins_county_id_wechat_sha256", "sign_ins")
    op.drop_column("sign_ins", "wechat_sha256")
    op.drop_column("tickets", "challenge")
