"""推送: one event that WeChat pushed, and the stamps by which a repeated request is known.

Both belong to the installation: whose county an event concerns is found when it is handled, if it concerns anybody.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, JsonText, one_of

STATES = ("pending", "handled", "ignored", "failed")


class PushedEvent(Base):
    """`said` is the whole message. While it is pending, `due_at` is when a worker may take it (again). Of whoever left
    the mini-program, or belongs to no county, `openid` and `said` are emptied once it is done."""

    __tablename__ = "pushed_events"
    __table_args__ = (one_of("state", STATES), Index(None, "state", "due_at"), Index(None, "received_at"))
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    dedupe_key: Mapped[str] = mapped_column(String(64), unique=True)
    event: Mapped[str] = mapped_column(String(64))
    openid: Mapped[str | None] = mapped_column(String(64))
    said: Mapped[dict[str, Any]] = mapped_column(JsonText)
    happened_at: Mapped[datetime]  # by WeChat's clock, to the second
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="pending")
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    note: Mapped[str | None] = mapped_column(String(200))  # the last error, or why it was ignored
    done_at: Mapped[datetime | None]


class PushStamp(Base):
    """A (signature, nonce) that was taken; it need not outlive the time for which its timestamp is fresh."""

    __tablename__ = "push_stamps"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime]
