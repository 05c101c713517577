"""A 201 leaves only after photo, its name and its row are on the disk: a real web process, as the kernel saw it."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.db import Database
from server.demo.photos import draw_selfie
from tests.cast import SHANGHAI, assemble
from tests.e2e.phone import Phone
from tests.processes import System, until

# What makes a thing durable, and what an answer or a COMMIT can leave by.
CALLS = "trace=openat,rename,renameat,renameat2,fsync,fdatasync,write,writev,pwrite64,send,sendto,sendmsg"


@pytest.fixture
def traced(database_url: str, tmp_path: Path) -> Iterator[tuple[System, Path]]:
    """One web process under strace, the cast signed in; and where the calls are written."""
    strace = shutil.which("strace")
    if not strace:
        pytest.skip("strace is not installed (make system-deps)")
    db = Database(database_url)
    assemble(db, datetime.now(UTC))
    db.dispose()
    log = tmp_path / "strace"
    command = (strace, "-f", "-y", "-s", "100", "-e", CALLS, "-e", "signal=none", "-o", str(log))
    with ExitStack() as stack:
        system = stack.enter_context(System(tmp_path / "traced", database_url))
        system.start("web", before=command, WEB_PROCESSES="1")
        yield system, log


def test_photo_name_and_row_are_on_disk_before_the_201(traced: tuple[System, Path]) -> None:
    system, log = traced
    phone = Phone(system, "o-chen")
    phone.token = "token-chen"
    phone.check_in(draw_selfie(1, size=(480, 640)), SHANGHAI[0], SHANGHAI[1])
    ((key,),) = system.rows("SELECT storage_key FROM photos")
    sqlite = system.database_url.startswith("sqlite")
    calls = until(lambda: _with_both_answers(log), "strace has written both answers down")

    photo = system.photo_root / key
    answered = _last(calls, _answered)
    synced = _last(calls, lambda call: _done("fsync", call) and f"{photo}." in call)
    renamed = _last(calls, lambda call: call.startswith("rename") and f'"{photo}"' in call)
    name_synced = _last(calls, lambda call: _done("fsync", call) and f"<{photo.parent}>" in call)
    if sqlite:  # the log that holds the commit, flushed with synchronous=FULL
        wal = f"{system.database_url.removeprefix('sqlite:///')}-wal"
        committed = _last(calls[:answered], lambda call: _done("f(data)?sync", call) and f"<{wal}>" in call)
    else:  # PostgreSQL flushes before it confirms; here it matters that COMMIT went out before the answer did
        committed = _last(calls[:answered], lambda call: call.startswith("sendto") and "COMMIT" in call)
    assert synced < renamed < name_synced < committed < answered


def _answered(call: str) -> bool:
    return "HTTP/1.1 201" in call


def _with_both_answers(log: Path) -> list[str]:
    """All calls so far, once the answers to the ticket and to the check-in are among them; until then nothing."""
    calls = completed(log.read_text(encoding="utf-8", errors="replace"))
    return calls if sum(map(_answered, calls)) == 2 else []


def completed(trace: str) -> list[str]:
    """The calls in the order in which they were over: a call cut in two by another thread is joined at its end."""
    begun: dict[str, str] = {}
    calls = []
    for line in trace.splitlines():
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
        elif call.startswith("<... "):
            calls.append(begun.pop(thread, "") + call.partition("resumed>")[2])
        else:
            calls.append(call)
    return calls


def _done(name: str, call: str) -> bool:
    return re.match(rf"{name}\(", call) is not None and call.endswith("= 0")


def _last(calls: list[str], wanted: Callable[[str], bool]) -> int:
    return max(i for i, call in enumerate(calls) if wanted(call))


def test_a_call_cut_in_two_counts_from_its_end() -> None:
    trace = '7  fsync(5</a> <unfinished ...>\n8  write(6</b>, "x", 1) = 1\n7  <... fsync resumed>) = 0\n'
    assert completed(trace) == ['write(6</b>, "x", 1) = 1', "fsync(5</a> ) = 0"]
