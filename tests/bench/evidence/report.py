"""The confusion matrix as Markdown and JSON, and which goals of the issue were met."""

import re
from dataclasses import dataclass
from typing import Any

from server.checkins.sample import wilson
from tests.bench.evidence.honest import STRATA
from tests.bench.evidence.labels import Label
from tests.bench.evidence.outcome import Tallies, Tally
from tests.bench.evidence.shard import KINDS

# Goals: shares of the cases.
HONEST_ACCEPTED, HONEST_SUSPECT, CHEATS_ACCEPTED, WITHOUT_EXIF = 0.97, 0.005, 0.05, 0.80
_HEAD = (
    "| {} | n | accepted % | pending % | suspect % | rejected % | refused % | {} |\n|---|---|---|---|---|---|---|---|"
)
_REASONS = 5


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal for one stratum or kind: what was found, and how it stands to what was asked."""

    name: str
    met: bool
    found: str


def goals(tallies: Tallies) -> list[Goal]:
    """Every goal of the issue, by the shares found; the intervals beside them say how much that is worth."""
    found = []
    for stratum in STRATA:
        tally = tallies.get(stratum.name, Tally())
        if stratum.goal:
            met = tally.n > 0 and tally.accepted >= HONEST_ACCEPTED * tally.n
            found.append(Goal(f"{stratum.name}: accepted ≥ 97 %", met, _share(tally.accepted, tally.n)))
        met = tally.suspect <= HONEST_SUSPECT * tally.n
        found.append(Goal(f"{stratum.name}: suspect ≤ 0.5 %", met, _share(tally.suspect, tally.n)))
        found.append(Goal(f"{stratum.name}: rejected 0", tally.rejected == 0, str(tally.rejected)))
    whole = total(tallies, STRATA)
    met = whole.suspect <= HONEST_SUSPECT * whole.n
    found.append(Goal("all honest: suspect ≤ 0.5 %", met, _share(whole.suspect, whole.n)))
    bare = whole.n - whole.with_exif
    found.append(Goal("all honest: without EXIF ≥ 80 %", bare >= WITHOUT_EXIF * whole.n, _share(bare, whole.n)))
    for kind in KINDS:
        if kind.goal:
            tally = tallies.get(kind.name, Tally())
            met = tally.n > 0 and tally.accepted <= CHEATS_ACCEPTED * tally.n
            found.append(Goal(f"{kind.name}: accepted ≤ 5 %", met, _share(tally.accepted, tally.n)))
    return found


def total(tallies: Tallies, labels: tuple[Label, ...]) -> Tally:
    """All of these labels together."""
    whole = Tally()
    for label in labels:
        whole.add(tallies.get(label.name, Tally()))
    return whole


def markdown(tallies: Tallies) -> str:
    """Four tables: honest strata that meet the acceptance needs, those that do not, cheats that leave a trace, cheats
    that leave none. Shares in per cent, with 95 % intervals where a goal looks at them.
    """
    met, apart = (tuple(s for s in STRATA if s.goal is goal) for goal in (True, False))
    traced, traceless = (tuple(k for k in KINDS if k.goal is goal) for goal in (True, False))
    return "\n".join(
        [
            _HEAD.format("honest", "what is not accepted lacks / is suspected of"),
            *(_row(label, tallies, honest=True) for label in met),
            _total_row("all of these", total(tallies, met), honest=True),
            "",
            _HEAD.format("honest, but short of what a machine may accept", "lacks / is suspected of"),
            *(_row(label, tallies, honest=True) for label in apart),
            "",
            _HEAD.format("cheating that leaves a trace", "what fired most"),
            *(_row(label, tallies, honest=False) for label in traced),
            _total_row("all of these", total(tallies, traced), honest=False),
            "",
            _HEAD.format("cheating that leaves none", "what fired most"),
            *(_row(label, tallies, honest=False) for label in traceless),
        ]
    )


def reasons(tallies: Tallies) -> str:
    """What honest people were told whose check-in was not accepted, an example of each kind of sentence and how often:
    a person can judge whether it is fair.
    """
    lines = []
    for stratum in STRATA:
        alike: dict[str, list[str]] = {}
        for reason in tallies.get(stratum.name, Tally()).reasons.elements():
            alike.setdefault(re.sub(r"[\d.]+|公里|米", "#", reason), []).append(reason)
        most = sorted(alike.values(), key=len, reverse=True)[:_REASONS]
        lines += [f"  {stratum.name}: {len(told)} × {told[0]}" for told in most]
    return "\n".join(lines)


def as_json(tallies: Tallies) -> dict[str, Any]:
    """By stratum and kind the counts, with intervals for accepted and suspect."""
    sides = {"honest": STRATA, "cheating": KINDS}
    return {side: {label.name: _json(label, tallies) for label in labels} for side, labels in sides.items()}


def _json(label: Label, tallies: Tallies) -> dict[str, Any]:
    tally = tallies.get(label.name, Tally())
    counts = {name: getattr(tally, name) for name in tally.__slots__} | {"reasons": dict(tally.reasons.most_common(10))}
    intervals = {name: wilson(counts[name], tally.n) for name in ("accepted", "suspect")}
    return counts | {"goal": label.goal, "note": label.note, "wilson95": intervals}


def _row(label: Label, tallies: Tallies, honest: bool) -> str:
    name = f"{label.name} ({label.note})" if label.note else label.name
    return _total_row(name, tallies.get(label.name, Tally()), honest)


def _total_row(name: str, tally: Tally, honest: bool) -> str:
    cells = [
        _with_interval(tally.accepted, tally.n),
        _percent(tally.pending, tally.n),
        _with_interval(tally.suspect, tally.n) if honest else _percent(tally.suspect, tally.n),
        _percent(tally.rejected, tally.n),
        _percent(tally.refused, tally.n),
    ]
    unclear = [(f"{code} not clear", count) for code, count in tally.waits.most_common(1)]
    fired = [*tally.signals.most_common(2), *unclear, *tally.refusals.most_common(2)]
    said = ", ".join(f"{what} {count}" for what, count in fired)
    return f"| {name} | {tally.n} | {' | '.join(cells)} | {said} |"


def _percent(hits: int, n: int) -> str:
    return f"{100 * hits / n:.1f}" if n else "-"


def _with_interval(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{_percent(hits, n)} ({100 * low:.1f}-{100 * high:.1f})"


def _share(hits: int, n: int) -> str:
    return f"{hits} of {n}, {_with_interval(hits, n)} %"
