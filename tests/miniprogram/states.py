"""Which states each page is shown in by `make screenshots`: a row is a page, a state, and how a phone gets there."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.miniprogram.phone import Phone


@dataclass(frozen=True)
class State:
    """`reach` brings a phone that is not open yet to where the picture is taken; `who` of the cast holds it."""

    page: str
    name: str
    reach: Callable[[Phone], object]
    who: str = "chen"


STATES: list[State] = []
