"""预警 and 处置: raised with the numbers that raised it, closed when the cause is gone; and what was done about it."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where, one_of

KINDS = ("behind", "at_risk", "unreachable", "missed", "uncovered")
STEPS = ("remind", "talk", "circular", "replace")
WAITS = "待核的核定之前，这条预警不作进一步处理。"


class Flag(Base):
    """About a member's month, or (`uncovered`) about a unit. At most one open of a kind for each.

    `month` is its first day, `facts` are the numbers of the night that raised it and are not touched afterwards.
    `message` is the last night's sentence; `waits`: that night only what waits for a decision covered what is missing,
    so that the flag is not over and nothing is done about it.
    """

    __tablename__ = "flags"
    __table_args__ = (
        county_fk("member_id", "members"),
        county_fk("unit_id", "units"),
        one_of("kind", KINDS),
        CheckConstraint(
            "(kind = 'uncovered' AND unit_id IS NOT NULL AND member_id IS NULL)"
            " OR (kind <> 'uncovered' AND unit_id IS NULL AND member_id IS NOT NULL)",
            name="about_one",
        ),
        CheckConstraint("closed_at IS NULL OR closed_at >= raised_at", name="interval"),
        index_where("uq_flags_open", "county_id", "member_id", "month", "kind", where="closed_at IS NULL", unique=True),
        index_where("uq_flags_open_unit", "county_id", "unit_id", where="closed_at IS NULL", unique=True),
        Index(None, "county_id", "raised_at", "id"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID | None]
    unit_id: Mapped[uuid.UUID | None]
    month: Mapped[date]
    kind: Mapped[str] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(String(300))
    waits: Mapped[bool] = mapped_column(default=False, server_default=false())
    facts: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @property
    def said(self) -> str:
        """What everybody reads who may see it."""
        return self.message + (WAITS if self.waits else "")


class FlagStep(Base):
    """处置: one rung of the ladder, taken once. The machine reminds; everything else a person decides who has heard
    the member. `told`: the ids of those who were told, at `created_at`."""

    __tablename__ = "flag_steps"
    __table_args__ = (
        county_fk("flag_id", "flags"),
        county_fk("decided_by", "members"),
        one_of("step", STEPS),
        CheckConstraint(
            "step = 'remind' OR (decided_by IS NOT NULL AND length(heard) > 0 AND length(reason) > 0)",
            name="decided_and_heard",
        ),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    flag_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    step: Mapped[str] = mapped_column(String(10), primary_key=True)
    decided_by: Mapped[uuid.UUID | None]
    heard: Mapped[str] = mapped_column(String(500), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    told: Mapped[list[Any]]
    created_at: Mapped[datetime]
