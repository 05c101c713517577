"""Tables of the leads: the company, the lead whose holder has the claim on it, its history, its updates, and what was
asked of somebody outside the squad."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where, one_of

# 阶段, in their order; the last ends the lead (a Project follows it).
STAGES = {
    "lead": "线索",
    "contacted": "接触",
    "visited": "考察",
    "talks": "洽谈",
    "signing": "拟签约",
    "signed": "签约",
}
CHANNELS = {
    "exhibition": "展会",
    "chamber": "商会协会",
    "referral": "熟人介绍",
    "cold_call": "主动上门",
    "inquiry": "企业来询",
    "directory": "目标企业名录",
    "other": "其他",
}
SIZES = {"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"}
SIDES = {"upstream": "上游", "core": "主体", "downstream": "下游"}
CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY")
DEAD_ENDS = {
    "invested_elsewhere": "已落户别处",
    "plan_cancelled": "企业取消计划",
    "does_not_fit": "不符合产业或环保要求",
    "no_land_or_energy": "用地或能耗无法满足",
    "no_reply": "多次联系没有回应",
    "closed_down": "企业停业或注销",
    "other": "其他原因",
}
# 环评类别 (环境影响评价法 §16): the heavier a project's effect, the fuller the paper it needs.
EIA = {"registration": "登记表", "form": "报告表", "report": "报告书"}
MOST_PHOTOS = 6  # of one 跟进
OUTCOMES = ("signed", "dead_end")
REQUESTS = {"join": "申请加入", "contest": "对首报有异议", "close": "申请终止"}
ESCORT_STATES = {
    "open": "待答复",
    "accepted": "已约定",
    "declined": "未能同往",
    "called_off": "已取消",
    "done": "已完成",
}
EVENTS = (
    *("claimed", "taken", "expired", "handed_over", "joined", "contested"),
    *("stage", "changed", "close_asked", "close_refused", "closed", "reopened"),
    *("escort_asked", "escort_accepted", "escort_declined", "escort_called_off", "escort_done"),
)


class ChainNode(Base):
    """产业链环节: one place in the chain of one of the county's industries, up- or downstream of its core."""

    __tablename__ = "chain_nodes"
    __table_args__ = (
        one_of("side", tuple(SIDES)),
        UniqueConstraint("county_id", "industry", "name"),
    )
    county_id: Mapped[int] = mapped_column(ForeignKey("counties.id"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    industry: Mapped[str] = mapped_column(String(40))
    side: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]  # as they were entered: industries and nodes stand in this order


class Company(Base):
    """企业. `core` and `sound` are the name as names.py tells it from others; two companies may share them, but never a
    USCC. `phone_sealed` (as `company:{id}:phone`) is found by its digest."""

    __tablename__ = "companies"
    __table_args__ = (
        county_fk("added_by", "members"),
        county_fk("node_id", "chain_nodes"),
        one_of("size", tuple(SIZES)),
        index_where("uq_companies_uscc", "county_id", "uscc", where="uscc IS NOT NULL", unique=True),
        Index(None, "county_id", "core"),
        Index(None, "county_id", "sound"),
        index_where("ix_companies_node", "county_id", "node_id", "name", where="node_id IS NOT NULL"),
        index_where("ix_companies_phone", "county_id", "phone_digest", where="phone_digest IS NOT NULL"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(String(100))
    core: Mapped[str] = mapped_column(String(100))
    sound: Mapped[str] = mapped_column(String(700))
    uscc: Mapped[str | None] = mapped_column(String(18))
    industry: Mapped[str | None] = mapped_column(String(40))  # as its reporter calls it
    node_id: Mapped[uuid.UUID | None]
    is_target: Mapped[bool] = mapped_column(default=False)  # of the directory of companies to be won
    source: Mapped[str | None] = mapped_column(String(60))  # 全国100强名录, a chamber's list
    size: Mapped[str | None] = mapped_column(String(10))
    home_city: Mapped[str | None] = mapped_column(String(40))
    phone_sealed: Mapped[str | None] = mapped_column(String(400))
    phone_digest: Mapped[str | None] = mapped_column(String(64))
    added_by: Mapped[uuid.UUID | None]  # None: imported
    created_at: Mapped[datetime]


class CompanyPiece(Base):
    """One of the short words by which a company's name is found; see names.pieces."""

    __tablename__ = "company_pieces"
    __table_args__ = (
        PrimaryKeyConstraint("county_id", "piece", "company_id"),
        county_fk("company_id", "companies"),
        Index(None, "county_id", "company_id"),
        {"sqlite_with_rowid": False},
    )
    county_id: Mapped[int]
    piece: Mapped[str] = mapped_column(String(20))
    company_id: Mapped[uuid.UUID] = mapped_column(Uuid)


class Lead(Base):
    """线索: a company that may invest. `id` is made by the phone.

    首报 is a state of it: the squad in `squad_id` has the claim since `claimed_at` (the server's receipt; what an
    offline phone says is in `reported_at`); None: it lies in the pool. A company has one lead at a time that is not
    over, and so one claim: the database holds it. Of one that is over, squad and owner are its last.
    """

    __tablename__ = "leads"
    __table_args__ = (
        county_fk("company_id", "companies"),
        county_fk("squad_id", "squads"),
        county_fk("owner_id", "members"),
        county_fk("reported_by", "members"),
        one_of("stage", tuple(STAGES)),
        one_of("channel", tuple(CHANNELS)),
        one_of("currency", CURRENCIES),
        one_of("outcome", OUTCOMES),
        one_of("eia", tuple(EIA)),
        CheckConstraint("(squad_id IS NULL) = (owner_id IS NULL)", name="held_whole"),
        CheckConstraint("(squad_id IS NULL) = (claimed_at IS NULL)", name="claimed_whole"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended_whole"),
        CheckConstraint("(outcome IS NOT NULL AND outcome = 'signed') = (stage = 'signed')", name="signed_ends"),
        CheckConstraint("investment_wan >= 0", name="investment"),
        index_where("uq_leads_open", "county_id", "company_id", where="outcome IS NULL", unique=True),
        Index(None, "county_id", "company_id"),
        Index(None, "county_id", "squad_id", "moved_at"),
        Index(None, "county_id", "moved_at", "id"),
        Index(None, "county_id", "owner_id"),
        Index(None, "county_id", "reported_by"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    company_id: Mapped[uuid.UUID]
    squad_id: Mapped[uuid.UUID | None]
    owner_id: Mapped[uuid.UUID | None]
    reported_by: Mapped[uuid.UUID]
    reported_at: Mapped[datetime]  # the phone's time, never later than the receipt
    claimed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))  # of the report as it came
    intent: Mapped[str] = mapped_column(String(500), default="")
    investment_wan: Mapped[int | None] = mapped_column(BigInteger)  # 万元 of `currency`
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    land_mu: Mapped[float | None] = mapped_column(Float)
    energy_tce: Mapped[float | None] = mapped_column(Float)  # tonnes of standard coal a year
    environment: Mapped[str] = mapped_column(String(300), default="")
    eia: Mapped[str | None] = mapped_column(String(12))  # 环评类别; one of EIA
    channel: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(10), default="lead")
    stage_since: Mapped[datetime]
    responded_at: Mapped[datetime | None]  # the first 跟进
    judged_at: Mapped[datetime | None]  # it first left the first stage, or its closing was asked for
    answered_at: Mapped[datetime | None]  # the company was first told where it stands
    next_action: Mapped[str] = mapped_column(String(200), default="")
    next_on: Mapped[date | None]
    moved_at: Mapped[datetime]  # the last update, change of stage or of hands: what it is without progress since
    outcome: Mapped[str | None] = mapped_column(String(10))
    ended_at: Mapped[datetime | None]


class LeadSquad(Base):
    """A second squad that was let in: it reads the lead and adds updates, the claim stays with the first."""

    __tablename__ = "lead_squads"
    __table_args__ = (county_fk("lead_id", "leads"), county_fk("squad_id", "squads"))
    county_id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    squad_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    joined_at: Mapped[datetime]


class LeadEvent(Base):
    """What happened to a lead, in order; `facts`: {from, to} of a stage, names of squads and people as they were."""

    __tablename__ = "lead_events"
    __table_args__ = (
        county_fk("lead_id", "leads"),
        county_fk("by_id", "members"),
        one_of("what", EVENTS),
        Index(None, "county_id", "lead_id", "at"),
        Index(None, "county_id", "by_id", "at"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    lead_id: Mapped[uuid.UUID]
    what: Mapped[str] = mapped_column(String(20))
    by_id: Mapped[uuid.UUID | None]  # None: the machine
    reason: Mapped[str] = mapped_column(String(500), default="")
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class LeadUpdate(Base):
    """跟进: what a member did about it. `id` is made by the phone. `checkin_id`: a check-in of theirs near it in time
    and place, which corroborates it; without one it is as good, only plain."""

    __tablename__ = "lead_updates"
    __table_args__ = (
        county_fk("lead_id", "leads"),
        county_fk("member_id", "members"),
        county_fk("checkin_id", "checkins"),
        CheckConstraint("(lat IS NULL) = (lng IS NULL)", name="placed_whole"),
        Index(None, "county_id", "lead_id", "happened_at"),
        Index(None, "county_id", "member_id", "happened_at"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    lead_id: Mapped[uuid.UUID]
    member_id: Mapped[uuid.UUID]
    text: Mapped[str] = mapped_column(String(1000))
    content_sha256: Mapped[str] = mapped_column(String(64))
    answers: Mapped[bool] = mapped_column(default=False)  # it tells the company where it stands
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    lat: Mapped[float | None] = mapped_column(Float)  # WGS-84; None: not given, or erased
    lng: Mapped[float | None] = mapped_column(Float)
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    checkin_id: Mapped[uuid.UUID | None]


class LeadPhoto(Base):
    """A picture of a 跟进. `id` is made by the phone, which sends it before the update that names it: `update_id` and
    `place` (which of its pictures) are of that update, and none until it is there."""

    __tablename__ = "lead_photos"
    __table_args__ = (
        county_fk("lead_id", "leads"),
        county_fk("photo_id", "photos"),
        county_fk("update_id", "lead_updates"),
        CheckConstraint("(update_id IS NULL) = (place IS NULL)", name="named_whole"),
        CheckConstraint(f"place BETWEEN 1 AND {MOST_PHOTOS}", name="place"),
        UniqueConstraint("county_id", "photo_id"),
        UniqueConstraint("county_id", "update_id", "place"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    lead_id: Mapped[uuid.UUID]
    photo_id: Mapped[uuid.UUID]
    update_id: Mapped[uuid.UUID | None]
    place: Mapped[int | None]


class LeadRequest(Base):
    """What somebody asks about a lead and somebody outside their squad decides: to join it, to have the claim, to close
    it as a dead end (`code`). One of a kind a squad at a time."""

    __tablename__ = "lead_requests"
    __table_args__ = (
        county_fk("lead_id", "leads"),
        county_fk("squad_id", "squads"),
        county_fk("asked_by", "members"),
        county_fk("decided_by", "members"),
        one_of("kind", tuple(REQUESTS)),
        one_of("state", ("open", "granted", "refused", "void")),
        one_of("code", tuple(DEAD_ENDS)),
        CheckConstraint("(kind = 'close') = (code IS NOT NULL)", name="code_of_closing"),
        CheckConstraint("decided_by <> asked_by", name="not_by_oneself"),
        index_where(
            "uq_lead_requests_open", "county_id", "lead_id", "kind", "squad_id", where="state = 'open'", unique=True
        ),
        Index(None, "county_id", "state", "asked_at", "id"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    lead_id: Mapped[uuid.UUID]
    squad_id: Mapped[uuid.UUID]
    asked_by: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(10))
    code: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))  # of a closing: what was tried
    evidence: Mapped[str] = mapped_column(String(500), default="")
    reported_at: Mapped[datetime | None]  # of a contest: when the phone had it first
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="open")
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(500), default="")


class Escort(Base):
    """提请县领导: a squad asks a county leader to come along to a company, at one of some times. `id` is made by the
    phone. `slots`: what was proposed, [from, to] in ISO 8601 UTC; `starts_at` to `ends_at` is the one that was chosen.
    `answered_by` is the leader, or the bureau in their name."""

    __tablename__ = "escorts"
    __table_args__ = (
        county_fk("lead_id", "leads"),
        county_fk("squad_id", "squads"),
        county_fk("asked_by", "members"),
        county_fk("leader_id", "members"),
        county_fk("answered_by", "members"),
        county_fk("off_by", "members"),
        county_fk("outcome_by", "members"),
        one_of("state", tuple(ESCORT_STATES)),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="chosen_whole"),
        CheckConstraint("starts_at < ends_at", name="chosen_forward"),
        CheckConstraint("(outcome_at IS NOT NULL) = (state = 'done')", name="outcome_known"),
        index_where(
            "uq_escorts_open", "county_id", "lead_id", "leader_id", where="state IN ('open', 'accepted')", unique=True
        ),
        Index(None, "county_id", "leader_id", "starts_at"),
        Index(None, "county_id", "lead_id", "asked_at"),
        Index(None, "county_id", "state", "asked_at", "id"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    lead_id: Mapped[uuid.UUID]
    squad_id: Mapped[uuid.UUID]
    asked_by: Mapped[uuid.UUID]
    leader_id: Mapped[uuid.UUID]
    purpose: Mapped[str] = mapped_column(String(500))
    place: Mapped[str] = mapped_column(String(100))
    slots: Mapped[list[Any]]
    content_sha256: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="open")
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    answered_by: Mapped[uuid.UUID | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(500), default="")
    off_by: Mapped[uuid.UUID | None]  # called off; None: because the lead was over
    off_reason: Mapped[str] = mapped_column(String(500), default="")
    outcome: Mapped[str] = mapped_column(String(1000), default="")
    outcome_by: Mapped[uuid.UUID | None]
    outcome_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=0)  # of the calendar entry: each change that one must notice


class LeadFilter(Base):
    """A filter of the leads' table that somebody keeps under a name; `wanted`: its fields as the API has them."""

    __tablename__ = "lead_filters"
    __table_args__ = (county_fk("member_id", "members"), UniqueConstraint("county_id", "member_id", "name"))
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[uuid.UUID]
    name: Mapped[str] = mapped_column(String(20))
    wanted: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
