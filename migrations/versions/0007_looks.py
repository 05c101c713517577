"""What each photo looks like, finely: by it crops, turns and mirror images are nominated.

Photos stored before have none: they are found by their hash alone, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEX = "ix_photos_county_id_member_id_received_at"


def upgrade() -> None:
    op.add_column("photos", sa.Column("looks", sa.String(448), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":  # SQLite would copy the table, whose rows others refer to
        op.alter_column("photos", "looks", existing_type=sa.String(448), existing_nullable=False, server_default=None)
    op.create_index(INDEX, "photos", ["county_id", "member_id", "received_at"], postgresql_include=["id", "looks"])


def downgrade() -> None:
    op.drop_index(INDEX, "photos")
    op.drop_column("photos", "looks")
