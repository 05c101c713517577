"""规则, 在岗日 and 月度结果: the dated rules, what they made of each member's local day, and what was published."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where, one_of

ADDENDUM_CAUSES = ("checkin", "review", "appeal", "attestation", "leave", "withdrawal", "asked")


class Policy(Base):
    """规则: one version, in force from `starts_on` until the next one starts. Rows are never edited: of two that start
    on one date the newer version holds."""

    __tablename__ = "policies"
    __table_args__ = (
        UniqueConstraint("county_id", "version"),
        CheckConstraint("version > 0", name="version_positive"),
        county_fk("created_by", "members"),
    )
    county_id: Mapped[int] = mapped_column(ForeignKey("counties.id"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    version: Mapped[int]
    starts_on: Mapped[date]
    rules: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(300), default="")
    created_by: Mapped[uuid.UUID | None]  # None: it came with the county
    created_at: Mapped[datetime]


class SiteDay(Base):
    """在岗日: member × local date, in half days. Derived: `tally.recompute` can rebuild every row."""

    __tablename__ = "site_days"
    __table_args__ = (
        county_fk("member_id", "members"),
        CheckConstraint(
            "confirmed_halves >= 0 AND pending_halves >= 0 AND excused_halves >= 0"
            " AND confirmed_halves + pending_halves + excused_halves <= 2",
            name="at_most_one_day",
        ),
        Index("ix_site_days_date", "county_id", "on_date"),
        index_where("ix_site_days_lowering", "county_id", "on_date", where="lowers_target_halves > 0"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    confirmed_halves: Mapped[int] = mapped_column(Integer)
    pending_halves: Mapped[int] = mapped_column(Integer)
    excused_halves: Mapped[int] = mapped_column(Integer)
    lowers_target_halves: Mapped[int] = mapped_column(Integer)
    rejected_halves: Mapped[int] = mapped_column(Integer, default=0)
    explanation: Mapped[str] = mapped_column(String(300))
    sources: Mapped[list[Any]]
    policy_version: Mapped[int]
    computed_at: Mapped[datetime]


class ClosedMonth(Base):
    """月度结果: a month as it was published. `month` is its first day. The row is never edited."""

    __tablename__ = "closed_months"
    __table_args__ = (county_fk("closed_by", "members"),)
    county_id: Mapped[int] = mapped_column(ForeignKey("counties.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[uuid.UUID | None]  # None: the worker, on the policy's day
    policy_version: Mapped[int]  # of the month's last day
    inputs_sha256: Mapped[str] = mapped_column(String(64))  # over the members' own, in the order of their ids
    waiting: Mapped[int]  # check-ins still under review when the deadline passed; their days stay pending
    table: Mapped[dict[str, Any]]  # the published table, with the names of then


class MonthResult(Base):
    """One member's part of a closed month: the numbers, and a hash of what they were counted from."""

    __tablename__ = "month_results"
    __table_args__ = (county_fk("member_id", "members"),)
    county_id: Mapped[int] = mapped_column(ForeignKey("counties.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    inputs_sha256: Mapped[str] = mapped_column(String(64))
    count: Mapped[dict[str, Any]]


class MonthAddendum(Base):
    """补充说明: what became known of one day after its month was published; half days before and after."""

    __tablename__ = "month_addenda"
    __table_args__ = (
        county_fk("member_id", "members"),
        county_fk("made_by", "members"),
        one_of("cause", ADDENDUM_CAUSES),
        Index(None, "county_id", "member_id", "on_date", "made_at"),
        Index(None, "county_id", "on_date"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    on_date: Mapped[date]
    cause: Mapped[str] = mapped_column(String(12))
    cause_id: Mapped[uuid.UUID]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    explanation: Mapped[str] = mapped_column(String(300))
    made_by: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime]
