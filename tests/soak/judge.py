"""Holds a county's notices against its phones and inboxes, when nothing is left to be sent."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.notify import course, inbox, messages, told
from server.notify.dead import DEAD
from server.notify.models import Notice
from server.org.models import Member
from server.wechat.sandbox.group_bot import group_of
from server.wechat.sandbox.state import Message
from tests.soak.answers import Answers, untrue, words
from tests.soak.sender import BOT_KEY, COUNTY

_ENDS = {"sent", "refused", "failed", "expired", "uncertain", "muted"}


class Broken(Exception):
    """A promise was broken; the text says which."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`states`: how many notices ended how; `twice`: how many messages were on a phone once too often; `cut_off`: how
    many sends have no record; `dead`: how many dead letters' reasons were found true."""

    states: Counter[str]
    twice: int
    cut_off: int
    dead: int


def judge(session: Session, arrived: Iterable[Message], answers: Answers, written: int, now: datetime) -> Verdict:
    """Raises Broken."""
    on_phones = Counter(words(message.openid, message.fields) for message in arrived)
    openids = {row.id: row.openid for row in session.execute(select(Member.id, Member.openid))}
    rows = session.scalars(select(Notice)).all()
    _look_into_the_inboxes(session, rows, list(openids), written, now)
    twice = 0
    for notice in rows:
        content = _expected(notice, openids)
        times = on_phones.pop(content, 0)
        _check(notice, times, now)
        _check_reasons(notice, openids[notice.member_id] if notice.member_id else None, content, answers)
        twice += max(0, times - 1)
    if on_phones:
        raise Broken(f"{on_phones.total()} messages are nobody's: {list(on_phones)[:3]}")
    cut_off = sum(one["error"] == course.CUT_OFF for notice in rows for one in notice.tries)
    return Verdict(
        Counter(notice.state for notice in rows), twice, cut_off, sum(notice.state in DEAD for notice in rows)
    )


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


def _check_reasons(notice: Notice, openid: str | None, content: str, answers: Answers) -> None:
    """What a notice's tries say was really answered to it, or was really cut; a dead letter's reason is the last."""
    try:
        lie = untrue(notice.tries, openid, content, answers)
    except ValueError as error:
        lie = str(error)
    said = [one["error"] for one in notice.tries if one["error"]]
    if notice.member_id and openid is None:
        said.append(course.NO_ADDRESS)
    # What may have arrived keeps its doubt for a reason, whatever its second try met.
    if notice.state in DEAD and notice.last_error not in (said if notice.state == "uncertain" else said[-1:]):
        lie = notice.last_error
    if lie:
        met = dict(answers.of[content])
        raise Broken(f"{notice.dedupe_key} is {notice.state} and says {lie!r}; it was answered {met}: {notice.tries}")


def _expected(notice: Notice, openids: dict[uuid.UUID, str | None]) -> str:
    if notice.member_id is None:
        return words(group_of(BOT_KEY), {"content": messages.sentence(notice.kind, notice.facts)})
    return words(str(openids[notice.member_id]), messages.compose(notice.kind, notice.facts))
