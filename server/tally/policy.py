"""规则 as data: dated versions a county edits without a deploy; the rules in force on a date, typed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from server.checkins.gather import Terms
from server.db import short
from server.errors import conflict
from server.evidence.ruleset import RULESET, Ruleset, adjusted
from server.evidence.types import Window
from server.tally.models import Policy
from server.tally.rules import PolicyRules


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that hold on a date, with the version a day is explained by."""

    version: int
    rules: PolicyRules
    week: tuple[tuple[Window, ...], ...]  # the windows of Monday to Sunday
    ruleset: Ruleset  # with the county's own limits

    def windows_on(self, on: date) -> tuple[Window, ...]:
        """The windows of a local date."""
        return self.week[on.weekday()]


_P = short(Policy, "p").c
VERSIONS = select(_P.id, _P.starts_on).where(_P.county_id == bindparam("county"))
_RULES = select(_P.version, _P.rules).where(_P.county_id == bindparam("county"), _P.id == bindparam("id"))


def in_force(session: Session, county_id: int, on: date) -> InForce:
    """The policy of the county on a local date. Without any row the defaults hold, as version 0.

    The versions are asked once a transaction, so that a day and its month are counted by the same answer.
    """
    known = session.info.get("policies", {})
    if county_id not in known:
        known = remember(session, county_id, session.execute(VERSIONS, {"county": county_id}).all())
    for row in known[county_id]:
        if row.starts_on <= on:
            return _read(session, county_id, row.id)
    return _DEFAULT


def remember(session: Session, county_id: int, versions: Sequence[Any]) -> dict[int, list[Any]]:
    """Take the rows of VERSIONS as this transaction's answer for the county."""
    known: dict[int, list[Any]] = session.info.setdefault("policies", {})
    known[county_id] = sorted(versions, key=lambda version: version.starts_on, reverse=True)
    return known


def _read(session: Session, county_id: int, policy_id: uuid.UUID) -> InForce:
    if policy_id not in _typed:
        row = session.execute(_RULES, {"county": county_id, "id": policy_id}).one()
        rules = PolicyRules.model_validate(row.rules)
        _typed[policy_id] = _in_force(row.version, rules)
    return _typed[policy_id]


def _in_force(version: int, rules: PolicyRules) -> InForce:
    week = tuple(rules.windows_on(_MONDAY + timedelta(days=i)) for i in range(7))
    return InForce(version, rules, week, adjusted(RULESET, rules.evidence_limits))


def terms(session: Session, county_id: int, on: date, today: date) -> Terms:
    """What the policy on the local date `on` says about one check-in of that date, seen from `today`."""
    in_force_then = in_force(session, county_id, on)
    rules = in_force_then.rules
    return Terms(
        ruleset=in_force_then.ruleset,
        may_reject=rules.machine_may_reject,
        spot_answer_s=rules.spot_answer_min * 60,
        windows=in_force_then.windows_on(on),
        fence_radius_m=rules.fence_radius_m,
        upload_limit_s=rules.upload_limit_h * 3600,
        accuracy_ceiling_m=rules.accuracy_ceiling_m,
        month_closed=is_closed(rules, on.replace(day=1), today),
    )


def require_open(session: Session, county_id: int, on: date, today: date) -> None:
    """Raise 409 when the month of `on` is closed: what was published is corrected by an addendum, not by an edit."""
    if is_closed(in_force(session, county_id, on).rules, on.replace(day=1), today):
        raise conflict(
            "month_closed", f"{on.month}月的结果已经公布，不能再改动；请按补充说明办理。", month=f"{on:%Y-%m}"
        )


def is_closed(rules: PolicyRules, month: date, today: date) -> bool:
    """Whether `month` (its first day) is closed on the local date `today`."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return today >= following.replace(day=rules.month_close_day)


# Rows are never edited, so a typed policy stays right for as long as the process lives.
_typed: dict[uuid.UUID, InForce] = {}
_MONDAY = date(2026, 1, 5)
_DEFAULT = _in_force(0, PolicyRules())
