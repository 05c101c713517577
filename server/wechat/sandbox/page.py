"""The page: what the members' phones show under 服务通知, newest first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request

from server.wechat.sandbox.message_templates import EMPLOYEE_TEMPLATES, MessageTemplate, place_of
from server.wechat.sandbox.state import Message, User, state

bp = Blueprint("page", __name__)
_SHOWN = 100
_VERSIONS = {"formal": "正式版", "trial": "体验版", "developer": "开发版"}
_BEIJING = ZoneInfo("Asia/Shanghai")


@bp.get("/")
def page() -> str:
    """All messages, or with `?openid=` those on one person's phone."""
    known = state()
    chosen = request.args.get("openid") or None
    with known.lock:
        arrived = list(known.messages)
        users = list(known.users.values())
    mine = [message for message in arrived if chosen is None or message.openid == chosen]
    names = {user.openid: user for user in users}
    return render_template(
        "messages.html",
        cards=[_card(message, names.get(message.openid), known.templates) for message in reversed(mine[-_SHOWN:])],
        total=len(mine),
        shown=_SHOWN,
        chosen=chosen,
        person=names.get(chosen) if chosen else None,
        people=_people(users, arrived),
        everything=len(arrived),
    )


def _people(users: list[User], arrived: list[Message]) -> list[tuple[User, int]]:
    """Users with the number of their messages; who was written to last comes first."""
    counts: dict[str, int] = {}
    last: dict[str, int] = {}
    for message in arrived:
        counts[message.openid] = counts.get(message.openid, 0) + 1
        last[message.openid] = message.msgid
    ordered = sorted(users, key=lambda user: -last.get(user.openid, 0))
    return [(user, counts.get(user.openid, 0)) for user in ordered]


def _card(message: Message, user: User | None, templates: Mapping[str, MessageTemplate]) -> dict[str, Any]:
    known = {**templates, **EMPLOYEE_TEMPLATES}
    template = known.get(message.template_id)  # one that was deleted leaves its messages on the phones
    lines = template.lines if template else [("内容" if key == "content" else key, key) for key in message.fields]
    return {
        "message": message,
        "user": user or User(message.openid),
        "rows": [(label, message.fields[key]) for label, key in lines],
        "place": place_of(message.template_id),
        "at": _moment(message.at),
        "version": _VERSIONS.get(message.miniprogram_state, message.miniprogram_state),
    }


def _moment(at: datetime) -> str:
    local = at.astimezone(_BEIJING)
    return f"{local.month}月{local.day}日 周{'一二三四五六日'[local.weekday()]} {local:%H:%M}"
