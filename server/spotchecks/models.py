"""Tables of the spot checks: the draw, each check that came of it, and each attempt to call a station."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where, one_of

KINDS = {"selfie": "自拍抽查", "call": "电话抽查"}
STATES = {
    "planned": "未发出",
    "open": "等待应答",
    "answered": "按时应答",
    "late": "超时应答",
    "unanswered": "未应答",
    "undelivered": "没有送达",
    "wrong_number": "号码有误",
    "void": "已作废",
}
VOIDED = {
    "joined": "与另一次抽查合并",
    "on_leave": "请假或公出",
    "gone": "已不在这个驻点",
    "no_consent": "没有同意采集照片和位置",
    "too_late": "系统没有及时发出",
    "off_hours": "已过工作时间",
    "not_called": "三天没有人拨打",
}
WAITING = ("planned", "open")
# Nobody's fault: they stand in no sum, and weigh in no later draw.
NOT_COUNTED = ("planned", "undelivered", "wrong_number", "void")
EXCUSES = {
    "no_signal": "没有信号",
    "driving": "正在开车",
    "meeting": "正在与客商会谈",
    "phone": "手机故障或没电",
    "other": "其他原因",
}
DECISIONS = {"excused": "情况属实", "failed": "无正当理由"}
CALL_OUTCOMES = {
    "answered": "在驻点接听",
    "forwarded": "呼叫转移后接听",
    "no_answer": "无人接听",
    "wrong_number": "号码有误",
}


class Draw(Base):
    """抽签. `id` is made by the client. `asked_by` None: the schedule. Announced before `moment_at`; its seed is the
    hash of the first link of the audit chain from then on, and so known to nobody before. `aimed_at`: no draw but one
    that somebody chose, and why. `pool`: who could be drawn with weight and how often they were, and who could not."""

    __tablename__ = "draws"
    __table_args__ = (
        county_fk("asked_by", "members"),
        county_fk("unit_id", "units"),
        county_fk("squad_id", "squads"),
        one_of("kind", tuple(KINDS)),
        one_of("state", ("announced", "drawn")),
        CheckConstraint("count BETWEEN 1 AND 200", name="count_sane"),
        CheckConstraint("starts_at <= ends_at", name="forward"),
        CheckConstraint("(state = 'drawn') = (drawn_at IS NOT NULL)", name="drawn_whole"),
        CheckConstraint("aimed_at IS NULL OR reason <> ''", name="aimed_says_why"),
        index_where("ix_draws_announced", "county_id", "moment_at", where="state = 'announced'"),
        Index(None, "county_id", "asked_at", "id"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    asked_by: Mapped[uuid.UUID | None]
    asked_at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[uuid.UUID | None]
    squad_id: Mapped[uuid.UUID | None]  # both None: the whole county
    count: Mapped[int]
    starts_at: Mapped[datetime]  # each check falls somewhere between the two
    ends_at: Mapped[datetime]
    answer_min: Mapped[int]
    aimed_at: Mapped[uuid.UUID | None]  # a member, or of a call a squad
    reason: Mapped[str] = mapped_column(String(300), default="")
    moment_at: Mapped[datetime]
    # Told once all of it is out; till then its digest alone stands in the chain, and nobody who sees the chain's head
    # as it is linked finds whom it draws.
    secret: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="announced")
    drawn_at: Mapped[datetime | None]
    seed_event_id: Mapped[uuid.UUID | None]
    seed: Mapped[str | None] = mapped_column(String(64))
    pool: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SpotCheck(Base):
    """抽查: one that was drawn. A selfie is a member's; a call is a squad's at its station.

    `explanation` is theirs, when it was not answered in time; `decision` a person's, and only then. Whether an answered
    one holds is the review of its check-in. `challenge` is drawn when the camera first opens, and stays. `why` it is
    void, of VOIDED; `joined_id`: it is void since that one, of another draw, is sent out at an earlier moment and
    stands for both: nobody is asked twice.
    """

    __tablename__ = "spot_checks"
    __table_args__ = (
        county_fk("draw_id", "draws"),
        county_fk("member_id", "members"),
        county_fk("squad_id", "squads"),
        county_fk("station_id", "stations"),
        county_fk("checkin_id", "checkins"),
        county_fk("explained_by", "members"),
        county_fk("decided_by", "members"),
        one_of("kind", tuple(KINDS)),
        one_of("state", tuple(STATES)),
        one_of("excuse", tuple(EXCUSES)),
        one_of("decision", tuple(DECISIONS)),
        CheckConstraint("(kind = 'selfie') = (member_id IS NOT NULL)", name="whose"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_whole"),
        index_where(
            *("uq_spot_checks_member", "county_id", "member_id"),
            where="member_id IS NOT NULL AND state IN ('planned', 'open')",
            unique=True,
        ),
        index_where(
            *("uq_spot_checks_squad", "county_id", "squad_id"),
            where="member_id IS NULL AND state IN ('planned', 'open')",
            unique=True,
        ),
        index_where("ix_spot_checks_waiting", "county_id", "due_at", where="state IN ('planned', 'open')"),
        Index(None, "county_id", "draw_id"),
        Index(None, "county_id", "member_id", "issues_at"),
        Index(None, "county_id", "squad_id", "issues_at"),
        Index(None, "county_id", "issues_at", "id"),
        index_where("uq_spot_checks_checkin", "county_id", "checkin_id", where="checkin_id IS NOT NULL", unique=True),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    draw_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(10))
    member_id: Mapped[uuid.UUID | None]
    squad_id: Mapped[uuid.UUID]
    station_id: Mapped[uuid.UUID]
    rank: Mapped[int]  # 1 for the first that was drawn
    issues_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="planned")
    why: Mapped[str | None] = mapped_column(String(12))
    joined_id: Mapped[uuid.UUID | None]
    challenge: Mapped[str | None] = mapped_column(String(20))
    opened_at: Mapped[datetime | None]  # they saw it
    answered_at: Mapped[datetime | None]  # the photo was taken; or the call was answered
    checkin_id: Mapped[uuid.UUID | None]
    excuse: Mapped[str | None] = mapped_column(String(12))
    explanation: Mapped[str] = mapped_column(String(500), default="")
    explained_by: Mapped[uuid.UUID | None]
    explained_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]  # when they were asked why; they have a day to say
    decision: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(300), default="")
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]


class SpotCall(Base):
    """One attempt to call a station; `id` is made by the client. `who`: the name that the one who answered gave."""

    __tablename__ = "spot_calls"
    __table_args__ = (
        county_fk("spot_check_id", "spot_checks"),
        county_fk("called_by", "members"),
        one_of("outcome", tuple(CALL_OUTCOMES)),
        Index(None, "county_id", "spot_check_id", "called_at"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    spot_check_id: Mapped[uuid.UUID]
    called_by: Mapped[uuid.UUID]
    called_at: Mapped[datetime]  # as the caller says
    logged_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(12))
    who: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
