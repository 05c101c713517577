"""Re-decides stored evidence by another ruleset without touching it, so that a ruleset is tried before it is used."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.checkins import serialize
from server.checkins.models import CheckIn
from server.evidence.decide import decide, judge
from server.evidence.ruleset import RULESET, Rules, Ruleset, adjusted

_AT_ONCE = 500  # rows held in memory at a time
Weight = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Limit = Annotated[float, Field(allow_inf_nan=False)] | int | bool
# A county's own limits on a local date, and whether the machine may reject.
TermsOf = Callable[[int, date], tuple[Mapping[str, float], bool]]


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
    given = _File.model_validate_json(path.read_text(encoding="utf-8"))
    for name, value in given.rules.items():
        if name not in Rules.__dataclass_fields__:
            raise ValueError(f"{path}: no limit named {name}")
        if isinstance(value, bool) != isinstance(getattr(RULESET.rules, name), bool):
            raise ValueError(f"{path}: {name} cannot be {value}")
    if unknown := {*given.weights, *(given.needs or ())} - RULESET.weights.keys():
        raise ValueError(f"{path}: no signal named {', '.join(sorted(unknown))}")
    return replace(
        RULESET,
        version=given.version or f"{RULESET.version} with {path.name}",
        rules=replace(RULESET.rules, **cast(dict[str, Any], given.rules)),
        weights={**RULESET.weights, **given.weights},
        caps={**RULESET.caps, **given.caps},
        needs=RULESET.needs if given.needs is None else tuple(given.needs),
        reject_weight=RULESET.reject_weight if given.reject_weight is None else given.reject_weight,
    )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: str = ""
    rules: dict[str, Limit] = Field(default={})
    weights: dict[str, Weight] = Field(default={})
    caps: dict[str, Weight] = Field(default={})
    needs: list[str] | None = None
    reject_weight: Weight | None = None


def replay(session: Session, ruleset: Ruleset, since: date, terms_of: TermsOf) -> Iterator[Replayed]:
    """Every check-in of the local dates from `since` on, in all counties, in flat memory, with the county's own limits
    of each date as they would hold for this ruleset, too. What was erased has nothing to try it on."""
    rows = session.execute(
        select(
            CheckIn.county_id, CheckIn.id, CheckIn.on_date, CheckIn.verdict, CheckIn.decision, CheckIn.evidence
        ).where(CheckIn.on_date >= since, CheckIn.erased_at.is_(None)),
        execution_options={"yield_per": _AT_ONCE},
    )
    held: dict[tuple[int, date], tuple[Ruleset, bool]] = {}
    for row in rows:
        key = (row.county_id, row.on_date)
        if key not in held:
            limits, may_reject = terms_of(*key)
            held[key] = adjusted(ruleset, limits), may_reject
        theirs, may_reject = held[key]
        new = decide(judge(serialize.from_json(row.evidence), theirs.rules), theirs, may_reject)
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
