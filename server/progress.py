"""How far a piece of work has come, told to whoever listens; where nobody does, telling costs next to nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Reached:
    """`done` of `of` are behind it (None: nobody knows yet how many there are), in words: 已检查 … 行."""

    step: str
    done: int
    of: int | None
    unit: str


_listening: ContextVar[Callable[[Reached], None] | None] = ContextVar("listening", default=None)


def tell(step: str, done: int, of: int | None, unit: str) -> None:
    """Say it to whoever listens. Of what is not begun yet say nothing: all of it is behind when the answer is there."""
    if listener := _listening.get():
        listener(Reached(step, done, of, unit))


def each(items: Sequence[Item], step: str, unit: str) -> Iterator[Item]:
    """The items, of which is told how many are behind."""
    for done, item in enumerate(items):
        tell(step, done, len(items), unit)
        yield item


@contextmanager
def heard(listener: Callable[[Reached], None]) -> Iterator[None]:
    """Within the block `listener` hears what is told in this thread."""
    token = _listening.set(listener)
    try:
        yield
    finally:
        _listening.reset(token)
