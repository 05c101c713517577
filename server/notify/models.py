"""通知: one message, written in the transaction that caused it; and what its reader has accepted, or turned off."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where, one_of

ANSWERS = ("accept", "reject", "ban", "filter")
SOURCES = ("phone", "wechat")
STATES = ("pending", "sending", "sent", "refused", "failed", "expired", "uncertain", "muted")
CHANNELS = ("subscribe", "employee", "email", "group_bot")
GROUPS = ("inbox", "wechat", "email")  # what a member turns on and off, a kind at a time


class Notice(Base):
    """A row is the notice in its reader's inbox, once by its `dedupe_key`; `state` is what became of it outside.

    `member_id` None: it is a summary for the county's group. `channel` is the one it is at (None: not begun), `tries`
    what each attempt met, oldest first: {channel, at, outcome, error, msgid?}, where msgid is WeChat's number for it.
    `sending` past `claimed_until` was cut off; no member has two notices on their way at once, which WeChat refuses
    (43108).
    """

    __tablename__ = "notices"
    __table_args__ = (
        county_fk("member_id", "members"),
        one_of("state", STATES),
        one_of("channel", CHANNELS),
        UniqueConstraint("county_id", "dedupe_key"),
        Index(None, "state", "due_at"),
        Index(None, "county_id", "member_id", "created_at"),
        Index(None, "county_id", "created_at", "id"),
        index_where(
            "ix_notices_dead", "county_id", "created_at", "id", where="state IN ('failed', 'refused', 'uncertain')"
        ),
        index_where("ix_notices_waiting", "county_id", "member_id", "created_at", where="state = 'pending'"),
        index_where("uq_notices_sending", "county_id", "member_id", where="state = 'sending'", unique=True),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID | None]
    kind: Mapped[str] = mapped_column(String(30))
    dedupe_key: Mapped[str] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="pending")
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    channel: Mapped[str | None] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)  # at this channel
    tries: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    tried_at: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(40))
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class NoticeMute(Base):
    """One kind that a member does not want in one place."""

    __tablename__ = "notice_mutes"
    __table_args__ = (county_fk("member_id", "members"), one_of("place", GROUPS))
    county_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    place: Mapped[str] = mapped_column(String(10), primary_key=True)
    muted_at: Mapped[datetime]


class ChannelPause(Base):
    """What everybody leaves alone until then: a template whose day's quota is spent, a channel that was too fast."""

    __tablename__ = "channel_pauses"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    until: Mapped[datetime]
    why: Mapped[str] = mapped_column(String(200))


class SubscriptionCredit(Base):
    """How many messages of a template a member has accepted and not yet received; no row: nothing is known.

    `zeroed_at`: when WeChat, or the member in its settings, last said that there is none.
    """

    __tablename__ = "subscription_credits"
    __table_args__ = (county_fk("member_id", "members"), CheckConstraint("credits >= 0", name="not_owed"))
    county_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    credits: Mapped[int]
    zeroed_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class SubscriptionAnswer(Base):
    """What a member said when asked, as the phone or WeChat told it; `paired`: told by both, and counted once."""

    __tablename__ = "subscription_answers"
    __table_args__ = (
        county_fk("member_id", "members"),
        one_of("answer", ANSWERS),
        one_of("source", SOURCES),
        UniqueConstraint("county_id", "dedupe_key"),
        Index(None, "county_id", "member_id", "template_id", "at"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    template_id: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(10))
    dedupe_key: Mapped[str] = mapped_column(String(160))
    at: Mapped[datetime]
    paired: Mapped[bool] = mapped_column(default=False)


class AccountTemplate(Base):
    """A subscribe template of the account as WeChat last told it. `lasting` (长期): accepted once for all that come,
    else (一次性) for one message; `keys`: its fields."""

    __tablename__ = "account_templates"
    template_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(60))
    lasting: Mapped[bool]
    keys: Mapped[list[Any]]
    told_at: Mapped[datetime]


class WechatToken(Base):
    """The access token shared by every process, with its end of life enforced here (wechat-facts 2.2)."""

    __tablename__ = "wechat_tokens"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(String(600))
    expires_at: Mapped[datetime]
