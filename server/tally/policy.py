"""规则 by date: which version a county's days are counted by, asked once a transaction."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from server.checkins.gather import Terms
from server.db import short
from server.leaves.limits import LeaveTerms
from server.tally.models import Policy
from server.tally.rules import InForce, PolicyRules, Rulebook
from server.tally.rules import in_force as ready
from server.tally.types import COUNTED_AS, DayTerms

_P = short(Policy, "p").c
VERSIONS = select(_P.id, _P.starts_on).where(_P.county_id == bindparam("county"))
_RULES = select(_P.id, _P.version, _P.rules).where(_P.county_id == bindparam("county"))


def in_force(session: Session, county_id: int, on: date) -> InForce:
    """The policy of the county on a local date. Without any row the defaults hold, as version 0."""
    return rulebook(session, county_id).on(on)


def rulebook(session: Session, county_id: int) -> Rulebook:
    """All versions of a county, asked once a transaction: a day and its month are counted by the same answer."""
    known: dict[int, Rulebook] = session.info.setdefault("policies", {})
    if county_id not in known:
        remember(session, county_id, session.execute(VERSIONS, {"county": county_id}).all())
    return known[county_id]


def remember(session: Session, county_id: int, versions: Sequence[Any]) -> None:
    """Take the rows of VERSIONS as this transaction's answer for the county."""
    if any(row.id not in _typed for row in versions):
        for row in session.execute(_RULES, {"county": county_id}):
            _typed[row.id] = ready(row.version, PolicyRules.model_validate(row.rules))
    book = Rulebook((row.starts_on, _typed[row.id]) for row in versions)
    session.info.setdefault("policies", {})[county_id] = book


def forget(session: Session, county_id: int) -> None:
    """After a new version was stored: what this transaction knew of the county's rules is asked again."""
    session.info.get("policies", {}).pop(county_id, None)


def evidence_terms(session: Session, county_id: int, on: date) -> tuple[Mapping[str, float], bool]:
    """A county's own limits of the signals on a local date, and whether the machine may reject."""
    rules = in_force(session, county_id, on).rules
    return rules.evidence_limits, rules.machine_may_reject


def day_terms(rules: InForce, on: date, posted: bool, counted_as: int = COUNTED_AS) -> DayTerms:
    """What the rules say of counting a local date, on which somebody is posted or not."""
    said, whole = rules.rules, rules.rules.full_day
    return DayTerms(
        rules.windows_on(on),
        said.counted_kinds,
        whole.checkins,
        whole.min_gap_min,
        rules.can_count(on),
        said.appeal_within_days,
        posted,
        counted_as,
    )


def terms(session: Session, county_id: int, on: date, month_closed: bool) -> Terms:
    """What the policy on the local date `on` says about one check-in of that date."""
    in_force_then = in_force(session, county_id, on)
    rules = in_force_then.rules
    return Terms(
        ruleset=in_force_then.ruleset,
        may_reject=rules.machine_may_reject,
        windows=in_force_then.windows_on(on),
        fence_radius_m=rules.fence_radius_m,
        upload_limit_s=rules.upload_limit_h * 3600,
        accuracy_ceiling_m=rules.accuracy_ceiling_m,
        month_closed=month_closed,
    )


def leave_terms(session: Session, county_id: int, on: date) -> LeaveTerms:
    """What the policy on the local date `on` says about asking for leave that begins then."""
    rules = in_force(session, county_id, on).rules
    return LeaveTerms(rules.approver_of, int(rules.make_up_days * 2), rules.make_up_within_days)


def closes_on(rules: PolicyRules, month: date) -> date:
    """The first local date on which `month` (its first day) may be closed."""
    return following(month).replace(day=rules.month_close_day)


def deadline_on(rules: PolicyRules, month: date) -> date:
    """From this local date on the month is closed even if something of it is still under review."""
    return following(month).replace(day=rules.month_close_deadline_day)


def following(month: date) -> date:
    """The first day of the month after the one of `month`."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


# Rows are never edited, so a typed policy stays right for as long as the process lives.
_typed: dict[uuid.UUID, InForce] = {}
