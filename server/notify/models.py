"""通知: one outgoing message, written in the transaction that caused it."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, one_of

STATES = ("pending", "sending", "sent", "refused", "failed", "expired", "uncertain")


class Notice(Base):
    """`dedupe_key` keeps a second row of the same message out; `sending` past `claimed_until` was cut off."""

    __tablename__ = "notices"
    __table_args__ = (
        county_fk("member_id", "members"),
        one_of("state", STATES),
        UniqueConstraint("county_id", "dedupe_key"),
        Index(None, "state", "due_at"),
        Index(None, "county_id", "member_id", "created_at"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(30))
    dedupe_key: Mapped[str] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="pending")
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    claim: Mapped[str | None] = mapped_column(String(40))
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class WechatToken(Base):
    """The access token shared by every process, with its end of life enforced here (wechat-facts 2.2)."""

    __tablename__ = "wechat_tokens"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(String(600))
    expires_at: Mapped[datetime]
