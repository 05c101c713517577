"""Re-decides stored evidence by another ruleset without touching it, so that a ruleset is tried before it is used."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.checkins import serialize
from server.checkins.models import CheckIn
from server.evidence.decide import decide, judge
from server.evidence.ruleset import RULESET, Rules, Ruleset

_AT_ONCE = 500  # rows held in memory at a time


@dataclass(frozen=True, slots=True)
class Replayed:
    """One stored check-in: the machine's verdict as it stands, and what the other ruleset would say."""

    county_id: int
    checkin_id: uuid.UUID
    on: date
    stored: str
    new: str
    reason: str
    decision: str | None  # a person's, where there is one: what the new verdict should come close to


def read_ruleset(path: Path) -> Ruleset:
    """The code's ruleset with what a JSON file changes: {"version": …, "rules": {…}, "weights": {…}, "caps": {…},
    "needs": […], "reject_weight": …}. ValueError or TypeError that names what does not fit."""
    given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if unknown := given.keys() - {"version", "rules", "weights", "caps", "needs", "reject_weight"}:
        raise ValueError(f"{path}: a ruleset has no {', '.join(sorted(unknown))}")
    if unknown := given.get("rules", {}).keys() - Rules.__dataclass_fields__.keys():
        raise ValueError(f"{path}: no limit named {', '.join(sorted(unknown))}")
    if unknown := {*given.get("weights", {}), *given.get("needs", [])} - RULESET.weights.keys():
        raise ValueError(f"{path}: no signal named {', '.join(sorted(unknown))}")
    return replace(
        RULESET,
        version=given.get("version", f"{RULESET.version} with {path.name}"),
        rules=replace(RULESET.rules, **given.get("rules", {})),
        weights={**RULESET.weights, **given.get("weights", {})},
        caps={**RULESET.caps, **given.get("caps", {})},
        needs=tuple(given.get("needs", RULESET.needs)),
        reject_weight=given.get("reject_weight", RULESET.reject_weight),
    )


def replay(session: Session, ruleset: Ruleset, since: date) -> Iterator[Replayed]:
    """Every check-in of the local dates from `since` on, in all counties, in flat memory. A county's own limits are
    left out: it is the ruleset that is tried; and what was erased has nothing to try it on."""
    rows = session.execute(
        select(
            CheckIn.county_id, CheckIn.id, CheckIn.on_date, CheckIn.verdict, CheckIn.decision, CheckIn.evidence
        ).where(CheckIn.on_date >= since, CheckIn.erased_at.is_(None)),
        execution_options={"yield_per": _AT_ONCE},
    )
    for row in rows:
        evidence = serialize.from_json(row.evidence)
        new = decide(judge(evidence, ruleset.rules), ruleset)
        yield Replayed(row.county_id, row.id, row.on_date, row.verdict, new.verdict.value, new.reason, row.decision)


def told(replayed: Iterator[Replayed], ruleset: Ruleset, most: int) -> Iterator[str]:
    """What would change, for a person to read: a line a change up to `most`, then the sums."""
    counts: dict[tuple[str, str], int] = {}
    agree = differ = 0
    for one in replayed:
        counts[one.stored, one.new] = counts.get((one.stored, one.new), 0) + 1
        if one.decision and one.new != "review":
            agree, differ = agree + (one.decision == one.new), differ + (one.decision != one.new)
        if one.stored != one.new and sum(n for (a, b), n in counts.items() if a != b) <= most:
            person = f", a person: {one.decision}" if one.decision else ""
            yield f"{one.on} {one.checkin_id}: {one.stored} -> {one.new}{person}. {one.reason}"
    yield f"Ruleset {ruleset.version}: {sum(counts.values())} check-ins, nothing was changed."
    for (stored, new), count in sorted(counts.items()):
        yield f"  {stored:>8} -> {new:<8} {count}"
    yield f"  where a person decided and the machine would: {agree} agree, {differ} do not"
