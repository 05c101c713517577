"""Access tokens of both kinds, isolated from each other, and the check that every other call makes (facts 2.1)."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Literal

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from server.wechat.sandbox import limits
from server.wechat.sandbox.replies import Refused, posted_json
from server.wechat.sandbox.settings import Settings
from server.wechat.sandbox.state import State, Token, state

bp = Blueprint("tokens", __name__)
_LIFE = timedelta(seconds=7200)
_LAST = timedelta(seconds=300)  # when a stable token is renewed; both live until the old one ends
_FORCED_A_DAY = 20
_FORCED_APART = timedelta(seconds=30)
_WELL_FORMED = re.compile(r"\d+_[\w-]{100,}")


@bp.get("/cgi-bin/token")
def token() -> ResponseReturnValue:
    """A new token at every call; the one before dies after the grace. That is why stable_token exists."""
    _check_app(request.args.get("appid"), request.args.get("secret"), request.args.get("grant_type"))
    known = state()
    with known.lock:
        now = known.now()
        for older in known.tokens.values():
            if older.kind == "token" and older.superseded_at is None:
                older.superseded_at = now + timedelta(seconds=known.of(Settings).grace_s)
        made = make(known, "token")
    return jsonify(access_token=made.value, expires_in=int(_LIFE.total_seconds()))


@bp.post("/cgi-bin/stable_token")
def stable_token() -> ResponseReturnValue:
    """The same token for everybody until its last five minutes; `force_refresh` kills it."""
    body = posted_json()
    _check_app(body.get("appid"), body.get("secret"), body.get("grant_type"))
    known = state()
    with known.lock:
        now = known.now()
        held = _current(known, now)
        if held is not None and body.get("force_refresh") is True and _may_force(known, now):
            held.superseded_at = now
            held = None
        held = held or make(known, "stable")
    return jsonify(access_token=held.value, expires_in=int((held.expires_at - now).total_seconds()))


def require(*, corp: bool = False) -> None:
    """Refuse the current call unless it carries a token that is known, alive and not replaced, and the quota of its
    path is not used up. `corp`: WeCom's tokens, which are none here, as ours are none there."""
    value = request.args.get("access_token")
    if not value:
        raise Refused(41001, "access_token missing")
    if not _WELL_FORMED.fullmatch(value):
        raise Refused(40014, "invalid access_token")
    known = state()
    with known.lock:
        held, now = known.tokens.get(value), known.now()
        if held is not None and (held.kind == "corp") is not corp:
            held = None
        if held is None or (held.superseded_at is not None and held.superseded_at <= now):
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if held.expires_at <= now:
            raise Refused(42001, "access_token expired")
    limits.spend(known, request.path)


def supersede_all(known: State) -> int:
    """Whoever holds a token finds that it is not the latest; returns how many were."""
    with known.lock:
        now = known.now()
        latest = [held for held in known.tokens.values() if held.superseded_at is None or held.superseded_at > now]
        for held in latest:
            held.superseded_at = now
        return len(latest)


def expire_all(known: State) -> int:
    """End the life of every token now; returns how many were alive."""
    with known.lock:
        now = known.now()
        alive = [held for held in known.tokens.values() if held.expires_at > now]
        for held in alive:
            held.expires_at = now
        return len(alive)


def _check_app(appid: str | None, secret: str | None, grant_type: str | None) -> None:
    known = state()
    if grant_type != "client_credential":
        raise Refused(40002, "invalid grant_type")
    if not appid:
        raise Refused(41002, "appid missing")
    if appid != known.appid:
        raise Refused(40013, "invalid appid")
    if not secret:
        raise Refused(41004, "appsecret missing")
    if secret != known.secret:
        raise Refused(40125, "invalid appsecret")
    allowed = known.of(Settings).allowed_ips
    if allowed and request.remote_addr not in allowed:
        raise Refused(40164, f"invalid ip {request.remote_addr}, not in whitelist")
    limits.spend(known, request.path)


def _current(known: State, now: datetime) -> Token | None:
    """The stable token in force. In its last five minutes it is renewed, so expires_in never falls below 300."""
    alive = (
        held
        for held in known.tokens.values()
        if held.kind == "stable" and held.superseded_at is None and held.expires_at - now > _LAST
    )
    return next(alive, None)


def _may_force(known: State, now: datetime) -> bool:
    """Too soon after the last forced refresh it is silently not refreshed; too often a day it is refused."""
    known.forced_refreshes = [at for at in known.forced_refreshes if now - at < timedelta(days=1)]
    if len(known.forced_refreshes) >= _FORCED_A_DAY:
        raise Refused(45009, "reach max api daily quota limit")
    if known.forced_refreshes and now - known.forced_refreshes[-1] < _FORCED_APART:
        return False
    known.forced_refreshes.append(now)
    return True


def make(known: State, kind: Literal["token", "stable", "corp"]) -> Token:
    """A new token. Those that ended a day ago are forgotten."""
    now = known.now()
    known.tokens = {value: held for value, held in known.tokens.items() if now - held.expires_at < timedelta(days=1)}
    made = Token(f"96_{secrets.token_urlsafe(96)}", kind, now + _LIFE)
    known.tokens[made.value] = made
    return made
