"""Links that open the mini-program from outside of WeChat (facts section 10): URL Link and URL Scheme."""

import re
import secrets
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from server.wechat.sandbox import tokens
from server.wechat.sandbox.codes import VERSIONS
from server.wechat.sandbox.replies import Refused, ok, posted_json
from server.wechat.sandbox.settings import Settings, is_released
from server.wechat.sandbox.state import State, state

bp = Blueprint("links", __name__)
_QUERY = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~%]{0,1024}")
_SOONEST_S, _LATEST_DAYS = 60, 30


@bp.post("/wxa/generate_urllink")
def generate_urllink() -> ResponseReturnValue:
    """A link for a message, an e-mail or a web page; it ends within thirty days."""
    tokens.require()
    body = posted_json()
    _check_target(state(), body)
    _check_end(state(), body)
    return ok(url_link=f"https://wxaurl.cn/{secrets.token_urlsafe(8)}")


@bp.post("/wxa/generatescheme")
def generatescheme() -> ResponseReturnValue:
    """A weixin:// link; without `is_expire` it ends after thirty days by itself."""
    tokens.require()
    body = posted_json()
    target = body.get("jump_wxa", {})
    if not isinstance(target, dict):
        raise Refused(47001, "data format error")
    _check_target(state(), target)
    if body.get("is_expire"):
        _check_end(state(), body)
    return ok(openlink=f"weixin://dl/business/?t={secrets.token_hex(6)}")


def _check_target(known: State, target: dict[str, Any]) -> None:
    if known.of(Settings).released == frozenset():
        raise Refused(85079, "miniprogram has no online release")
    path, query = target.get("path") or "", target.get("query") or ""
    if not isinstance(path, str) or "?" in path or (path and not is_released(known, path)):
        raise Refused(40165, "invalid weapp pagepath")
    if not isinstance(query, str) or not _QUERY.fullmatch(query):
        raise Refused(40212, "invalid query")
    if target.get("env_version", "release") not in VERSIONS:
        raise Refused(85402, "invalid env_version")


def _check_end(known: State, body: dict[str, Any]) -> None:
    """`expire_type` 0: a Unix time in `expire_time`; 1: days in `expire_interval`."""
    by_days = body.get("expire_type", 0) == 1
    given = body.get("expire_interval" if by_days else "expire_time")
    if not isinstance(given, int):
        raise Refused(85401, "time limit between 1min and 30days")
    in_s = given * 86_400 if by_days else given - known.now().timestamp()
    if not _SOONEST_S <= in_s <= _LATEST_DAYS * 86_400:
        raise Refused(85401, "time limit between 1min and 30days")
