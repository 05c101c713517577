"""Whether a draw was aimed: anybody finds it again from the audit chain and the list it was drawn from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.audit.chain import link_hash
from server.audit.journal import commitment
from server.audit.models import AuditEvent, AuditPayload
from server.org.models import County
from server.spotchecks import course
from server.spotchecks.asking import announced
from server.spotchecks.draw import digest, pick, seed_of
from server.spotchecks.models import Draw, SpotCheck
from server.spotchecks.pool import candidates_of


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that must hold, in words, and whether it does."""

    holds: bool
    text: str


def verify(session: Session, draw: Draw) -> list[Proof]:
    """Each step of the procedure, looked at again. All must hold."""
    return list(_proofs(session, draw))


def _proofs(session: Session, draw: Draw) -> Iterator[Proof]:
    if draw.state != "drawn" or draw.seed is None:
        yield Proof(False, "还没有抽签。")
        return
    said = _event(session, draw, "draw.announced")
    told = _event(session, draw, "draw.drawn")
    yield Proof(
        # among it the digest of the secret
        said is not None and _facts(said[1]) == announced(draw) and said[0].at < draw.moment_at,
        f"抽签前已登记：范围、数量、时段和取种子的时刻（{_spoken(session, draw)}）。",
    )
    head = course.seed_event(session, draw)
    yield Proof(
        head is not None and head.id == draw.seed_event_id and _is_whole(head),
        f"种子取自那一刻起审计链的第一环（第 {head.seq if head else '?'} 环），之前没有人能知道。",
    )
    yield Proof(
        head is not None and head.hash is not None and seed_of(head.hash, draw.id, draw.secret) == draw.seed,
        "种子由那一环的哈希、本次抽签的编号和事先登记过摘要的随机串算出。",
    )
    facts = _facts(told[1]) if told else None
    yield Proof(
        facts is not None and facts["pool_sha256"] == digest(draw.secret, draw.pool),
        "名单（含每人的权重、本月次数和排除的理由）与审计记录一致。",
    )
    again = [one.id for one in pick(candidates_of(draw.pool), draw.count, draw.seed)]
    checks = session.scalars(
        select(SpotCheck)
        .where(SpotCheck.county_id == draw.county_id, SpotCheck.draw_id == draw.id)
        .order_by(SpotCheck.rank)
    ).all()
    stored = [check.member_id or check.squad_id for check in checks]
    is_recorded = facts is not None and facts["drawn_sha256"] == digest(draw.secret, [str(one) for one in again])
    yield Proof(again == stored and is_recorded, f"按公布的算法重新抽取，得到同样的 {len(again)} 个。")


def _spoken(session: Session, draw: Draw) -> str:
    """The moment by the county's clock, to the second."""
    tz = session.get_one(County, draw.county_id).tz
    return f"{draw.moment_at.astimezone(ZoneInfo(tz)):%Y-%m-%d %H:%M:%S}"


def _event(session: Session, draw: Draw, action: str) -> tuple[AuditEvent, AuditPayload] | None:
    row = session.execute(
        select(AuditEvent, AuditPayload)
        .join(AuditPayload, (AuditPayload.county_id == AuditEvent.county_id) & (AuditPayload.event_id == AuditEvent.id))
        .where(
            AuditEvent.county_id == draw.county_id,
            AuditEvent.action == action,
            AuditPayload.subject_id == draw.id,
        )
    ).first()
    if row is None or not _is_whole(row.AuditEvent, row.AuditPayload):
        return None
    return row.AuditEvent, row.AuditPayload


def _is_whole(event: AuditEvent, payload: AuditPayload | None = None) -> bool:
    """Whether a link's own hash is right, and the payload is what it vouches for."""
    if event.hash is None or event.seq is None or event.previous_hash is None:
        return False  # linked within seconds; until then nothing is proved
    if event.hash != link_hash(event.previous_hash, event.seq, event.id, event.at, event.action, event.commitment):
        return False
    if payload is None:
        return True
    if payload.salt is None or payload.body is None:
        return False
    return commitment(payload.salt, payload.body) == event.commitment


def _facts(payload: AuditPayload) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload.body or "{}").get("facts", {})
    return found
