"""Who is calling: the bearer token of every request, checked before its input is looked at."""

from typing import cast

import structlog
from flask import Flask, g, request

from server.api.services import now, reading, services, transaction
from server.errors import unauthenticated
from server.org import signin
from server.org.scope import Caller

# The only endpoints that answer without a session. A photo link and a push of WeChat's carry signatures of their own.
PUBLIC = frozenset(
    {
        "signin.login",
        "signin.bind",
        "photos.read_photo",
        "health.healthz",
        "health.readyz",
        "health.home",
        "wechat.greet",
        "wechat.receive",
    }
)
# The scheme's name in the OpenAPI document.
BEARER: list[dict[str, list[str]]] = [{"bearer": []}]


def caller() -> Caller:
    """The signed-in member of this request."""
    return cast(Caller, g.caller)


def install(app: Flask) -> None:
    """Authenticate before routing's validation runs: an outsider learns nothing about the shape of the input."""

    @app.before_request
    def _authenticate() -> None:
        # nginx's id of the request joins its log and ours; whoever sends nonsense names only their own lines.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.headers.get("X-Request-Id", "")[:64] or None)
        if request.endpoint is None or request.endpoint in PUBLIC or request.blueprint in ("docs", "swagger"):
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated()
        with reading() as session:
            g.caller, due = signin.caller_of(session, token.strip(), now())
        if due:
            with transaction() as session:
                signin.touch(session, g.caller, now(), services().config.session_days)
