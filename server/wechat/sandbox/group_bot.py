"""企业微信群机器人: the key in the address lets anybody in; twenty messages a minute (facts section 12)."""

import hashlib
from collections import defaultdict, deque
from datetime import datetime, timedelta

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from server.wechat.sandbox.replies import Refused, posted_json
from server.wechat.sandbox.state import State, state

bp = Blueprint("group_bot", __name__)
_A_MINUTE, _MINUTE = 20, timedelta(seconds=60)
_MOST_BYTES = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}
_SHORTEST_KEY = 8


@bp.route("/cgi-bin/webhook/send", methods=["GET", "POST"])
def send() -> ResponseReturnValue:
    """Put one message into the bot's group. Every key of some length is a bot; a wrong one is too short."""
    key = request.args.get("key", "")
    if len(key) < _SHORTEST_KEY:
        raise Refused(93000, "invalid webhook url")
    body = posted_json()
    kind = body.get("msgtype")
    part = body.get(kind) if isinstance(kind, str) and kind in _MOST_BYTES else None
    text = part.get("content") if isinstance(part, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise Refused(40008, "invalid message type or empty content")
    if len(text.encode()) > _MOST_BYTES[str(kind)]:
        raise Refused(40058, f"{kind}.content exceed max length {_MOST_BYTES[str(kind)]}")
    _spend(state(), key)
    group = group_of(key)
    state().register(group, name="企业微信群", role="群机器人")
    state().keep(
        openid=group,
        template_id="group_bot",
        title="群消息",
        fields={"content": text},
        page=None,
        miniprogram_state="formal",
    )
    return jsonify(errcode=0, errmsg="ok")


def group_of(key: str) -> str:
    """Under which name the phone list shows the group; the key itself is nobody's to read."""
    return f"group-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _spend(known: State, key: str) -> None:
    spoken: dict[str, deque[datetime]] = current_app.extensions.setdefault("sandbox_bots", defaultdict(deque))
    with known.lock:
        now, times = known.now(), spoken[key]
        while times and now - times[0] >= _MINUTE:
            times.popleft()
        if len(times) >= _A_MINUTE:
            raise Refused(45009, "api freq out of limit")
        times.append(now)
