"""系统: what waits, who works on it, whether WeChat and the disk hold, which versions run, when the last backup was."""

import platform
import shutil
from datetime import datetime, timedelta
from typing import Any

from flask import Response, url_for
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server import migrate
from server.api.services import now, reading, services, transaction
from server.api.session import caller
from server.audit.journal import record
from server.audit.models import AuditEvent
from server.checkins import appeals
from server.checkins.models import CheckIn
from server.console.face import done, face, form, page
from server.console.notices import CHANNELS
from server.evidence.ruleset import RULESET
from server.leases import BACKUP, Schedule, WorkerBeat
from server.notify import dead, pauses, templates
from server.notify.models import ChannelPause, Notice, WechatToken
from server.org.consent import CURRENT_VERSION
from server.pushes.models import PushedEvent

_LIVES = timedelta(minutes=2)  # a worker beats three times a minute
_BACKUP_EVERY = timedelta(days=2)
_TEMPLATES_EVERY = timedelta(hours=3)  # the worker asks once an hour
_LEAST_FREE = 0.1  # of the disk
JOBS = {
    "remind": "打卡提醒",
    "nightly_flags": "每晚对照进度",
    "count_anew": "升级后重新核算",
    "close_months": "月度结账",
    "monthly_results": "月度结果通知",
    "morning_summary": "早间在岗通报",
    "leave_reminders": "请假待批提醒",
    "complaint_reminders": "意见待答复提醒",
    "review_reminders": "待复核提醒",
    "lead_clocks": "线索到期提醒",
    "spot_schedule": "每日抽查抽签",
    "retention": "清理过期登录和票据",
    "erase_evidence": "到期删除证据",
    "erase_lead_evidence": "到期删除跟进的位置和照片、抽查的说明",
    "sweep": "清理无主照片",
    "templates": "核对微信模板",
}


class Lift(BaseModel):
    name: str = Field(max_length=100)


@face.post("/system/pauses/lift")
def system_lift() -> Response:
    """The quota was cleared at WeChat (clear_quota): go on sending."""
    caller().require("admin")
    asked, at = form(Lift), now()
    with transaction() as session:
        ended, notices = pauses.lift(session, asked.name, at)
        if ended:
            facts = {"pauses": ended, "notices": notices}
            record(session, caller().county_id, caller().member_id, "notice.pause_lifted", None, facts, at)
    said = f"已恢复发送，{notices} 条等着的消息马上发出。" if ended else "这个暂停已经结束了。"
    return done(said, url_for("desk.system"))


@face.get("/system")
def system() -> Response:
    caller().require("bureau_supervisor", "admin")
    at = now()
    with reading() as session:
        shown = {
            "queues": _queues(session, at),
            "workers": _workers(session, at),
            "jobs": _jobs(session),
            "wechat": _wechat(session, at),
            "backup": _backup(session, at),
            "stuck": len(session.scalars(appeals.stuck(caller())).all()),
        }
    with services().db.engine.connect() as connection:
        is_current = migrate.is_current(connection)
    versions = {
        "数据库结构": "最新" if is_current else "不是最新，请运行 make migrate",
        "核验规则": RULESET.version,
        "同意书": CURRENT_VERSION,
        "数据库": "SQLite" if services().db.is_sqlite else "PostgreSQL",
        "Python": platform.python_version(),
    }
    return page("system.html", now=at, can_lift=caller().has("admin"), storage=_storage(), versions=versions, **shown)


def _queues(session: Session, at: datetime) -> list[dict[str, Any]]:
    """What waits in this county, how much, and the oldest of it."""
    here = caller().county_id
    waiting = select(func.count(), func.min(Notice.due_at)).where(
        Notice.county_id == here, Notice.state.in_(("pending", "sending")), Notice.due_at <= at
    )
    undelivered = select(func.count(), func.min(Notice.created_at)).where(
        Notice.county_id == here, Notice.state.in_(dead.DEAD)
    )
    comparing = select(func.count(), func.min(CheckIn.received_at)).where(CheckIn.county_id == here, CheckIn.comparing)
    unlinked = select(func.count(), func.min(AuditEvent.at)).where(
        AuditEvent.county_id == here, AuditEvent.seq.is_(None)
    )
    pushed = select(func.count(), func.min(PushedEvent.received_at)).where(PushedEvent.state == "pending")
    asked = (
        ("等待发送的消息", waiting, timedelta(minutes=10)),
        ("没送到的消息", undelivered, None),
        ("正在比对照片的打卡", comparing, timedelta(minutes=5)),
        ("待处理的微信推送", pushed, timedelta(minutes=5)),
        ("待入链的审计记录", unlinked, timedelta(minutes=5)),
    )
    found = []
    for word, statement, patience in asked:
        count, oldest = session.execute(statement).one()
        late = bool(patience and oldest and at - oldest > patience)
        found.append({"word": word, "count": count, "oldest": oldest, "late": late})
    return found


def _workers(session: Session, at: datetime) -> list[dict[str, Any]]:
    beats = session.scalars(select(WorkerBeat).order_by(WorkerBeat.seen_at.desc()).limit(20))
    return [
        {"name": one.name, "since": one.started_at, "seen_at": one.seen_at, "lives": at - one.seen_at < _LIVES}
        for one in beats
    ]


def _jobs(session: Session) -> list[dict[str, Any]]:
    """How far each job with times of its own has come."""
    rows = session.scalars(
        select(Schedule)
        .where(Schedule.county_id.in_((0, caller().county_id)), Schedule.job != BACKUP)
        .order_by(Schedule.job)
    )
    return [
        {"word": JOBS.get(name, name), "zone": zone, "through": row.done_through, "under_way": row.token is not None}
        for row in rows
        for name, _, zone in [row.job.partition(":")]
    ]


def _wechat(session: Session, at: datetime) -> dict[str, Any]:
    tokens = session.scalars(select(WechatToken.expires_at).where(WechatToken.name.not_like("%lock%"))).all()
    account = templates.known(session)
    told_at = max((one.told_at for one in account), default=None)
    return {
        "is_sandbox": services().config.wechat == "sandbox",
        "token_until": max((until for until in tokens if until > at), default=None),
        "pauses": [_paused(one) for one in pauses.standing(session, at)],
        "templates": len(account),
        "told_at": told_at,
        "late": told_at is None or at - told_at > _TEMPLATES_EVERY,
        "faults": templates.faults(services().config.wechat_templates, account) if account else [],
    }


def _paused(one: ChannelPause) -> dict[str, Any]:
    """`name`: subscribe:TEMPLATE where a day is spent, a channel alone where it was too fast."""
    channel, _, template = one.name.partition(":")
    what = " ".join(filter(None, (CHANNELS.get(channel, channel), template)))
    return {"name": one.name, "what": what, "until": one.until, "why": dead.in_words(one.why) or one.why}


def _backup(session: Session, at: datetime) -> dict[str, Any]:
    made = session.scalar(select(Schedule.done_through).where(Schedule.county_id == 0, Schedule.job == BACKUP))
    return {"at": made, "late": made is None or at - made > _BACKUP_EVERY}


def _storage() -> dict[str, Any]:
    store = services().store
    disk = shutil.disk_usage(services().config.photo_root if services().config.photo_root.exists() else ".")
    return {
        "writable": store.is_writable(),
        "free_gb": disk.free / 1e9,
        "total_gb": disk.total / 1e9,
        "low": disk.free < _LEAST_FREE * disk.total,
    }
