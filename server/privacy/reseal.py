"""Rotating the sealing keys: whatever an older key sealed is sealed anew under the first, a few hundred rows at a time.

Every column whose name ends in `_sealed` is in COLUMNS (tests/test_sealing.py holds it to the schema).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from server.db import Base, Database
from server.leads import companies
from server.leads.models import Company
from server.org import console, reach
from server.org.models import ConsoleAccount, Member
from server.sealing import CannotOpen, Sealer

# Table, key beside the county, sealed column, what its values are sealed as, the column of their digest.
COLUMNS: tuple[tuple[type[Base], str, str, str, str | None], ...] = (
    (Member, "id", "phone_sealed", reach.PHONE_OF, "phone_digest"),
    (Member, "id", "email_sealed", reach.EMAIL_OF, None),
    (Company, "id", "phone_sealed", companies.PHONE_OF, "phone_digest"),
    (ConsoleAccount, "member_id", "totp_sealed", console.TOTP_OF, None),
)
_AT_ONCE = 500


@dataclass(slots=True)
class Done:
    """How many values were sealed anew and how many were so already; which could not be opened: (column, row)."""

    resealed: int = 0
    current: int = 0
    unopened: list[tuple[str, uuid.UUID]] = field(default_factory=list)


def reseal(db: Database, sealer: Sealer) -> Done:
    """Safe beside running servers, and to be repeated: what somebody changed meanwhile is left as they made it."""
    done = Done()
    for table, key, column, of, digest in COLUMNS:
        after: tuple[int, uuid.UUID] | None = None
        while rows := _some(db, table, key, column, after):
            with db.transaction() as session:
                for row in rows:
                    _one(session, sealer, table, (key, column, of, digest), row, done)
            after = (rows[-1][0], rows[-1][1])
    return done


def _some(db: Database, table: type[Base], key: str, column: str, after: tuple[int, uuid.UUID] | None) -> Sequence[Any]:
    of_it = table.__table__.c
    statement = select(of_it.county_id, of_it[key], of_it[column]).where(of_it[column].is_not(None))
    if after is not None:
        county_id, last = after
        statement = statement.where(
            (of_it.county_id > county_id) | ((of_it.county_id == county_id) & (of_it[key] > last))
        )
    with db.reading() as session:
        return session.execute(statement.order_by(of_it.county_id, of_it[key]).limit(_AT_ONCE)).all()


def _one(
    session: Session,
    sealer: Sealer,
    table: type[Base],
    names: tuple[str, str, str, str | None],
    row: Any,
    done: Done,
) -> None:
    key, column, of, digest = names
    county_id, row_id, sealed = row
    if sealer.is_current(sealed):
        done.current += 1
        return
    try:
        value = sealer.open(sealed, of.format(row_id))
    except CannotOpen:
        done.unopened.append((f"{table.__tablename__}.{column}", row_id))
        return
    of_it = table.__table__.c
    values: dict[str, Any] = {column: sealer.seal(value, of.format(row_id))}
    if digest is not None:
        values[digest] = case((of_it[digest].is_not(None), sealer.digest(value)))  # who has none is not to be found
    same = (of_it.county_id == county_id) & (of_it[key] == row_id) & (of_it[column] == sealed)
    session.execute(update(table.__table__).where(same).values(values))  # type: ignore[arg-type]
    done.resealed += 1
