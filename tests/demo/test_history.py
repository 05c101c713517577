"""The full county, once: its numbers, and whether its two months are what a reviewer would believe."""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from server.config import Config
from server.db import Database
from server.demo.county import NAME, plan_counties
from server.demo.history import write_script
from server.demo.incidents import ATTEMPTS_TO_CHEAT, INCIDENTS
from server.demo.seed import Demo, seed
from server.org.cities import CITIES
from server.photos.store import FolderStore
from server.tally.month import month_count
from tests.demo.seeded import NOW

TODAY = date(2026, 11, 24)
Ask = Callable[..., list]


@pytest.fixture(scope="module")
def full(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Demo, int]:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(sqlite_template, folder / "demo.db")
    config = Config(_env_file=None, database_url=f"sqlite:///{folder}/demo.db", photo_root=folder / "photos")
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    event.listen(Engine, "before_cursor_execute", count)
    demo = seed(config, now=NOW)
    event.remove(Engine, "before_cursor_execute", count)
    return config, demo, statements


@pytest.fixture(scope="module")
def ask(full: tuple[Config, Demo, int]) -> Iterator[Ask]:
    connection = sqlite3.connect(full[0].database_url.removeprefix("sqlite:///"))
    yield lambda statement, *values: connection.execute(statement, values).fetchall()
    connection.close()


def test_the_county_has_the_promised_size(full: tuple[Config, Demo, int]) -> None:
    _, demo, _ = full
    stations = [s for s in demo.stations if s["county"] == NAME]
    assert len({s["city"] for s in stations}) == len(stations) == 20
    assert all(s["squad"] for s in stations)
    people = [p for p in demo.personas if p["county"] == NAME]
    assert len({p["name"] for p in demo.personas}) == len(demo.personas) == 62
    assert Counter(p["role"] for p in people) == {
        "member": 28,
        "squad_leader": 20,
        "unit_supervisor": 7,
        "bureau_supervisor": 3,
        "county_leader": 1,
        "admin": 1,
    }


def test_units_and_squads_are_of_their_kind(ask: Ask) -> None:
    assert ask("SELECT county_id, count(*) FROM units GROUP BY 1") == [(1, 12), (2, 1)]
    assert ask("SELECT county_id, count(*) FROM squads GROUP BY 1") == [(1, 20), (2, 1)]
    sizes = ask("SELECT count(*) FROM postings WHERE ends_on IS NULL AND county_id = 1 GROUP BY squad_id")
    assert {size for (size,) in sizes} <= {2, 3, 4, 5}
    assert ask("SELECT count(*) FROM stations WHERE phone NOT LIKE '%-0000%'") == [(0,)]
    assert len({(city.name, city.district) for city in CITIES}) == 20


def test_seeding_asks_the_database_little(full: tuple[Config, Demo, int], ask: Ask) -> None:
    """What it takes in seconds is the bench's (tests/bench/seeding.py); this is the same on any machine."""
    ((checkins,),) = ask("SELECT count(*) FROM checkins")
    assert full[2] < 11 * checkins


def test_every_photo_is_on_disk_and_only_the_reused_ones_repeat(full: tuple[Config, Demo, int], ask: Ask) -> None:
    store = FolderStore(full[0].photo_root)
    photos = ask("SELECT storage_key, sha256, size_bytes FROM photos")
    assert all(store.path(key).stat().st_size == size for key, _, size in photos)
    reused = sum(i.kind in ("own_photo_again", "colleagues_photo") for i in INCIDENTS)
    assert len({sha for _, sha, _ in photos}) == len(photos) - reused


def test_honest_people_are_accepted_and_attempts_to_cheat_are_not(ask: Ask) -> None:
    script = write_script(plan_counties(TODAY)[0], NOW)
    verdicts = dict(ask("SELECT id, verdict FROM checkins"))
    honest = Counter(verdicts[a.id.hex] for a, _ in script.attempts if not a.incident)
    assert honest["accepted"] > 0.95 * honest.total()
    assert honest["rejected"] == 0
    cheats = [a for a, _ in script.attempts if a.incident in ATTEMPTS_TO_CHEAT]
    assert len({a.incident for a in cheats}) == len(ATTEMPTS_TO_CHEAT)
    assert 8 <= len(cheats) <= 12
    assert 4 <= len({a.person for a in cheats}) <= 5
    assert {verdicts[a.id.hex] for a in cheats} == {"review"}


def test_every_signal_has_something_to_say_to_the_reviewer(ask: Ask) -> None:
    """Each attempt is told by the one finding that is about it, and by no other."""
    waiting = ask("SELECT findings FROM checkins WHERE verdict = 'review' AND decision IS NULL")
    suspects = Counter(f["code"] for (raw,) in waiting for f in json.loads(raw) if f["outcome"] == "suspect")
    assert suspects == {
        "PHOTO_REUSE": 2,
        "STATION_DISTANCE": 1,
        "EXIF_TIME": 1,
        "EXIF_POSITION": 1,
        "IMPOSSIBLE_TRAVEL": 1,
    }


def test_people_have_decided_both_ways(ask: Ask) -> None:
    decisions = dict(ask("SELECT decision, count(*) FROM reviews GROUP BY 1"))
    assert decisions["accepted"] >= 10
    assert decisions["rejected"] >= 5
    assert sorted(ask("SELECT state FROM appeals")) == [("open",), ("upheld",)]
    assert {state for (state,) in ask("SELECT state FROM leaves")} == {"approved", "pending", "rejected"}
    assert ask("SELECT count(*) FROM site_days WHERE confirmed_halves = 1") >= [(3,)]


def test_who_refused_is_attested_and_never_flagged(ask: Ask) -> None:
    ((refused,),) = ask("SELECT member_id FROM postings WHERE member_id NOT IN (SELECT member_id FROM consents)")
    for table in ("checkins", "photos", "flags"):
        assert ask(f"SELECT count(*) FROM {table} WHERE member_id = ?", refused) == [(0,)]
    attested = ask("SELECT count(*) FROM site_days WHERE confirmed_halves = 2 AND member_id = ?", refused)
    assert attested > [(30,)]


def test_the_few_who_fall_short_are_flagged(ask: Ask) -> None:
    standing = ask("SELECT kind, substr(month, 1, 7), count(*) FROM flags WHERE closed_at IS NULL GROUP BY 1, 2")
    assert sorted(standing) == [
        ("at_risk", "2026-11", 3),
        ("missed", "2026-10", 2),
        ("uncovered", "2026-10", 7),  # a gap that began in October and has not ended
        ("unreachable", "2026-11", 1),
    ]


def test_the_outbox_holds_only_todays_notices(ask: Ask) -> None:
    waiting = ask("SELECT created_at FROM notices WHERE state <> 'sent'")
    assert 1 <= len(waiting) <= 24
    assert all(at >= "2026-11-23 16:00" for (at,) in waiting)  # midnight in China


def test_months_add_up(full: tuple[Config, Demo, int], ask: Ask) -> None:
    db = Database(full[0].database_url)
    plan = plan_counties(TODAY)[0]
    with db.reading() as session:
        for person in plan.posted:
            count = month_count(session, 1, person.id, date(2026, 11, 1), TODAY)
            days = ask(
                "SELECT sum(confirmed_halves), sum(pending_halves), sum(excused_halves) FROM site_days"
                " WHERE member_id = ? AND on_date BETWEEN '2026-11-01' AND '2026-11-30'",
                person.id.hex,
            )[0]
            assert [(half or 0) / 2 for half in days] == [count.confirmed, count.pending, count.excused]
            assert count.confirmed <= 24
    db.dispose()
