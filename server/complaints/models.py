"""意见: one complaint or suggestion, and its one answer."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where, one_of

KIND_WORDS = {"complaint": "投诉", "suggestion": "建议"}


class Complaint(Base):
    """`id` is made by the phone: the same one with the same words is the same complaint, sent again."""

    __tablename__ = "complaints"
    __table_args__ = (
        county_fk("member_id", "members"),
        county_fk("answered_by", "members"),
        one_of("kind", tuple(KIND_WORDS)),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered_whole"),
        CheckConstraint("answered_by <> member_id", name="not_by_oneself"),
        Index(None, "county_id", "member_id", "created_at"),
        Index(None, "county_id", "created_at", "id"),
        index_where("ix_complaints_open", "county_id", "due_on", where="answered_at IS NULL"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(String(1000))
    due_on: Mapped[date]  # the local date by which it is to be answered
    created_at: Mapped[datetime]
    answered_by: Mapped[uuid.UUID | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(1000))
