"""The worker's table of jobs: what is due comes from the database and the clock, and happens once however many run."""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from server import leases
from server.clock import Clock
from server.config import Config
from server.db import Database
from server.flags import nightly
from server.photos.store import FolderStore
from server.schedule import Step
from server.worker import Worker
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


@pytest.fixture
def worker(config: Config, clock: StoppedClock, cast: Cast) -> Worker:
    made = Worker(config, clock)
    yield made
    made.db.dispose()


def run(worker: Worker, name: str) -> None:
    next(job for job in worker.jobs() if job.name == name).run()


def nights(rows: Rows) -> list[str]:
    """Of county 1, up to when the nightly comparison is done, in China."""
    done = rows("SELECT done_through FROM schedules WHERE county_id = 1 AND job = 'nightly_flags'")
    return [f"{datetime.fromisoformat(str(at)[:19]) + timedelta(hours=8):%m-%d %H:%M}" for (at,) in done]


def test_the_latest_missed_night_is_made_up_once(worker: Worker, clock: StoppedClock, rows: Rows) -> None:
    run(worker, "nightly_flags")
    assert nights(rows) == ["11-23 21:30"]
    raised = rows("SELECT count(*), max(raised_at) FROM flags")
    clock.advance(hours=11, minutes=29)  # 21:29
    run(worker, "nightly_flags")
    assert nights(rows) == ["11-23 21:30"]
    assert rows("SELECT count(*), max(raised_at) FROM flags") == raised
    clock.advance(minutes=1)
    run(worker, "nightly_flags")
    assert nights(rows) == ["11-24 21:30"]


def test_after_an_outage_every_missed_night_is_made_up_in_order(
    worker: Worker, clock: StoppedClock, cast: Cast, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(worker, "nightly_flags")
    compared: list[tuple[int, date]] = []
    real = nightly.steps

    def watched(db: Database, county_id: int, today: date, mark: str | None, clock: Clock) -> Iterator[Step]:
        compared.append((county_id, today))
        return real(db, county_id, today, mark, clock)

    monkeypatch.setattr("server.flags.nightly.steps", watched)
    clock.advance(days=4)
    run(worker, "nightly_flags")
    assert [on.isoformat() for county_id, on in compared if county_id == 1] == [
        "2026-11-24",
        "2026-11-25",
        "2026-11-26",
        "2026-11-27",
    ]
    assert nights(rows) == ["11-27 21:30"]


def test_four_workers_raise_each_flag_once(config: Config, clock: StoppedClock, cast: Cast, rows: Rows) -> None:
    workers = [Worker(config, clock) for _ in range(4)]
    threads = [threading.Thread(target=run, args=(w, "nightly_flags")) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.db.dispose()
    flags = rows("SELECT member_id, month, kind FROM flags GROUP BY 1, 2, 3 HAVING count(*) > 1")
    assert flags == []
    assert len(rows("SELECT DISTINCT member_id FROM flags WHERE county_id = 1")) == 5


def test_a_worker_that_died_in_the_middle_is_taken_over_where_it_was(
    config: Config, clock: StoppedClock, cast: Cast, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two members a step; it dies in the second. What it wrote before stands, the rest is the other's."""
    monkeypatch.setattr("server.flags.nightly.CHUNK", 2)
    dying, other = Worker(config, clock), Worker(config, clock)
    real = leases.advance

    marks: list[str] = []

    def die_after(session: Session, lease: leases.Lease, mark: str, now: datetime) -> None:
        marks.extend([mark] if mark.startswith("2026-11") else [])
        if len(marks) == 2:
            raise KeyboardInterrupt
        real(session, lease, mark, now)

    with monkeypatch.context() as patch:
        patch.setattr("server.leases.advance", die_after)
        with pytest.raises(KeyboardInterrupt):
            run(dying, "nightly_flags")
    dying.db.dispose()
    assert rows("SELECT count(*) FROM flags WHERE month = '2026-11-01' AND county_id = 1") == [(2,)]
    run(other, "nightly_flags")
    assert rows("SELECT count(*) FROM flags WHERE month = '2026-11-01' AND county_id = 1") == [
        (2,)
    ]  # the dead one's lease still stands
    clock.advance(seconds=301)
    looked_at: list[uuid.UUID] = []
    assessed = nightly.census.standings

    def watched(session: Session, asked: nightly.Asked, after: uuid.UUID | None, size: int) -> Iterator[Any]:
        looked_at.extend([after] if after else [])
        return assessed(session, asked, after, size)

    monkeypatch.setattr("server.flags.census.standings", watched)
    run(other, "nightly_flags")
    other.db.dispose()
    assert len(looked_at) == 1  # it went on after the two who were done
    assert rows("SELECT count(*) FROM flags WHERE month = '2026-11-01' AND county_id = 1") == [(5,)]
    assert rows("SELECT dedupe_key FROM notices GROUP BY county_id, dedupe_key HAVING count(*) > 1") == []


def test_one_that_stalled_past_its_lease_writes_nothing_more(
    config: Config, clock: StoppedClock, cast: Cast, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another did the whole night while this one hung in a step; its step and its mark roll back together."""
    stalled, other = Worker(config, clock), Worker(config, clock)
    real = nightly.steps

    def stalling(db: Database, county_id: int, today: date, mark: str | None, clock_: Clock) -> Iterator[Step]:
        for number, step in enumerate(real(db, county_id, today, mark, clock_)):
            if number == 1 and db is stalled.db:
                clock.advance(seconds=301)
                run(other, "nightly_flags")
            yield step

    monkeypatch.setattr("server.flags.nightly.steps", stalling)
    with pytest.raises(ExceptionGroup) as raised:
        run(stalled, "nightly_flags")
    assert {type(error) for error in raised.value.exceptions} == {leases.LeaseLost}
    for worker in (stalled, other):
        worker.db.dispose()
    assert rows("SELECT member_id, month, kind FROM flags GROUP BY 1, 2, 3 HAVING count(*) > 1") == []
    assert rows("SELECT resume_at, token FROM schedules WHERE county_id = 1 AND job = 'nightly_flags'") == [
        (None, None)
    ]


def test_events_are_linked(api: Api, worker: Worker, rows: Rows) -> None:
    api.check_in("chen")
    worker.link_audit()
    assert rows("SELECT count(*) FROM audit_events WHERE seq IS NULL") == [(0,)]


def test_the_sweeper_removes_only_old_unreferenced_files(
    api: Api, worker: Worker, config: Config, clock: StoppedClock, rows: Rows
) -> None:
    api.check_in("chen")
    store = FolderStore(config.photo_root)
    (kept,) = rows("SELECT storage_key FROM photos")
    orphan = store.put(1, api.cast["chen"].id, "jpg", b"orphan", clock())
    clock.at = datetime.now(UTC)  # the files' own times are the system's
    run(worker, "sweep")
    assert store.path(orphan).exists()
    clock.advance(hours=25)
    run(worker, "sweep")
    assert not store.path(orphan).exists()
    assert store.path(kept[0]).exists()


def test_the_sweep_runs_every_hour(worker: Worker, clock: StoppedClock, rows: Rows) -> None:
    for _ in range(3):
        run(worker, "sweep")
    clock.advance(hours=1)
    run(worker, "sweep")
    (done,) = rows("SELECT done_through FROM schedules WHERE county_id = 0 AND job = 'sweep'")
    assert str(done[0])[11:16] == f"{clock():%H}:00"


def test_every_job_of_the_table_can_run_on_an_empty_night(worker: Worker) -> None:
    for job in worker.jobs():
        if job.name != "deliver_notices":  # that one speaks to WeChat: tests/notify
            job.run()
    assert timedelta(seconds=max(job.every_s for job in worker.jobs())) <= timedelta(hours=1)


def test_retention_forgets_dead_sessions_and_tickets_but_none_in_use(
    api: Api, worker: Worker, clock: StoppedClock, rows: Rows
) -> None:
    used, unused = api.ticket("chen"), api.ticket("chen")
    assert api.check_in("chen", ticket=used).status_code == 201
    clock.advance(days=61)
    run(worker, "retention")
    assert {str(uuid.UUID(str(kept))) for (kept,) in rows("SELECT id FROM tickets")} == {used, unused}
    clock.advance(days=400)
    run(worker, "retention")
    assert {str(uuid.UUID(str(kept))) for (kept,) in rows("SELECT id FROM tickets")} == {used}
    assert rows("SELECT count(*) FROM sign_ins") == [(0,)]
