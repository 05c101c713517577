"""The same instant gives the same county, on both databases; another instant moves its dates."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from server.config import Config
from server.demo.county import FULL, plan_counties
from server.demo.habits import behind_days, present_days
from server.demo.history import write_script
from server.demo.seed import seed
from tests.demo.seeded import NOW, SMALL, content


@pytest.fixture
def seeded_at(sqlite_template: Path, tmp_path: Path) -> Callable[[str, datetime], list]:
    def fresh(name: str, now: datetime) -> list:
        shutil.copy(sqlite_template, tmp_path / f"{name}.db")
        url = f"sqlite:///{tmp_path / name}.db"
        seed(Config(_env_file=None, database_url=url, photo_root=tmp_path / name), now=now, size=SMALL)
        engine = create_engine(url)
        with engine.connect() as connection:
            return content(lambda statement: [tuple(row) for row in connection.execute(text(statement))])

    return fresh


def test_the_same_instant_gives_the_same_county(seeded_at: Callable[[str, datetime], list]) -> None:
    assert seeded_at("one", NOW) == seeded_at("two", NOW)


# the first days of a month and of a year, the edges of a half month, the end of a short month, midnight in China
NOWS = ("2026-12-01T01:00", "2027-01-01T16:30", "2026-11-14T02:00", "2026-11-15T02:00", "2027-02-28T15:50")


@pytest.mark.parametrize("at", NOWS)
def test_any_instant_will_do(at: str, seeded_at: Callable[[str, datetime], list]) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    checkins = len(seeded_at("any", now)[15])
    assert 100 < checkins < 900


def test_nothing_happens_after_now() -> None:
    main, _ = plan_counties(date(2026, 11, 24), FULL)
    script = write_script(main, NOW)
    assert max(a.received_at for a, _ in script.attempts) <= NOW
    later = write_script(main, NOW + timedelta(hours=6))
    assert len(later.attempts) > len(script.attempts)


def test_a_larger_county_has_room_for_everybody() -> None:
    main, far = plan_counties(date(2026, 11, 24), replace(FULL, units=30, squads=60, members=150, unit_supervisors=25))
    assert len({unit.name for unit in main.units}) == 30
    assert len({squad.name for squad in main.squads}) == 60
    assert len({p.name for p in (*main.people, *far.people)}) == len(main.people) + 2


@pytest.mark.parametrize("day", range(1, 31))
def test_who_is_behind_can_still_reach_the_target(day: int) -> None:
    """On most days of a month; where no number of days is both, the member keeps to the line."""
    have, line, left = behind_days(date(2026, 11, day)), 20 * (day - 1) / 30, 31 - day
    assert 0 <= have <= day - 1
    if 5 <= day <= 24:
        assert have < line - 2
        assert 20 - have <= left


def test_everybody_keeps_to_their_posting() -> None:
    today = date(2026, 11, 24)
    main, _ = plan_counties(today, FULL)
    for person in main.posted:
        days = present_days(person, main.starts_on, today)
        assert days == sorted(set(days))
        assert all(person.stay_on(day) for day in days)
