"""What is kept of a closed month: a hash over everything it was counted from, each member's numbers, and the table."""

import hashlib
import json
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tally.models import Policy
from server.tally.month_fold import days_asked, month_end
from server.tally.monthly import groups_of, year_halves
from server.tally.rebuild import CountedMember
from server.tally.rules import Rulebook
from server.tally.table import Table
from server.tally.types import COUNTED_AS, halves_of


class Frozen:
    """A month being added up member by member, in the order of their ids: the hash of all inputs, and the table."""

    def __init__(self, session: Session, county_id: int, month: date, book: Rulebook) -> None:
        self._county_id, self._month = county_id, month
        self._asks = days_asked(book, month)
        self._hash = hashlib.sha256(_rules_of(session, county_id, book, month).encode())
        self._table = Table(groups_of(session, county_id))

    def add(self, one: CountedMember) -> dict[str, Any]:
        """The member's own columns of MonthResult."""
        days = {on: halves_of(day) for on, day in one.days.items()}
        roles, agreed_on = one.given.roles, one.given.agreed_on
        self._table.add(one.given.member_id, one.given.postings, days, lambda p: self._asks(p, roles, agreed_on))
        inputs = sha256_of(one, self._month)
        self._hash.update(f"\n{one.given.member_id} {inputs}".encode())
        return {"member_id": one.given.member_id, "inputs_sha256": inputs, "count": count_of(one)}

    def inputs_sha256(self) -> str:
        """When all are in."""
        return self._hash.hexdigest()

    def result(self, session: Session, ranking: bool) -> dict[str, Any]:
        """The table when all are in, and their days are stored."""
        table = self._table.result(self._month, ranking, year_halves(session, self._county_id, self._month))
        return table | {"counted_as": COUNTED_AS}


def count_of(one: CountedMember) -> dict[str, Any]:
    """The numbers of a member's month, its days in half days: confirmed, pending, excused, lowering, rejected."""
    m = one.month
    return {
        "confirmed": m.confirmed,
        "pending": m.pending,
        "excused": m.excused,
        "rejected": m.rejected,
        "lowered": m.lowered,
        "target": m.target,
        "target_explanation": m.target_explanation,
        "policy_version": m.policy_version,
        "days": {
            on.isoformat(): [d.confirmed, d.pending, d.excused, d.lowers_target, d.rejected]
            for on, d in sorted(one.days.items())
        },
    }


def sha256_of(one: CountedMember, month: date) -> str:
    """Over everything the member's month is counted from, in one fixed order; names and reasons are not part of it."""
    given, last = one.given, month_end(month)

    def within(first: date, end: date | None) -> list[str]:
        return [max(first, month).isoformat(), min(end or last, last).isoformat()]

    body: dict[str, Any] = {
        "checkins": sorted(
            [c.checkin_id, c.kind, on.isoformat(), c.minute_of_day, c.holds, c.by_person]
            for on, checkins in given.checkins.items()
            for c in checkins
        ),
        "attestations": sorted(
            [a.attestation_id, on.isoformat(), a.halves] for on, made in given.attestations.items() for a in made
        ),
        "leaves": sorted(
            [a.leave_id, a.kind, *within(a.starts_on, a.ends_on), a.halves, *["undecided"] * a.undecided]
            for a in given.leaves
        ),
        "postings": sorted([*within(p.starts_on, p.ends_on), str(p.unit_id), str(p.squad_id)] for p in given.postings),
        "roles": sorted([r.role, *within(r.valid_from, r.valid_to)] for r in given.roles),
    }
    if given.counted_as >= 3:
        body["agreed"] = [max(given.agreed_on, month).isoformat()] if given.agreed_on else []
    return hashlib.sha256(_canonical(body).encode()).hexdigest()


def _rules_of(session: Session, county_id: int, book: Rulebook, month: date) -> str:
    """The rules of each date of the month, with what the calendar says of it. As they are stored: a release that knows
    one field more reads them with its default, and they are still the same rules."""
    dates = [month + timedelta(days=i) for i in range(month_end(month).day)]
    held = [[book.on(on).version, book.on(on).can_count(on)] for on in dates]
    stored = select(Policy.version, Policy.rules).where(
        Policy.county_id == county_id, Policy.version.in_({version for version, _ in held})
    )
    rules = {row.version: row.rules for row in session.execute(stored)}
    return _canonical({"rules": rules, "dates": held})


def _canonical(body: object) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
