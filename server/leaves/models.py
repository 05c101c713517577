"""请假: one absence over local dates, or a presence not recorded (补卡); only an approved one changes a day."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, one_of

KIND_WORDS = {
    "training": "培训",
    "recall": "回县工作",
    "official_trip": "公出",
    "sick": "病假",
    "maternity": "产假",
    "annual": "年休假",
    "public_holiday": "法定节假日",
    "personal": "事假",
    "make_up": "补卡",
}
KINDS = tuple(KIND_WORDS)
FULL_DAY = 2  # half days


def is_away_all_day(kind: Any, halves: Any) -> Any:
    """Whether leave takes somebody away for whole days, of values as of columns: a made-up day was spent there."""
    return (kind != "make_up") & (halves == FULL_DAY)


class Leave(Base):
    """`halves` is what one day of it covers: 2 a whole day, 1 half a day."""

    __tablename__ = "leaves"
    __table_args__ = (
        county_fk("member_id", "members"),
        county_fk("decided_by", "members"),
        one_of("kind", KINDS),
        one_of("state", ("pending", "approved", "rejected", "withdrawn", "revoked")),
        CheckConstraint("ends_on >= starts_on", name="interval"),
        CheckConstraint("halves IN (1, 2)", name="halves"),
        CheckConstraint(
            "state NOT IN ('approved', 'rejected', 'revoked') OR decided_by IS NOT NULL", name="decided_by_someone"
        ),
        Index(None, "county_id", "member_id", "starts_on"),
        Index(None, "county_id", "state", "starts_on"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    halves: Mapped[int] = mapped_column(default=2)
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    decided_by: Mapped[uuid.UUID | None]  # also kept when it is withdrawn later; of one revoked, who revoked it
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(300), default="")  # why it was decided so, or why it was withdrawn
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def days(self) -> float:
        """What it covers, every date of the calendar counted."""
        return ((self.ends_on - self.starts_on).days + 1) * self.halves / 2
