"""The band before the month in the key of photo_bands, and on PostgreSQL the hash beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BAND_FIRST = ("county_id", "band", "month", "photo_id")
MONTH_FIRST = ("county_id", "month", "band", "photo_id")


def upgrade() -> None:
    _rekey(BAND_FIRST, " INCLUDE (phash)")


def downgrade() -> None:
    _rekey(MONTH_FIRST, "")


def _rekey(key: tuple[str, ...], include: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("pk_photo_bands"), "photo_bands")
        op.execute(f"ALTER TABLE photo_bands ADD CONSTRAINT pk_photo_bands PRIMARY KEY ({', '.join(key)}){include}")
        return
    # SQLite keeps a WITHOUT ROWID table in the order of its key: a new table, filled from the old one.
    op.rename_table("photo_bands", "photo_bands_before")
    op.create_table(
        "photo_bands",
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("phash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_id", "photo_id"], ["photos.county_id", "photos.id"], name=op.f("fk_photo_bands_county_id_photo_id")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_photo_bands")),
        sqlite_with_rowid=False,
    )
    columns = "county_id, band, month, photo_id, phash"
    op.execute(f"INSERT INTO photo_bands ({columns}) SELECT {columns} FROM photo_bands_before")
    op.drop_table("photo_bands_before")
