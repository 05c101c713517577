"""A release that counts days otherwise brings a county's stored days to it: once, at night, and no closed month."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text, update

from server.config import Config
from server.db import Database
from server.org.models import SignIn
from server.tally import workdays
from server.tally.upgrade import counting
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
    assert rows("SELECT DISTINCT days_counted_as FROM counties") == [(counting(),)]
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
    assert rows("SELECT days_counted_as FROM counties WHERE id = 1") == [(counting(),)]


def test_once_the_workdays_of_a_year_are_known(
    worker: Worker, api: Api, db: Database, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be said of 2027 is counted in the night after the calendar came; a month that was closed before
    stands as it was published, and verifies."""
    rules = {"burden_mode": "daily", "countable_days": "workdays"}
    basis = {"legal_basis": "测试", "legal_basis_decided_by": "县委办", "legal_basis_decided_on": "2026-08-20"}
    assert api.post("/policies", "admin", {"starts_on": "2026-11-01", "rules": rules | basis}).status_code == 201
    _later(db, clock, datetime(2027, 1, 5, 2, tzinfo=UTC))
    api.check_in("chen")
    _later(db, clock, datetime(2027, 2, 12, 2, tzinfo=UTC))
    api.close_month("2027-01")
    api.check_in("chen", lat="31.2301", accuracy_m="17")
    before = api.get("/me/month", "chen", month="2027-01").json
    assert (before["pending"], api.get("/me/month", "chen").json["pending"]) == (1.0, 1.0)
    count_anew(worker)
    clock.advance(hours=14, minutes=15)
    count_anew(worker)
    monkeypatch.setattr(workdays, "is_workday", _weekdays_of_2027)
    monkeypatch.setattr("server.tally.rules.is_workday", _weekdays_of_2027)
    clock.advance(days=1)
    count_anew(worker)
    month = api.get("/me/month", "chen").json
    assert (month["confirmed"], month["pending"]) == (1.0, 0.0)
    assert api.get("/me/month", "chen", month="2027-01").json == before
    assert api.get("/months/2027-01/verify", "bureau").json["differences"] == []


def _later(db: Database, clock: StoppedClock, at: datetime) -> None:
    """Whoever was signed in still is."""
    with db.transaction() as session:
        session.execute(update(SignIn).values(expires_at=datetime(2030, 1, 1, tzinfo=UTC)))
    clock.at = at


def _weekdays_of_2027(on: date) -> bool | None:
    return on.weekday() < 5 if on.year <= 2027 else None
