"""One county from its first morning to its last evening: everybody's day, then the second look, and what stands."""

import logging
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from pathlib import Path

import structlog

from tests.bench.evidence import copying, pretending
from tests.bench.evidence.county import Person, Site, county
from tests.bench.evidence.honest import ORDINARY, STRATA
from tests.bench.evidence.labels import Day, Label
from tests.bench.evidence.outcome import Tallies, counted

KINDS = (*copying.KINDS, *pretending.KINDS)
# The originals that copies are made of are honest cases, too: so many kinds bring one with each case of theirs.
_BRINGING = len(copying.KINDS) - 1
# Two runs of days, more than a month apart, so that there is a yesterday and a last month.
_FIRST, _SECOND = date(2026, 10, 12), date(2026, 11, 16)


@dataclass(frozen=True, slots=True)
class Shard:
    """What one process is to do: `cases` a side, in a county named by its seed."""

    seed: str
    cases: int
    folder: Path
    template: Path  # a migrated SQLite file
    shared: Path | None  # real pictures


@dataclass(frozen=True, slots=True)
class Group:
    """People who do one thing together, day after day."""

    label: Label
    people: list[Person]
    luck: random.Random


def quiet() -> None:
    """For a process of the benchmark: forty thousand lines of log help nobody."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def days_of(cases: int) -> tuple[date, ...]:
    """The simulated days: twelve, or four where there are few cases."""
    half = 6 if cases >= 500 else 2
    return tuple(first + timedelta(days=n) for first in (_FIRST, _SECOND) for n in range(half))


def quotas(cases: int) -> dict[str, int]:
    """How many cases of each kind and stratum come to `cases` a side; at least one of each."""
    of_a_kind = max(1, round(cases / len(KINDS)))
    left = cases - _BRINGING * of_a_kind
    return {kind.name: of_a_kind for kind in KINDS} | {
        stratum.name: max(1, round(left / (len(STRATA) + 1))) for stratum in STRATA
    }


def run(shard: Shard) -> Tallies:
    """Simulate, and count what stands in the end. The folder is made, filled, and removed."""
    days, wanted = days_of(shard.cases), quotas(shard.cases)
    with county(shard.folder, shard.template, shard.seed, days[0], shard.shared) as site:
        groups = [group for label in (*STRATA, *KINDS) for group in _settled(site, label, wanted[label.name], days)]
        luck, made, attempts = random.Random(f"{shard.seed} phones"), Counter[str](), []
        for index, on in enumerate(days):
            today = []
            for group in groups:
                if made[group.label.name] < wanted[group.label.name] or group.label.name == ORDINARY:
                    acts = group.label.act(Day(site, group.people, on, index, days[:index], group.luck))
                    made.update(attempt.label for attempt in acts)
                    today += acts
            for attempt in sorted(today, key=lambda attempt: attempt.sent_at):
                attempt.make(site, luck)
            site.at = max(attempt.sent_at for attempt in today) + timedelta(seconds=5)
            site.worker.second_look()
            attempts += today
        return counted(site, attempts)


def _settled(site: Site, label: Label, cases: int, days: tuple[date, ...]) -> list[Group]:
    """As many groups as it takes to come to `cases`."""
    each = label.a_day * (len(days) - label.starts)
    number = ceil(cases / each) if each else 1
    if label.name == ORDINARY:
        number = 1  # the copied ones make the rest
    groups = []
    for n in range(number):
        luck = random.Random(f"{site.seed} {label.name} {n}")
        groups.append(Group(label, label.settle(site, luck) if label.settle else site.squad(label.size), luck))
    return groups
