"""预警: raised with the numbers that raised it, closed by itself when the cause is gone."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where, one_of

KINDS = ("behind", "unreachable", "missed")


class Flag(Base):
    """At most one open flag a member, month and kind. `month` is its first day."""

    __tablename__ = "flags"
    __table_args__ = (
        county_fk("member_id", "members"),
        one_of("kind", KINDS),
        CheckConstraint("closed_at IS NULL OR closed_at >= raised_at", name="interval"),
        index_where("uq_flags_open", "county_id", "member_id", "month", "kind", where="closed_at IS NULL", unique=True),
        Index(None, "county_id", "raised_at", "id"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    month: Mapped[date]
    kind: Mapped[str] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(String(300))
    facts: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
