"""`python -m server run`, which is what `make run` executes: a newcomer's first minutes, and the ways it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest
import requests

from server.__main__ import main
from server.config import Config
from server.demo import run as runner
from server.demo.seed import seed
from server.notify.messages import SUBSCRIBED
from tests.processes import ROOT, free_port, listens, until

_SEEDED_S = 120  # the demo county is drawn at the first start
_ENDED_S = 30  # a job under way is finished first
_BANNER_END = "Ctrl-C stops everything."


class Run:
    """One `make run` in a folder of its own, with what it printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.web_port, self.sandbox_port = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.settings: dict[str, str] = {}
        self.started: list[psutil.Process] = []  # everybody of every start, to be gone at the end

    @property
    def environment(self) -> dict[str, str]:
        settings = {"WEB_PORT": str(self.web_port), "SANDBOX_PORT": str(self.sandbox_port), "PYTHONPATH": str(ROOT)}
        return {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | settings | self.settings

    def start(self) -> float:
        """Start it; the seconds until its banner stood there whole."""
        began = time.monotonic()
        self.launch()
        until(lambda: self.process.poll() is not None or _BANNER_END in self.said, "the banner", _SEEDED_S)
        assert self.process.poll() is None, self.said
        self.started += self.everybody()
        return time.monotonic() - began

    def launch(self) -> None:
        """Start it in a group of its own, as a shell does."""
        with (self.folder / "said").open("wb") as said:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "server", "run"),
                cwd=self.folder,
                env=self.environment,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def fails(self, *command: str) -> str:
        """What this command says when it ends with 1."""
        done = subprocess.run(
            (sys.executable, "-m", "server", *command),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1, done
        return done.stderr

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text(encoding="utf-8")

    def children(self) -> dict[str, psutil.Process]:
        """The processes it started itself, by name."""
        return {child.cmdline()[-1]: child for child in psutil.Process(self.process.pid).children()}

    def everybody(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.started += made.everybody()
    for process in made.started:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if made.process is not None:
        made.process.kill()
        made.process.wait()


@pytest.mark.long
@pytest.mark.timeout(600)  # five starts, beside everything else
def test_from_the_first_start_to_the_last(run: Run) -> None:
    """Banner, var/demo.json, the printed curl, Ctrl-C; then again on what is there. One test: it is seeded once."""
    first_s = run.start()
    assert f"http://127.0.0.1:{run.web_port}/docs" in run.said
    assert requests.get(f"http://127.0.0.1:{run.web_port}/readyz", timeout=10).json() == {"status": "ready"}
    assert "服务通知" in requests.get(f"http://127.0.0.1:{run.sandbox_port}/", timeout=10).content.decode()
    check_demo_json(run)
    check_curl(run)
    assert stop(run, signal.SIGINT) == 0
    second_s = run.start()
    print(f"ready after {first_s:.1f} s the first time and {second_s:.1f} s the second")
    assert len(json.loads((run.folder / "var/demo.json").read_text(encoding="utf-8"))["personas"]) == 62
    check_death(run, "web")
    run.start()
    check_death(run, "worker")
    run.start()
    check_killed(run)
    check_live(run)


def check_demo_json(run: Run) -> None:
    demo = json.loads((run.folder / "var/demo.json").read_text(encoding="utf-8"))
    assert {"web", "sandbox", "personas", "stations"} <= set(demo)
    assert demo["web"] == f"http://127.0.0.1:{run.web_port}"
    assert demo["sandbox"] == f"http://127.0.0.1:{run.sandbox_port}"
    assert all({"name", "role", "county", "unit", "squad", "openid"} <= set(p) for p in demo["personas"])
    assert {p["role"] for p in demo["personas"]} == {
        *("member", "squad_leader", "unit_supervisor"),
        *("bureau_supervisor", "county_leader", "admin"),
    }
    assert {p["county"] for p in demo["personas"]} == {"云岭县", "临溪县"}
    assert len(demo["stations"]) >= 20
    assert {"id", "name", "city", "lat", "lng", "datum", "radius_m", "tz"} <= set(demo["stations"][0])
    for persona in demo["personas"][:1] + demo["personas"][-1:]:  # the openid signs in, the other county's as well
        made = requests.post(f"{demo['sandbox']}/_sandbox/codes", json={"openid": persona["openid"]}, timeout=10)
        answer = requests.post(f"{demo['web']}/api/v1/login", json={"code": made.json()["code"]}, timeout=10)
        assert (answer.status_code, answer.json()["member"]["name"]) == (200, persona["name"])


def check_curl(run: Run) -> None:
    """The lines between the token and the empty line, given to bash as a newcomer pastes them."""
    (pasted,) = re.findall(r"^T=.*?(?=\n\n)", run.said, re.DOTALL | re.MULTILINE)
    command = pasted.replace("curl -s ", 'curl -s -w "\\n%{http_code}" ', 1)
    done = subprocess.run(["bash", "-c", command], cwd=run.folder, capture_output=True, text=True, timeout=30)
    body, _, status = done.stdout.rpartition("\n")
    assert status == "201", done
    answer = json.loads(body)
    assert answer["verdict"] == "accepted", answer["reason"]
    assert (answer["day"]["value"], answer["day"]["counted"]) == (1.0, True)
    assert answer["month"]["confirmed"] >= 1
    assert answer["month"]["target"] > 0


def stop(run: Run, how: int, at_least: int = 5) -> int:
    """Stop it as a person does; its exit code, once every child is gone and both ports are free."""
    everybody = run.everybody()
    assert len(everybody) >= at_least  # sandbox, web and its two processes, worker
    run.process.send_signal(how)
    code = run.process.wait(30)
    assert_gone(run, everybody)
    return code


def check_death(run: Run, name: str) -> None:
    """A child that is killed is named, and the rest is stopped with everything it has started."""
    everybody = run.everybody()
    run.children()[name].kill()
    assert run.process.wait(30) == 1
    assert f"{name} ended by itself; see var/log/{name}.log" in run.said
    assert_gone(run, everybody)


def check_killed(run: Run) -> None:
    """Nobody can clean up after SIGKILL, so the children notice by themselves."""
    everybody = run.everybody()
    assert len(everybody) >= 5
    run.process.kill()
    run.process.wait()
    until(lambda: not any(alive(p) for p in everybody), "the children are gone as well", _ENDED_S)
    assert_gone(run, everybody)


def check_live(run: Run) -> None:
    """With the real WeChat, out of reach here, there is no sandbox and nobody to sign in."""
    run.settings = {
        **{"WECHAT": "live", "WECHAT_APPID": "wx-of-a-test", "WECHAT_SECRET": "a-secret-of-a-test"},
        **{"WECHAT_CALLBACK_TOKEN": "aTokenOfATest", "WECHAT_CALLBACK_AES_KEY": "k" * 43},
        "WECHAT_TEMPLATES": json.dumps(dict.fromkeys(SUBSCRIBED, "template-id")),
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:1"),
    }
    run.start()
    assert "WECHAT=live" in run.said
    assert "curl" not in run.said
    assert set(run.children()) == {"web", "worker"}
    assert stop(run, signal.SIGTERM, at_least=4) == 0


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def assert_gone(run: Run, everybody: list[psutil.Process]) -> None:
    left = [p for p in everybody if alive(p)]
    assert [p.cmdline() for p in left] == []
    assert not listens(run.web_port)
    assert not listens(run.sandbox_port)


@pytest.mark.parametrize("setting", ["WEB_PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_said_before_anything_is_done(tmp_path: Path, setting: str) -> None:
    run = Run(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            (sys.executable, "-m", "server", "run"),
            cwd=tmp_path,
            env=run.environment | {setting: str(port)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is in use; choose another: {setting}={port + 100} make run\n"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_the_demo_is_drawn_is_quiet(run: Run) -> None:
    """A terminal signals the whole group, the painter of the photos included."""
    run.launch()
    until(lambda: list(run.folder.glob("var/photos/c*/*/*.jpg")), "the first photo")
    run.started += run.everybody()
    assert run.started
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.process.wait(20) == 0
    assert run.said.splitlines()[1:] == ["", "Stopped."], run.said
    assert_gone(run, run.started)


def test_ctrl_c_is_heard_even_where_python_swallows_exceptions() -> None:
    """Most of a seed's objects are dropped by weak references' callbacks, and out of those nothing can be raised."""
    program = (
        "import os, signal, time\n"
        "from server.demo import run\n"
        "class Dropped:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        time.sleep(0.01)\n"
        "try:\n"
        "    with run._stoppable():\n"
        "        Dropped()\n"
        "        time.sleep(20)\n"
        "except run.Stopped:\n"
        "    print('stopped')\n"
    )
    done = subprocess.run((sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")


def test_what_ctrl_c_cut_off_says_nothing_either() -> None:
    """A cleanup that was cut in two leaves another one without what it needs: an AssertionError, seen once in CI."""
    program = (
        "import os, signal\n"
        "from server.demo import run\n"
        "class Broken:\n"
        "    def __del__(self):\n"
        "        assert False\n"
        "try:\n"
        "    with run._stoppable():\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "        finally:\n"
        "            Broken()\n"
        "except run.Stopped:\n"
        "    print('stopped')\n"
    )
    done = subprocess.run((sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")


def test_a_photo_folder_that_cannot_be_made_is_said(run: Run) -> None:
    run.settings = {"PHOTO_ROOT": "/proc/nope"}
    (said,) = run.fails("run").splitlines()
    assert "PHOTO_ROOT=/proc/nope" in said
    with pytest.raises(SystemExit, match="PHOTO_ROOT=/proc/nope"):
        seed(Config(_env_file=None, database_url=f"sqlite:///{run.folder}/x.db", photo_root=Path("/proc/nope")))


_AWAY = "postgresql+psycopg://zhudian:hush-hush@127.0.0.1:1/zhudian"


def test_a_database_that_is_away_is_said(run: Run) -> None:
    run.settings = {"DATABASE_URL": _AWAY}
    (said,) = run.fails("run").splitlines()
    assert "DATABASE_URL (127.0.0.1:1)" in said
    assert "hush-hush" not in said


@pytest.mark.parametrize("command", ["migrate", "seed", "flags", "audit verify"])
def test_a_database_that_is_away_is_said_by_every_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", _AWAY)
    monkeypatch.setattr("server.logs.configure", lambda level: None)  # this process keeps its own
    assert main(command.split()) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "DATABASE_URL (127.0.0.1:1)" in said


def test_a_server_that_is_not_ready_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NotReady(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.end_headers()
            self.wfile.write(json.dumps({"code": "storage_unavailable", "detail": "照片目录", "facts": {}}).encode())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "_READY_S", 0.3)
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log/web.log").write_text("".join(f"line {n}\n" for n in range(30)))
    server = HTTPServer(("127.0.0.1", 0), NotReady)
    Thread(target=server.serve_forever, daemon=True).start()
    with subprocess.Popen(["sleep", "60"]) as child:
        try:
            with pytest.raises(SystemExit) as ended:
                runner._await(runner.Process("web", ("web",), f"http://127.0.0.1:{server.server_port}/readyz"), child)
        finally:
            child.kill()
            server.shutdown()
            server.server_close()
    assert "storage_unavailable 照片目录" in str(ended.value)
    assert str(ended.value).endswith("line 29")
    assert "line 3\n" not in str(ended.value)
