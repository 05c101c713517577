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
FIRST = "CONSTRAINT ck_checkins_"  # SQLite: the new rule is written before the others


def upgrade() -> None:
    op.add_column("checkins", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(*((f"{name} FLOAT NOT NULL", f"{name} FLOAT") for name in COLUMNS), (FIRST, _constraint() + FIRST))
        return
    for name in COLUMNS:
        op.alter_column("checkins", name, existing_type=sa.Float(), nullable=True)
    op.create_check_constraint(op.f(NAME), "checkins", RULE)


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
    op.drop_column("checkins", "erased_at")


def _constraint() -> str:
    return f"CONSTRAINT {NAME} CHECK ({RULE}), \n\t"


def _rewrite(*changes: tuple[str, str]) -> None:
    """Change the table's own words: what SQLite says to do for constraints, which leave no trace in what is stored
    (https://www.sqlite.org/lang_altertable.html, section 8, the second list). Its copy of a table, which Alembic would
    make, cannot be made of one that others refer to."""
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
