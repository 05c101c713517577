"""What says the same of several units is said once, of all of them."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T")


def alike(rows: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Those of one key together, where the first of them stands."""
    found: dict[Hashable, list[T]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return list(found.values())


def said_of(name: str, message: str) -> str:
    """What a message says of a unit, without whose it is."""
    return message.removeprefix(name)
