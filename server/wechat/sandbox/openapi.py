"""openApi管理: what is left of a quota, resetting it ten times a month, and WeChat's own addresses."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from server.wechat.sandbox import limits, tokens
from server.wechat.sandbox.limits import DAY_S, Limit
from server.wechat.sandbox.log import WECHAT_PATHS
from server.wechat.sandbox.replies import Refused, ok, posted_json
from server.wechat.sandbox.state import State, state

bp = Blueprint("openapi", __name__)
_RESETS_A_MONTH = 10
_CHINA = ZoneInfo("Asia/Shanghai")
_ADDRESSES = ["106.55.206.146", "106.55.206.211"]


@dataclass(slots=True)
class Resets:
    """When the quotas were reset."""

    at: list[datetime] = field(default_factory=list)


@bp.post("/cgi-bin/openapi/quota/get")
def quota() -> ResponseReturnValue:
    """Of a path that this WeChat has; those under /sns/ are never told."""
    tokens.require()
    path = posted_json().get("cgi_path")
    if not isinstance(path, str) or not _exists(path):
        raise Refused(76021, "cgi_path not found, please check")
    if path.startswith("/sns/"):
        raise Refused(76022, "could not use this cgi_path, no permission")
    known = state()
    with known.lock:
        of_path = limits.limits_of(known, path)
        day = next((limit for limit in of_path if limit.window_s == DAY_S), None)
        fast = next((limit for limit in of_path if limit.window_s not in (DAY_S, limits.EVER_S)), None)
        told = {"quota": _quota(known, path, day or Limit(0, DAY_S, 45009))}
    if fast:
        told["rate_limit"] = {"call_count": fast.most, "refresh_second": fast.window_s}
    return ok(**told)


@bp.post("/cgi-bin/clear_quota")
def clear() -> ResponseReturnValue:
    """With a token, which may itself be what is used up; hence the second way."""
    tokens.require()
    if posted_json().get("appid") != state().appid:
        raise Refused(40013, "invalid appid")
    return _reset(state())


@bp.post("/cgi-bin/clear_quota/v2")
def clear_by_secret() -> ResponseReturnValue:
    """Without a token: by appid and appsecret, in the query or as JSON."""
    body = request.get_json(force=True, silent=True)
    given = body if isinstance(body, dict) else request.args
    if not given.get("appid"):
        raise Refused(41002, "appid missing")
    if not given.get("appsecret"):
        raise Refused(41004, "appsecret missing")
    if (given["appid"], given["appsecret"]) != (state().appid, state().secret):
        raise Refused(40013, "invalid appid")
    return _reset(state())


@bp.get("/cgi-bin/getcallbackip")
@bp.get("/cgi-bin/get_api_domain_ip")
def addresses() -> ResponseReturnValue:
    """From where WeChat pushes, and where it is called: the documentation's sample."""
    tokens.require()
    return {"ip_list": _ADDRESSES}


def _exists(path: str) -> bool:
    return path.startswith(WECHAT_PATHS) and any(rule.rule == path for rule in current_app.url_map.iter_rules())


def _quota(known: State, path: str, day: Limit) -> dict[str, int]:
    used = limits.spent_of(known, path, day)
    return {"daily_limit": day.most, "used": used, "remain": max(0, day.most - used)}


def _reset(known: State) -> ResponseReturnValue:
    with known.lock:
        resets, now = known.of(Resets), known.now().astimezone(_CHINA)
        resets.at = [at for at in resets.at if (at.year, at.month) == (now.year, now.month)]
        if len(resets.at) >= _RESETS_A_MONTH:
            raise Refused(48006, "forbid to clear quota because of reaching the limit")
        resets.at.append(now)
        limits.forget_today(known)
    return ok()
