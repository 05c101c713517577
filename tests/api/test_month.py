"""GET /me/month and /members/{id}/month: a count that explains itself."""

import uuid
from datetime import UTC, date, datetime, timedelta

from server.db import Database
from server.leaves.models import Leave
from server.tally.recompute import recompute
from tests.cast import SHANGHAI, Cast
from tests.client import Api
from tests.conftest import StoppedClock


def on_leave(
    db: Database, cast: Cast, kind: str, first: date, last: date, halves: int = 2, state: str = "approved"
) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with db.transaction() as session:
        session.add(
            Leave(
                county_id=1,
                id=uuid.uuid4(),
                member_id=cast["chen"].id,
                kind=kind,
                starts_on=first,
                ends_on=last,
                halves=halves,
                reason="事由",
                state=state,
                decided_by=cast["supervisor"].id if state == "approved" else None,
                created_at=now,
            )
        )
        session.flush()
        day = first
        while day <= last:
            recompute(session, 1, cast["chen"].id, day, now)
            day += timedelta(days=1)


def test_confirmed_pending_and_excused_stand_apart(api: Api, db: Database, cast: Cast, clock: StoppedClock) -> None:
    on_leave(db, cast, "training", date(2026, 11, 10), date(2026, 11, 11))
    api.check_in("chen")
    clock.advance(days=1)
    api.check_in("chen", lat=str(SHANGHAI[0] + 0.03))
    body = api.get("/me/month", "chen").json
    assert (body["confirmed"], body["pending"], body["excused"], body["target"]) == (1.0, 1.0, 2.0, 20.0)
    assert [d["on"] for d in body["days"]] == ["2026-11-10", "2026-11-11", "2026-11-24", "2026-11-25"]
    assert body["remaining_days"] == 5


def test_sick_leave_lowers_the_target_and_says_so(api: Api, db: Database, cast: Cast) -> None:
    on_leave(db, cast, "sick", date(2026, 11, 2), date(2026, 11, 4))
    body = api.get("/me/month", "chen").json
    assert (body["target"], body["excused"]) == (17.0, 0.0)
    assert body["target_explanation"] == "目标 20 天，请假减少 3 天，应驻 17 天。"


def test_personal_leave_and_leave_not_approved_do_neither(api: Api, db: Database, cast: Cast) -> None:
    on_leave(db, cast, "personal", date(2026, 11, 2), date(2026, 11, 2))
    on_leave(db, cast, "sick", date(2026, 11, 3), date(2026, 11, 3), state="pending")
    body = api.get("/me/month", "chen").json
    assert (body["target"], body["excused"]) == (20.0, 0.0)


def test_half_a_day_of_leave_leaves_the_other_half_to_be_earned(api: Api, db: Database, cast: Cast) -> None:
    on_leave(db, cast, "training", date(2026, 11, 24), date(2026, 11, 24), halves=1)
    assert api.get("/me/month", "chen").json["excused"] == 0.5
    assert api.get("/me/month", "chen").json["remaining_days"] == 6.5
    assert api.check_in("chen").json["day"] | {"explanation": ""} == {
        "on": "2026-11-24",
        "value": 1.0,
        "counted": True,
        "pending": 0.0,
        "excused": 0.0,
        "rejected": 0.0,
        "explanation": "",
    }


def test_another_month_by_name(api: Api) -> None:
    api.check_in("chen")
    assert api.get("/me/month", "chen", month="2026-10").json["confirmed"] == 0.0
    assert api.get("/me/month", "chen", month="2026-11").json["confirmed"] == 1.0
    assert api.get("/me/month", "chen", month="november").status_code == 422


def test_a_supervisor_reads_the_same_month(api: Api) -> None:
    api.check_in("chen")
    mine = api.get("/me/month", "chen").json
    theirs = api.get(f"/members/{api.cast['chen'].id}/month", "supervisor").json
    assert theirs == mine
