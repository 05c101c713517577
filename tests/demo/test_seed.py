"""Seeding on both databases, with a small county: whole, repeatable, once, and never into somebody else's data."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from server.audit import chain
from server.audit.verify import verify
from server.config import Config
from server.console.audit_words import name_of
from server.db import Database
from server.demo import seed as seeding
from server.demo.county import FAR_NAME, NAME
from server.demo.history import Stage
from server.demo.seed import Demo, seed
from server.org.models import ROLES, County
from tests.demo.seeded import NOW, SMALL, Rows, content


@pytest.fixture
def demo(config: Config) -> Demo:
    return seed(config, now=NOW, size=SMALL)


def test_the_county_is_whole(demo: Demo, db: Database, rows: Rows) -> None:
    assert len([p for p in demo.personas if p["county"] == NAME]) == SMALL.people
    assert [p["role"] for p in demo.personas if p["county"] == FAR_NAME] == ["member", "bureau_supervisor"]
    assert {tuple(p) for p in demo.personas} == {("name", "role", "county", "unit", "squad", "openid")}
    assert rows("SELECT count(*) FROM counties") == [(2,)]
    assert rows("SELECT count(*) FROM units") == [(SMALL.units + 1,)]
    assert rows("SELECT count(*) FROM squads") == [(SMALL.squads + 1,)]
    _introduces_every_role_and_the_outsiders(demo)
    _caller_may_check_in(demo, rows)
    _audit_chain_verifies(db)
    _audit_is_in_words(rows)


def _introduces_every_role_and_the_outsiders(demo: Demo) -> None:
    shown = demo.accounts()
    assert shown[0] == demo.caller
    assert {p["role"] for p in shown if p["county"] == NAME} == set(ROLES)
    assert len([p for p in shown if p["county"] == FAR_NAME]) == 2
    assert all(p["openid"] in str(demo) for p in shown)


def _caller_may_check_in(demo: Demo, rows: Rows) -> None:
    """A member with consent, posted to the station that the printed curl names, and not yet seen today."""
    assert demo.caller["role"] == "member"
    assert demo.caller_station["squad"] == demo.caller["squad"]
    ((member,),) = rows("SELECT id FROM members WHERE openid = :openid", openid=demo.caller["openid"])
    assert len(rows("SELECT id FROM consents WHERE member_id = :id", id=member)) == 1
    assert rows("SELECT id FROM checkins WHERE member_id = :id AND on_date = '2026-11-24'", id=member) == []


def _audit_is_in_words(rows: Rows) -> None:
    found = rows(
        "SELECT e.action, p.body FROM audit_events e JOIN audit_payloads p ON p.event_id = e.id AND p.body IS NOT NULL"
    )
    named = {name_of(action, key) for action, body in found for key in json.loads(body)["facts"]}
    assert len(named) > 10
    assert [name for name in named if name.isascii()] == []


def _audit_chain_verifies(db: Database) -> None:
    with db.transaction() as session:
        for county_id in (1, 2):
            while chain.link(session, county_id):
                pass
            report = verify(session, county_id)
            assert report.intact > 20
            assert (report.tampered, report.erased, report.unlinked) == (0, 0, 0)


def test_again_it_only_reads(demo: Demo, config: Config, db: Database, rows: Rows) -> None:
    before = content(rows)
    assert seed(config, now=NOW + timedelta(days=1), size=SMALL) == demo
    assert content(rows) == before
    with db.transaction() as session:  # and the next county gets an id of its own
        county = County(name="下一个县", tz="Asia/Shanghai", created_at=NOW)
        session.add(county)
        session.flush()
        assert county.id == 3


def test_a_seed_that_fails_leaves_nothing(config: Config, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    play = Stage.play

    def fail_in_the_second_county(stage: Stage) -> None:
        if stage.county_id == 2:
            raise RuntimeError("power cut")
        play(stage)

    monkeypatch.setattr(Stage, "play", fail_in_the_second_county)
    with pytest.raises(RuntimeError):
        seed(config, now=NOW, size=SMALL)
    assert all(found == [] for found in content(rows))


def test_a_killed_seed_leaves_nothing_and_nobody(config: Config, rows: Rows) -> None:
    """SIGKILL while the county is being played: no row, and the painter does not outlive it."""
    code = (
        "import sys; from pathlib import Path; from server.config import Config; from server.demo.seed import seed;"
        "seed(Config(_env_file=None, database_url=sys.argv[1], photo_root=Path(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, config.database_url, str(config.photo_root)]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[2], start_new_session=True)
    deadline = time.monotonic() + 60
    while len(list(config.photo_root.glob("c1/*/*.jpg"))) < 50 and time.monotonic() < deadline:
        time.sleep(0.05)
    child.kill()
    child.wait()
    assert rows("SELECT count(*) FROM counties") == [(0,)]
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.killpg(child.pid, 0)
            time.sleep(0.1)
        os.killpg(child.pid, signal.SIGKILL)
    assert len(seed(config, now=NOW, size=SMALL).personas) == SMALL.people + 2


def test_other_data_is_left_alone(config: Config, db: Database, rows: Rows) -> None:
    with db.transaction() as session:
        session.add(County(name="真实县", tz="Asia/Shanghai", created_at=NOW))
    with pytest.raises(SystemExit, match="真实县"):
        seed(config, now=NOW, size=SMALL)
    assert rows("SELECT name FROM counties") == [("真实县",)]


def test_without_a_schema_it_says_what_to_do(tmp_path: Path) -> None:
    config = Config(_env_file=None, database_url=f"sqlite:///{tmp_path}/empty.db", photo_root=tmp_path / "photos")
    with pytest.raises(SystemExit, match="python -m server migrate"):
        seed(config, now=NOW, size=SMALL)


def test_the_slower_of_two_writes_nothing(config: Config, monkeypatch: pytest.MonkeyPatch, rows: Rows) -> None:
    """It looked before there was a county, and looks again inside its transaction."""
    seed(config, now=NOW, size=SMALL)
    monkeypatch.setattr(seeding, "_exists", lambda _db: False)
    seed(config, now=NOW, size=SMALL)
    assert rows("SELECT count(*) FROM counties") == [(2,)]
