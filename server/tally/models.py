"""规则 and 在岗日: the dated rules, and what they made of each member's local day."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk


class Policy(Base):
    """规则: one version, in force from `starts_on` until the next one starts. Rows are never edited."""

    __tablename__ = "policies"
    __table_args__ = (
        UniqueConstraint("county_id", "version"),
        UniqueConstraint("county_id", "starts_on"),
        CheckConstraint("version > 0", name="version_positive"),
    )
    county_id: Mapped[int] = mapped_column(ForeignKey("counties.id"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    version: Mapped[int]
    starts_on: Mapped[date]
    rules: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(300), default="")
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
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    confirmed_halves: Mapped[int] = mapped_column(Integer)
    pending_halves: Mapped[int] = mapped_column(Integer)
    excused_halves: Mapped[int] = mapped_column(Integer)
    lowers_target_halves: Mapped[int] = mapped_column(Integer)
    explanation: Mapped[str] = mapped_column(String(300))
    sources: Mapped[list[Any]]
    policy_version: Mapped[int]
    computed_at: Mapped[datetime]
