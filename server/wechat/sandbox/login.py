"""Login: a wx.login code is exchanged once, within five minutes, for an openid (facts section 1)."""

import secrets
from datetime import timedelta

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from server.wechat.sandbox.replies import Refused
from server.wechat.sandbox.state import LoginCode, State, state

bp = Blueprint("login", __name__)
_CODE_LIVES = timedelta(seconds=300)


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
        code.used = True
        user = known.register(code.openid)
    return jsonify(session_key=user.session_key, openid=user.openid)


def mint(known: State, openid: str) -> str:
    """What wx.login returns on this person's phone. Old codes are forgotten here, used ones only when they expire."""
    with known.lock:
        now = known.now()
        known.register(openid)
        known.codes = {value: code for value, code in known.codes.items() if code.expires_at > now}
        made = "0" + secrets.token_urlsafe(23)
        known.codes[made] = LoginCode(openid, now + _CODE_LIVES)
        return made
