"""A release that counts days otherwise brings a county's stored days to it: once, at night, and no closed month."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from server.config import Config
from server.db import Database
from server.tally.types import COUNTED_AS
from server.worker import Worker
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
DAYS = "SELECT DISTINCT on_date, confirmed_halves FROM site_days ORDER BY on_date"


@pytest.fixture
def worker(config: Config, clock: StoppedClock) -> Worker:
    made = Worker(config, clock)
    yield made
    made.db.dispose()


@pytest.fixture
def counted_otherwise(api: Api, db: Database) -> None:
    """Chen was there on 24 November; the release before counted that as half a day. It is ten in the morning."""
    assert api.check_in("chen").json["verdict"] == "accepted"
    _spoil(db)


def _spoil(db: Database) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE site_days SET confirmed_halves = 1"))


def count_anew(worker: Worker) -> None:
    next(job for job in worker.jobs() if job.name == "count_anew").run()


def halves(rows: Rows) -> list[int]:
    return [confirmed for _on, confirmed in rows(DAYS)]


def test_in_the_first_night_and_once(
    worker: Worker, counted_otherwise: None, db: Database, clock: StoppedClock, rows: Rows
) -> None:
    count_anew(worker)
    assert halves(rows) == [1], "check-ins would have to wait at noon"
    clock.advance(hours=14, minutes=15)
    count_anew(worker)
    assert halves(rows) == [2]
    assert rows("SELECT DISTINCT days_counted_as FROM counties") == [(COUNTED_AS,)]
    _spoil(db)
    clock.advance(days=1)
    count_anew(worker)
    assert halves(rows) == [1], "what is counted so already is not counted again"


def test_leave_ahead_is_counted_too(worker: Worker, api: Api, db: Database, clock: StoppedClock, rows: Rows) -> None:
    asked = {"kind": "training", "starts_on": "2027-01-11", "reason": "培训"}
    leave = api.post("/leaves", "chen", asked).json["id"]
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True, "reason": "同意"})
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE site_days SET excused_halves = 0, lowers_target_halves = 2"))
    clock.advance(hours=14, minutes=15)
    count_anew(worker)
    assert rows("SELECT excused_halves, lowers_target_halves FROM site_days") == [(2, 0)]


def test_a_closed_month_stays_as_it_was_counted(
    worker: Worker, counted_otherwise: None, api: Api, db: Database, clock: StoppedClock, rows: Rows
) -> None:
    clock.advance(days=12)
    api.close_month()
    _spoil(db)
    clock.advance(hours=14, minutes=15)
    count_anew(worker)
    assert halves(rows) == [1]
    assert rows("SELECT days_counted_as FROM counties WHERE id = 1") == [(COUNTED_AS,)]
