"""The tables of the organisation. Primary keys are (county_id, id): nothing can refer across counties."""

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk, index_where, one_of

ROLE_NAMES = {
    "member": "队员",
    "squad_leader": "队长",
    "unit_supervisor": "单位监督员",
    "bureau_supervisor": "招商局监督员",
    "county_leader": "县领导",
    "admin": "管理员",
}
ROLES = tuple(ROLE_NAMES)
SQUAD_ROLES = ("member", "squad_leader")
SIGN_IN_KINDS = ("phone", "console")
COUNTY_ROLES = ("bureau_supervisor", "county_leader", "admin")
DATUMS = ("wgs84", "gcj02")


class County(Base):
    """县: the tenant. `id` is internal and never shown."""

    __tablename__ = "counties"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    tz: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")
    created_at: Mapped[datetime]
    days_counted_as: Mapped[int] = mapped_column(default=0, server_default="0")  # the stored ones: tally/upgrade.py


class Unit(Base):
    """镇(区)/部门: owns squads."""

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("county_id", "name"),)
    county_id: Mapped[int] = mapped_column(ForeignKey("counties.id"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(String(60))


class Squad(Base):
    """招商小分队: 2–5 members, belongs to one unit."""

    __tablename__ = "squads"
    __table_args__ = (county_fk("unit_id", "units"), UniqueConstraint("county_id", "name"))
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    unit_id: Mapped[uuid.UUID]
    name: Mapped[str] = mapped_column(String(60))


class Member(Base):
    """队员: a person of the county's system. `openid` is theirs in this mini-program, one to one.

    `*_sealed`: by server.sealing, as server.org.reach says; `phone_digest` finds a number.
    """

    __tablename__ = "members"
    __table_args__ = (
        county_fk("unit_id", "units"),
        Index(None, "county_id", "unit_id"),
        index_where("ix_members_phone_digest", "phone_digest", where="phone_digest IS NOT NULL"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    unit_id: Mapped[uuid.UUID]
    name: Mapped[str] = mapped_column(String(40))
    openid: Mapped[str | None] = mapped_column(String(64), unique=True)
    phone_sealed: Mapped[str | None] = mapped_column(String(400))
    phone_digest: Mapped[str | None] = mapped_column(String(64))
    email_sealed: Mapped[str | None] = mapped_column(String(700))
    bound_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RoleGrant(Base):
    """角色: member × role × scope over an interval of local dates; a member may hold several."""

    __tablename__ = "role_grants"
    __table_args__ = (
        county_fk("member_id", "members"),
        county_fk("unit_id", "units"),
        county_fk("squad_id", "squads"),
        one_of("role", ROLES),
        CheckConstraint(
            "(role IN ('member','squad_leader') AND squad_id IS NOT NULL AND unit_id IS NULL)"
            " OR (role = 'unit_supervisor' AND unit_id IS NOT NULL AND squad_id IS NULL)"
            " OR (role IN ('bureau_supervisor','county_leader','admin') AND unit_id IS NULL AND squad_id IS NULL)",
            name="scope_fits_role",
        ),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="interval"),
        Index(None, "county_id", "member_id"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    role: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[uuid.UUID | None]
    squad_id: Mapped[uuid.UUID | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Station(Base):
    """驻点: a WGS-84 point with a fence; `datum`, `given_lat`, `given_lng` keep what was typed in."""

    __tablename__ = "stations"
    __table_args__ = (
        UniqueConstraint("county_id", "name"),
        one_of("datum", DATUMS),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lng BETWEEN -180 AND 180", name="on_earth"),
        CheckConstraint("radius_m BETWEEN 20 AND 5000", name="radius_sane"),
    )
    county_id: Mapped[int] = mapped_column(ForeignKey("counties.id"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(String(60))
    city: Mapped[str] = mapped_column(String(40))
    lat: Mapped[float] = mapped_column(Float)
    lng: Mapped[float] = mapped_column(Float)
    datum: Mapped[str] = mapped_column(String(8))
    given_lat: Mapped[float] = mapped_column(Float)
    given_lng: Mapped[float] = mapped_column(Float)
    recorded_on_site: Mapped[bool] = mapped_column(default=False)
    radius_m: Mapped[int]
    tz: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(20))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Posting(Base):
    """派驻: member × squad × station over local dates, both ends included; a member has at most one a day."""

    __tablename__ = "postings"
    __table_args__ = (
        county_fk("member_id", "members"),
        county_fk("squad_id", "squads"),
        county_fk("station_id", "stations"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="interval"),
        UniqueConstraint("county_id", "member_id", "starts_on"),
        Index(None, "county_id", "squad_id", "starts_on"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    squad_id: Mapped[uuid.UUID]
    station_id: Mapped[uuid.UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Consent(Base):
    """同意: what a person agreed to, which version, when; withdrawing is one more update of the same row."""

    __tablename__ = "consents"
    __table_args__ = (
        county_fk("member_id", "members"),
        index_where("uq_consents_active", "county_id", "member_id", where="withdrawn_at IS NULL", unique=True),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    version: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class DeletionRequest(Base):
    """删除申请: a member asks that what was collected of them goes; done once nothing of it is left to erase."""

    __tablename__ = "deletion_requests"
    __table_args__ = (
        county_fk("member_id", "members"),
        CheckConstraint("withdrawn_at IS NULL OR done_at IS NULL", name="one_end"),
        index_where(
            "uq_deletion_requests_open",
            "county_id",
            "member_id",
            where="withdrawn_at IS NULL AND done_at IS NULL",
            unique=True,
        ),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    asked_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class SignIn(Base):
    """One signed-in device: the session token's SHA-256, never the token. `device` is what a person knows it by."""

    __tablename__ = "sign_ins"
    __table_args__ = (
        county_fk("member_id", "members"),
        one_of("kind", SIGN_IN_KINDS),
        Index(None, "county_id", "member_id"),
        Index(None, "county_id", "wechat_sha256"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(10), default="phone", server_default="phone")
    device: Mapped[str | None] = mapped_column(String(80))
    wechat_sha256: Mapped[str | None] = mapped_column(String(64))  # of the openid: which WeChat signed in
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Invite(Base):
    """A one-time code by which a member binds their WeChat; only its SHA-256 is stored."""

    __tablename__ = "invites"
    __table_args__ = (county_fk("member_id", "members"), county_fk("issued_by", "members"))
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    issued_by: Mapped[uuid.UUID]
    code_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ConsoleAccount(Base):
    """控制台账号: a name, a password (argon2) and a TOTP secret (sealed as `console:{member_id}:totp`), by which a
    supervisor signs in without a phone's WeChat. Not in force before its first code was right; no code works twice."""

    __tablename__ = "console_accounts"
    __table_args__ = (county_fk("member_id", "members"),)
    county_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_sealed: Mapped[str] = mapped_column(String(400))
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)  # of the last code that was taken
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class ConsoleScan(Base):
    """扫码登录: a code on a browser's screen. Who confirms it on their phone is signed in in the browser that holds the
    other secret, and in no other. Both are stored as SHA-256."""

    __tablename__ = "console_scans"
    __table_args__ = (county_fk("member_id", "members"), Index(None, "expires_at"))
    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_sha256: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    county_id: Mapped[int | None]
    member_id: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
