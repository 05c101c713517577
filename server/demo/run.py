"""`make run`: the whole product on embedded defaults; starts every process, says where to look, stops all of it."""

import ctypes
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from server import migrate
from server.config import Config
from server.db import Database
from server.demo.banner import banner
from server.demo.photos import draw_selfie
from server.demo.seed import Demo, require_photo_root, seed
from server.org.models import ROLE_NAMES

_READY_S = 30
_STOP_S = 15
_ONCE_MORE_S = 1.0
_LOG_LINES = 10
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_LIVE_BANNER = """
驻点通 Zhudian is running with the real WeChat (WECHAT=live).

  API and its pages   {web}/docs
  Photos              {photos}

There is no sandbox to sign in by, so the demo's people are there to look at only. Logs: var/log/

Ctrl-C stops everything.
"""
DEMO_FILE = Path("var/demo.json")
SAMPLE_PHOTO = Path("var/sample.jpg")


@dataclass(frozen=True, slots=True)
class Process:
    """One child: what it is called, and the address that answers when it is ready."""

    name: str
    command: tuple[str, ...]
    ready_url: str | None


class Stopped(BaseException):
    """Ctrl-C or SIGTERM. Like KeyboardInterrupt, nothing that catches every Exception may swallow it."""


def run(config: Config) -> int:
    """Run until stopped. Exit code 1 when a port is taken or a process ends by itself."""
    if config.wechat == "sandbox" and "quiet_hours" not in config.model_fields_set:
        os.environ["QUIET_HOURS"] = "off"  # for the children: who tries it at night wants to see the messages
    sandbox = f"http://127.0.0.1:{config.sandbox_port}"
    web = f"http://{_reached_at(config.web_host)}:{config.web_port}"
    phones = [Process("sandbox", ("sandbox",), f"{sandbox}/")] if config.wechat == "sandbox" else []
    processes = [Process("web", ("web",), f"{web}/readyz"), Process("worker", ("worker",), None)]
    ports = [("WEB_PORT", config.web_port)] + [("SANDBOX_PORT", config.sandbox_port) for _ in phones]
    for name, port in ports:
        if _taken(port):
            print(f"Port {port} is in use; choose another: {name}={port + 100} make run", file=sys.stderr)
            return 1
    try:
        with _stoppable():
            demo = _prepare(config)
            with _started(phones) as sandboxes:
                for process in phones:  # people before messages: a worker at once delivers what the demo has for them
                    _await(process, sandboxes[process.name])
                    _introduce(sandbox, demo)
                with _started(processes) as children:
                    for process in processes:
                        _await(process, children[process.name])
                    if phones:
                        _listen(sandbox, web)
                    demo_json(demo, web, sandbox)
                    print(_told(config, demo, web, sandbox), flush=True)
                    return _watch(sandboxes | children)
    except Stopped:
        print("\nStopped.", flush=True)
        return 0


def _told(config: Config, demo: Demo, web: str, sandbox: str) -> str:
    """The banner; with the real WeChat nobody can be signed in for a curl."""
    if config.wechat == "live":
        return _LIVE_BANNER.format(web=web, photos=config.photo_root)
    return banner(config, demo, web, sandbox, _sign_in(web, sandbox, demo))


def _reached_at(host: str) -> str:
    """What to write in a URL for a server of this machine that listens on `host`."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return "127.0.0.1"
    return f"[{address}]" if address.version == 6 else host


def _prepare(config: Config) -> Demo:
    """Schema, demo county and a sample photo; each only when it is not there yet."""
    require_photo_root(config)
    db = Database(config.database_url)
    migrate.upgrade(db)
    db.dispose()
    print("Preparing the demo county (the first time about 15 s) …", flush=True)
    demo = seed(config)
    SAMPLE_PHOTO.parent.mkdir(parents=True, exist_ok=True)
    SAMPLE_PHOTO.write_bytes(draw_selfie(time.time_ns(), size=(960, 1280)))
    return demo


def demo_json(demo: Demo, web: str, sandbox: str) -> None:
    """var/demo.json: the handles for people and scripts."""
    DEMO_FILE.write_text(
        json.dumps(
            {"web": web, "sandbox": sandbox, "personas": demo.personas, "stations": demo.stations},
            ensure_ascii=False,
            indent=1,
        ),
        encoding="utf-8",
    )


def _introduce(sandbox: str, demo: Demo) -> None:
    """Tell the sandbox whose phones it plays."""
    known = [{"openid": p["openid"], "name": p["name"], "role": ROLE_NAMES[p["role"]]} for p in demo.personas]
    _post(f"{sandbox}/_sandbox/personas", known)


def _listen(sandbox: str, web: str) -> None:
    """Tell the sandbox where to push events, as an operator tells WeChat's console."""
    try:
        _post(f"{sandbox}/_sandbox/callback", {"url": f"{web}/wechat/callback"})
    except OSError as error:
        print(f"The sandbox pushes nothing: /wechat/callback did not answer its greeting ({error}).", file=sys.stderr)


def _sign_in(web: str, sandbox: str, demo: Demo) -> str:
    """A session token of the persona that the printed curl speaks for."""
    code = _post(f"{sandbox}/_sandbox/codes", {"openid": demo.caller["openid"]})["code"]
    return str(_post(f"{web}/api/v1/login", {"code": code})["token"])


def _post(url: str, body: Any) -> Any:
    request = urllib.request.Request(  # noqa: S310  (our own processes on loopback)
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        text = response.read()
    return json.loads(text) if text else None


@contextmanager
def _stoppable() -> Iterator[None]:
    runner, stopping = os.getpid(), False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # Ctrl-C reaches the seed's painter too, which was forked with this handler; it ends when nobody listens to it.
        nonlocal stopping
        if os.getpid() == runner:
            # Python swallows what is raised inside a destructor or a weak reference's callback: then once more.
            signal.setitimer(signal.ITIMER_REAL, _ONCE_MORE_S)
            stopping = True
            raise Stopped

    def say(unraisable: Any) -> None:
        if not stopping:  # then it is Stopped itself, or a cleanup that Stopped cut in two
            sys.__unraisablehook__(unraisable)

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    sys.unraisablehook = say
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = sys.__unraisablehook__
        for signal_number, handler in before.items():
            signal.signal(signal_number, handler)


@contextmanager
def _started(processes: list[Process]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The children, each in a session of its own so that Ctrl-C reaches this process alone; ended in reverse order."""
    children: dict[str, subprocess.Popen[bytes]] = {}
    logs = Path("var/log")
    logs.mkdir(parents=True, exist_ok=True)
    try:
        for process in processes:
            with (logs / f"{process.name}.log").open("ab") as log:
                children[process.name] = subprocess.Popen(
                    (sys.executable, "-m", "server", *process.command),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_die_with(os.getpid()),
                )
        yield children
    finally:
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(signal_number, signal.SIG_IGN)  # a second Ctrl-C must not leave orphans behind
        _end(children)


def _die_with(parent: int) -> Callable[[], None]:
    """For the child, before it becomes another program: SIGTERM when this process is gone, killed even (Linux).

    The web server's main process passes it on to its own. This process has one thread, so running code after fork is
    safe; what it calls was looked up before.
    """

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:  # gone in the meantime
                os._exit(1)

    return ask


def _end(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in reversed(children.values()):
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + _STOP_S
    for name, child in children.items():
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"{name} did not stop by itself and is ended now.", file=sys.stderr)
        # Its whole session: the web server's own processes outlive one that was killed, and would hold the port.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _await(process: Process, child: subprocess.Popen[bytes]) -> None:
    """Return when the process answers. Raises SystemExit with its last words when it ends or is not ready in time."""
    deadline = time.monotonic() + _READY_S
    problem = ""
    while process.ready_url and time.monotonic() < deadline:
        if child.poll() is not None:
            break
        try:
            with urllib.request.urlopen(process.ready_url, timeout=2):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            problem = f": {_detail(error)}"
            time.sleep(0.05)
        except OSError:
            time.sleep(0.05)
    if process.ready_url or child.poll() is not None:
        log = f"var/log/{process.name}.log"
        raise SystemExit(f"{process.name} did not start{problem}; see {log}, which ends:\n{_log_end(Path(log))}")


def _detail(error: urllib.error.HTTPError) -> str:
    """What a problem says for people, or at least its status."""
    try:
        said = json.loads(error.read())
        return f"{said['code']} {said['detail']} {said['facts'] or ''}".strip()
    except (ValueError, KeyError, TypeError, OSError):
        return f"status {error.code}"


def _log_end(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line[:500]}" for line in lines[-_LOG_LINES:])
    return ""


def _watch(children: dict[str, subprocess.Popen[bytes]]) -> int:
    """Wait until a child ends by itself, which is an error."""
    while True:
        for name, child in children.items():
            if child.poll() is not None:
                print(f"{name} ended by itself; see var/log/{name}.log", file=sys.stderr)
                return 1
        time.sleep(0.5)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
