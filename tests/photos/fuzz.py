"""A longer fuzz by hand: `python -m tests.photos.fuzz --minutes 5 --seed 1`; with --coverage it is guided by atheris.

Broken copies of the shared photos (mutations.py) are looked at in every way the server does: read, judged, made ready
to store, shown as a preview and compared. Any error but PhotoUnreadable, or more than 2 s of CPU for one input, or more
than 300 MB, ends with status 1; the inputs are kept in var/fuzz.

atheris is no requirement of the tests: its wheels are for x86-64 Linux alone. To use it:
    uv pip install --target /tmp/atheris atheris && PYTHONPATH=/tmp/atheris python -m tests.photos.fuzz --coverage
"""

import argparse
import hashlib
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.photos.mutations import mutated

ROOT = Path(__file__).parents[2]
LIMIT_MB, LIMIT_CPU_S = 300, 2.0
SMALL_BYTES = 350_000
HEIC_SHARE = 0.02  # of the inputs: each costs a process of its own
INSTRUMENTED = ["server.photos", "server.evidence", "exifread", "PIL"]
TIFF = (b"II*\0", b"MM\0*")


class Run:
    """Looks at one input after the other and remembers what went wrong, once a place."""

    def __init__(self, look: Callable[[bytes], str]) -> None:
        self.look = look
        self.outcomes: Counter[str] = Counter()
        self.wrong: dict[str, bytes] = {}
        self.dearest_s = 0.0
        self.began_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def tried(self, data: bytes) -> None:
        before = _cpu_s()
        try:
            self.outcomes[self.look(data)] += 1
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self.wrong.setdefault(f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}", data)
        spent_s = _cpu_s() - before
        self.dearest_s = max(self.dearest_s, spent_s)
        if spent_s > LIMIT_CPU_S:
            self.wrong.setdefault(f"more than {LIMIT_CPU_S} s of CPU in {self.look.__name__}", data)

    def report(self) -> int:
        """Prints the whole run; 0 if nothing went wrong."""
        mine_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self.began_kb
        peak_mb = max(mine_kb, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
        print(f"{self.outcomes.total()} inputs; the dearest took {self.dearest_s:.2f} s of CPU, peak {peak_mb:.0f} MB")
        print(", ".join(f"{outcome} {count}" for outcome, count in self.outcomes.most_common()))
        for what, data in self.wrong.items():
            kept = ROOT / "var" / "fuzz" / hashlib.sha256(data).hexdigest()[:16]
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(data)
            print(f"WRONG: {what}: {kept}")
        return 1 if self.wrong or peak_mb > LIMIT_MB else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.photos.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--coverage", action="store_true", help="guided by atheris; without HEIC, which is a child's")
    shared = os.environ.get("TEST_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=shared, help="a folder of folders of photos")
    options = parser.parse_args()
    found = [file.read_bytes() for file in sorted(options.data.glob("*/*")) if file.suffix != ".json"]
    corpus = [data for data in found if 0 < len(data) <= SMALL_BYTES]
    return (guided if options.coverage else unguided)(corpus, options.minutes * 60, options.seed)


def unguided(corpus: list[bytes], seconds: float, seed: int) -> int:
    """Mutations of every format, each looked at in every way."""
    from server.photos.preview import preview
    from server.photos.same import Features, compare, features
    from tests.photos.looked import look

    before: list[Features] = []

    def everything(data: bytes) -> str:
        outcome = look(data)
        if outcome == "read":
            preview(data)
            before.append(features(data))
            compare(before[-1], before.pop(0))
        return outcome

    whole = [data for data in corpus if look(data) == "read"]  # what is broken already is only spliced in
    heics = [data for data in whole if data[4:8] == b"ftyp"]
    others = [data for data in whole if data[4:8] != b"ftyp"]
    rng, run, until = random.Random(seed), Run(everything), time.monotonic() + seconds
    while time.monotonic() < until:
        base = rng.choice(heics if rng.random() < HEIC_SHARE else others)
        run.tried(mutated(base, rng.choice(corpus), rng))
    return run.report()


def guided(corpus: list[bytes], seconds: float, seed: int) -> int:
    """libFuzzer keeps what reaches new lines of Python, ours and Pillow's and exifread's, and mutates that further.

    An input that begins like an EXIF block is looked at as one: no picture then has to be decoded around it.
    """
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.photos.looked import block_of, look, look_at_block

    corpus = [data for data in corpus if data[4:8] != b"ftyp"]
    run = Run(lambda data: look_at_block(data) if data.startswith(TIFF) else look(data))
    folder, until = tempfile.mkdtemp(prefix="zhudian-fuzz-"), time.monotonic() + seconds

    def one(data: bytes) -> None:
        if time.monotonic() > until:  # libFuzzer would end the process without a word
            status = run.report()
            sys.stdout.flush()
            shutil.rmtree(folder)
            os._exit(status)
        if data[4:8] != b"ftyp":
            run.tried(data)

    def mutator(data: bytes, most: int, chance: int) -> bytes:
        rng = random.Random(chance)
        if rng.random() < 0.5:
            return atheris.Mutate(data, most)
        return mutated(data, rng.choice(corpus), rng)[:most]

    for number, data in enumerate([*corpus, *filter(None, map(block_of, corpus))]):
        Path(folder, f"{number}").write_bytes(data)
    options = [f"-seed={seed}", f"-max_len={SMALL_BYTES}", "-timeout=60", "-rss_limit_mb=2000", "-verbosity=0"]
    atheris.Setup([sys.argv[0], folder, *options], one, custom_mutator=mutator)
    atheris.Fuzz()
    raise SystemExit("libFuzzer ended before its time")


def _cpu_s() -> float:
    """Of this process and of the children it waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    sys.exit(main())
