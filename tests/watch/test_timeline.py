"""A member's month in one line of time: all that happened, who decided, and nothing of a blind sample."""

import uuid
from datetime import date

import pytest
from sqlalchemy import update

from server.checkins import sample
from server.checkins.models import CheckIn
from server.db import Database
from server.flags.models import Flag, FlagStep
from server.watch.timeline import Event, timeline
from tests.cast import SHANGHAI, Cast
from tests.client import Api
from tests.conftest import NOON, StoppedClock
from tests.watch.given import caller

NOV = date(2026, 11, 1)
FAR_AWAY = {"lat": str(SHANGHAI[0] + 0.3)}


def events(db: Database, cast: Cast, who: str = "bureau", month: date = NOV) -> list[Event]:
    with db.reading() as session:
        return timeline(session, caller(db, cast, who), cast["chen"].id, month, "Asia/Shanghai")


def told(found: list[Event]) -> list[tuple[str, str, str]]:
    return [(event.kind, event.title, event.state) for event in found]


def test_a_rejection_an_appeal_and_its_answer(api: Api, db: Database, cast: Cast, clock: StoppedClock) -> None:
    checkin = api.check_in("chen", **FAR_AWAY).json["id"]
    clock.advance(minutes=10)
    api.post(
        f"/checkins/{checkin}/reviews", "bureau", {"decision": "rejected", "code": "not_there", "reason": "不在驻点"}
    )
    clock.advance(hours=20)
    appeal = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "在客户那里"}).json["id"]
    clock.advance(minutes=5)
    api.post(f"/appeals/{appeal}/decision", "bureau2", {"upheld": True, "answer": "已核实"})
    found = events(db, cast)
    assert told(found) == [
        ("appeal", "申诉成立：11月24日的打卡", "accepted"),
        ("appeal", "申诉 11月24日的打卡", ""),
        ("review", "复核 11月24日的打卡", "rejected"),
        ("checkin", "10:00 驻点打卡 · 上海驻点", "accepted"),
    ]
    assert [(e.text, e.by) for e in found[:3]] == [("已核实", "bureau2"), ("在客户那里", ""), ("不在驻点", "bureau")]
    assert (found[0].on, found[3].on, str(found[3].checkin_id)) == (date(2026, 11, 25), date(2026, 11, 24), checkin)


def test_leave_and_what_others_vouched_for(api: Api, db: Database, cast: Cast) -> None:
    leave = api.post("/leaves", "chen", {"kind": "sick", "starts_on": "2026-11-26", "ends_on": "2026-11-27",
                                         "reason": "发热"}).json["id"]  # fmt: skip
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True})
    body = {"member": str(cast["chen"].id), "on": "2026-11-23", "value": 0.5, "reason": "一起接待客商"}
    assert api.post("/attestations", "leader", body).status_code == 201
    found = events(db, cast)
    assert told(found) == [
        ("leave", "病假 11月26日至11月27日，已同意", "excused"),
        ("attestation", "证明在岗半天", "accepted"),
    ]
    assert [(e.text, e.by) for e in found] == [("发热；同意", "supervisor"), ("一起接待客商", "leader")]


def test_flags_and_what_was_done_about_them(db: Database, cast: Cast) -> None:
    flag = uuid.uuid4()
    about = {"county_id": 1, "member_id": cast["chen"].id, "month": NOV, "facts": {}}
    with db.transaction() as session:
        session.add(Flag(id=flag, kind="behind", message="比进度少 3 天。", raised_at=NOON, closed_at=NOON, **about))
        session.flush()
        done = {"heard": "孩子住院", "reason": "先提醒", "told": [], "created_at": NOON}
        session.add(FlagStep(county_id=1, flag_id=flag, step="talk", decided_by=cast["supervisor"].id, **done))
    found = {event.title: event for event in events(db, cast)}
    assert set(found) == {"11月预警：落后", "11月预警“落后”已解除", "处置：约谈"}
    assert (found["处置：约谈"].text, found["处置：约谈"].by) == ("本人说明：孩子住院 决定：先提醒", "supervisor")


def test_a_posting_begins_and_ends(api: Api, db: Database, cast: Cast) -> None:
    assert ("posting", "开始派驻", "") in told(events(db, cast, month=date(2026, 9, 1)))
    squad, station = str(cast.squads["west-1"]), str(cast.stations["west-1"])
    body = {"member": str(cast["chen"].id), "squad": squad, "station": station, "starts_on": "2026-11-20"}
    assert api.post("/postings", "admin", body).status_code == 201
    found = [(e.on.day, e.title, e.text) for e in events(db, cast)]
    assert found == [
        (20, "开始派驻", "west-1，法兰克福驻点（法兰克福）"),
        (19, "派驻结束", "east-1，上海驻点（上海）"),
    ]


def test_what_was_learnt_after_the_close_stands_beside_it(
    api: Api, db: Database, cast: Cast, clock: StoppedClock
) -> None:
    checkin = api.check_in("chen", **FAR_AWAY).json["id"]
    clock.advance(days=16)
    api.close_month()
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted"})
    kinds = [event.kind for event in events(db, cast)]
    assert kinds == ["review", "addendum", "checkin"] or kinds == ["addendum", "review", "checkin"]


@pytest.mark.parametrize(("who", "state"), [("bureau", "review"), ("supervisor", "accepted")])
def test_a_blind_sample_stays_blind(api: Api, db: Database, cast: Cast, who: str, state: str) -> None:
    api.check_in("chen")
    with db.transaction() as session:
        session.execute(update(CheckIn).values(sampled=True))
    (found,) = events(db, cast, who)
    assert (found.state, found.text == sample.HIDDEN_REASON) == (state, who == "bureau")
