"""A check-in whose term of storage is over has no position any more, and says when it was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = ("lat", "lng")
NAME = "ck_checkins_placed_until_erased"
RULE = "(lat IS NULL) = (erased_at IS NOT NULL) AND (lng IS NULL) = (lat IS NULL)"
OLD_INDEX, INDEXED = "ix_checkins_county_id_member_id_on_date", ["county_id", "member_id", "on_date"]
INDEX = f"{OLD_INDEX}_erased_at"
# What was erased before a way down and up: its photo tells.
ERASED = (
    "UPDATE checkins SET erased_at = CURRENT_TIMESTAMP, lat = NULL, lng = NULL WHERE EXISTS (SELECT * FROM photos"
    " WHERE photos.county_id = checkins.county_id AND photos.id = checkins.photo_id AND photos.sha256 = '')"
)
FIRST = "CONSTRAINT ck_checkins_"  # SQLite: the new rule is written before the others


def upgrade() -> None:
    op.add_column("checkins", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(*((f"{name} FLOAT NOT NULL", f"{name} FLOAT") for name in COLUMNS), (FIRST, _constraint() + FIRST))
        op.execute(ERASED)
    else:
        for name in COLUMNS:
            op.alter_column("checkins", name, existing_type=sa.Float(), nullable=True)
        op.execute(ERASED)
        op.create_check_constraint(op.f(NAME), "checkins", RULE)
    op.drop_index(OLD_INDEX, "checkins")
    op.create_index(INDEX, "checkins", [*INDEXED, "erased_at"])


def downgrade() -> None:
    """What was erased does not come back: its position is no place, 0 degrees and 0."""
    if op.get_bind().dialect.name == "sqlite":
        _rewrite((_constraint(), ""))
        op.execute("UPDATE checkins SET lat = 0, lng = 0 WHERE lat IS NULL")
        _rewrite(*((f"{name} FLOAT", f"{name} FLOAT NOT NULL") for name in COLUMNS))
    else:
        op.drop_constraint(op.f(NAME), "checkins", type_="check")
        op.execute("UPDATE checkins SET lat = 0, lng = 0 WHERE lat IS NULL")
        for name in COLUMNS:
            op.alter_column("checkins", name, existing_type=sa.Float(), nullable=False)
    op.drop_index(INDEX, "checkins")
    op.create_index(OLD_INDEX, "checkins", INDEXED)
    op.drop_column("checkins", "erased_at")


def _constraint() -> str:
    return f"CONSTRAINT {NAME} CHECK ({RULE}), \n\t"


def _rewrite(*changes: tuple[str, str]) -> None:
    """Change the table's own words. SQLite describes this for taking constraints away, which are no part of what is
    stored (https://www.sqlite.org/lang_altertable.html, section 8, second list); it does as well for adding one that
    the rows fulfil. A copy of the table, which Alembic would make, cannot be made of one that others refer to."""
    bind = op.get_bind()
    (words,) = bind.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'checkins'").one()
    for old, new in changes:
        if old not in words:
            raise RuntimeError(f"checkins is not the table it should be: no {old!r}")
        words = words.replace(old, new, 1)
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'checkins'", (words,))
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
    if (found := bind.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()) != "ok":
        raise RuntimeError(f"checkins after {changes}: {found}")
