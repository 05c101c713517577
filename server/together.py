"""Several tables in one round trip: questions asked together, and rows stored together.

Round trips were a third of a check-in's cost (tests/bench): a statement costs each side some 0.2 ms however small it
is. SQLAlchemy has no word for data-modifying common table expressions of many rows that it does not compile anew each
time, nor for a union of questions of different shape; here are the two, the same on both databases.
"""

import uuid
from collections import defaultdict, namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, cast

from sqlalchemy import (
    JSON,
    ColumnElement,
    CompoundSelect,
    Dialect,
    Select,
    Table,
    TextClause,
    bindparam,
    insert,
    literal_column,
    null,
    text,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session
from sqlalchemy.types import Boolean, Date, Float, Integer, String, TypeEngine, Uuid

from server.db import Base, UtcDateTime, dialect_of, to_json

Answers = dict[str, list[Any]]


class Questions:
    """Named SELECTs asked as one UNION ALL; each gets its own rows back, as named tuples with its columns' names.

    The union is as wide as it must be: a column stands in the next free place of its type, and what a question does
    not fill is NULL. Rows come in no order; a question with an ORDER BY or LIMIT of its own is given as a SELECT from
    its subquery, as SQLite wants it. JSON columns cannot be asked for.
    """

    def __init__(self, **questions: Select[Any]) -> None:
        columns = {name: list(question.selected_columns) for name, question in questions.items()}
        places = {name: _places(of) for name, of in columns.items()}
        kinds = {p: c.type for name, of in columns.items() for p, c in zip(places[name], of, strict=True)}
        self._union: CompoundSelect[Any] = union_all(
            *(
                question.with_only_columns(
                    literal_column(f"'{name}'").label("part"),
                    *_filled(dict(zip(places[name], columns[name], strict=True)), kinds, typed=number == 0),
                )
                for number, (name, question) in enumerate(questions.items())
            )
        )
        at = {place: number for number, place in enumerate(kinds, start=1)}
        self._readers = {
            name: _reader(name, [column.name for column in of], [at[p] for p in places[name]])
            for name, of in columns.items()
        }

    def ask(self, session: Session, values: Mapping[str, Any]) -> Answers:
        """The rows of every question, under its name; `values` are the parameters of all of them."""
        answers: Answers = {name: [] for name in self._readers}
        for row in session.connection().execute(self._union, values):
            answers[row[0]].append(self._readers[row[0]](row))
        return answers


_KINDS = ((String, "s"), (Integer, "i"), (Uuid, "u"), (UtcDateTime, "t"), (Date, "d"), (Boolean, "b"), (Float, "f"))


def _places(columns: Sequence[ColumnElement[Any]]) -> list[str]:
    """u0, s0, u1 …: for each column the next place of its kind."""
    used: dict[str, int] = defaultdict(int)
    places = []
    for column in columns:
        kind = _kind(column.type)
        places.append(f"{kind}{used[kind]}")
        used[kind] += 1
    return places


def _kind(kind: TypeEngine[Any]) -> str:
    """Types that one place may hold in turn; a big integer and a small one are read alike."""
    return next(letter for known, letter in _KINDS if isinstance(kind, known))


def _filled(
    own: Mapping[str, ColumnElement[Any]], kinds: Mapping[str, TypeEngine[Any]], typed: bool
) -> list[ColumnElement[Any]]:
    """A question's columns in their places. Only the first question names the places and says their types."""
    if typed:
        return [(own[p] if p in own else sql_cast(null(), kind)).label(p) for p, kind in kinds.items()]
    return [own[place] if place in own else literal_column("NULL") for place in kinds]


def _reader(name: str, columns: list[str], at: list[int]) -> Callable[[Sequence[Any]], Any]:
    made = namedtuple(name.title(), columns)  # type: ignore[misc]
    return lambda row: made._make(row[number] for number in at)


IfTaken = Literal["raise", "skip", "renew"]


@dataclass(frozen=True, slots=True)
class Rows:
    """New rows of one table, all with the same columns; defaults of the mapping are not applied.

    if_taken: of a row whose key is taken. `raise`: IntegrityError; `skip`: it is left out, whoever was first; `renew`:
    the stored row takes the new values.
    """

    table: type[Base]
    values: Sequence[Mapping[str, Any]]
    if_taken: IfTaken = "raise"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement depends on: for each row of a table the parameters of its columns, by number."""

    table: Table
    names: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]
    if_taken: IfTaken


def insert_together(session: Session, *groups: Rows) -> dict[type[Base], int]:
    """Insert the groups, parents before children, and answer how many rows of each were stored.

    Empty groups are allowed. Keys are checked when all are in, so the order among the groups matters on SQLite only.
    """
    counts = dict.fromkeys((group.table for group in groups), 0)
    given = [group for group in groups if group.values]
    if not given:
        return counts
    shapes, values = _numbered(given)
    stored: Sequence[int]
    connection = session.connection()
    if dialect_of(session) == "postgresql":
        stored = connection.execute(_together(shapes), values).one()
    else:
        stored = [
            connection.execute(_apart(shape), {f"p{n}": values[f"p{n}"] for row in shape.rows for n in row}).rowcount
            for shape in shapes
        ]
    return counts | dict(zip((group.table for group in given), stored, strict=True))


def _numbered(groups: Sequence[Rows]) -> tuple[tuple[_Shape, ...], dict[str, Any]]:
    """The shapes, and the parameters by name. An id or an instant is one parameter wherever it stands, anything else
    where one object stands under the same column's name."""
    numbers: dict[tuple[str, int], int] = {}
    values: dict[str, Any] = {}

    def number(name: str, value: Any) -> int:
        shared = isinstance(value, uuid.UUID | datetime)
        known = numbers.setdefault(("" if shared else name, id(value)), len(numbers))
        values[f"p{known}"] = value
        return known

    shapes = tuple(
        _Shape(
            cast(Table, group.table.__table__),
            tuple(group.values[0]),
            tuple(tuple(number(name, value) for name, value in row.items()) for row in group.values),
            group.if_taken,
        )
        for group in groups
    )
    return shapes, values


@lru_cache(512)  # a shape a number of findings and notices; some dozens are met
def _together(shapes: tuple[_Shape, ...]) -> TextClause:
    """WITH t0 AS (INSERT … RETURNING 1), … SELECT how many each; foreign keys are checked when all are in."""
    parts = ", ".join(f"t{number} AS ({_insert(shape)} RETURNING 1)" for number, shape in enumerate(shapes))
    counts = ", ".join(f"(SELECT count(*) FROM t{number})" for number in range(len(shapes)))  # noqa: S608
    return _typed(f"WITH {parts} SELECT {counts}", *shapes)


@lru_cache(512)
def _apart(shape: _Shape) -> TextClause:
    return _typed(_insert(shape), shape)


def _insert(shape: _Shape) -> str:
    """Names of tables and columns are the models' own; every value is a bound parameter."""
    rows = ", ".join("(" + ", ".join(f":p{number}" for number in row) + ")" for row in shape.rows)
    return f"INSERT INTO {shape.table.name} ({', '.join(shape.names)}) VALUES {rows}{_on_conflict(shape)}"  # noqa: S608


def _on_conflict(shape: _Shape) -> str:
    if shape.if_taken == "renew":
        key = [column.name for column in shape.table.primary_key]
        renewed = ", ".join(f"{name} = excluded.{name}" for name in shape.names if name not in key)
        return f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {renewed}"
    return " ON CONFLICT DO NOTHING" if shape.if_taken == "skip" else ""


def _typed(statement: str, *shapes: _Shape) -> TextClause:
    """With the columns' own types, so that times, ids and JSON are stored as the models store them."""
    types = {
        f"p{number}": shape.table.c[name].type
        for shape in shapes
        for row in shape.rows
        for name, number in zip(shape.names, row, strict=True)
    }
    return text(statement).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))


def insert_many(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Thousands of rows of one table, all with the same columns; defaults of the mapping are not applied.

    To PostgreSQL each column goes as one array: SQLAlchemy's thousand rows a statement are thousands of parameters,
    and to name them takes psycopg four times as long as the database takes to store them. To SQLite a row a statement
    costs nothing.
    """
    if not rows:
        return
    if dialect_of(session) != "postgresql":
        session.execute(insert(table.__table__), rows)  # type: ignore[arg-type]
        return
    columns = [cast(Table, table.__table__).c[name] for name in rows[0]]
    dialect = session.get_bind().dialect
    written = [_writer(column.type, dialect) for column in columns]
    statement = _from_arrays(cast(Table, table.__table__), tuple(rows[0]), dialect)
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        values = {
            f"p{number}": [write(row[column.name]) for row in some]
            for number, (column, write) in enumerate(zip(columns, written, strict=True))
        }
        session.connection().execute(statement, values)


_AT_ONCE = 10_000


@lru_cache(64)
def _from_arrays(table: Table, names: tuple[str, ...], dialect: Dialect) -> TextClause:
    """Text stays TEXT until it is stored: a cast to VARCHAR(20) cuts off what is too long where it is to be refused."""
    kinds = [table.c[name].type for name in names]
    arrays = ", ".join(
        f"CAST(:p{number} AS {'TEXT' if isinstance(kind, String) else kind.compile(dialect)}[])"
        for number, kind in enumerate(kinds)
    )
    return text(f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({arrays})")  # noqa: S608


def _writer(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], str | None]:
    """A value as PostgreSQL reads it: an array holds one kind of Python's values only, where 1 and 0.5 are two."""
    bound = to_json if isinstance(kind, JSON) else kind.dialect_impl(dialect).bind_processor(dialect)

    def written(value: Any) -> str | None:
        given = bound(value) if bound else value
        return None if given is None else str(given)

    return written
