"""Before a window closes, whoever has not checked in is reminded once, in the station's own time."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from server.db import Database
from server.flags.reminders import remind
from server.tally.models import SiteDay
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
# The window closes at 23:00; reminders begin 90 minutes before.
CHINA_2135 = datetime(2026, 11, 24, 13, 35, tzinfo=UTC)
BERLIN_2135 = datetime(2026, 11, 24, 20, 35, tzinfo=UTC)


def run(db: Database, at: datetime) -> int:
    with db.transaction() as session:
        return remind(session, 1, at)


def reminded(rows: Rows) -> list[str]:
    return sorted(
        name
        for (name,) in rows(
            "SELECT m.name FROM notices n JOIN members m ON m.id = n.member_id WHERE n.kind = 'reminder'"
        )
    )


def test_those_without_a_checkin_are_reminded_once(api: Api, db: Database, clock: StoppedClock, rows: Rows) -> None:
    api.check_in("chen")
    assert run(db, CHINA_2135) == 2
    assert run(db, CHINA_2135) == 0
    assert reminded(rows) == ["colleague", "leader"]


def test_in_the_stations_own_time(api: Api, db: Database, rows: Rows) -> None:
    run(db, BERLIN_2135)
    assert reminded(rows) == ["neighbour", "other_leader"]


def test_not_earlier_than_the_policy_says(db: Database, api: Api) -> None:
    assert run(db, datetime(2026, 11, 24, 13, 25, tzinfo=UTC)) == 0


def test_a_pending_checkin_needs_no_reminder(api: Api, db: Database, rows: Rows) -> None:
    api.check_in("chen", ticket=None)
    run(db, CHINA_2135)
    assert "chen" not in reminded(rows)


def test_without_consent_nobody_asks_for_a_photo(api: Api, db: Database, rows: Rows) -> None:
    version = api.get("/consents", "chen").json["version"]
    api.post("/consents", "chen", {"version": version, "agreed": False})
    run(db, CHINA_2135)
    assert "chen" not in reminded(rows)


def test_a_reminder_is_worthless_after_the_window(api: Api, db: Database, rows: Rows) -> None:
    run(db, CHINA_2135)
    ends = {str(e)[:16] for (e,) in rows("SELECT expires_at FROM notices")}
    assert all("15:00" in e for e in ends)


def test_who_has_reached_the_months_target_is_left_in_peace(api: Api, db: Database, rows: Rows) -> None:
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
    run(db, CHINA_2135)
    assert reminded(rows) == ["colleague", "leader"]
