"""规则 as data: dated versions a county edits without a deploy; the rules in force on a date, typed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from server.checkins.gather import Terms
from server.db import short
from server.errors import conflict
from server.evidence.ruleset import RULESET, Ruleset, adjusted
from server.evidence.types import Window
from server.tally.models import Policy

LeaveEffect = Literal["excused", "lowers_target", "none"]


class WindowRule(BaseModel):
    """A span of the local day in which one accepted check-in earns `halves` half days."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    start: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
    halves: int = Field(2, ge=1, le=2)


class PolicyRules(BaseModel):
    """The content of a policy row. Every field has the default of the speech that started the project."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    target_days: int = Field(20, ge=1, le=31)
    windows: tuple[WindowRule, ...] = (WindowRule(start="06:00", end="23:00", halves=2),)
    counted_kinds: tuple[str, ...] = ("station", "visit", "spot")
    accuracy_ceiling_m: float = Field(200, gt=0, le=5_000)
    upload_limit_h: int = Field(24, ge=1, le=168)
    ticket_ttl_h: int = Field(24, ge=1, le=168)
    spot_answer_min: int = Field(30, ge=5, le=240)  # how long a spot check's challenge may be answered
    evidence_limits: dict[str, float] = Field(default={})  # thresholds of the signals, by the names in evidence.BOUNDS
    machine_may_reject: bool = False  # people reject; a county may let the machine, and then only on two groups' word
    reminder_before_min: int = Field(90, ge=5, le=600)
    month_close_day: int = Field(5, ge=1, le=28)  # month M closes when this local day of month M+1 begins
    burden_mode: Literal["daily", "spot_check_only", "voluntary"] = "spot_check_only"
    legal_basis: str = ""
    # training, recall and official trips are work elsewhere; illness and public leave shrink what is asked
    leave_effects: dict[str, LeaveEffect] = Field(
        default={
            "training": "excused",
            "recall": "excused",
            "official_trip": "excused",
            "sick": "lowers_target",
            "maternity": "lowers_target",
            "annual": "lowers_target",
            "public_holiday": "lowers_target",
            "personal": "none",
        }
    )

    @field_validator("evidence_limits")
    @classmethod
    def _within_bounds(cls, limits: dict[str, float]) -> dict[str, float]:
        adjusted(RULESET, limits)
        return limits

    def evidence_windows(self) -> tuple[Window, ...]:
        """The windows in the engine's own type, minutes after local midnight."""
        return tuple(Window(_minutes(w.start), _minutes(w.end), w.halves) for w in self.windows)


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules that hold on a date, with the version a day is explained by."""

    version: int
    rules: PolicyRules
    windows: tuple[Window, ...]
    ruleset: Ruleset  # with the county's own limits


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
    return InForce(version, rules, rules.evidence_windows(), adjusted(RULESET, rules.evidence_limits))


def terms(session: Session, county_id: int, on: date, today: date) -> Terms:
    """What the policy on the local date `on` says about one check-in of that date, seen from `today`."""
    in_force_then = in_force(session, county_id, on)
    rules = in_force_then.rules
    return Terms(
        ruleset=in_force_then.ruleset,
        may_reject=rules.machine_may_reject,
        spot_answer_s=rules.spot_answer_min * 60,
        windows=in_force_then.windows,
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


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


# Rows are never edited, so a typed policy stays right for as long as the process lives.
_typed: dict[uuid.UUID, InForce] = {}
_DEFAULT = _in_force(0, PolicyRules())
