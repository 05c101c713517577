"""The worker's table of jobs: what is due comes from the database and the clock, and happens once however many run."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from server.config import Config
from server.photos.store import FolderStore
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


def nights(rows: Rows) -> list[str]:
    return sorted(name for (name,) in rows("SELECT name FROM leases WHERE county_id = 1 AND done_at IS NOT NULL"))


def test_the_latest_missed_night_is_made_up_once(worker: Worker, clock: StoppedClock, rows: Rows) -> None:
    worker.nightly_flags()
    worker.nightly_flags()
    assert nights(rows) == ["nightly_flags:2026-11-23"]
    raised = rows("SELECT count(*) FROM flags")
    clock.advance(hours=11, minutes=29)  # 21:29
    worker.nightly_flags()
    assert nights(rows) == ["nightly_flags:2026-11-23"]
    clock.advance(minutes=1)
    worker.nightly_flags()
    assert nights(rows) == ["nightly_flags:2026-11-23", "nightly_flags:2026-11-24"]
    assert rows("SELECT count(*) FROM flags") >= raised


def test_four_workers_raise_each_flag_once(config: Config, clock: StoppedClock, cast: Cast, rows: Rows) -> None:
    workers = [Worker(config, clock) for _ in range(4)]
    threads = [threading.Thread(target=w.nightly_flags) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.db.dispose()
    flags = rows("SELECT member_id, kind, count(*) FROM flags GROUP BY member_id, kind HAVING count(*) > 1")
    assert flags == []
    assert len(rows("SELECT DISTINCT member_id FROM flags WHERE county_id = 1")) == 5


def test_a_worker_that_died_in_the_middle_is_taken_over(
    worker: Worker, clock: StoppedClock, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("server.flags.service.run_nightly", die)
        with pytest.raises(KeyboardInterrupt):
            worker.nightly_flags()
    worker.nightly_flags()
    assert nights(rows) == []  # the dead one's lease still stands
    clock.advance(seconds=301)
    worker.nightly_flags()
    assert nights(rows) == ["nightly_flags:2026-11-23"]


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
    worker.sweep()
    assert store.path(orphan).exists()
    clock.advance(hours=25)
    worker.sweep()
    assert not store.path(orphan).exists()
    assert store.path(kept[0]).exists()


def test_the_sweep_runs_once_an_hour(worker: Worker, clock: StoppedClock, rows: Rows) -> None:
    for _ in range(3):
        worker.sweep()
    clock.advance(hours=1)
    worker.sweep()
    assert rows("SELECT count(*) FROM leases WHERE county_id = 0") == [(2,)]


def test_every_job_of_the_table_can_run_on_an_empty_night(worker: Worker) -> None:
    for job in worker.jobs():
        if job.name != "deliver_notices":  # that one speaks to WeChat: tests/notify
            job.run()
    assert timedelta(seconds=max(job.every_s for job in worker.jobs())) <= timedelta(hours=1)


def test_the_sweep_forgets_dead_sessions_and_tickets_but_none_in_use(
    api: Api, worker: Worker, clock: StoppedClock, rows: Rows
) -> None:
    used, unused = api.ticket("chen"), api.ticket("chen")
    assert api.check_in("chen", ticket=used).status_code == 201
    clock.advance(days=61)
    worker.sweep()
    assert {str(uuid.UUID(str(kept))) for (kept,) in rows("SELECT id FROM tickets")} == {used, unused}
    clock.advance(days=400)
    worker.sweep()
    assert {str(uuid.UUID(str(kept))) for (kept,) in rows("SELECT id FROM tickets")} == {used}
    assert rows("SELECT count(*) FROM sign_ins") == [(0,)]
