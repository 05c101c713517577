"""用工关系: who is bound as staff of the organisation behind this mini-program, and how it lets them go (facts 3)."""

from dataclasses import dataclass, field

from flask import Blueprint
from flask.typing import ResponseReturnValue

from server.wechat.sandbox import tokens
from server.wechat.sandbox.replies import Refused, ok, posted_json
from server.wechat.sandbox.state import state

bp = Blueprint("staff", __name__)


@dataclass(slots=True)
class Staff:
    """By openid: the templates that each who is bound takes; and who said no."""

    bound: dict[str, set[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


@bp.post("/wxa/business/unbinduserb2cauthinfo")
def unbind() -> ResponseReturnValue:
    """Unbind these people; who is not bound is no error. With one openid that is none, nobody is unbound."""
    tokens.require()
    named, known = posted_json().get("openid_list"), state()
    if not isinstance(named, list) or not named or not all(isinstance(openid, str) for openid in named):
        raise Refused(40097, "invalid args")
    with known.lock:
        if any(openid not in known.users for openid in named):
            raise Refused(40003, "invalid openid")
        for openid in named:
            known.of(Staff).bound.pop(openid, None)
    return ok()
