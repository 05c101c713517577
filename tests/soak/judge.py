"""Holds a county's notices against its phones and inboxes, when nothing is left to be sent."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.notify import course, inbox, messages, told
from server.notify.models import Notice
from server.org.models import Member
from server.wechat.sandbox.group_bot import group_of
from server.wechat.sandbox.state import Message
from tests.soak.sender import BOT_KEY, COUNTY

_ENDS = {"sent", "refused", "failed", "expired", "uncertain", "muted"}


class Broken(Exception):
    """A promise was broken; the text says which."""


def judge(session: Session, arrived: Iterable[Message], written: int, now: datetime) -> tuple[Counter[str], int]:
    """How many notices ended how, and how many messages were on a phone once too often. Raises Broken."""
    on_phones = Counter(_words(message.openid, message.fields) for message in arrived)
    openids = {row.id: row.openid for row in session.execute(select(Member.id, Member.openid))}
    rows = session.scalars(select(Notice)).all()
    _look_into_the_inboxes(session, rows, list(openids), written, now)
    twice = 0
    for notice in rows:
        times = on_phones.pop(_expected(notice, openids), 0)
        _check(notice, times, now)
        twice += max(0, times - 1)
    if on_phones:
        raise Broken(f"{on_phones.total()} messages are nobody's: {list(on_phones)[:3]}")
    return Counter(notice.state for notice in rows), twice


def _look_into_the_inboxes(
    session: Session, rows: Sequence[Notice], members: Sequence[uuid.UUID], written: int, now: datetime
) -> None:
    seen: Counter[uuid.UUID] = Counter()
    for member in members:
        muted = inbox.muted_by(session, COUNTY, member)
        for notice in session.scalars(inbox.mine(COUNTY, member, muted, now)):
            said = told.tell(notice, muted.get(notice.kind, ()), now, "Asia/Shanghai")
            if not (said.text and said.why and said.mute and said.outside):
                raise Broken(f"{notice.dedupe_key} says nothing: {said}")
            seen[notice.id] += 1
    wanted = {notice.id for notice in rows if notice.member_id}
    if set(seen) != wanted or set(seen.values()) != {1} or len(rows) != written:
        raise Broken(f"{written} were written, {len(rows)} are there, {len(seen)} in inboxes")


def _check(notice: Notice, arrived: int, now: datetime) -> None:
    """One notice's end against how often it is on the phone."""
    end, known = notice.state, messages.course_of(notice.kind)
    doubts = sum(one["outcome"] == "uncertain" for one in notice.tries)
    broken = {
        "has not come to its end": end not in _ENDS,
        "is on no phone": end == "sent" and not arrived,
        "is on a phone": end in ("refused", "failed", "expired", "muted") and arrived > 0,
        "has no reason": end in ("refused", "failed", "uncertain") and not notice.last_error,
        "is before its time": end == "expired" and course.ends_at(notice) > now,
        "was sent again once too often": doubts > (2 if known and known.once_more else 1),
        "was never in doubt": end == "uncertain" and not doubts,
    }
    if wrong := [what for what, is_so in broken.items() if is_so]:
        raise Broken(f"{notice.dedupe_key} ({notice.kind}) is {end}, and {wrong[0]}: {notice.tries}")


def _expected(notice: Notice, openids: dict[uuid.UUID, str | None]) -> str:
    if notice.member_id is None:
        return _words(group_of(BOT_KEY), {"content": notice.facts["text"]})
    return _words(str(openids[notice.member_id]), messages.compose(notice.kind, notice.facts))


def _words(openid: str, fields: dict[str, str]) -> str:
    return json.dumps([openid, fields], sort_keys=True, ensure_ascii=False)
