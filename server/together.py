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
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    TextClause,
    bindparam,
    literal_column,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer, String, TypeEngine

from server.db import Base, dialect_of


class Questions:
    """Named SELECTs asked as one UNION ALL; each gets its own rows back, as named tuples with its columns' names.

    The union is as wide as it must be: a column stands in the next free place of its type, and what a question does
    not fill is NULL. Row order within a question is not kept: sort the answer. JSON columns cannot be asked for.
    """

    def __init__(self, **questions: Select[Any]) -> None:
        places = {name: _places(question) for name, question in questions.items()}
        width: dict[str, TypeEngine[Any]] = {}
        for name, question in questions.items():
            width |= dict(zip(places[name], (column.type for column in question.selected_columns), strict=True))
        typed = {place: sql_cast(null(), kind).label(place) for place, kind in width.items()}
        untyped = {place: null().label(place) for place in width}  # the first question's columns say the types of all
        self._union: CompoundSelect[Any] = union_all(
            *(
                _widened(name, question, places[name], untyped if number else typed)
                for number, (name, question) in enumerate(questions.items())
            )
        )
        at = {place: number for number, place in enumerate(width, start=1)}
        self._readers = {
            name: _reader(name, [column.name for column in question.selected_columns], [at[p] for p in places[name]])
            for name, question in questions.items()
        }

    def ask(self, session: Session, values: Mapping[str, Any]) -> dict[str, list[Any]]:
        """The rows of every question, under its name; `values` are the parameters of all of them."""
        answers: dict[str, list[Any]] = {name: [] for name in self._readers}
        for row in session.connection().execute(self._union, values):
            answers[row[0]].append(self._readers[row[0]](row))
        return answers


def _places(question: Select[Any]) -> list[str]:
    """uuid0, text0, uuid1 …: for each column the next place of its kind."""
    used: dict[str, int] = defaultdict(int)
    places = []
    for column in question.selected_columns:
        kind = _kind(column.type)
        places.append(f"{kind}{used[kind]}")
        used[kind] += 1
    return places


def _kind(kind: TypeEngine[Any]) -> str:
    """Types that one place may hold in turn; a big integer and a small one are read alike."""
    if isinstance(kind, String):
        return "text"
    return "integer" if isinstance(kind, Integer) else type(kind).__name__.lower()


def _widened(name: str, question: Select[Any], places: list[str], empty: dict[str, Any]) -> Select[Any]:
    # In parentheses of its own, as SQLite has no LIMIT inside a union.
    inner = question.subquery()
    filled = {place: column.label(place) for place, column in zip(places, inner.c, strict=True)}
    columns: list[ColumnElement[Any]] = [literal_column(f"'{name}'").label("part"), *(empty | filled).values()]
    return select(*columns)


def _reader(name: str, columns: list[str], at: list[int]) -> Callable[[Sequence[Any]], Any]:
    made = namedtuple(name.title(), columns)  # type: ignore[misc]
    return lambda row: made._make(row[number] for number in at)


@dataclass(frozen=True, slots=True)
class Rows:
    """New rows of one table, all with the same columns; defaults of the mapping are not applied.

    unless_taken: a row whose key is taken is left out, whoever took it first; otherwise it raises IntegrityError.
    """

    table: type[Base]
    values: Sequence[Mapping[str, Any]]
    unless_taken: bool = False


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement depends on: for each row of a table the parameters of its columns, by number."""

    table: Table
    names: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]
    unless_taken: bool


def insert_together(session: Session, *groups: Rows) -> dict[type[Base], int]:
    """Insert the groups, parents before children, and answer how many rows of each were stored.

    Empty groups are allowed. Keys are checked when all are in, so the order among the groups matters on SQLite only.
    """
    given = [group for group in groups if group.values]
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
    counts = dict.fromkeys((group.table for group in groups), 0)
    return counts | dict(zip((group.table for group in given), stored, strict=True))


def _numbered(groups: Sequence[Rows]) -> tuple[tuple[_Shape, ...], dict[str, Any]]:
    """The shapes, and the parameters by name. An id or an instant is one parameter wherever it stands, anything else
    where one object stands under the same column's name: psycopg keeps a statement's translation up to fifty only."""
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
            group.unless_taken,
        )
        for group in groups
    )
    return shapes, values


@cache
def _together(shapes: tuple[_Shape, ...]) -> TextClause:
    """WITH t0 AS (INSERT … RETURNING 1), … SELECT how many each; foreign keys are checked when all are in."""
    parts = ", ".join(f"t{number} AS ({_insert(shape)} RETURNING 1)" for number, shape in enumerate(shapes))
    counts = ", ".join(f"(SELECT count(*) FROM t{number})" for number in range(len(shapes)))  # noqa: S608
    return _typed(f"WITH {parts} SELECT {counts}", *shapes)


@cache
def _apart(shape: _Shape) -> TextClause:
    return _typed(_insert(shape), shape)


def _insert(shape: _Shape) -> str:
    """Names of tables and columns are the models' own; every value is a bound parameter."""
    rows = ", ".join("(" + ", ".join(f":p{number}" for number in row) + ")" for row in shape.rows)
    taken = " ON CONFLICT DO NOTHING" if shape.unless_taken else ""
    return f"INSERT INTO {shape.table.name} ({', '.join(shape.names)}) VALUES {rows}{taken}"  # noqa: S608


def _typed(statement: str, *shapes: _Shape) -> TextClause:
    """With the columns' own types, so that times, ids and JSON are stored as the models store them."""
    types = {
        f"p{number}": shape.table.c[name].type
        for shape in shapes
        for row in shape.rows
        for name, number in zip(shape.names, row, strict=True)
    }
    return text(statement).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))
