"""The sandbox as a Flask app and as a process on loopback."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import structlog
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.serving import WSGIRequestHandler, make_server

from server.config import Config
from server.wechat.sandbox import (
    checks,
    codes,
    control,
    employee,
    faces,
    faults,
    group_bot,
    library,
    limits,
    links,
    log,
    login,
    openapi,
    page,
    phone,
    phone_numbers,
    pushes,
    risk,
    scan,
    settings,
    staff,
    subscribe,
    tokens,
    wecom,
)
from server.wechat.sandbox.replies import Refused, refusal
from server.wechat.sandbox.state import Callback, State

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

JOURNAL = Path("var/sandbox-messages.jsonl")
GROUPS = tuple(
    group.bp
    for group in (
        *(
            tokens,
            login,
            phone_numbers,
            subscribe,
            staff,
            employee,
            group_bot,
            library,
            checks,
            codes,
            links,
            risk,
            faces,
            openapi,
            wecom,
        ),
        *(control, settings, limits, log, phone, pushes, scan, page),
    )
)
# Whoever never touched their credits has plenty, so that `make run` shows messages; a test sets its own number.
_DEFAULT_CREDITS = 1000
_SEND_TAKES_S = 0.02  # a send takes time, or two at once to one person could never be noticed (43108)

said = structlog.get_logger()


def create_sandbox(
    appid: str,
    secret: str,
    *,
    default_credits: int = _DEFAULT_CREDITS,
    send_takes_s: float = _SEND_TAKES_S,
    journal: Path | None = None,
    callback: Callback | None = None,
) -> Flask:
    """A WeChat with one mini-program, nobody in it yet. Its State is `app.extensions["sandbox"]`.

    `journal` is a file of the messages on the phones: a restart of the sandbox takes none of them away.
    """
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["sandbox"] = State(appid, secret, default_credits, send_takes_s, journal, callback)
    for group in GROUPS:
        app.register_blueprint(group)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(ValidationError, _unreadable)
    app.register_error_handler(MethodNotAllowed, _other_method)
    log.install(app)
    faults.install(app)
    return app


class RunningSandbox:
    """A sandbox that serves on 127.0.0.1, and nowhere else, from a thread of its own. Port 0 takes a free one."""

    def __init__(self, app: Flask, port: int = 0) -> None:
        self.state: State = app.extensions["sandbox"]
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)
        self.port = self._server.port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; a call that hangs by a fault is not waited for."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    JOURNAL.parent.mkdir(parents=True, exist_ok=True)
    # Where to push is told through the control plane, once there is somebody to listen.
    callback = Callback(
        token=config.wechat_callback_token,
        aes_key=config.callback_key,
        mode="secure" if config.callback_key else "plain",
    )
    sandbox = create_sandbox(config.wechat_appid, config.wechat_secret, journal=JOURNAL, callback=callback)
    running = RunningSandbox(sandbox, config.sandbox_port)
    said.info("sandbox_started", url=running.url)
    stop.wait()
    running.stop()


class _QuietHandler(WSGIRequestHandler):
    """No access log: its lines would carry the secret and the tokens of the URLs."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def connection_dropped(self, error: BaseException, environ: "WSGIEnvironment | None" = None) -> None:
        """No next request is awaited: behind a reset that was asked for there is no socket any more to read from."""
        self.close_connection = True


def _refused(error: Refused) -> ResponseReturnValue:
    return refusal(error.errcode, error.errmsg)


def _other_method(error: MethodNotAllowed) -> ResponseReturnValue:
    if not request.path.startswith(log.WECHAT_PATHS):
        return error.get_response()
    if request.method == "GET":
        return refusal(43002, "require POST method")
    return refusal(43001, "require GET method")


def _unreadable(error: ValidationError) -> ResponseReturnValue:
    """An order to the control plane that is none; WeChat's own endpoints read their input without pydantic."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return jsonify(error="unreadable order", problems=problems), 400
