"""Who is calling: a phone's bearer token or a browser's cookie, checked before the input is looked at."""

from datetime import timedelta
from typing import TypedDict, cast

import structlog
from flask import Flask, Response, g, request

from server.api.devices import device_words
from server.api.services import now, reading, services, transaction
from server.errors import forbidden, unauthenticated
from server.org import signin
from server.org.scope import Caller

# The only endpoints that answer without a session. A photo link and a push of WeChat's carry signatures of their own.
PUBLIC = frozenset(
    {
        "signin.login",
        "signin.bind",
        "console.sign_in",
        "console.begin_scan",
        "console.claim_scan",
        "desk.sign_in",
        "desk.enter",
        "desk.static",
        "photos.read_photo",
        "health.healthz",
        "health.readyz",
        "health.home",
        "wechat.greet",
        "wechat.receive",
    }
)
# The schemes' names in the OpenAPI document: either will do.
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
# On what a page asks by itself: it keeps nobody signed in who has gone away.
UNATTENDED = "Zhudian-Unattended"
_SAFE = ("GET", "HEAD", "OPTIONS")


class CookieManners(TypedDict):
    httponly: bool
    secure: bool
    samesite: str


def caller() -> Caller:
    """The signed-in member of this request."""
    return cast(Caller, g.caller)


def phone() -> signin.Device:
    """What asks, as a phone with the mini-program."""
    return signin.Device("phone", _device(), _lasts(at_console=False))


def browser() -> signin.Device:
    """What asks, as a browser at the console."""
    return signin.Device("console", _device(), _lasts(at_console=True))


def cookie_name() -> str:
    """`__Host-`: no other host, path or plain http can set it. A server on loopback has no https."""
    return "__Host-zhudian" if cookie_manners()["secure"] else "zhudian"


def cookie_manners() -> CookieManners:
    """No script can read our cookies, and no other site's page can send them."""
    is_https = services().config.public_url.startswith("https:")
    return {"httponly": True, "secure": is_https, "samesite": "Strict"}


def set_cookie(response: Response, token: str) -> None:
    """The browser's session."""
    response.set_cookie(cookie_name(), token, path="/", **cookie_manners())


def drop_cookie(response: Response) -> None:
    response.delete_cookie(cookie_name(), path="/", **cookie_manners())


def install(app: Flask) -> None:
    """Authenticate before routing's validation runs: an outsider learns nothing about the shape of the input."""

    @app.before_request
    def _authenticate() -> None:
        # nginx's id of the request joins its log and ours; whoever sends nonsense names only their own lines.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.headers.get("X-Request-Id", "")[:64] or None)
        if request.endpoint is None or request.endpoint in PUBLIC or request.blueprint in ("docs", "swagger"):
            return
        token = _token()
        with reading() as session:
            g.caller, due = signin.caller_of(session, token, now())
        if due and UNATTENDED not in request.headers:
            with transaction() as session:
                signin.touch(session, g.caller, now(), _lasts(g.caller.at_console))


def _token() -> str:
    """Raises 401 when there is none, 403 when another site's page sent it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if not (cookie := request.cookies.get(cookie_name())):
        raise unauthenticated()
    require_own_page()
    return cookie


def require_own_page() -> None:
    """Raise 403 for a change that another site's page asks for in the name of whoever is signed in here. Browsers that
    keep SameSite do not let it get so far; these two headers no page can set."""
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_own = site == "same-origin" if site else origin == request.host_url.rstrip("/")
    if not is_own:
        raise forbidden("cross_site", "这个操作须在驻点通自己的页面上进行。")


def _device() -> str:
    return device_words(request.headers.get("User-Agent", ""))


def _lasts(at_console: bool) -> timedelta:
    config = services().config
    return timedelta(hours=config.console_hours) if at_console else timedelta(days=config.session_days)
