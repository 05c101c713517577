"""PURE: the published procedure of a draw. From a seed that nobody could know beforehand and the list of who could be
drawn, anybody finds the same ones again.

seed = sha256(link of the audit chain, draw's id, secret whose digest was announced). Each candidate has a number from
sha256(seed, their id), uniform over (0, 1). Those who were drawn least often this month come first; among them by
-ln(number) / weight, the smallest first (Efraimidis and Spirakis, Weighted random sampling with a reservoir, 2006): a
weight of two is drawn twice as likely.
"""

import hashlib
import json
import math
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

_BITS = 256
IsWorkday = Callable[[date], bool | None]  # of a local date; None where nobody knows yet


@dataclass(frozen=True, slots=True)
class Terms:
    """By the county's rules. `from_min`, `to_min`: the working hours at a station, in minutes of its day."""

    month_cap: int
    unanswered_weight: int
    from_min: int
    to_min: int
    answer_min: int
    a_day: int  # how many the schedule draws a workday


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who could be drawn: a member, or of a call a squad. `times`: how often they were this month."""

    id: uuid.UUID
    weight: int
    times: int


def seed_of(head: str, draw_id: uuid.UUID, secret: str) -> str:
    """sha256 hex over the chain's hash, the draw's id and its secret: whoever knows but one of them knows nothing."""
    return hashlib.sha256(f"{head}\n{draw_id}\n{secret}".encode()).hexdigest()


def digest(secret: str, *said: Any) -> str:
    """sha256 hex by which something is committed to now and told later; nobody finds it by trying."""
    return hashlib.sha256(json.dumps([secret, *said], sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def number(seed: str, *names: object) -> float:
    """Uniform over (0, 1), the same for the same names."""
    digest = hashlib.sha256("\n".join([seed, *map(str, names)]).encode()).digest()
    return (int.from_bytes(digest) + 0.5) / 2**_BITS


def ranked(candidates: Iterable[Candidate], seed: str) -> list[Candidate]:
    """All of them in the order in which they are drawn; nobody twice before everybody once."""
    return sorted(candidates, key=lambda one: (one.times, -math.log(number(seed, one.id)) / one.weight, str(one.id)))


def pick(candidates: Sequence[Candidate], count: int, seed: str) -> list[Candidate]:
    """The first `count` of them, fewer where there are fewer."""
    return ranked(candidates, seed)[:count]


def moment(seed: str, id_: uuid.UUID, starts_at: datetime, ends_at: datetime) -> datetime:
    """When in the window this one is asked: to the second, anywhere in it."""
    return starts_at + timedelta(seconds=int((ends_at - starts_at).total_seconds() * number(seed, id_, "moment")))
