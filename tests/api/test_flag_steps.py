"""POST /flags/{id}/steps: the ladder is a person's, after the member was heard; nobody is told twice."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from server.config import Config
from server.db import Database
from server.flags.models import Flag
from server.worker import Worker
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def decide(api: Api, flag: uuid.UUID, who: str = "supervisor", step: str = "talk", **changes: str) -> Any:
    body = {"step": step, "heard": "家里老人住院，月底能补上。", "reason": "了解困难，商量怎么补"} | changes
    return api.post(f"/flags/{flag}/steps", who, body)


def told(rows: Rows) -> list[tuple[str, str]]:
    """Whom, and about which step."""
    found = rows(
        "SELECT m.name, n.dedupe_key FROM notices n JOIN members m ON m.id = n.member_id WHERE n.kind = 'flag_step'"
    )
    return sorted((name, key.split(":")[2]) for name, key in found)


@pytest.fixture
def missed(db: Database, api: Api, clock: StoppedClock) -> uuid.UUID:
    """Chen missed October; it has been known for twenty days."""
    flag_id = uuid.uuid4()
    with db.transaction() as session:
        session.add(
            Flag(
                county_id=1,
                id=flag_id,
                member_id=api.cast["chen"].id,
                month=date(2026, 10, 1),
                kind="missed",
                message="10月在岗 12 天，目标 20 天，差 8 天。",
                facts={},
                raised_at=clock() - timedelta(days=20),
            )
        )
    return flag_id


def test_a_talk_is_recorded_and_the_member_told(api: Api, flag_chen: uuid.UUID, rows: Rows) -> None:
    answer = decide(api, flag_chen)
    assert answer.status_code == 201
    assert answer.json["decided_by"]["name"] == "supervisor"
    assert [who["name"] for who in answer.json["told"]] == ["chen"]
    assert told(rows) == [("chen", "talk")]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'flag.step_taken'") == [(1,)]
    (flag,) = api.get("/flags", "chen").json["items"]
    assert [(s["step"], s["heard"]) for s in flag["steps"]] == [("talk", "家里老人住院，月底能补上。")]


def test_a_retry_is_answered_as_before_and_tells_nobody_again(api: Api, flag_chen: uuid.UUID, rows: Rows) -> None:
    first, again = decide(api, flag_chen), decide(api, flag_chen)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json
    assert told(rows) == [("chen", "talk")]


def test_nobody_is_told_twice_for_the_same_step(api: Api, flag_chen: uuid.UUID, rows: Rows) -> None:
    decide(api, flag_chen)
    other = decide(api, flag_chen, "bureau")
    assert (other.status_code, other.json["code"]) == (409, "step_taken")
    assert told(rows) == [("chen", "talk")]


def test_not_on_another_flag_of_the_same_month_either(
    api: Api, db: Database, flag_chen: uuid.UUID, clock: StoppedClock
) -> None:
    decide(api, flag_chen)
    second = uuid.uuid4()
    with db.transaction() as session:
        first = session.get_one(Flag, (1, flag_chen))
        session.add(
            Flag(
                county_id=1, id=second, member_id=first.member_id, month=first.month, kind="unreachable",
                message="…", facts={}, raised_at=clock(),
            )
        )  # fmt: skip
    assert decide(api, second, "bureau").json["code"] == "step_taken"


@pytest.mark.parametrize("heard", ["", "  ", None])
def test_nobody_decides_before_the_member_was_heard(api: Api, flag_chen: uuid.UUID, rows: Rows, heard: Any) -> None:
    assert decide(api, flag_chen, heard=heard).status_code == 422
    assert told(rows) == []


def test_the_reminder_is_the_machines(api: Api, flag_chen: uuid.UUID) -> None:
    assert decide(api, flag_chen, step="remind").status_code == 422


def test_not_before_the_flag_has_stood_as_long_as_the_rules_say(
    api: Api, flag_chen: uuid.UUID, clock: StoppedClock
) -> None:
    clock.advance(days=-2)
    early = decide(api, flag_chen)
    assert (early.status_code, early.json["code"]) == (409, "step_too_early")
    clock.advance(days=2)
    assert decide(api, flag_chen).status_code == 201


def test_what_was_mended_long_ago_does_not_shorten_the_wait(
    api: Api, db: Database, flag_chen: uuid.UUID, clock: StoppedClock
) -> None:
    """It was behind three weeks ago and mended the next day; today it is at risk."""
    clock.advance(days=18)
    second = uuid.uuid4()
    with db.transaction() as session:
        first = session.get_one(Flag, (1, flag_chen))
        first.closed_at = first.raised_at + timedelta(days=1)
        session.add(
            Flag(
                county_id=1, id=second, member_id=first.member_id, month=first.month, kind="at_risk",
                message="…", facts={}, raised_at=clock() - timedelta(days=1),
            )
        )  # fmt: skip
    early = decide(api, second)
    assert (early.status_code, early.json["code"]) == (409, "step_too_early")
    clock.advance(days=2)
    assert decide(api, second).status_code == 201


def test_one_step_after_the_other(api: Api, missed: uuid.UUID, rows: Rows) -> None:
    first = decide(api, missed, "bureau", "circular")
    assert (first.status_code, first.json["code"]) == (409, "step_before")
    assert decide(api, missed).status_code == 201
    assert decide(api, missed, "bureau", "circular", reason="连续通报").status_code == 201
    assert told(rows) == [("chen", "circular"), ("chen", "talk"), ("supervisor", "circular")]


def test_replacing_takes_two_missed_months(api: Api, missed: uuid.UUID, db: Database) -> None:
    decide(api, missed)
    decide(api, missed, "bureau", "circular")
    only_one = decide(api, missed, "bureau", "replace")
    assert (only_one.status_code, only_one.json["code"]) == (409, "step_not_yet")
    with db.transaction() as session:
        october = session.get_one(Flag, (1, missed))
        session.add(
            Flag(
                county_id=1, id=uuid.uuid4(), member_id=october.member_id, month=date(2026, 9, 1), kind="missed",
                message="…", facts={}, raised_at=october.raised_at,
            )
        )  # fmt: skip
    assert decide(api, missed, "county_leader", "replace").status_code == 201


def test_a_closed_flag_needs_nothing(api: Api, flag_chen: uuid.UUID, db: Database, clock: StoppedClock) -> None:
    with db.transaction() as session:
        session.get_one(Flag, (1, flag_chen)).closed_at = clock()
    closed = decide(api, flag_chen)
    assert (closed.status_code, closed.json["code"]) == (409, "flag_closed")


def ask_for(api: Api, first: str, last: str) -> str:
    """Chen asks to be away for the county on these dates, and nobody has decided yet: they wait."""
    asked = {"kind": "official_trip", "starts_on": first, "ends_on": last, "reason": "赴外地洽谈"}
    reply = api.post("/leaves", "chen", asked)
    assert reply.status_code == 201, reply.json
    return reply.json["id"]


def test_the_list_says_which_only_wait(api: Api, flag_chen: uuid.UUID, config: Config, clock: StoppedClock) -> None:
    """From the night on in which they were seen to wait, to the one after the decision."""
    seen = []
    leave = ""
    for done in ("raised", "asked", "refused"):
        if done == "asked":
            leave = ask_for(api, "2026-11-01", "2026-11-20")
        if done == "refused":
            api.post(f"/leaves/{leave}/decision", "bureau", {"approved": False, "reason": "没有这次出差"})
        Worker(config, clock).flags_now()
        seen += [one["waits"] for one in api.get("/flags", "chen").json["items"] if one["month"] == "2026-11"]
    assert seen == [False, True, False]


def test_while_a_decision_is_waited_for_nothing_is_decided(api: Api, flag_chen: uuid.UUID) -> None:
    """Asked for in the morning, it holds at once, not only from the night on."""
    leave = ask_for(api, "2026-11-01", "2026-11-20")
    waits = decide(api, flag_chen)
    assert (waits.status_code, waits.json["code"]) == (409, "flag_waits")
    assert waits.json["detail"].endswith("待核的核定之前，这条预警不作进一步处理。")
    api.post(f"/leaves/{leave}/decision", "bureau", {"approved": False, "reason": "没有这次出差"})
    assert decide(api, flag_chen).status_code == 201


def test_what_is_mended_since_the_night_needs_nothing(api: Api, flag_chen: uuid.UUID) -> None:
    leave = ask_for(api, "2026-11-01", "2026-11-20")
    api.post(f"/leaves/{leave}/decision", "bureau", {"approved": True, "reason": "同意"})
    mended = decide(api, flag_chen)
    assert (mended.status_code, mended.json["code"]) == (409, "flag_mended")


def test_a_missed_month_that_only_waits_is_not_counted(
    api: Api, missed: uuid.UUID, db: Database, clock: StoppedClock
) -> None:
    decide(api, missed)
    ask_for(api, "2026-10-01", "2026-10-31")
    with db.transaction() as session:
        october = session.get_one(Flag, (1, missed))
        november = Flag(
            county_id=1, id=uuid.uuid4(), member_id=october.member_id, month=date(2026, 11, 1), kind="unreachable",
            message="…", facts={}, raised_at=clock() - timedelta(days=8),
        )  # fmt: skip
        session.add(november)
    clock.advance(days=6)
    assert decide(api, november.id).status_code == 201
    circular = decide(api, november.id, "bureau", "circular")
    assert (circular.status_code, circular.json["code"]) == (409, "step_not_yet")
    assert circular.json["facts"]["missed_months"] == 0


@pytest.mark.parametrize(
    ("who", "step", "status"),
    [
        ("leader", "talk", 201),
        ("chen", "talk", 403),
        ("county_leader", "talk", 403),
        ("supervisor", "circular", 403),
        ("colleague", "talk", 404),
        ("other_supervisor", "talk", 404),
        ("far_bureau", "talk", 404),
    ],
)
def test_whose_decision_it_is(api: Api, flag_chen: uuid.UUID, who: str, step: str, status: int) -> None:
    assert decide(api, flag_chen, who, step).status_code == status


@pytest.fixture
def uncovered(db: Database, api: Api, clock: StoppedClock) -> uuid.UUID:
    """No main leader of the east is away, for five days."""
    flag_id = uuid.uuid4()
    with db.transaction() as session:
        session.add(
            Flag(
                county_id=1, id=flag_id, unit_id=api.cast.units["east"], month=date(2026, 11, 1), kind="uncovered",
                message="…", facts={"since": "2026-11-10"}, raised_at=clock() - timedelta(days=5),
            )
        )  # fmt: skip
    return flag_id


def test_about_a_unit_its_supervisor_sees_it_and_the_bureau_decides(api: Api, uncovered: uuid.UUID, rows: Rows) -> None:
    seen = {who: len(api.get("/flags", who).json["items"]) for who in ("supervisor", "bureau", "leader", "far_bureau")}
    assert seen == {"supervisor": 1, "bureau": 1, "leader": 0, "far_bureau": 0}
    (row,) = api.get("/flags", "supervisor", kind="uncovered").json["items"]
    assert (row["member_id"], row["unit_name"]) == (None, "east")
    assert decide(api, uncovered, "bureau").status_code == 201
    assert told(rows) == [("supervisor", "talk")]


def test_no_main_leader_decides_about_the_unit_that_they_should_have_been_out_for(
    api: Api, uncovered: uuid.UUID, rows: Rows
) -> None:
    refused = decide(api, uncovered, "supervisor")
    assert (refused.status_code, refused.json["code"]) == (403, "own_flag")
    assert told(rows) == []
    assert decide(api, uncovered, "other_supervisor").status_code == 404
