"""Before a window closes, whoever has not checked in is reminded once, in the station's own time."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from server.config import Config
from server.db import Database
from server.tally.models import SiteDay
from server.tally.rules import PolicyRules, WindowRule
from server.worker import Worker
from tests.cast import add_policy
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
# The window closes at 23:00; reminders begin 90 minutes before.
CHINA_2135 = datetime(2026, 11, 24, 13, 35, tzinfo=UTC)
BERLIN_2135 = datetime(2026, 11, 24, 20, 35, tzinfo=UTC)


Run = Callable[[datetime], int]


@pytest.fixture
def run(config: Config, api: Api, rows: Rows) -> Iterator[Run]:
    """What a worker does at an instant; how many reminders of county 1 are new."""
    made = []

    def at(instant: datetime) -> int:
        def count() -> int:
            return rows("SELECT count(*) FROM notices WHERE kind = 'reminder' AND county_id = 1")[0][0]

        before = count()
        worker = Worker(config, lambda: instant)
        made.append(worker)
        worker.scheduler.catch_up(next(job for job in worker.periodic() if job.name == "remind"))
        return count() - before

    yield at
    for worker in made:
        worker.db.dispose()


def reminded(rows: Rows) -> list[str]:
    """Of county 1."""
    return sorted(
        name
        for (name,) in rows(
            "SELECT m.name FROM notices n JOIN members m ON m.id = n.member_id"
            " WHERE n.kind = 'reminder' AND n.county_id = 1"
        )
    )


def test_those_without_a_checkin_are_reminded_once(api: Api, clock: StoppedClock, run: Run, rows: Rows) -> None:
    api.check_in("chen")
    assert run(CHINA_2135) == 2
    assert run(CHINA_2135) == 0
    assert reminded(rows) == ["colleague", "leader"]


def test_in_the_stations_own_time(api: Api, run: Run, rows: Rows) -> None:
    run(BERLIN_2135)
    assert reminded(rows) == ["neighbour", "other_leader"]


def test_not_earlier_than_the_policy_says(run: Run) -> None:
    assert run(datetime(2026, 11, 24, 13, 25, tzinfo=UTC)) == 0


def test_a_pending_checkin_needs_no_reminder(api: Api, run: Run, rows: Rows) -> None:
    api.check_in("chen", ticket=None)
    run(CHINA_2135)
    assert "chen" not in reminded(rows)


def test_without_consent_nobody_asks_for_a_photo(api: Api, run: Run, rows: Rows) -> None:
    version = api.get("/consents", "chen").json["version"]
    api.post("/consents", "chen", {"version": version, "agreed": False})
    run(CHINA_2135)
    assert "chen" not in reminded(rows)


def test_a_reminder_is_worthless_after_the_window(api: Api, run: Run, rows: Rows) -> None:
    run(CHINA_2135)
    ends = {str(e)[:16] for (e,) in rows("SELECT expires_at FROM notices")}
    assert all("15:00" in e for e in ends)


def test_who_has_reached_the_months_target_is_left_in_peace(api: Api, db: Database, run: Run, rows: Rows) -> None:
    with db.transaction() as session:
        for day in range(1, 21):
            session.add(
                SiteDay(
                    county_id=1,
                    member_id=api.cast["chen"].id,
                    on_date=date(2026, 11, day),
                    confirmed_halves=2,
                    pending_halves=0,
                    excused_halves=0,
                    lowers_target_halves=0,
                    explanation="确认1天。",
                    sources=[],
                    policy_version=1,
                    computed_at=CHINA_2135,
                )
            )
    run(CHINA_2135)
    assert reminded(rows) == ["colleague", "leader"]


def test_a_reminder_whose_window_has_ended_is_dropped_not_sent_at_noon(run: Run, rows: Rows) -> None:
    assert run(CHINA_2135 + timedelta(minutes=85)) == 0
    assert run(CHINA_2135 + timedelta(hours=14)) == 0
    assert run(CHINA_2135 + timedelta(days=1)) == 3
    assert rows("SELECT DISTINCT county_id FROM schedules WHERE job LIKE 'remind:%'") == [(1,), (2,)]


def test_a_late_worker_reminds_as_long_as_the_window_is_open(run: Run) -> None:
    assert run(CHINA_2135 + timedelta(minutes=80)) == 3


@pytest.mark.parametrize(("day", "count"), [(20, 3), (21, 0), (22, 0), (23, 3)])
def test_where_workdays_count_nobody_is_reminded_on_others(run: Run, db: Database, day: int, count: int) -> None:
    """21 November 2026 is a Saturday."""
    with db.transaction() as session:
        rules = PolicyRules(burden_mode="daily", legal_basis="测试", countable_days="workdays")
        add_policy(session, 1, rules, datetime(2026, 11, 1, tzinfo=UTC), version=2)
    assert run(CHINA_2135 - timedelta(days=24 - day)) == count


def test_who_is_on_approved_leave_is_not_told_to_check_in(api: Api, run: Run, rows: Rows) -> None:
    """Personal leave does nothing to the target, and is leave all the same."""
    asked = api.post("/leaves", "chen", {"kind": "personal", "starts_on": "2026-11-24", "reason": "家事"}).json["id"]
    api.post(f"/leaves/{asked}/decision", "supervisor", {"approved": True, "reason": "同意"})
    run(CHINA_2135)
    assert reminded(rows) == ["colleague", "leader"]


def test_half_a_day_is_still_worth_a_reminder(api: Api, db: Database, run: Run, rows: Rows) -> None:
    windows = (WindowRule(start="06:00", end="12:00", halves=1), WindowRule(start="14:00", end="20:00", halves=1))
    with db.transaction() as session:
        rules = PolicyRules(burden_mode="daily", legal_basis="测试", windows=windows)
        add_policy(session, 1, rules, datetime(2026, 11, 1, tzinfo=UTC), version=2)
    api.check_in("chen")  # at ten in the morning
    run(datetime(2026, 11, 24, 2, 30, tzinfo=UTC))
    assert reminded(rows) == ["colleague", "leader"]
    run(datetime(2026, 11, 24, 10, 30, tzinfo=UTC))
    assert reminded(rows).count("chen") == 1
    closes = rows("SELECT facts FROM notices WHERE dedupe_key LIKE :key", key=f"reminder:{api.cast['chen'].id}:%")
    assert "20:00" in str(closes)
