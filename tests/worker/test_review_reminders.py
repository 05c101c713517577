"""Who reviews is told once a day what waits for them: check-ins of others, and appeals against others' decisions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from server.config import Config
from server.db import Database
from server.org.models import RoleGrant
from server.worker import Worker
from tests.client import Api
from tests.conftest import StoppedClock
from tests.worker.conftest import tick

Rows = Callable[..., list]
HALF_PAST_FOUR = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.fixture
def remind(config: Config, clock: StoppedClock, api: Api) -> Callable[[datetime], None]:
    worker = Worker(config, clock)

    def run(at: datetime) -> None:
        clock.at = at
        tick(worker, "review_reminders")

    run(clock.at)  # what was due before there was anything to review
    yield run
    worker.db.dispose()


def told(rows: Rows, api: Api) -> dict[str, dict]:
    found = rows("SELECT member_id, facts FROM notices WHERE kind = 'review_asked'")
    names = {person.id.hex: name for name, person in api.cast.people.items()}
    return {
        names[str(who).replace("-", "")]: json.loads(facts) if isinstance(facts, str) else facts for who, facts in found
    }


def test_each_who_reviews_is_told_what_waits(api: Api, remind, rows: Rows) -> None:
    api.check_in("chen", lat="31.26")
    api.check_in("colleague", lat="31.26")
    api.check_in("leader")  # accepted by the machine
    remind(HALF_PAST_FOUR)
    waiting = {"reviews": 2, "appeals": 0, "oldest": "2026-11-24", "on": "2026-11-24"}
    assert told(rows, api) == {"bureau": waiting, "bureau2": waiting}
    (notice,) = api.get("/me/notices", "bureau").json["items"]
    assert notice["text"].startswith("有2条打卡待您处理")


def test_nothing_waits_nobody_is_told(api: Api, remind, rows: Rows) -> None:
    api.check_in("chen")
    remind(HALF_PAST_FOUR)
    assert told(rows, api) == {}


def test_an_appeal_is_for_who_did_not_reject(api: Api, remind, rows: Rows) -> None:
    checkin = api.check_in("chen").json["id"]
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "rejected", "reason": "看不清人", "code": "other"})
    assert api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "光线太暗"}).status_code == 201
    remind(HALF_PAST_FOUR)
    assert told(rows, api) == {"bureau2": {"reviews": 0, "appeals": 1, "oldest": "2026-11-24", "on": "2026-11-24"}}


def test_once_a_day_and_again_the_next(api: Api, remind, rows: Rows) -> None:
    api.check_in("chen", lat="31.26")
    remind(HALF_PAST_FOUR)
    remind(HALF_PAST_FOUR.replace(hour=9))
    assert rows("SELECT count(*) FROM notices WHERE kind = 'review_asked'") == [(2,)]
    remind(HALF_PAST_FOUR.replace(day=25))
    assert rows("SELECT count(*) FROM notices WHERE kind = 'review_asked'") == [(4,)]


def test_a_day_that_was_slept_through_is_not_made_up(api: Api, remind, rows: Rows) -> None:
    api.check_in("chen", lat="31.26")
    remind(datetime(2026, 11, 25, 1, tzinfo=UTC))
    assert told(rows, api) == {}


def test_another_countys_work_is_not_theirs(api: Api, remind, rows: Rows) -> None:
    api.check_in("chen", lat="31.26")
    remind(HALF_PAST_FOUR)
    assert "far_bureau" not in told(rows, api)


def test_an_appeal_that_only_a_county_leader_may_decide_is_for_them(api: Api, remind, rows: Rows, db: Database) -> None:
    with db.transaction() as session:
        session.execute(delete(RoleGrant).where(RoleGrant.member_id == api.cast["bureau2"].id))
    checkin = api.check_in("chen").json["id"]
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "rejected", "reason": "看不清人", "code": "other"})
    assert api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "光线太暗"}).status_code == 201
    remind(HALF_PAST_FOUR)
    only = {"reviews": 0, "appeals": 1, "oldest": "2026-11-24", "on": "2026-11-24"}
    assert told(rows, api) == {"county_leader": only}
