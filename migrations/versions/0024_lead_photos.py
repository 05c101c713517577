"""Pictures of a 跟进.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_photos",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("update_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.CheckConstraint("(update_id IS NULL) = (place IS NULL)", name=op.f("ck_lead_photos_named_whole")),
        sa.CheckConstraint("place BETWEEN 1 AND 6", name=op.f("ck_lead_photos_place")),
        sa.ForeignKeyConstraint(
            ["county_id", "lead_id"], ["leads.county_id", "leads.id"], name=op.f("fk_lead_photos_county_id_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "photo_id"], ["photos.county_id", "photos.id"], name=op.f("fk_lead_photos_county_id_photo_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_id", "update_id"],
            ["lead_updates.county_id", "lead_updates.id"],
            name=op.f("fk_lead_photos_county_id_update_id"),
        ),
        sa.PrimaryKeyConstraint("county_id", "id", name=op.f("pk_lead_photos")),
        sa.UniqueConstraint("county_id", "photo_id", name=op.f("uq_lead_photos_county_id_photo_id")),
        sa.UniqueConstraint("county_id", "update_id", "place", name=op.f("uq_lead_photos_county_id_update_id_place")),
    )


def downgrade() -> None:
    op.drop_table("lead_photos")
