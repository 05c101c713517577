"""扫码登录: the browser shows a code, a signed-in phone scans and confirms it, the browser that began is let in.

The one-time id is bound to a second secret in that browser's cookie: who lures a supervisor into scanning a code made
elsewhere (QR phishing) signs nobody in anywhere but where the code was made, and the phone says where that is.
"""

import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import hold_member
from server.errors import AppError, conflict
from server.org.console import SUPERVISING
from server.org.models import ConsoleScan, Member
from server.org.scope import Caller, hold_caller
from server.org.signin import digest

LASTS = timedelta(minutes=2)
_CODE_BYTES = 16  # 22 letters: as many as a mini-program code can carry (wechat-facts, section 10)


def begin(session: Session, device: str, address: str, now: datetime) -> tuple[str, str, datetime]:
    """A new code; returns (code, the browser's secret, expires_at)."""
    code, secret = secrets.token_urlsafe(_CODE_BYTES), secrets.token_urlsafe(32)
    session.add(
        ConsoleScan(
            code_sha256=digest(code),
            browser_sha256=digest(secret),
            device=device,
            address=address,
            created_at=now,
            expires_at=now + LASTS,
        )
    )
    return code, secret, now + LASTS


def look(session: Session, code: str, now: datetime) -> ConsoleScan:
    """What the code is of, for the phone that scanned it. Raises 404 once it is over or was used."""
    scan = session.scalar(
        select(ConsoleScan).where(
            ConsoleScan.code_sha256 == digest(code), ConsoleScan.expires_at > now, ConsoleScan.claimed_at.is_(None)
        )
    )
    if scan is None:
        raise AppError(404, "scan_over", "这个登录码已失效，请刷新电脑上的页面再扫。")
    return scan


def confirm(session: Session, caller: Caller, code: str, now: datetime) -> None:
    """Let the browser in as the caller, who holds the phone. The first to confirm; again it changes nothing."""
    caller.require(*SUPERVISING)
    caller.require_phone()
    hold_caller(session, caller)
    scan = look(session, code, now)
    if scan.member_id is not None:
        if scan.member_id == caller.member_id:
            return
        raise conflict("scan_taken", "这个登录码已被别人确认，请刷新电脑上的页面再扫。")
    taken = (
        update(ConsoleScan)
        .where(ConsoleScan.code_sha256 == scan.code_sha256, ConsoleScan.member_id.is_(None))
        .values(county_id=caller.county_id, member_id=caller.member_id, confirmed_at=now)
        .returning(ConsoleScan.code_sha256)
    )
    if session.execute(taken).first() is None:
        raise conflict("scan_taken", "这个登录码已被别人确认，请刷新电脑上的页面再扫。")
    facts = {"device": scan.device, "address": scan.address}
    record(session, caller.county_id, caller.member_id, "console.scan_confirmed", caller.member_id, facts, now)


def claim(session: Session, code: str, secret: str, now: datetime) -> Member | None:
    """Who confirmed it, to the browser that holds the secret, once; None while nobody did. Raises 404 as `look`."""
    scan = look(session, code, now)
    if not secrets.compare_digest(scan.browser_sha256, digest(secret)):
        raise AppError(404, "scan_over", "这个登录码已失效，请刷新电脑上的页面再扫。")
    if scan.member_id is None:
        return None
    hold_member(session, scan.county_id or 0, scan.member_id)  # whoever ends their sessions deletes the scan before
    claimed = (
        update(ConsoleScan)
        .where(ConsoleScan.code_sha256 == scan.code_sha256, ConsoleScan.claimed_at.is_(None))
        .values(claimed_at=now)
        .returning(ConsoleScan.member_id)
    )
    if session.execute(claimed).first() is None:
        raise AppError(404, "scan_over", "这个登录码已用过，请刷新页面。")
    return _member(session, scan.county_id, scan.member_id)


def _member(session: Session, county_id: int | None, member_id: uuid.UUID) -> Member:
    """A member removed since is let in nowhere."""
    member = session.scalar(
        select(Member).where(Member.county_id == county_id, Member.id == member_id, Member.removed_at.is_(None))
    )
    if member is None:
        raise AppError(404, "scan_over", "这个登录码已失效，请刷新电脑上的页面再扫。")
    return member
