"""What members do with subscribe messages, as WeChat pushes it: into the ledger; and what became of a message sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from server.db import lock
from server.notify import credits
from server.notify.course import counting, in_doubt
from server.notify.messages import KINDS
from server.notify.models import Notice
from server.notify.subscriptions import template_id
from server.pushes.matter import Matter, NotYet

_SOON = timedelta(minutes=10)  # WeChat pushes the outcome of a send within seconds
_NOTHING = "names no template"


def answered(matter: Matter) -> str | None:
    """subscribe_msg_popup_event: the member was asked. Each acceptance adds one; a refusal is remembered."""
    heard = 0
    for number, (template, entry) in enumerate(matter.entries()):
        answer = entry.get("SubscribeStatusString")
        if answer in ("accept", "reject"):
            key = f"push:{matter.event.id}:{number}"
            at = matter.event.happened_at
            credits.hear(matter.session, matter.holder(template), answer, "wechat", key, at, matter.now)
            heard += 1
    return None if heard else _NOTHING


def turned_off(matter: Matter) -> str | None:
    """subscribe_msg_change_event: the member turned templates off in WeChat's settings; nothing is left of them."""
    off = [template for template, entry in matter.entries() if entry.get("SubscribeStatusString") == "reject"]
    for template in off:
        at = matter.event.happened_at
        credits.empty(matter.session, matter.holder(template), at, matter.now, rejected=True)
    return None if off else _NOTHING


def sent(matter: Matter) -> str | None:
    """subscribe_msg_sent_event: a message we sent arrived, or was lost inside WeChat.

    The notice is the one whose send was answered with this MsgID. Where WeChat's answer was lost there is none: then
    it is told by member, template and time, among those without an answer, and only when that leaves exactly one. An
    `uncertain` notice becomes what it is; a sent one that did not arrive becomes `failed`. WeChat is often quicker
    than the record of what it answered: then the event is read again.
    """
    lock(matter.session, "notices")  # the desk's: it must not take meanwhile what is told here to have arrived
    told = [_outcome(matter, template, entry) for template, entry in matter.entries()]
    return None if any(told) else "no single notice it can be about"


def _outcome(matter: Matter, template: str, entry: Mapping[str, Any]) -> bool:
    kinds = [kind for kind in KINDS if template_id(kind, matter.templates) == template]
    at = matter.event.happened_at
    found = matter.session.scalars(
        select(Notice).where(
            Notice.county_id == matter.member.county_id,
            Notice.member_id == matter.member.id,
            Notice.kind.in_(kinds),
            Notice.state.in_(("sent", "uncertain", "pending", "sending")),
            Notice.channel == "subscribe",
            Notice.tried_at.between(at - _SOON, at + _SOON),
        )
    ).all()
    msgid, errcode = str(entry.get("MsgID")), str(entry.get("ErrorCode"))
    named = [notice for notice in found if msgid in _msgids(notice)]
    if not named and any(notice.state == "sending" for notice in found):
        raise NotYet("a message of this template is on its way")
    # One that waits to be sent once more, because nobody knows, is told in time.
    unanswered = [notice for notice in found if in_doubt(notice) or not (notice.state == "pending" or _msgids(notice))]
    near = named or unanswered
    if len(near) != 1:
        return False
    (notice,) = near
    if not named and _msgids(notice):
        return True  # it was about the first of two sends, and the second was taken
    notice.claim = None  # a worker slower than its claim knows no better
    if errcode != "0":
        notice.state, notice.last_error = "failed", f"WeChat errcode {errcode}: lost after it was taken"[:200]
    elif notice.state != "sent":
        notice.state, notice.sent_at = "sent", at
        credits.take_one(matter.session, matter.holder(template), matter.now)
    return True


def _msgids(notice: Notice) -> set[str]:
    """The numbers by which WeChat knows what it took of this notice, since it was last begun."""
    return {one["msgid"] for one in counting(notice.tries) if one.get("msgid")}
