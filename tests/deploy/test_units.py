"""The systemd units: taken by systemd itself, closely confined, and no closer than the processes can live with."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.county import County
from tests.deploy.site import ROOT
from tests.deploy.waiting import until
from tests.photos.made import DRAWN_HEIC

UNITS = ROOT / "deploy" / "systemd"
NAMES = ("zhudian-web", "zhudian-worker", "zhudian-migrate")
CONFINED = "zhudian-.service.d/confined.conf"
# systemd's own scale: 0 is sealed, 10 is root with everything; sshd has 9.6, most daemons of Debian about 9.
MOST_EXPOSED = 1.6


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units with the interpreter of this test in the place of /opt/zhudian's."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for unit in folder.glob("*.service"):
        text = unit.read_text()
        assert "/opt/zhudian/.venv/bin/python" in text
        unit.write_text(text.replace("/opt/zhudian/.venv/bin/python", sys.executable))
    return folder


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=30)


def test_systemd_takes_the_units(installed):
    verified = analyze(installed, "verify", "--man=no", *[f"./{name}.service" for name in NAMES])
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def test_a_mistake_in_what_the_units_share_is_found(installed):
    """So the shared file is read for each of them, and the check above can fail."""
    shared = installed / CONFINED
    shared.write_text(shared.read_text().replace("ProtectSystem=strict", "ProtectSystem=strickt"))
    assert "strickt" in analyze(installed, "verify", "--man=no", "./zhudian-worker.service").stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_units_are_confined(installed, name):
    rated = analyze(
        installed, "security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", f"./{name}.service"
    )
    assert rated.returncode == 0, rated.stdout[-2000:] + rated.stderr


def test_every_command_is_one_of_ours():
    for name in NAMES:
        commands = re.findall(r"^Exec\w+=\S+ -m server (\w+)$", (UNITS / f"{name}.service").read_text(), re.M)
        assert commands[-1] == name.removeprefix("zhudian-")
        assert set(commands) <= {"web", "worker", "migrate"}


def test_only_the_main_process_is_asked_to_stop():
    """SIGTERM to the whole group would end a HEIC decoder amid an honest photo, which would then be refused."""
    shared = (UNITS / CONFINED).read_text()
    assert "KillMode=mixed" in shared
    assert "OOMPolicy=continue" in shared


def test_the_system_call_filter_leaves_what_we_use(fragile: County, tmp_path):
    """A check-in with a HEIC photo, its preview and the worker's jobs make no call that the units forbid."""
    traces = {}
    for name in ("web", "worker"):
        traces[name] = tmp_path / f"{name}.trace"
        fragile.start(name, before=strace(traces[name]))
    checked_in = fragile.check_in(DRAWN_HEIC.read_bytes())
    assert checked_in.status_code == 201, checked_in.text
    seen = fragile.call("GET", f"/api/v1/checkins/{checked_in.json()['id']}").json()
    for link in (seen["photo"][name] for name in seen["photo"] if name != "id"):
        assert fragile.call("GET", link, None).status_code == 200
    until(lambda: fragile.rows("SELECT 1 FROM audit_events WHERE seq > 0"), "the worker links the chain")
    for name in traces:
        fragile.stop(name)
        trace = traces[name].read_text()
        assert "mprotect(" in trace  # so something was looked at
        assert forbidden(trace) == []


def strace(out: Path) -> tuple[str, ...]:
    """A command that runs another and writes to `out` each call that the units may forbid, by kind or by argument."""
    judged_by_argument = ("mmap", "mprotect", "socket")
    seen = ",".join(f"?{call}" for call in sorted(allowed() - set(judged_by_argument)))
    # -D: strace stands beside, so that the process that was started, and gets the signals, is the server's own
    return ("strace", "-D", "-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-o", str(out), "-e", f"trace=!{seen}")


def allowed() -> set[str]:
    """The system calls that SystemCallFilter leaves, expanded as systemd does."""
    calls: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", (UNITS / CONFINED).read_text(), re.M):
        groups = expanded(line.removeprefix("~").split())
        calls = calls - groups if line.startswith("~") else calls | groups
    assert {"read", "execve", "prlimit64"} <= calls
    return calls


def expanded(names: list[str]) -> set[str]:
    calls: set[str] = set()
    for name in names:
        if name.startswith("@"):
            listed = analyze(ROOT, "syscall-filter", name).stdout.splitlines()[1:]
            calls |= expanded([line.strip() for line in listed if line.strip() and not line.strip().startswith("#")])
        else:
            calls.add(name)
    return calls


def forbidden(trace: str) -> list[str]:
    """The calls of a trace that the units would refuse."""
    refused = []
    for line in trace.splitlines():
        call = re.search(r"(\w+)\((.*)", line)
        if not call or "resumed>" in line:
            continue
        name, arguments = call.groups()
        if name == "mprotect" and "PROT_EXEC" not in arguments:
            continue
        if name == "mmap" and not ("PROT_EXEC" in arguments and "PROT_WRITE" in arguments):
            continue
        if name == "socket" and arguments.startswith(("AF_INET", "AF_INET6", "AF_UNIX")):
            continue
        refused.append(line)
    return refused
