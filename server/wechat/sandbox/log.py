"""The requests that WeChat's paths were asked, as far as they may be read: without secrets, tokens by their end."""

import re
from collections import deque
from dataclasses import asdict, dataclass, field

from flask import Blueprint, Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from server.wechat.sandbox.state import state

bp = Blueprint("log", __name__, url_prefix="/_sandbox")
WECHAT_PATHS = ("/cgi-bin/", "/sns/", "/wxa/", "/wxaapi/", "/cityservice/")
_KEPT = 2_000
_LONGEST = 2_000
_SECRET = re.compile(r'((?:app|corp)?secret"?\s*[=:]\s*"?)[^"&,}\s]+')
_TOKEN_END = 6


@dataclass(frozen=True, slots=True)
class Call:
    """One request and the answer that was meant for it."""

    at: str
    method: str
    path: str
    query: dict[str, str]
    body: str
    status: int
    errcode: int | None


@dataclass(slots=True)
class Log:
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_KEPT))


@bp.get("/requests")
def requests() -> ResponseReturnValue:
    """The latest, oldest first; `?path=` for one path."""
    path = request.args.get("path")
    with state().lock:
        return jsonify([asdict(call) for call in state().of(Log).calls if path is None or call.path == path])


def install(app: Flask) -> None:
    """Keep every call of a WeChat path. To be installed before whatever spoils answers, so as to see what is left."""
    app.after_request(_kept)


def _kept(response: Response) -> Response:
    if not request.path.startswith(WECHAT_PATHS):
        return response
    query = {name: value for name, value in request.args.items() if "secret" not in name}
    for name in ("access_token", "key"):
        if name in query:
            query[name] = "…" + query[name][-_TOKEN_END:]
    answer = response.get_json(silent=True) if response.is_json else None
    call = Call(
        at=state().now().isoformat(),
        method=request.method,
        path=request.path,
        query=query,
        body=_SECRET.sub(r"\1…", request.get_data()[:_LONGEST].decode(errors="replace")),
        status=response.status_code,
        errcode=answer.get("errcode") if isinstance(answer, dict) else None,
    )
    with state().lock:
        state().of(Log).calls.append(call)
    return response
