"""`make bench-evidence`: how often honest people are accepted and suspected, and cheats caught, on an unseen seed."""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from server.evidence.ruleset import RULESET
from tests.bench.evidence import report
from tests.bench.evidence.county import migrated
from tests.bench.evidence.outcome import Tallies, Tally
from tests.bench.evidence.shard import Shard, quiet, run

ROOT = Path(__file__).parents[3]
OUT = ROOT / "var" / "bench-evidence.json"
PROCESSES = 2
# Such a county has 370 people and 5 000 photos in two months.
A_COUNTY = 2_500


def main(argv: list[str] | None = None) -> int:
    """Run, print the matrix, write the JSON; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.evidence", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="honest ones, and as many of cheating")
    parser.add_argument("--seed", default=None, help="drawn from the clock when it is not given")
    given = parser.parse_args(argv)
    if given.cases < 1:
        parser.error("--cases must be at least 1")
    seed = str(time.time_ns() // 1000) if given.seed is None else given.seed
    shared = real_pictures()
    print(f"evidence benchmark, {given.cases} cases a side, seed {seed}, ruleset {RULESET.version}", flush=True)
    print(f"real pictures: {shared or 'none found; every room is drawn (set TEST_DATA)'}", flush=True)
    began = time.monotonic()
    # In memory where there is such a folder: nothing here has to survive, and half the time would go into fsync.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="zhudian-evidence-", dir=memory) as folder:
        tallies = simulate(Path(folder), given.cases, seed, shared)
    took_s = time.monotonic() - began
    goals = report.goals(tallies)
    print(f"\nWhat honest people were told:\n{report.reasons(tallies)}\n\n{report.markdown(tallies)}\n")
    for goal in goals:
        if not goal.met:
            print(f"MISSED  {goal.name}: {goal.found}")
    _write(tallies, goals, given.cases, seed, took_s)
    missed = sum(not goal.met for goal in goals)
    print(f"{len(goals) - missed} goals met, {missed} missed; {took_s:.0f} s, seed {seed}")
    return 1 if missed else 0


def simulate(folder: Path, cases: int, seed: str, shared: Path | None) -> Tallies:
    """All counties, two at a time, each in a process of its own."""
    template = migrated(folder / "template.db")
    counties = max(1, round(cases / A_COUNTY))
    if cases >= 2 * PROCESSES:
        counties = max(counties, PROCESSES)
    shares = [cases // counties + (number < cases % counties) for number in range(counties)]
    shards = [Shard(f"{seed}.{n}", share, folder / f"county{n}", template, shared) for n, share in enumerate(shares)]
    whole: Tallies = {}
    # Spawned, not forked: no process may inherit another's connections. One a county: it keeps two gigabytes of photos.
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn"), quiet, max_tasks_per_child=1) as pool:
        for done in as_completed([pool.submit(run, shard) for shard in shards]):
            tallies = done.result()
            for label, tally in tallies.items():
                whole.setdefault(label, Tally()).add(tally)
            print(f"a county of {sum(tally.n for tally in tallies.values())} cases is done", flush=True)
    return whole


def real_pictures() -> Path | None:
    """The folder of third parties' photos: TEST_DATA, else ../shared/data beside the repository, if it is there."""
    named = os.environ.get("TEST_DATA")
    found = Path(named) if named else ROOT.parent / "shared" / "data"
    return found if found.is_dir() else None


def _write(tallies: Tallies, goals: list[report.Goal], cases: int, seed: str, took_s: float) -> None:
    OUT.parent.mkdir(exist_ok=True)
    facts = {"cases": cases, "seed": seed, "ruleset": RULESET.version, "seconds": round(took_s)}
    missed = [f"{goal.name}: {goal.found}" for goal in goals if not goal.met]
    whole = facts | {"missed": missed} | report.as_json(tallies)
    OUT.write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
