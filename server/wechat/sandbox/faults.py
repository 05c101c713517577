"""Faults asked for through the control plane: an errcode, an HTTP status, a hang, a reset, half an answer, no JSON."""

import os
import socket
import struct
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, g, make_response, request

from server.wechat.sandbox.log import WECHAT_PATHS
from server.wechat.sandbox.replies import refusal
from server.wechat.sandbox.state import Fault, state

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_RESET = "sandbox.reset"


def install(app: Flask) -> None:
    """Put the faults around every WeChat path; each call is counted there too."""
    app.before_request(_before)
    app.after_request(_after)
    app.wsgi_app = _resetting(app.wsgi_app)  # type: ignore[assignment,method-assign]


def _before() -> Response | None:
    if not request.path.startswith(WECHAT_PATHS):
        return None
    known = state()
    with known.lock:
        known.calls[request.path] += 1
        fault = next((f for f in known.faults if f.path == request.path and f.times > 0), None)
        if fault is not None:
            fault.times -= 1
    g.fault = fault
    return _play(fault) if fault is not None and not (fault.carried_out or fault.truncate) else None


def _after(response: Response) -> Response:
    fault: Fault | None = g.get("fault")
    if fault is None or not (fault.carried_out or fault.truncate):
        return response
    return _play(fault) or (_halved(response, fault.truncate) if fault.truncate else response)


def _play(fault: Fault) -> Response | None:
    """The spoilt answer; None when the fault only takes time and the call goes on."""
    time.sleep(fault.hang_s)
    if fault.reset:
        request.environ[_RESET] = True
        return make_response("")
    if fault.errcode is not None:
        return refusal(fault.errcode, "injected by a fault")
    if fault.http_status is not None or fault.body is not None:
        return make_response(fault.body or "<h1>injected by a fault</h1>", fault.http_status or 200)
    return None


def _halved(response: Response, how: str) -> Response:
    """The first half as if it were all, or of an answer that was to be longer: its length is promised and not kept."""
    whole = response.get_data()
    response.set_data(whole[: len(whole) // 2])
    if how == "body":
        response.automatically_set_content_length = False
        response.headers["Content-Length"] = str(len(whole))
    return response


def _resetting(wsgi_app: "WSGIApplication") -> "WSGIApplication":
    def run(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = wsgi_app(environ, start_response)
        if environ.get(_RESET):
            _reset(environ["werkzeug.socket"])
            raise ConnectionResetError("asked for by a fault")  # werkzeug drops the connection without a word
        return answer

    return run


def _reset(connection: socket.socket) -> None:
    """Send RST instead of an answer: without lingering, and by taking the descriptor from under the server."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), connection.fileno())
