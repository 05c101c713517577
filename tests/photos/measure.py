"""Run as a process of its own: what looking at each file costs. `measure.py FILE...` prints a line of JSON a file."""

import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from server.photos.preview import preview, stripped
from server.photos.read import read
from server.photos.refusal import PhotoUnreadable

MEGABYTE_IN_KB = 1024


def cost(path: Path, look: Callable[[bytes], object]) -> dict[str, object]:
    """Outcome, CPU seconds and peak megabytes above the start, of this process and of children it started."""
    data = path.read_bytes()
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        look(data)
        outcome = "accepted"
    except PhotoUnreadable as refused:
        outcome = refused.code
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "file": path.name,
        "look": look.__name__,
        "outcome": outcome,
        "cpu_s": mine.ru_utime + mine.ru_stime - before.ru_utime - before.ru_stime + theirs.ru_utime + theirs.ru_stime,
        "memory_mb": max(mine.ru_maxrss - before.ru_maxrss, theirs.ru_maxrss) / MEGABYTE_IN_KB,
    }


def main() -> None:
    """One forked process a file and look: a peak is only seen by a process that had no higher one before."""
    for name in sys.argv[1:]:
        for look in (read, preview, stripped):
            if not os.fork():
                print(json.dumps(cost(Path(name), look)), flush=True)
                os._exit(0)
            os.wait()


if __name__ == "__main__":
    main()
