"""A person's phone scans what a browser shows, and that browser is signed in at the console: one click for the demo.

Nothing is passed by: the browser's code is begun, looked at by a phone that has signed in by its WeChat, confirmed and
claimed at the server's own doors. Cookies know no ports, so the session set here is the one sent to the server there.
"""

from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from server.wechat.sandbox.login import mint
from server.wechat.sandbox.state import state

bp = Blueprint("scan", __name__, url_prefix="/_sandbox")
_PATIENCE_S = 20


class _Refused(Exception):
    """The server said no; the text is its sentence."""


@bp.get("/scan")
def scan() -> ResponseReturnValue:
    """`?openid=`: whoever opens this is at the console as that person."""
    known = state()
    if not known.callback.url:
        return "The sandbox does not know the server yet; start all of it by `make run`.", 409
    parts = urlsplit(known.callback.url)
    web = f"{parts.scheme}://{parts.netloc}"
    try:
        cookie = _signed_in(web, mint(known, request.args.get("openid", "")))
    except _Refused as error:
        return Response(str(error), 403, mimetype="text/plain")
    except requests.RequestException as error:
        return Response(f"The server does not answer: {type(error).__name__}", 502, mimetype="text/plain")
    response = redirect(f"{web}/console/")
    response.headers.add("Set-Cookie", cookie)
    return response


def _signed_in(web: str, login_code: str) -> str:
    """The cookie of a browser that the phone with this code has signed in."""
    browser, phone = requests.Session(), requests.Session()
    browser.headers.update({"Origin": web, "User-Agent": request.headers.get("User-Agent", "")})
    code = _post(browser, f"{web}/api/v1/console/scans").json()["code"]
    token = _post(phone, f"{web}/api/v1/login", {"code": login_code}).json()["token"]
    phone.headers["Authorization"] = f"Bearer {token}"
    _post(phone, f"{web}/api/v1/console/scans/{code}/confirm")
    claimed = _post(browser, f"{web}/api/v1/console/scans/{code}/claim")
    _post(phone, f"{web}/api/v1/logout")
    cookies = claimed.raw.headers.getlist("Set-Cookie")
    return next(cookie for cookie in cookies if not cookie.startswith("zhudian-scan"))


def _post(session: requests.Session, url: str, body: Any = None) -> requests.Response:
    answer = session.post(url, json=body, timeout=_PATIENCE_S)
    if not answer.ok:
        raise _Refused(answer.json().get("detail", f"status {answer.status_code}"))
    return answer
