"""What a county's group in 企业微信 is told: the month's sums once it is closed, and in the morning how many stations
are manned; nobody by name, and nothing where there is no group."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from server.config import Config
from server.db import Database
from server.org.models import Posting
from server.tally import close
from server.worker import Worker
from tests.cast import PEOPLE, Cast
from tests.client import Api
from tests.conftest import NOON, StoppedClock

Rows = Callable[..., list]
SAID = "SELECT dedupe_key, facts FROM notices WHERE member_id IS NULL ORDER BY due_at"
BOTS = {"group_bots": {"河湾县": "key-of-the-county"}, "morning_summary_at": "10:30"}


@pytest.fixture
def worker(config: Config, clock: StoppedClock, cast: Cast) -> Iterator[Worker]:
    made = Worker(config.model_copy(update=BOTS), clock)
    yield made
    made.db.dispose()


def run(worker: Worker, name: str) -> None:
    worker.scheduler.catch_up(next(job for job in worker.periodic() if job.name == name))


def close_november(db: Database) -> None:
    with db.transaction() as session:
        for county in (1, 2):
            while close.close_due(session, county, date(2026, 12, 6), datetime(2026, 12, 6, 1, 0, tzinfo=UTC)):
                pass


def test_a_closed_month_is_told_to_the_group_once(
    api: Api, worker: Worker, db: Database, clock: StoppedClock, rows: Rows
) -> None:
    api.check_in("chen")
    close_november(db)
    clock.at = datetime(2026, 12, 6, 1, 31, tzinfo=UTC)
    for _ in range(2):
        run(worker, "monthly_results")
        clock.advance(days=1)
    said = dict(rows(SAID))
    assert [key for key in said if "2026-11" in key] == ["month_circular:2026-11:0"]
    text = str(said["month_circular:2026-11:0"])
    assert "east：派驻 3 人，在岗 1 人、1 天" in text
    assert "另有 1 个单位人数较少" in text
    assert [name for name, *_ in PEOPLE if name in text] == []


def test_where_no_group_is_there_is_nothing_to_tell(
    config: Config, worker: Worker, db: Database, clock: StoppedClock, rows: Rows
) -> None:
    close_november(db)
    clock.at = datetime(2026, 12, 6, 1, 31, tzinfo=UTC)
    run(worker, "monthly_results")
    assert rows("SELECT DISTINCT county_id FROM notices WHERE member_id IS NULL") == [(1,)], "the other county has none"
    plain = Worker(config, clock)
    assert "morning_summary" not in {job.name for job in plain.periodic()}
    plain.db.dispose()


def test_in_the_morning_how_many_stations_are_manned(api: Api, worker: Worker, clock: StoppedClock, rows: Rows) -> None:
    rejected = api.check_in("neighbour").json["id"]
    api.post(f"/checkins/{rejected}/reviews", "bureau", {"decision": "rejected", "reason": "看不清人", "code": "other"})
    api.check_in("chen")
    api.check_in("colleague")  # the same station
    clock.at = NOON + timedelta(minutes=31)
    for _ in range(2):
        run(worker, "morning_summary")
    ((key, facts),) = rows(SAID)
    assert key == "manned:2026-11-24:0"
    assert "11月24日 周二驻点在岗" in str(facts)
    assert "2 个驻点有人派驻，到现在 1 个已有人打卡。" in str(facts)


def test_of_two_people_nothing_is_told_of_a_morning(
    api: Api, worker: Worker, db: Database, clock: StoppedClock, rows: Rows
) -> None:
    """“1 of 2 stations” tells each of them, and everybody who knows them, whether the other has come."""
    with db.transaction() as session:
        two = select(Posting.id).where(Posting.county_id == 1, Posting.starts_on <= NOON.date()).limit(2)
        session.execute(delete(Posting).where(Posting.county_id == 1, Posting.id.not_in(two.scalar_subquery())))
    clock.at = NOON + timedelta(minutes=31)
    run(worker, "morning_summary")
    assert rows(SAID) == []


def test_a_morning_that_was_missed_is_not_made_up(worker: Worker, clock: StoppedClock, rows: Rows) -> None:
    clock.at = NOON + timedelta(days=1, hours=-9)  # one in the morning, after the day
    run(worker, "morning_summary")
    assert rows(SAID) == []
