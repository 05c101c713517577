"""Login: a wx.login code is exchanged once, within five minutes, for an openid; and the session key that goes with it
(facts section 1)."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from server.wechat.sandbox import limits, tokens
from server.wechat.sandbox.replies import Refused, ok
from server.wechat.sandbox.settings import Settings
from server.wechat.sandbox.state import LoginCode, State, User, new_session_key, state

bp = Blueprint("login", __name__)
_CODE_LIVES = timedelta(seconds=300)
_VISIT_COUNTS = timedelta(hours=2)
A_PERSON = (limits.Limit(100, limits.MINUTE_S, 45011),)


@bp.get("/sns/jscode2session")
def jscode2session() -> ResponseReturnValue:
    """No errcode on success, as the live service; a stray access_token is ignored."""
    known = state()
    if request.args.get("appid") != known.appid:
        raise Refused(40013, "invalid appid")
    if request.args.get("secret") != known.secret:
        raise Refused(40125, "invalid appsecret")
    if request.args.get("grant_type") != "authorization_code":
        raise Refused(40002, "invalid grant_type")
    with known.lock:
        code = known.codes.get(request.args.get("js_code", ""))
        if code is None or code.expires_at <= known.now():
            raise Refused(40029, "invalid code")
        if code.used:
            raise Refused(40163, "code been used")
        user = known.register(code.openid)
        if user.blocked:
            raise Refused(40226, "code blocked")
        limits.spend_of(known, f"login of {user.openid}", A_PERSON)
        code.used = True
        user.last_visit_at = known.now()
        told = {"session_key": user.session_key, "openid": user.openid}
        if known.of(Settings).unionid:
            told["unionid"] = "u" + hashlib.sha256(user.openid.encode()).hexdigest()[:27]
    return jsonify(told)


@bp.get("/wxa/checksession")
def checksession() -> ResponseReturnValue:
    """Whether the signature was made with the key that holds."""
    tokens.require()
    _signed(state())
    return ok()


@bp.get("/wxa/resetusersessionkey")
def resetusersessionkey() -> ResponseReturnValue:
    """Another key; the one before is worthless."""
    tokens.require()
    known = state()
    with known.lock:
        user = _signed(known)
        user.session_key = new_session_key()
        return ok(openid=user.openid, session_key=user.session_key)


def mint(known: State, openid: str) -> str:
    """What wx.login returns on this person's phone. Old codes are forgotten here, used ones only when they expire."""
    with known.lock:
        now = known.now()
        known.register(openid)
        known.codes = {value: code for value, code in known.codes.items() if code.expires_at > now}
        made = "0" + secrets.token_urlsafe(23)
        known.codes[made] = LoginCode(openid, now + _CODE_LIVES)
        return made


def visitor(known: State, openid: object) -> User:
    """The user, who must have been here within two hours. Raises Refused 40003 or 61010."""
    user = known.users.get(openid) if isinstance(openid, str) else None
    if user is None:
        raise Refused(40003, "invalid openid")
    if user.last_visit_at is None or known.now() - user.last_visit_at > _VISIT_COUNTS:
        raise Refused(61010, "code is expired")
    return user


def _signed(known: State) -> User:
    """The user of a call that is signed with their session key: hex HMAC-SHA256 of nothing."""
    openid, signature = request.args.get("openid"), request.args.get("signature")
    if not openid or not signature:
        raise Refused(40097, "invalid args")
    if request.args.get("sig_method") != "hmac_sha256":
        raise Refused(87008, "invalid sig_method")
    user = known.users.get(openid)
    if user is None or user.last_visit_at is None:
        raise Refused(87007, "session_key is not existd or expired")
    if not hmac.compare_digest(signature, hmac.new(user.session_key.encode(), b"", hashlib.sha256).hexdigest()):
        raise Refused(87009, "invalid signature")
    return user
