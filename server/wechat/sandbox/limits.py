"""How often WeChat lets each path be called (facts 2.1): counted by the second, minute and Chinese day, or for ever."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from server.wechat.sandbox.replies import Refused
from server.wechat.sandbox.state import State, state

bp = Blueprint("limits", __name__, url_prefix="/_sandbox")
SECOND_S, MINUTE_S, DAY_S, EVER_S = 1, 60, 86_400, 0
_CHINA_S = 8 * 3600
_WORDS = {
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45029: "qrcode count out of limit",
    44990: "reach max api second frequence limit",
    44991: "reach max api minute frequence limit",
    44993: "reach max api day frequence limit",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many calls in a window; the one too many is refused with `errcode`."""

    most: int
    window_s: int
    errcode: int


def _often(day: int | None = None, minute: int | None = None, too_fast: int = 45011) -> tuple[Limit, ...]:
    found = (Limit(minute, MINUTE_S, too_fast) if minute else None, Limit(day, DAY_S, 45009) if day else None)
    return tuple(limit for limit in found if limit)


_DOCUMENTED = {
    "/cgi-bin/token": _often(day=2_000),
    "/cgi-bin/stable_token": _often(day=500_000, minute=10_000),
    "/cgi-bin/message/subscribe/send": _often(day=10_000_000),
    "/wxa/resetusersessionkey": _often(minute=60_000),
    "/wxa/media_check_async": _often(day=200_000, minute=2_000, too_fast=44991),
    "/wxa/msg_sec_check": _often(day=2_000_000, minute=4_000, too_fast=44991),
    "/wxa/getwxacodeunlimit": _often(minute=5_000),
    "/wxa/getwxacode": (Limit(100_000, EVER_S, 45029),),
    "/wxa/generate_urllink": (Limit(100, SECOND_S, 44990), Limit(500_000, DAY_S, 44993)),
}
_COUNTED_AS = {"/cgi-bin/wxaapp/createwxaqrcode": "/wxa/getwxacode", "/wxa/generatescheme": "/wxa/generate_urllink"}
_OTHERS = _often(day=1_000_000)  # a path whose limit nobody tells


@dataclass(slots=True)
class Counts:
    """`spent`: in which window a limit was last counted, and how often."""

    limits: dict[str, tuple[Limit, ...]] = field(default_factory=lambda: dict(_DOCUMENTED))
    spent: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)


class LimitOrder(BaseModel):
    """Another limit for one path, by the day and by the minute."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(pattern="^/")
    day: int | None = Field(None, ge=1)
    minute: int | None = Field(None, ge=1)
    too_fast: int = 45011


@bp.post("/limits")
def change() -> ResponseReturnValue:
    """Let this path be called so often only; what was called counts."""
    order = LimitOrder.model_validate_json(request.get_data())
    with state().lock:
        state().of(Counts).limits[_bucket(order.path)] = _often(order.day, order.minute, order.too_fast)
    return jsonify(order.model_dump())


def spend(known: State, path: str) -> None:
    """Count one call of this path. Raises Refused when it is one too many; that one is not counted."""
    bucket = _bucket(path)
    spend_of(known, bucket, limits_of(known, bucket))


def spend_of(known: State, bucket: str, limits: Iterable[Limit]) -> None:
    """The same for whatever is counted apart, such as the logins of one person."""
    with known.lock:
        spent, now = known.of(Counts).spent, known.now()
        for limit in limits:
            if _spent(spent, bucket, limit, now) >= limit.most:
                raise Refused(limit.errcode, _WORDS[limit.errcode])
        for limit in limits:
            spent[bucket, limit.window_s] = _window(limit, now), _spent(spent, bucket, limit, now) + 1


def limits_of(known: State, path: str) -> tuple[Limit, ...]:
    return known.of(Counts).limits.get(_bucket(path)) or _OTHERS


def spent_of(known: State, path: str, limit: Limit) -> int:
    """How much of it is used now."""
    return _spent(known.of(Counts).spent, _bucket(path), limit, known.now())


def forget_today(known: State) -> None:
    """The day's counts begin anew."""
    spent = known.of(Counts).spent
    for key in [key for key in spent if key[1] == DAY_S]:
        del spent[key]


def _bucket(path: str) -> str:
    return _COUNTED_AS.get(path, path)


def _window(limit: Limit, now: datetime) -> int:
    return int(now.timestamp() + _CHINA_S) // limit.window_s if limit.window_s else 0


def _spent(spent: dict[tuple[str, int], tuple[int, int]], bucket: str, limit: Limit, now: datetime) -> int:
    window, calls = spent.get((bucket, limit.window_s), (None, 0))
    return calls if window == _window(limit, now) else 0
