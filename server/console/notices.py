"""消息: what was sent, what waits, and what could not be delivered, with the reason and a way to send it again."""

import uuid
from typing import Any, Literal

from flask import Response, url_for

from server.api import notices as api
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import reading
from server.api.session import caller
from server.console.exports import PAGE, Rows, export
from server.console.face import done, face, page, query
from server.console.workbook import Column
from server.notify import course, dead
from server.notify.models import Notice
from server.org import people

_TABS = (("dead", "没送到"), ("waiting", "等待发送"), ("sent", "已发出"), ("kept", "只放在收件箱"))
_STATES = {"dead": dead.DEAD, "waiting": ("pending", "sending"), "sent": ("sent",), "kept": ("muted", "expired")}
_WORDS = {
    "pending": "等待发送",
    "sending": "正在发送",
    "sent": "已发出",
    "refused": "对方没有收下",
    "failed": "没有发出去",
    "uncertain": "不知道是否送到",
    "expired": "已过时，没有再发",
    "muted": "本人关闭了提醒",
}
_MAIL_ALONE = {course.NO_MAIL: "只发邮件，本人没有登记邮箱", course.MAIL_OFF: "只发邮件，本县没有开通邮件"}
CHANNELS = {"subscribe": "微信订阅消息", "employee": "微信用工关系", "email": "邮件", "group_bot": "企业微信群"}

_COLUMNS = (
    *(Column("消息", 24), Column("发给", 14), Column("情况", 18), Column("渠道", 14), Column("原因", 40)),
    *(Column("写于", 18, "moment"), Column("试过（次）", 9, "count")),
)


class Query(PageQuery):
    state: Literal["dead", "waiting", "sent", "kept"] = "dead"


@face.get("/notices")
def notices() -> Response:
    """Newest first: which kind, to whom, what became of it; not what it says."""
    caller().require(*api.KEEPERS)
    asked = query(Query)
    lines, cursor = _lines(asked)
    return page("notices.html", lines=lines, cursor=cursor, state=asked.state, tabs_of=_TABS)


@face.get("/notices/list.xlsx")
def notices_sheet() -> Response:
    """What the page lists with these filters."""
    caller().require(*api.KEEPERS)
    asked = query(Query)

    def pages(cursor: str) -> tuple[Rows, str | None]:
        lines, following = _lines(asked.model_copy(update={"cursor": cursor, "limit": PAGE}))
        shown = ("title", "to", "word", "channel", "reason", "created_at", "tries")
        return [[line[name] for name in shown] for line in lines], following

    return export("消息", "notices", _COLUMNS, {"状态": dict(_TABS)[asked.state]}, pages)


def _lines(asked: Query) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the list, and the next cursor."""
    with reading() as session:
        statement = dead.listed(caller().county_id, _STATES[asked.state])
        rows = session.scalars(newest_first(statement, Notice.created_at, Notice.id, asked)).all()
        found, cursor = cut(rows, asked, "created_at")
        names = people.names(session, caller().county_id, {one.member_id for one in found if one.member_id})
    lines = [
        {
            "id": one.id,
            "title": dead.title_of(one.kind),
            "to": names[one.member_id] if one.member_id else "企业微信群",
            "word": _MAIL_ALONE.get(one.last_error or "", _WORDS[one.state])
            if one.state == "muted"
            else _WORDS[one.state],
            "channel": CHANNELS.get(_channel(one), ""),
            "reason": dead.reason(one) if one.state in dead.DEAD else "",
            "tries": len(one.tries),
            "created_at": one.created_at,
        }
        for one in found
    ]
    return lines, cursor


def _channel(one: Notice) -> str:
    """Where it was really tried last; the one it waits at, as long as it waits."""
    tried = [attempt["channel"] for attempt in one.tries if attempt["channel"]]
    waits = one.state in ("pending", "sending") or not tried
    return (one.channel or "") if waits else str(tried[-1])


@face.post("/notices/<uuid:notice_id>/resend")
def notices_resend(notice_id: uuid.UUID) -> Response:
    """Send a dead one anew."""
    api.resend(api.NoticePath(notice_id=notice_id))
    return done("已重新排队，几秒内会再发一次。", url_for("desk.notices"))
