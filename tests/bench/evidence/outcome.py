"""What became of each case, counted by stratum and kind, with the intervals that such counts allow."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from server.evidence.ruleset import RULESET
from tests.bench.evidence.attempt import Attempt
from tests.bench.evidence.county import Site


@dataclass(slots=True)
class Tally:
    """Cases of one stratum or kind. `pending` waits for a person and suspects nobody; `suspect` waits with a suspicion.

    `signals`: how often a code was suspect; `waits`: how often a need was not clear; `refusals` by HTTP status;
    `reasons`: the Chinese sentences of what was not accepted; `with_exif`: photos that carried an EXIF block.
    """

    n: int = 0
    accepted: int = 0
    pending: int = 0
    suspect: int = 0
    rejected: int = 0
    refused: int = 0
    with_exif: int = 0
    signals: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


Tallies = dict[str, Tally]


def counted(site: Site, attempts: Iterable[Attempt]) -> Tallies:
    """The verdicts that stand in the database now, after the second look."""
    with site.db.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, verdict, reason, findings, comparing FROM checkins")).all()
    stored = {str(row.id).replace("-", ""): row for row in rows}
    tallies: Tallies = {}
    for one in attempts:
        if not one.label:
            continue
        tally = tallies.setdefault(one.label, Tally())
        tally.n += 1
        tally.with_exif += b"Exif\0\0" in one.data[:64] or one.data[4:8] == b"ftyp"
        if one.checkin_id is None:
            tally.refused += 1
            tally.refusals[one.refusal] += 1
        else:
            _judged(tally, stored[one.checkin_id.replace("-", "")])
    return tallies


def _judged(tally: Tally, row: Any) -> None:
    """Count one stored check-in."""
    if row.comparing:
        raise RuntimeError(f"{row.id} is still being compared")
    if row.verdict == "accepted":
        tally.accepted += 1
        return
    findings = json.loads(row.findings)
    suspects = [finding["code"] for finding in findings if finding["outcome"] == "suspect"]
    tally.signals.update(suspects)
    tally.waits.update(f["code"] for f in findings if f["code"] in RULESET.needs and f["outcome"] == "unknown")
    tally.reasons[row.reason] += 1
    if row.verdict == "rejected":
        tally.rejected += 1
    elif suspects:
        tally.suspect += 1
    else:
        tally.pending += 1
