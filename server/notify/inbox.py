"""收件箱: a member's own notices, each once whatever became of it outside; what is read, and what is turned off."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import Session

from server.db import dialect_of, upsert
from server.errors import invalid
from server.notify.messages import KINDS
from server.notify.models import Notice, NoticeMute

# Places by kind that are turned off.
Muted = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Wish:
    """Whether a member wants one kind in one place."""

    kind: str
    place: str
    wanted: bool


def mine(county_id: int, member_id: uuid.UUID, muted: Muted, now: datetime, unread: bool = False) -> Select[Notice]:
    """What lies in the inbox; of `unread` those only."""
    statement = select(Notice).where(*_of(county_id, member_id, muted, now))
    return statement.where(Notice.read_at.is_(None)) if unread else statement


def unread_count(session: Session, county_id: int, member_id: uuid.UUID, muted: Muted, now: datetime) -> int:
    """How many nobody has looked at."""
    return session.scalars(
        select(func.count()).select_from(Notice).where(*_of(county_id, member_id, muted, now), Notice.read_at.is_(None))
    ).one()


def read(
    session: Session,
    county_id: int,
    member_id: uuid.UUID,
    now: datetime,
    ids: Sequence[uuid.UUID] = (),
    until: datetime | None = None,
) -> None:
    """Mark these as read, or all that were written up to an instant. What is somebody else's stays as it is."""
    statement = update(Notice).where(
        Notice.county_id == county_id, Notice.member_id == member_id, Notice.read_at.is_(None)
    )
    statement = statement.where(Notice.created_at <= until) if until else statement.where(Notice.id.in_(ids))
    session.execute(statement.values(read_at=now))


def muted_by(session: Session, county_id: int, member_id: uuid.UUID) -> Muted:
    """What this member has turned off."""
    found: dict[str, frozenset[str]] = {}
    rows = session.execute(
        select(NoticeMute.kind, NoticeMute.place).where(
            NoticeMute.county_id == county_id, NoticeMute.member_id == member_id
        )
    )
    for kind, place in rows:
        found[kind] = found.get(kind, frozenset()) | {place}
    return found


def set_wishes(
    session: Session, county_id: int, member_id: uuid.UUID, wishes: Iterable[Wish], now: datetime
) -> list[Wish]:
    """Turn on and off; those that changed something. Raises 422 for a kind that does not exist, and for one that the
    inbox must keep: what was decided about somebody must be where they can read it."""
    changed = []
    for wish in wishes:
        kind = KINDS.get(wish.kind)
        if kind is None:
            raise invalid("notice_kind_unknown", "没有这类消息，请更新小程序后再试。", kind=wish.kind)
        if wish.place == "inbox" and not wish.wanted and not kind.may_mute:
            said = f"“{kind.title}”须让您知道，收件箱里不能关闭；可以关闭它在微信和邮件里的提醒。"
            raise invalid("notice_needed", said, kind=wish.kind)
        key = {"county_id": county_id, "member_id": member_id, "kind": wish.kind, "place": wish.place}
        if wish.wanted:
            gone = delete(NoticeMute).filter_by(**key).returning(NoticeMute.kind)
            new = session.execute(gone).first() is not None
        else:
            made = upsert(dialect_of(session), NoticeMute).values(**key, muted_at=now).on_conflict_do_nothing()
            new = session.execute(made.returning(NoticeMute.kind)).first() is not None
        if new:
            changed.append(wish)
    return changed


def _of(county_id: int, member_id: uuid.UUID, muted: Muted, now: datetime) -> list[ColumnElement[bool]]:
    """What is dated ahead may still be taken back (outbox.recall)."""
    left_out = [name for name, kind in KINDS.items() if kind.may_mute and "inbox" in muted.get(name, ())]
    conditions = [Notice.county_id == county_id, Notice.member_id == member_id, Notice.created_at <= now]
    return [*conditions, Notice.kind.not_in(left_out)] if left_out else conditions
