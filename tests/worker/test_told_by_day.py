"""The daily jobs that tell people: leave that waits or ends, months that were closed; each once, whom it concerns."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from server.config import Config
from server.db import Database
from server.leaves.models import Leave
from server.org.models import RoleGrant
from server.tally import close
from server.worker import Worker
from tests.cast import Cast
from tests.conftest import StoppedClock

Rows = Callable[..., list]
NINE = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


@pytest.fixture
def worker(config: Config, clock: StoppedClock, cast: Cast) -> Iterator[Worker]:
    made = Worker(config, clock)
    yield made
    made.db.dispose()


def run(worker: Worker, name: str) -> None:
    worker.scheduler.catch_up(next(job for job in worker.periodic() if job.name == name))


def ask(db: Database, cast: Cast, first: int, last: int, state: str = "pending") -> None:
    """Chen's leave in November 2026, asked for on the 20th."""
    asked_at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    decided = cast["bureau"].id if state == "approved" else None
    with db.transaction() as session:
        session.add(
            Leave(
                county_id=1,
                id=uuid.uuid4(),
                member_id=cast["chen"].id,
                kind="annual",
                reason="回家",
                starts_on=date(2026, 11, first),
                ends_on=date(2026, 11, last),
                state=state,
                decided_by=decided,
                decided_at=asked_at if decided else None,
                created_at=asked_at,
            )
        )


def told(rows: Rows, kind: str) -> list[str]:
    found = rows("SELECT m.name FROM notices n JOIN members m ON m.id = n.member_id WHERE n.kind = :kind", kind=kind)
    return sorted(name for (name,) in found)


def test_who_decides_is_reminded_of_leave_that_waits_once(
    worker: Worker, db: Database, cast: Cast, clock: StoppedClock, rows: Rows
) -> None:
    ask(db, cast, 28, 29)
    clock.at = NINE
    run(worker, "leave_reminders")
    clock.advance(days=1)
    run(worker, "leave_reminders")
    assert told(rows, "leave_waiting") == ["supervisor"]


def test_a_long_one_is_the_bureaus(worker: Worker, db: Database, cast: Cast, clock: StoppedClock, rows: Rows) -> None:
    ask(db, cast, 25, 29)
    clock.at = NINE
    run(worker, "leave_reminders")
    assert told(rows, "leave_waiting") == ["bureau", "bureau2"]


def test_the_day_before_its_end_the_member_is_reminded(
    worker: Worker, db: Database, cast: Cast, clock: StoppedClock, rows: Rows
) -> None:
    ask(db, cast, 20, 26, state="approved")
    for day in (-1, 0, 1):
        clock.at = NINE + timedelta(days=day)
        run(worker, "leave_reminders")
    assert told(rows, "leave_ending") == ["chen"]


@pytest.mark.parametrize(("hours", "heard"), [(14, ["chen"]), (16, []), (70, [])])
def test_an_end_of_leave_is_not_told_on_a_later_date(
    worker: Worker, db: Database, cast: Cast, clock: StoppedClock, rows: Rows, hours: int, heard: list[str]
) -> None:
    """The workers stood still from eight in the morning of the day before its end for so many hours."""
    ask(db, cast, 20, 26, state="approved")
    clock.at = NINE - timedelta(hours=1)
    run(worker, "leave_reminders")
    clock.advance(hours=hours)
    run(worker, "leave_reminders")
    assert told(rows, "leave_ending") == heard


def test_leave_that_still_waits_is_brought_to_mind_after_an_outage(
    worker: Worker, db: Database, cast: Cast, clock: StoppedClock, rows: Rows
) -> None:
    clock.at = NINE - timedelta(days=6)
    run(worker, "leave_reminders")
    ask(db, cast, 28, 29)
    clock.at = NINE
    run(worker, "leave_reminders")
    assert told(rows, "leave_waiting") == ["supervisor"]


def test_a_month_is_closed_on_the_policys_day_and_made_known_once(
    worker: Worker, clock: StoppedClock, rows: Rows
) -> None:
    clock.at = datetime(2026, 12, 3, 17, 0, tzinfo=UTC)  # 01:00 on the fourth in China
    run(worker, "close_months")
    run(worker, "monthly_results")
    assert rows("SELECT count(*) FROM closed_months WHERE month = '2026-11-01'") == [(0,)]
    clock.at = datetime(2026, 12, 4, 17, 0, tzinfo=UTC)
    run(worker, "close_months")
    assert rows("SELECT count(*) FROM closed_months WHERE month = '2026-11-01' AND county_id = 1") == [(1,)]
    for _ in range(2):
        clock.advance(days=1)
        run(worker, "monthly_results")
    november = rows("SELECT count(*) FROM notices WHERE dedupe_key LIKE 'month_closed:2026-11:%' AND county_id = 1")
    assert november == [(2,)]  # the bureau's two supervisors
    assert told(rows, "month_reached") == []  # nobody came a single day


def test_whose_term_at_the_bureau_begins_later_is_not_told_yet(
    worker: Worker, db: Database, cast: Cast, clock: StoppedClock, rows: Rows
) -> None:
    with db.transaction() as session:
        theirs = update(RoleGrant).where(RoleGrant.member_id == cast["bureau2"].id)
        session.execute(theirs.values(valid_from=date(2027, 1, 1)))
    clock.at = datetime(2026, 12, 4, 17, 0, tzinfo=UTC)
    run(worker, "close_months")
    clock.advance(days=1)
    run(worker, "monthly_results")
    november = rows("SELECT count(*) FROM notices WHERE dedupe_key LIKE 'month_closed:2026-11:%' AND county_id = 1")
    assert november == [(1,)]


def test_a_month_whose_close_was_committed_after_the_days_look_is_made_known_on_the_next(
    worker: Worker, db: Database, clock: StoppedClock, rows: Rows
) -> None:
    """The close began at two seconds to half past nine, and was not to be seen yet at half past nine."""
    closed = "SELECT count(*) FROM notices WHERE dedupe_key LIKE 'month_closed:2026-11:%' AND county_id = 1"
    clock.at = datetime(2026, 12, 6, 1, 30, 1, tzinfo=UTC)
    run(worker, "monthly_results")
    with db.transaction() as session:
        while close.close_due(session, 1, date(2026, 12, 6), datetime(2026, 12, 6, 1, 29, 58, tzinfo=UTC)):
            pass
    for _ in range(2):
        clock.advance(days=1)
        run(worker, "monthly_results")
        assert rows(closed) == [(2,)]
