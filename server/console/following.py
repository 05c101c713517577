"""An answer that takes long, followed while it is made: each line is a JSON object of how far it is, the last is it.

A page asks for it by the header `Zhudian-Follow` (static/following.js); the handlers know nothing of it, and nothing is
kept: it works with any number of web processes and through a proxy that buffers (then all lines come at the end), and
who does not ask gets the answer as ever. The work goes on in a thread of its own, so that it ends as it would have when
whoever asked has closed the page.
"""

import io
import json
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextvars import copy_context
from dataclasses import asdict
from threading import BoundedSemaphore, Thread
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request, stream_with_context

from server import progress
from server.console.face import face
from server.errors import AppError
from server.progress import Reached

log = structlog.get_logger()

FOLLOW = "Zhudian-Follow"
_AT_ONCE = BoundedSemaphore(4)  # a process; each may hold a connection and a workbook
_EVERY_S = 0.25
_STILL_THERE_S = 5.0  # a blank line, before a proxy thinks that nobody answers
_KEPT = ("HX-Trigger", "HX-Redirect", "HX-Retarget", "HX-Reswap", "Content-Disposition")


@face.before_request
def _followed() -> Response | None:
    """In place of the handler, which is called within: whoever may not come in has been told so already."""
    if FOLLOW not in request.headers or g.get("caller") is None or request.endpoint == "desk.static":
        return None
    for given in request.files.values():  # for Flask the request is over once whoever asked is gone
        given.stream = _Kept(given.stream.read())
    lines = Response(stream_with_context(_lines()), mimetype="application/x-ndjson")
    lines.headers["X-Accel-Buffering"] = "no"
    return lines


class _Kept(io.BytesIO):
    """What was uploaded; Flask closes the files of a request that is over, while the work goes on."""

    def close(self) -> None: ...


class _Work:
    """One handler at work; `reached` is the newest that it told. The caller has a place among _AT_ONCE for it."""

    def __init__(self) -> None:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self.reached: Reached | None = None
        self.answer: Future[Response] = Future()
        Thread(target=copy_context().run, args=(self._run, app), name="followed").start()

    def _run(self, app: Flask) -> None:
        try:
            with progress.heard(self._hear):
                answer = app.make_response(_handled(app))
            # The request's own line in the log says 200, that of the lines; what became of the work stands here.
            log.info("followed", endpoint=request.endpoint, status=answer.status_code)
            self.answer.set_result(answer)
        except BaseException as error:
            self.answer.set_exception(error)
        finally:
            _AT_ONCE.release()

    def _hear(self, reached: Reached) -> None:
        self.reached = reached


def _handled(app: Flask) -> Any:
    """What the handler says, or the page that its error becomes."""
    try:
        return app.view_functions[request.endpoint or ""](**(request.view_args or {}))
    except Exception as error:
        return app.handle_user_exception(error)


def _lines() -> Iterator[str]:
    if not _AT_ONCE.acquire(blocking=False):
        busy = AppError(503, "busy", "现在同时处理的较多，请过一会儿再试。")
        yield _line(_whole(current_app.make_response(current_app.handle_user_exception(busy))))
        return
    work, told, at = _Work(), None, time.monotonic()
    while True:
        try:
            answer = work.answer.result(_EVERY_S)
            if work.reached is not None and work.reached != told:
                yield _line(asdict(work.reached))  # also of what was done within a moment
            yield _line(_whole(answer))
            return
        except NotYet:
            reached, now = work.reached, time.monotonic()
        if reached != told and reached is not None:
            told, at = reached, now
            yield _line(asdict(reached))
        elif now - at > _STILL_THERE_S:
            at = now
            yield "\n"


def _whole(answer: Response) -> dict[str, Any]:
    """The answer as a browser would have got it. What is no text is a workbook."""
    headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    made: dict[str, Any] = {"status": answer.status_code, "headers": headers}
    if (answer.mimetype or "text/html").startswith("text/"):
        return made | {"text": answer.get_data(as_text=True)}
    return made | {"type": answer.mimetype, "base64": b64encode(answer.get_data()).decode()}


def _line(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False) + "\n"
