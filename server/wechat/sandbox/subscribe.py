"""Subscribe messages: one acceptance, one message; values checked by type; never two sends to a person at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from server.wechat.sandbox import phone, pushes, tokens
from server.wechat.sandbox.message_templates import MessageTemplate
from server.wechat.sandbox.replies import Refused, posted_json
from server.wechat.sandbox.settings import is_released
from server.wechat.sandbox.state import State, state
from server.wechat.sandbox.values import is_accepted

bp = Blueprint("subscribe", __name__)
_LASTING = 3  # 长期订阅: accepted once, for all that come


@bp.post("/cgi-bin/message/subscribe/send")
def send() -> ResponseReturnValue:
    """Deliver one message to a phone and take one credit, or say why not; a refused send costs no credit."""
    tokens.require()
    body = posted_json()
    known = state()
    openid = body.get("touser")
    if not isinstance(openid, str) or openid not in known.users:
        raise Refused(40003, "invalid openid")
    template = known.templates.get(str(body.get("template_id")))
    if template is None:
        raise Refused(40037, "invalid template_id")
    if body.get("page") and not is_released(known, body["page"]):
        raise Refused(41030, "invalid page")
    fields = fields_of(template, body.get("data"))
    with alone(known, openid):
        if template.type != _LASTING and not known.spend_credit(openid, template.id):
            raise Refused(43101, "user refuse to accept the msg")
        message = known.keep(
            openid=openid,
            template_id=template.id,
            title=template.title,
            fields=fields,
            page=body.get("page"),
            miniprogram_state=str(body.get("miniprogram_state", "formal")),
            lang=str(body.get("lang", "zh_CN")),
        )
    pushes.later(known, phone.sent_event(openid, template.id, message.msgid))
    return jsonify(errcode=0, errmsg="ok", msgid=message.msgid)


def fields_of(template: MessageTemplate, data: Any) -> dict[str, str]:
    """The values by key in the template's order. Raises Refused 47003 naming the first that WeChat would not take."""
    given = data if isinstance(data, dict) else {}
    keys = [key for _label, key in template.lines]
    fields: dict[str, str] = {}
    for key in [*keys, *(key for key in given if key not in keys)]:
        entry = given.get(key)
        value = entry.get("value") if isinstance(entry, dict) else None
        if key not in keys or not isinstance(value, str) or not is_accepted(key, value):
            raise Refused(47003, f"argument invalid! data.{key}.value invalid")
        fields[key] = value
    return fields


@contextmanager
def alone(known: State, openid: str) -> Iterator[None]:
    """Hold the person's phone for as long as a send takes; a second send meanwhile is refused."""
    with known.lock:
        if openid in known.sending:
            raise Refused(43108, "concurrent call for the same user")
        known.sending.add(openid)
    try:
        time.sleep(known.send_takes_s)
        yield
    finally:
        with known.lock:
            known.sending.discard(openid)
