"""A job's periods are one county's each: one that fails keeps no other from its turn, and is not tried all the time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from server.config import Config
from server.db import Database
from server.periods import Period, daily
from server.schedule import REST, Periodic, Scheduler, Scope, Step
from server.worker import Worker
from tests.cast import Cast
from tests.conftest import StoppedClock

BAD, GOOD = Scope(1, "Asia/Shanghai"), Scope(2, "Europe/Berlin")


class Job:
    """Notes whose period was begun and whose was done; `bad` cannot be done."""

    def __init__(self, bad: Scope | None) -> None:
        self.bad, self.begun, self.done = bad, [], []

    def periodic(self) -> Periodic:
        def next_after(scope: Scope, after: datetime) -> Period:
            return daily(scope.tz, "02:00", after)

        return Periodic("some_job", lambda: [BAD, GOOD], next_after, self._steps)

    def _steps(self, scope: Scope, _period: Period, _mark: str | None) -> Iterator[Step]:
        self.begun.append(scope)
        if scope == self.bad:
            raise RuntimeError("this county's data")
        yield Step("", lambda _session: self.done.append(scope))


def test_one_countys_error_keeps_no_other_from_its_turn(db: Database, clock: StoppedClock) -> None:
    job = Job(bad=BAD)
    with pytest.raises(ExceptionGroup) as raised:
        Scheduler(db, clock).catch_up(job.periodic())
    assert [str(error) for error in raised.value.exceptions] == ["this county's data"]
    assert "county_id=1" in str(raised.value.exceptions[0].__notes__)
    assert job.done == [GOOD]


def test_what_failed_rests_a_minute_and_is_made_up(db: Database, clock: StoppedClock) -> None:
    job, scheduler = Job(bad=BAD), Scheduler(db, clock)
    with pytest.raises(ExceptionGroup):
        scheduler.catch_up(job.periodic())
    clock.advance(seconds=20)
    scheduler.catch_up(job.periodic())
    assert job.begun.count(BAD) == 1
    clock.at += REST - timedelta(seconds=20)
    job.bad = None
    scheduler.catch_up(job.periodic())
    assert job.done == [GOOD, BAD]


def test_one_countys_broken_chain_keeps_no_other_from_being_linked(
    config: Config, clock: StoppedClock, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = []

    def link(_session: Session, county_id: int) -> None:
        if county_id == 1:
            raise RuntimeError("broken")
        linked.append(county_id)

    monkeypatch.setattr("server.audit.chain.link", link)
    worker = Worker(config, clock)
    with pytest.raises(ExceptionGroup):
        worker.link_audit()
    worker.db.dispose()
    assert linked == [2]
