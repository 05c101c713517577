"""Rows of several tables in one round trip: one statement on PostgreSQL, one a table on SQLite.

SQLAlchemy has no word for data-modifying common table expressions of many rows that it does not compile anew each
time; a check-in stores eleven rows in six tables, and the round trips were a quarter of its cost (tests/bench).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, TextClause, bindparam, text
from sqlalchemy.orm import Session

from server.db import Base, dialect_of


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement depends on; `shared` are the columns that hold one and the same object in every row."""

    table: Table
    names: tuple[str, ...]
    shared: frozenset[str]
    count: int
    unless_taken: bool

    def parameter(self, number: int, row: int, name: str) -> str:
        """The parameter's name for a column of one row of the group with this number."""
        return f"{name}_{number}" if name in self.shared else f"{name}_{number}_{row}"


@dataclass(frozen=True, slots=True)
class Rows:
    """New rows of one table, all with the same columns; defaults of the mapping are not applied.

    unless_taken: a row whose key is taken is left out, whoever took it first; otherwise it raises IntegrityError.
    """

    table: type[Base]
    values: Sequence[Mapping[str, Any]]
    unless_taken: bool = False


def insert_together(session: Session, *groups: Rows) -> dict[type[Base], int]:
    """Insert the groups, parents before children, and answer how many rows of each were stored.

    Empty groups are allowed. Keys are checked when all are in, so the order among the groups matters on SQLite only.
    """
    given = [group for group in groups if group.values]
    shapes = tuple(_shape(group) for group in given)
    values = {
        shape.parameter(number, row, name): value
        for number, (shape, group) in enumerate(zip(shapes, given, strict=True))
        for row, one in enumerate(group.values)
        for name, value in one.items()
    }
    stored: Sequence[int]
    if dialect_of(session) == "postgresql":
        stored = session.execute(_together(shapes), values).one()
    else:
        connection = session.connection()
        stored = [connection.execute(_apart(shape, number), values).rowcount for number, shape in enumerate(shapes)]
    counts = dict.fromkeys((group.table for group in groups), 0)
    return counts | dict(zip((group.table for group in given), stored, strict=True))


def _shape(group: Rows) -> _Shape:
    first, table = group.values[0], cast(Table, group.table.__table__)
    shared = frozenset(name for name in first if all(row[name] is first[name] for row in group.values))
    return _Shape(table, tuple(first), shared, len(group.values), group.unless_taken)


@cache
def _together(shapes: tuple[_Shape, ...]) -> TextClause:
    """WITH t0 AS (INSERT … RETURNING 1), … SELECT how many each; foreign keys are checked when all are in."""
    parts = ", ".join(f"t{number} AS ({_insert(shape, number)} RETURNING 1)" for number, shape in enumerate(shapes))
    counts = ", ".join(f"(SELECT count(*) FROM t{number})" for number in range(len(shapes)))  # noqa: S608
    return _typed(f"WITH {parts} SELECT {counts}", dict(enumerate(shapes)))


@cache
def _apart(shape: _Shape, number: int) -> TextClause:
    return _typed(_insert(shape, number), {number: shape})


def _insert(shape: _Shape, number: int) -> str:
    """Names of tables and columns are the models' own; every value is a bound parameter."""
    rows = ", ".join(
        "(" + ", ".join(":" + shape.parameter(number, row, name) for name in shape.names) + ")"
        for row in range(shape.count)
    )
    taken = " ON CONFLICT DO NOTHING" if shape.unless_taken else ""
    return f"INSERT INTO {shape.table.name} ({', '.join(shape.names)}) VALUES {rows}{taken}"  # noqa: S608


def _typed(statement: str, shapes: Mapping[int, _Shape]) -> TextClause:
    """With the columns' own types, so that times, ids and JSON are stored as the models store them."""
    types = {
        shape.parameter(number, row, name): shape.table.c[name].type
        for number, shape in shapes.items()
        for row in range(shape.count)
        for name in shape.names
    }
    return text(statement).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))
