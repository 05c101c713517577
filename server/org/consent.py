"""Consent: no photo and no position is stored before a person agreed to this version of these words."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.errors import AppError, conflict
from server.org.models import Consent
from server.org.scope import Caller

KEPT_MONTHS = 13  # at most; a county's rules may say less
CURRENT_VERSION = "2026-11.5"
# What, why and how long, by version. Words that anybody may have agreed to are never edited: a new version is added,
# and a copy of somebody's data says what they agreed to.
WORDS: dict[str, tuple[str, ...]] = {
    "2026-11.5": (
        "打卡时收集一张自拍照片、当时的位置和手机型号，用于证明当天在驻点。",
        "只在您点击提交时收集；写线索跟进时，您选择带上才收集位置和照片。不记录行踪，不做人脸比对。",
        "打卡的照片和位置只有您的队长、本单位和招商局的监督人员能看；跟进的照片，跟进同一条线索的小分队也能看。"
        "每次查看都有记录。",
        f"照片和位置最多保存 {KEPT_MONTHS} 个月，申诉没有了结的保存到了结；"
        "要查阅、导出或删除，在“我的信息”里办理或向单位提出。",
        "您可以不同意，也可以随时撤回：改由同事或监督人员证明在岗，不会因此被预警。",
    ),
    "2026-11.4": (
        "打卡时收集一张自拍照片、当时的位置和手机型号，用于证明当天在驻点。",
        "只在您点击提交时收集；写线索跟进时，您选择带上才收集位置。不记录行踪，不做人脸比对。",
        "照片和位置只有您的队长、本单位和招商局的监督人员能看，每次查看都有记录。",
        f"照片和位置最多保存 {KEPT_MONTHS} 个月，申诉没有了结的保存到了结；"
        "要查阅、导出或删除，在“我的信息”里办理或向单位提出。",
        "您可以不同意，也可以随时撤回：改由同事或监督人员证明在岗，不会因此被预警。",
    ),
}
TEXT = WORDS[CURRENT_VERSION]


def require(caller: Caller) -> None:
    """Raise 403 `consent_required` unless consent to the current version stands."""
    if not caller.consented:
        raise AppError(
            403,
            "consent_required",
            "提交照片和位置前需要您的同意；也可以不同意，改由同事或监督人员证明在岗。",
            {"version": CURRENT_VERSION},
        )


def answer(session: Session, caller: Caller, version: str, agreed: bool, now: datetime) -> datetime | None:
    """Give or withdraw consent; repeating an answer changes nothing. Returns since when it stands, or None."""
    if agreed and version != CURRENT_VERSION:  # withdrawing needs nobody to have read the newest words
        raise conflict("consent_outdated", "说明已更新，请重新阅读后再选择。", version=CURRENT_VERSION)
    standing = session.scalar(
        select(Consent).where(
            Consent.county_id == caller.county_id,
            Consent.member_id == caller.member_id,
            Consent.withdrawn_at.is_(None),
        )
    )
    if standing and agreed and standing.version == version:
        return standing.given_at
    if standing:
        withdraw(session, standing, caller.member_id, now)
    if not agreed:
        return None
    session.add(Consent(county_id=caller.county_id, member_id=caller.member_id, version=version, given_at=now))
    record(session, caller.county_id, caller.member_id, "consent.given", caller.member_id, {"version": version}, now)
    return now


def withdraw(session: Session, standing: Consent, actor_id: uuid.UUID | None, now: datetime) -> None:
    """End this consent; `actor_id` None: in WeChat's settings, not with us."""
    session.execute(
        update(Consent)
        .where(Consent.county_id == standing.county_id, Consent.id == standing.id)
        .values(withdrawn_at=now)
    )
    facts = {"version": standing.version}
    record(session, standing.county_id, actor_id, "consent.withdrawn", standing.member_id, facts, now)
