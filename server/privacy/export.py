"""All that is stored about one member, as one zip that they can open: JSON, their photos, and who looked at them.

Every table with a `member_id` is in TABLES, or in NOT_EXPORTED with the reason (tests/api/test_my_data.py holds both
to the schema), so that a table added later cannot be forgotten.
"""

import uuid
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

import orjson
import structlog
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from server.audit.models import AuditEvent, AuditPayload
from server.checkins.models import Appeal, Attestation, CheckIn, CheckInComment, CheckInFinding, Review, Ticket
from server.complaints.models import Complaint
from server.db import Base
from server.flags.models import Flag, FlagStep
from server.leads.models import Company, Lead, LeadFilter, LeadPhoto, LeadUpdate
from server.leaves.models import Leave
from server.notify.models import Notice, NoticeMute, SubscriptionAnswer, SubscriptionCredit
from server.org import consent, people, reach
from server.org.models import (
    Consent,
    ConsoleAccount,
    DeletionRequest,
    Member,
    Posting,
    RoleGrant,
    SignIn,
    Squad,
    Station,
    Unit,
)
from server.photos.models import Photo
from server.photos.store import FolderStore
from server.pushes.models import PushedEvent
from server.sealing import Sealer
from server.spotchecks.models import SpotCheck
from server.tally.models import MonthAddendum, MonthResult, SiteDay

log = structlog.get_logger()

# By the name of their section: rows about the member, and the columns that are not theirs to have: secrets, and what
# only tells the server's own work.
TABLES: dict[str, tuple[type[Base], frozenset[str]]] = {
    "consents": (Consent, frozenset()),
    "roles": (RoleGrant, frozenset()),
    "postings": (Posting, frozenset()),
    "sign_ins": (SignIn, frozenset({"token_sha256", "wechat_sha256"})),
    "console_accounts": (ConsoleAccount, frozenset({"password_hash", "totp_sealed", "totp_step"})),
    "deletion_requests": (DeletionRequest, frozenset()),
    "tickets": (Ticket, frozenset()),
    "checkins": (CheckIn, frozenset({"content_sha256"})),
    "photos": (Photo, frozenset({"storage_key", "looks", "phash"})),
    "appeals": (Appeal, frozenset()),
    "attestations": (Attestation, frozenset()),
    "leaves": (Leave, frozenset()),
    "complaints": (Complaint, frozenset()),
    "spot_checks": (SpotCheck, frozenset()),
    "lead_updates": (LeadUpdate, frozenset({"content_sha256"})),
    "lead_filters": (LeadFilter, frozenset()),
    "site_days": (SiteDay, frozenset()),
    "month_results": (MonthResult, frozenset()),
    "month_addenda": (MonthAddendum, frozenset()),
    "flags": (Flag, frozenset()),
    "notices": (Notice, frozenset({"claim", "claimed_until", "dedupe_key"})),
    "notice_mutes": (NoticeMute, frozenset()),
    "subscription_credits": (SubscriptionCredit, frozenset()),
    "subscription_answers": (SubscriptionAnswer, frozenset({"dedupe_key"})),
}
# Of a section: the rows of which they may know. A spot check that is still to come is nobody's to know,
# nor one that another one stands for.
_TOLD: dict[str, ColumnElement[bool]] = {
    "spot_checks": (SpotCheck.__table__.c.state != "planned") & SpotCheck.__table__.c.joined_id.is_(None)
}
NOT_EXPORTED = {
    "invites": "a digest of a code that is used up or void after a week",
    "console_scans": "lives for minutes; the sign-in that came of it is in sign_ins",
}
# What hangs on rows of theirs: the section, its table, the column that names the parent's, and the parent.
_CHILDREN: tuple[tuple[str, type[Base], str, type[Base]], ...] = (
    ("checkin_findings", CheckInFinding, "checkin_id", CheckIn),
    ("reviews", Review, "checkin_id", CheckIn),
    ("checkin_comments", CheckInComment, "checkin_id", CheckIn),
    ("flag_steps", FlagStep, "flag_id", Flag),
    ("lead_photos", LeadPhoto, "photo_id", Photo),
)
_ABOUT = """驻点通：您的个人信息副本

data.json   系统里关于您的全部记录：同意、角色、派驻、登录设备、打卡（含位置、设备信息与核验依据）、照片信息、
            复核、留言、申诉、证明、请假、首报和跟进的线索、每天与每月的结果、补充说明、预警与处置、通知与订阅、微信推送的与您有关的事件。
            时间为 UTC，经纬度为 WGS-84。
photos/     您提交的打卡照片原图，文件名是日期和打卡编号；线索跟进的照片，文件名是日期、跟进编号和第几张。
history.json 谁在什么时候查看或处理过您的打卡、照片和记录。

已过保存期限或应您要求删除的照片和位置不在其中。同事的照片和位置不属于您的信息，也不在其中。
"""


def write(
    session: Session, store: FolderStore, sealer: Sealer, member: Member, target: IO[bytes], now: datetime
) -> None:
    """Write the zip. One photo is held at a time; one whose file is missing is named in `missing.json`, not passed
    over in silence."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("说明.txt", _ABOUT)
        archive.writestr("data.json", _json(_data(session, sealer, member, now)))
        archive.writestr("history.json", _json(_history(session, member)))
        if missing := _add_photos(session, store, member, archive):
            archive.writestr("missing.json", _json(missing))


def _data(session: Session, sealer: Sealer, member: Member, now: datetime) -> dict[str, Any]:
    data: dict[str, Any] = {"exported_at": now, "member": _member(session, sealer, member)}
    for section, (table, left_out) in TABLES.items():
        theirs = (table.__table__.c.member_id == member.id) & _TOLD.get(section, true())
        data[section] = _rows(session, table, member.county_id, theirs, left_out)
    for section, child, column, parent in _CHILDREN:
        ids = select(parent.__table__.c.id).where(
            parent.__table__.c.county_id == member.county_id, parent.__table__.c.member_id == member.id
        )
        data[section] = _rows(session, child, member.county_id, child.__table__.c[column].in_(ids), frozenset())
    for checkin in data["checkins"]:
        checkin["evidence"], checkin["findings"] = _own(checkin["evidence"]), [_own(f) for f in checkin["findings"]]
    for agreed in data["consents"]:
        agreed["words"] = consent.WORDS.get(agreed["version"])
    data["leads"] = _leads(session, member)
    data["wechat_events"] = _pushed(session, member)
    data["places"] = _places(session, member)
    return data


def _rows(
    session: Session, table: type[Base], county_id: int, where: ColumnElement[bool], left_out: frozenset[str]
) -> list[dict[str, Any]]:
    columns = [column for column in table.__table__.c if column.name not in left_out | {"county_id"}]
    statement = select(*columns).where(table.__table__.c.county_id == county_id, where)
    return [dict(row) for row in session.execute(statement.order_by(*table.__table__.primary_key)).mappings()]


def _member(session: Session, sealer: Sealer, member: Member) -> dict[str, Any]:
    """Every column of the row (tests/api/test_my_data.py): what is sealed is opened, for it is theirs."""
    unit = session.scalar(select(Unit.name).where(Unit.county_id == member.county_id, Unit.id == member.unit_id))
    reached = reach.whole(member, sealer)
    return {
        "id": member.id,
        "name": member.name,
        "unit": unit,
        "wechat_openid": member.openid,
        "phone": reached.phone,
        "email": reached.email,
        "bound_at": member.bound_at,
        "removed_at": member.removed_at,
        "created_at": member.created_at,
    }


def _places(session: Session, member: Member) -> list[dict[str, Any]]:
    """The squads and stations that the rows name by id."""
    posted = select(Posting).where(Posting.county_id == member.county_id, Posting.member_id == member.id).subquery()
    named: list[dict[str, Any]] = []
    for kind, table, ids in (("squad", Squad, posted.c.squad_id), ("station", Station, posted.c.station_id)):
        of_it = table.__table__.c
        statement = select(of_it.id, of_it.name).where(of_it.county_id == member.county_id, of_it.id.in_(select(ids)))
        named += [{"kind": kind, "id": row.id, "name": row.name} for row in session.execute(statement)]
    return named


def _leads(session: Session, member: Member) -> list[dict[str, Any]]:
    """Which companies they reported, and when. What became of them is the county's, not theirs."""
    of = select(Lead.id, Company.name.label("company"), Lead.reported_at, Lead.created_at).join(
        Company, (Company.county_id == Lead.county_id) & (Company.id == Lead.company_id)
    )
    mine = of.where(Lead.county_id == member.county_id, Lead.reported_by == member.id)
    return [dict(row) for row in session.execute(mine.order_by(Lead.created_at, Lead.id)).mappings()]


def _pushed(session: Session, member: Member) -> list[dict[str, Any]]:
    """What WeChat told about them in the last weeks: what they accepted, turned off, took back."""
    told = select(PushedEvent.event, PushedEvent.said, PushedEvent.happened_at, PushedEvent.received_at)
    mine = told.where(PushedEvent.openid == member.openid).order_by(PushedEvent.received_at, PushedEvent.id)
    return [dict(row) for row in session.execute(mine).mappings()] if member.openid else []


def _own(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence or a finding without what is a colleague's: which photo of theirs was alike, when and how far away."""
    facts = stored.get("facts", {})
    own = dict(stored)
    if "twins" in own:
        own["twins"] = [twin if twin.get("same_member") else {"same_member": False} for twin in own["twins"]]
    if facts and facts.get("same_member") is False:
        own["facts"] = {"same_member": False}
    return own


def _history(session: Session, member: Member) -> list[dict[str, Any]]:
    """What happened to the member's rows, oldest first: when, what, and by whom. What the audit erased says so."""
    checkins = select(CheckIn.id).where(CheckIn.county_id == member.county_id, CheckIn.member_id == member.id)
    statement = (
        select(AuditEvent.at, AuditEvent.action, AuditPayload.subject_id, AuditPayload.body)
        .join(
            AuditPayload,
            (AuditPayload.county_id == AuditEvent.county_id) & (AuditPayload.event_id == AuditEvent.id),
        )
        .where(
            AuditEvent.county_id == member.county_id,
            (AuditPayload.subject_id == member.id) | AuditPayload.subject_id.in_(checkins),
        )
        .order_by(AuditEvent.at, AuditEvent.id)
    )
    rows = session.execute(statement).all()
    bodies = [orjson.loads(row.body) if row.body else None for row in rows]
    names = _names(session, member.county_id, {body["actor"] for body in bodies if body and body["actor"]})
    return [
        {
            "at": row.at,
            "action": row.action,
            "by": "（已按规定删除）" if body is None else names.get(body["actor"], "系统"),
            "about": row.subject_id,
            "facts": body["facts"] if body else {},
        }
        for row, body in zip(rows, bodies, strict=True)
    ]


def _names(session: Session, county_id: int, ids: set[str]) -> dict[str, str]:
    found = people.names(session, county_id, {uuid.UUID(one) for one in ids})
    return {str(member_id): name for member_id, name in found.items()}


def _add_photos(session: Session, store: FolderStore, member: Member, archive: zipfile.ZipFile) -> list[str]:
    """Put each photo in the archive as it is stored; the names of those whose files are missing."""
    missing = []
    for called, key in (*_of_checkins(session, member), *_of_updates(session, member)):
        name = f"photos/{called}.{key.rpartition('.')[2]}"
        try:
            data = store.open(key)
        except FileNotFoundError:
            log.warning("export_photo_missing", photo=name)
            missing.append(name)
            continue
        archive.writestr(zipfile.ZipInfo(name), data)  # stored: a JPEG does not get smaller
    return missing


def _of_checkins(session: Session, member: Member) -> list[tuple[str, str]]:
    """What each photo of a check-in is called, and its key."""
    stored = session.execute(
        select(CheckIn.on_date, CheckIn.id, Photo.storage_key)
        .join(Photo, (Photo.county_id == CheckIn.county_id) & (Photo.id == CheckIn.photo_id))
        .where(CheckIn.county_id == member.county_id, CheckIn.member_id == member.id, CheckIn.erased_at.is_(None))
        .order_by(CheckIn.on_date, CheckIn.id)
    )
    return [(f"{row.on_date.isoformat()}_{row.id}", row.storage_key) for row in stored]


def _of_updates(session: Session, member: Member) -> list[tuple[str, str]]:
    """What each picture of a 跟进 is called (its day in UTC), and its key."""
    stored = session.execute(
        select(LeadUpdate.happened_at, LeadUpdate.id, LeadPhoto.place, Photo.storage_key)
        .join(LeadPhoto, (LeadPhoto.county_id == LeadUpdate.county_id) & (LeadPhoto.update_id == LeadUpdate.id))
        .join(Photo, (Photo.county_id == LeadPhoto.county_id) & (Photo.id == LeadPhoto.photo_id))
        .where(LeadUpdate.county_id == member.county_id, LeadUpdate.member_id == member.id, Photo.sha256 != "")
        .order_by(LeadUpdate.happened_at, LeadUpdate.id, LeadPhoto.place)
    )
    return [(f"{row.happened_at.date().isoformat()}_{row.id}_{row.place}", row.storage_key) for row in stored]


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)
