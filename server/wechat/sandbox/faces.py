"""微信人脸核身 (facts section 9): a session for one person and certificate, and its result. We never ask it."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict

from server.wechat.sandbox import tokens
from server.wechat.sandbox.replies import Refused, ok, posted_json
from server.wechat.sandbox.state import state

bp = Blueprint("faces", __name__)
_LIVES = timedelta(seconds=3600)
_PASSED, _NOT_YET = 10000, 10300
_NUMBER = re.compile(r"[A-Za-z0-9_-]{5,32}")
_CERTIFICATE = re.compile(r"\d{17}[\dXx]")


@dataclass(slots=True)
class Session:
    number: str
    openid: str
    certificate: str  # its hash
    made_at: datetime
    result: int = _NOT_YET


@dataclass(slots=True)
class Sessions:
    """By verify_id."""

    open: dict[str, Session] = field(default_factory=dict)


class FaceOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    verify_id: str
    result: int = _PASSED


@bp.post("/_sandbox/faces")
def look() -> ResponseReturnValue:
    """The person holds their face before the phone, with this result."""
    order = FaceOrder.model_validate_json(request.get_data())
    session = state().of(Sessions).open.get(order.verify_id)
    if session is None:
        return jsonify(error="no such verify_id"), 404
    session.result = order.result
    return jsonify(result=order.result)


@bp.post("/cityservice/face/identify/getverifyid")
def getverifyid() -> ResponseReturnValue:
    """Open a session."""
    tokens.require()
    body, known = posted_json(), state()
    number, openid = _number(body), _openid(body)
    if openid not in known.users:
        raise Refused(40003, "invalid openid")
    certificate = _certificate_hash(body.get("cert_info"))
    with known.lock:
        kept = known.of(Sessions).open
        if any(session.number == number for session in kept.values()):
            raise Refused(84019, "out_seq_no exists")
        made = secrets.token_urlsafe(48)
        kept[made] = Session(number, openid, certificate, known.now())
    return ok(verify_id=made, expires_in=int(_LIVES.total_seconds()))


@bp.post("/cityservice/face/identify/queryverifyinfo")
def queryverifyinfo() -> ResponseReturnValue:
    """What became of it; passed is `errcode` 0 and `verify_ret` 10000 together."""
    tokens.require()
    body, known = posted_json(), state()
    if not body.get("verify_id"):
        raise Refused(84021, "verify_id missing")
    number, openid = _number(body), _openid(body)
    session = known.of(Sessions).open.get(str(body["verify_id"]))
    if session is None or known.now() - session.made_at > _LIVES:
        raise Refused(84022, "verify_id expired")
    if openid != session.openid:
        raise Refused(84017, "openid not match")
    if body.get("cert_hash") != session.certificate:
        raise Refused(84018, "cert_hash not match")
    if number != session.number:
        raise Refused(84020, "out_seq_no not match")
    return ok(verify_ret=session.result)


def _number(body: dict[str, Any]) -> str:
    number = body.get("out_seq_no")
    if not number:
        raise Refused(84010, "out_seq_no missing")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise Refused(84011, "invalid out_seq_no")
    return number


def _openid(body: dict[str, Any]) -> str:
    if not body.get("openid"):
        raise Refused(84016, "openid missing")
    return str(body["openid"])


def _certificate_hash(info: Any) -> str:
    """sha256 over the three fields in base64, in this order."""
    if not isinstance(info, dict) or not info:
        raise Refused(84012, "cert_info missing")
    if info.get("cert_type") != "IDENTITY_CARD":
        raise Refused(84013, "invalid cert_type")
    if not isinstance(info.get("cert_name"), str) or not info["cert_name"].strip():
        raise Refused(84014, "invalid cert_name")
    if not isinstance(info.get("cert_no"), str) or not _CERTIFICATE.fullmatch(info["cert_no"]):
        raise Refused(84015, "invalid cert_no")
    fields = ("cert_type", "cert_name", "cert_no")
    parts = (f"{name}={base64.b64encode(info[name].encode()).decode()}" for name in fields)
    return hashlib.sha256("&".join(parts).encode()).hexdigest()
