"""抽查: drawn by a procedure that anybody can repeat, answered by a selfie or a call, explained, decided by people."""

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import uuid
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from server.config import Config
from server.db import Database
from server.notify.models import Notice
from server.org.models import Member
from server.spotchecks import course
from server.spotchecks.asking import by_schedule
from server.spotchecks.models import Draw, SpotCheck
from server.spotchecks.pool import span_of
from server.spotchecks.verify import verify
from server.tally.rules import PolicyRules
from server.tally.spot_terms import spot_terms
from server.tally.workdays import is_workday
from server.worker import Worker
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
Go = Callable[..., None]


@pytest.fixture
def sent(db: Database, clock: StoppedClock) -> Callable[[], None]:
    """WeChat takes all that is asked for, now."""

    def take() -> None:
        with db.transaction() as session:
            taken = update(Notice).where(Notice.kind == "spot_asked").values(state="sent", sent_at=clock())
            session.execute(taken)

    return take


def draw(api: Api, who: str = "bureau", **changes: Any) -> Any:
    return api.post("/draws", who, {"id": str(uuid.uuid4()), "kind": "selfie", "count": 1} | changes)


def aimed(api: Api, at: str = "chen", **changes: Any) -> Any:
    return draw(api, aimed_at=str(api.cast[at].id), reason="有人反映", **changes)


def mine(api: Api, who: str = "chen") -> list[Any]:
    found: list[Any] = api.get("/me/spot-checks", who).json["items"]
    return found


@pytest.fixture
def asked(api: Api, spot_course: Go, sent: Callable[[], None]) -> str:
    """chen's own check, sent out and taken by WeChat."""
    assert aimed(api).status_code == 201
    spot_course(seconds=4)
    sent()
    return str(mine(api)[0]["id"])


def answer(api: Api, check: str, who: str = "chen", **form: Any) -> Any:
    ticket = api.post(f"/me/spot-checks/{check}/camera", who)
    assert ticket.status_code == 201, ticket.text
    return api.check_in(who, kind="spot", ticket=ticket.json["ticket"], **form)


# The draw


def test_five_are_drawn_sent_out_and_it_is_proved_later(
    api: Api, spot_course: Go, rows: Rows, clock: StoppedClock
) -> None:
    asked = draw(api, count=5)
    assert (asked.status_code, asked.json["state"], asked.json["among"]) == (201, "announced", "全县")
    assert rows("SELECT count(*) FROM spot_checks") == [(0,)], "nobody knows yet whom"
    spot_course(seconds=4)
    seen = api.get(f"/draws/{asked.json['id']}", "bureau").json
    assert seen["state"] == "drawn"
    drawn = [row["id"] for row in seen["pool"] if row["rank"] and row["rank"] <= 5]
    assert [check["member"]["id"] for check in seen["checks"]] == drawn
    assert {row["why"] for row in seen["pool"] if row["rank"] is None} <= {"不在驻点的工作时间"}
    told = rows("SELECT count(*) FROM notices WHERE kind = 'spot_asked'")
    assert told == [(len(seen["checks"]),)]
    clock.advance(days=30)
    proved = api.get(f"/draws/{asked.json['id']}/verification", "bureau").json
    assert proved["holds"], proved
    assert len(proved["proofs"]) == 5


def test_the_same_wish_again_is_a_retry(api: Api) -> None:
    said = {"id": str(uuid.uuid4()), "kind": "selfie", "count": 1}
    assert [api.post("/draws", "bureau", said).status_code for _ in range(2)] == [201, 200]
    other = api.post("/draws", "bureau", said | {"count": 2})
    assert (other.status_code, other.json["code"]) == (409, "draw_differs")
    assert api.post("/draws", "bureau2", said).status_code == 409


def test_a_units_supervisor_draws_among_their_unit_alone(api: Api, cast: Any, spot_course: Go) -> None:
    made = draw(api, "supervisor", count=200)
    assert made.json["among"] == "east"
    spot_course(seconds=4)
    seen = api.get(f"/draws/{made.json['id']}", "supervisor").json
    assert {check["squad"] for check in seen["checks"]} == {"east-1"}
    west = str(cast.units["west"])
    assert draw(api, "supervisor", unit=west).status_code == 403
    assert api.get(f"/draws/{made.json['id']}", "other_supervisor").status_code == 404
    assert draw(api, "chen").status_code == 403
    assert draw(api, "leader").status_code == 403


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"count": 0}, 422, "input_invalid"),
        ({"kind": "visit"}, 422, "input_invalid"),
        ({"starts_at": "2026-11-24T03:00:00Z"}, 422, "input_invalid"),
        ({"starts_at": "2026-11-24T01:00:00Z", "ends_at": "2026-11-24T03:00:00Z"}, 422, "window_invalid"),
        ({"starts_at": "2026-11-24T05:00:00Z", "ends_at": "2026-11-24T04:00:00Z"}, 422, "window_invalid"),
        ({"starts_at": "2026-12-24T05:00:00Z", "ends_at": "2026-12-24T06:00:00Z"}, 422, "window_invalid"),
        ({"aimed_at": "chen"}, 422, "reason_needed"),
        ({"aimed_at": "chen", "reason": "x", "count": 2}, 422, "aimed_is_one"),
        ({"aimed_at": "outsider", "reason": "x"}, 404, "not_found"),
        ({"aimed_at": "supervisor", "reason": "x"}, 422, "not_posted"),
        ({"starts_at": "2026-11-28T02:00:00Z", "ends_at": "2026-11-28T04:00:00Z"}, 422, "not_a_workday"),
        ({"unit": "far"}, 404, "not_found"),
        ({"squad": "far-1"}, 404, "not_found"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_said(api: Api, cast: Any, rows: Rows, changes: Any, status: int, code: str) -> None:
    places = {"unit": cast.units, "squad": cast.squads}
    named = {key: str(places[key][value]) for key, value in changes.items() if key in places}
    if "aimed_at" in changes:
        named["aimed_at"] = str(cast[changes["aimed_at"]].id)
    refused = draw(api, **(changes | named))
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert rows("SELECT count(*) FROM draws") == [(0,)]


def test_who_is_on_leave_or_has_not_agreed_cannot_be_drawn(api: Api, spot_course: Go) -> None:
    leave = api.post("/leaves", "chen", {"kind": "training", "starts_on": "2026-11-24", "reason": "培训"}).json["id"]
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True})
    version = api.get("/consents", "colleague").json["version"]
    assert api.post("/consents", "colleague", {"version": version, "agreed": False}).status_code == 200
    made = draw(api, "supervisor", count=50).json
    spot_course(seconds=4)
    why = {row["name"]: row["why"] for row in api.get(f"/draws/{made['id']}", "supervisor").json["pool"]}
    assert (why["chen"], why["colleague"], why["leader"]) == ("请假或公出", "没有同意采集照片和位置", None)
    assert mine(api, "chen") == []


def test_working_hours_are_the_stations(api: Api, spot_course: Go, clock: StoppedClock, rows: Rows) -> None:
    """19:00 in China, noon in Frankfurt: whoever is there can be drawn, nobody else."""
    clock.advance(hours=9)
    made = draw(api, count=200).json
    spot_course(seconds=4)
    seen = api.get(f"/draws/{made['id']}", "bureau").json
    assert {check["station"] for check in seen["checks"]} <= {"法兰克福驻点"}
    assert "不在驻点的工作时间" in {row["why"] for row in seen["pool"]}


def test_nobody_is_asked_more_often_than_the_cap(api: Api, spot_course: Go, clock: StoppedClock) -> None:
    for _ in range(3):
        draw(api, "supervisor", count=50)
        spot_course(seconds=4)
        for who in ("chen", "colleague", "leader"):
            for check in mine(api, who)[:1]:
                if check["state"] == "open":
                    answer(api, check["id"], who)
        clock.advance(minutes=5)
    mine_ = api.get("/me/spot-checks", "chen").json
    assert (mine_["this_month"], mine_["month_cap"], len(mine_["items"])) == (2, 2, 2)


def test_nobody_is_drawn_twice_before_everybody_once(api: Api, spot_course: Go) -> None:
    seen: list[str] = []
    for _ in range(3):
        made = draw(api, "supervisor", count=1).json
        spot_course(seconds=4)
        (check,) = api.get(f"/draws/{made['id']}", "supervisor").json["checks"]
        seen.append(check["member"]["name"])
        answer(api, check["id"], check["member"]["name"])
    assert sorted(seen) == ["chen", "colleague", "leader"]


def test_an_unanswered_one_makes_the_next_likelier_until_it_is_excused(api: Api, asked: str, spot_course: Go) -> None:
    spot_course(minutes=31)
    weights = []
    for _ in range(2):
        made = draw(api, "supervisor", count=1).json["id"]
        spot_course(seconds=4)
        seen = api.get(f"/draws/{made}", "supervisor").json
        weights.append(next(row["weight"] for row in seen["pool"] if row["name"] == "chen"))
        word = {"decision": "excused", "reason": "地铁里"}
        api.post(f"/spot-checks/{asked}/decision", "supervisor", word)
    assert weights == [2, 1]


def test_two_supervisors_at_once_never_double_a_member(
    api: Api, rows: Rows, config: Config, clock: StoppedClock
) -> None:
    for who in ("supervisor", "bureau"):
        draw(api, who, count=50)
    clock.advance(seconds=4)
    workers = [Worker(config, clock) for _ in range(2)]
    threads = [threading.Thread(target=worker.spot_checks) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workers[0].spot_checks()
    for worker in workers:
        worker.db.dispose()
    assert rows("SELECT count(*) FROM draws WHERE state = 'drawn'") == [(2,)]
    assert rows("SELECT member_id FROM spot_checks GROUP BY member_id HAVING count(*) > 1") == []


def test_in_a_window_each_has_a_moment_of_their_own_and_nobody_sees_whom_before(
    api: Api, spot_course: Go, clock: StoppedClock, rows: Rows
) -> None:
    made = draw(api, count=3, starts_at="2026-11-24T03:00:00Z", ends_at="2026-11-24T08:00:00Z").json
    spot_course(seconds=4)
    seen = api.get(f"/draws/{made['id']}", "bureau").json
    assert (seen["state"], seen["drawn"], seen["checks"], seen["pool"], seen["seed"]) == ("drawn", 3, [], [], None)
    hidden = api.get(f"/draws/{made['id']}/verification", "bureau")
    assert (hidden.status_code, hidden.json["code"]) == (409, "draw_under_way")
    assert api.get("/spot-checks", "bureau").json["items"] == []
    moments = [row[0] for row in rows("SELECT issues_at FROM spot_checks")]
    assert len(set(moments)) == 3
    spot_course(hours=6)
    seen = api.get(f"/draws/{made['id']}", "bureau").json
    assert len(seen["checks"]) == 3
    assert seen["seed"]
    assert api.get(f"/draws/{made['id']}/verification", "bureau").json["holds"]


def test_no_list_and_no_copy_tells_of_one_that_is_still_to_come(api: Api, spot_course: Go) -> None:
    """chen is to be asked tomorrow. Another draw leaves her out, and would say so."""
    first = aimed(api, starts_at="2026-11-25T03:00:00Z", ends_at="2026-11-25T03:00:00Z").json["id"]
    spot_course(seconds=4)
    second = draw(api, "supervisor", count=50).json["id"]
    spot_course(seconds=4)
    seen = api.get(f"/draws/{second}", "supervisor").json
    assert {check["member"]["name"] for check in seen["checks"]} == {"chen", "colleague", "leader"}, "as if it were not"
    assert {row["name"] for row in seen["pool"]} >= {"chen"}
    copy = zipfile.ZipFile(io.BytesIO(api.get("/me/export", "chen").data))
    data = json.loads(copy.read("data.json"))
    assert [one["state"] for one in data["spot_checks"] if one["state"] != "void"] == ["open"]
    spot_course(days=1, hours=2)
    assert len(mine(api)) == 1, "nobody is asked twice"
    for draw_id in (second, first):
        assert api.get(f"/draws/{draw_id}/verification", "supervisor").json["holds"]


def test_whoever_goes_on_leave_before_their_moment_is_not_asked(api: Api, spot_course: Go, rows: Rows) -> None:
    aimed(api, starts_at="2026-11-25T03:00:00Z", ends_at="2026-11-25T03:00:00Z")
    spot_course(seconds=4)
    leave = api.post("/leaves", "chen", {"kind": "sick", "starts_on": "2026-11-25", "reason": "发热"}).json["id"]
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True})
    spot_course(days=1, hours=2)
    assert rows("SELECT state FROM spot_checks") == [("void",)]
    assert mine(api) == []


def test_the_schedule_draws_by_the_rules(
    api: Api, db: Database, spot_course: Go, rows: Rows, clock: StoppedClock
) -> None:
    terms = spot_terms(PolicyRules(spot_a_day=2))
    with db.transaction() as session:
        by_schedule(session, 1, "Asia/Shanghai", clock().date(), terms, is_workday, clock())
        by_schedule(session, 1, "Asia/Shanghai", clock().date(), spot_terms(PolicyRules()), is_workday, clock())
    spot_course(seconds=4)
    spot_course(hours=8)
    (found,) = api.get("/draws", "bureau").json["items"]
    assert (found["asked_by"], found["count"], found["drawn"]) == (None, 2, 2)


# What the chain proves


def test_who_was_in_it_sees_where_they_came_and_an_outsider_nothing(api: Api, spot_course: Go, asked: str) -> None:
    made = draw(api, "bureau", count=1).json["id"]
    spot_course(seconds=4)
    seen = api.get(f"/draws/{made}/verification", "colleague")
    assert seen.status_code == 200
    assert "您的号码是" in seen.json["mine"]
    assert seen.json["holds"]
    assert "还有一次抽查没有结束" in api.get(f"/draws/{made}/verification", "chen").json["mine"]
    assert api.get(f"/draws/{made}/verification", "outsider").status_code == 404
    assert api.get(f"/draws/{made}", "colleague").status_code == 404


def test_an_aimed_one_says_that_it_was_aimed(api: Api, asked: str) -> None:
    (check,) = mine(api)
    assert check["aimed"]
    told = api.get(f"/draws/{check['draw']}/verification", "chen").json
    assert (told["aimed"], told["reason"]) == (True, "")
    assert api.get(f"/draws/{check['draw']}/verification", "bureau").json["reason"] == "有人反映"


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE draws SET seed = '" + "0" * 64 + "'",
        "UPDATE draws SET count = 2",
        "UPDATE spot_checks SET member_id = (SELECT id FROM members WHERE name = 'leader' AND county_id = 1)",
        "UPDATE draws SET moment_at = asked_at",
        "UPDATE audit_events SET commitment = 'x' WHERE action = 'draw.drawn'",
    ],
)
def test_whoever_meddles_with_it_is_found_out(asked: str, db: Database, spoil: str) -> None:
    with db.transaction() as session:
        (found,) = session.query(Draw).all()
        assert all(proof.holds for proof in verify(session, found))
    with db.engine.begin() as connection:
        connection.exec_driver_sql(spoil)
    with db.reading() as session:
        (found,) = session.query(Draw).all()
        assert not all(proof.holds for proof in verify(session, found))


def test_the_command_says_the_same(api: Api, asked: str, database_url: str) -> None:
    draw_id = mine(api)[0]["draw"]
    env = os.environ | {"DATABASE_URL": database_url}
    done = subprocess.run(
        [sys.executable, "-m", "server", "spotchecks", "verify", draw_id], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "aimed" in done.stdout
    nothing = subprocess.run(
        [sys.executable, "-m", "server", "spotchecks", "verify", str(uuid.uuid4())],
        env=env,
        capture_output=True,
        text=True,
    )
    assert nothing.returncode == 1


# The selfie


def test_a_selfie_in_time_goes_to_a_person_with_what_was_to_be_shown(api: Api, asked: str, rows: Rows) -> None:
    camera = api.post(f"/me/spot-checks/{asked}/camera", "chen").json
    again = api.post(f"/me/spot-checks/{asked}/camera", "chen").json
    assert camera["challenge"] == again["challenge"], "to open the camera twice is no second chance"
    made = api.check_in("chen", kind="spot", ticket=camera["ticket"]).json
    assert made["verdict"] == "review"
    (check,) = mine(api)
    assert (check["state_word"], check["checkin"], check["checkin_holds"]) == ("按时应答", made["id"], "review")
    spent = api.post(f"/me/spot-checks/{asked}/camera", "chen")
    assert (spent.status_code, spent.json["code"]) == (409, "spot_answered")
    finding = next(one for one in made["findings"] if one["code"] == "SPOT_CHALLENGE")
    assert camera["challenge"] in finding["message"]


def test_whoever_opens_the_camera_again_and_again_can_still_answer(api: Api, asked: str) -> None:
    while api.post("/checkins/tickets", "chen").status_code == 201:
        pass
    opened = {api.post(f"/me/spot-checks/{asked}/camera", "chen").json["ticket"] for _ in range(12)}
    assert len(opened) == 1
    assert api.check_in("chen", kind="spot", ticket=opened.pop()).json["verdict"] == "review"
    assert mine(api)[0]["state_word"] == "按时应答"


def test_what_was_taken_in_time_and_arrives_late_is_in_time(
    api: Api, asked: str, spot_course: Go, clock: StoppedClock
) -> None:
    """From a basement: the ticket was there, the photo waited for signal."""
    ticket = api.post(f"/me/spot-checks/{asked}/camera", "chen").json["ticket"]
    taken = clock() + timedelta(minutes=10)
    spot_course(minutes=50)
    assert mine(api)[0]["state"] == "unanswered"
    assert api.check_in("chen", kind="spot", ticket=ticket, at=taken).status_code == 201
    assert mine(api)[0]["state"] in ("answered", "late")


def test_a_late_one_is_late_and_can_be_explained(api: Api, asked: str, spot_course: Go) -> None:
    spot_course(minutes=45)
    made = answer(api, asked).json
    assert "晚了" in next(one for one in made["findings"] if one["code"] == "SPOT_CHALLENGE")["message"]
    assert mine(api)[0]["state_word"] == "超时应答"
    said = api.post(f"/spot-checks/{asked}/explanation", "chen", {"excuse": "driving", "text": "高速上"})
    assert (said.status_code, said.json["excuse_word"]) == (200, "正在开车")


def test_nobodys_camera_opens_for_another(api: Api, asked: str) -> None:
    assert api.post(f"/me/spot-checks/{asked}/camera", "colleague").status_code == 404
    assert api.post(f"/me/spot-checks/{asked}/camera", "outsider").status_code == 404


def test_an_ordinary_ticket_has_nothing_to_show(api: Api) -> None:
    assert api.post("/checkins/tickets", "chen").json["challenge"] is None


# Not answered


def test_who_saw_it_and_did_not_answer_is_asked_why_and_a_person_decides(
    api: Api, asked: str, spot_course: Go, rows: Rows, clock: StoppedClock
) -> None:
    spot_course(minutes=31)
    (check,) = mine(api)
    assert check["state"] == "unanswered"
    notice = api.get("/me/notices", "chen").json["items"][0]
    assert notice["kind"] == "spot_missed"
    early = api.post(f"/spot-checks/{asked}/decision", "supervisor", {"decision": "failed", "reason": "没有应答"})
    assert (early.status_code, early.json["code"]) == (409, "spot_not_heard")
    assert api.get("/spot-checks?state=unexplained", "supervisor").json["items"][0]["id"] == asked
    said = {"excuse": "no_signal", "text": "地下车间没有信号"}
    assert api.post(f"/spot-checks/{asked}/explanation", "chen", said).json["explanation"] == "地下车间没有信号"
    assert api.post(f"/spot-checks/{asked}/explanation", "chen", said).status_code == 200
    assert api.get("/spot-checks?state=undecided", "supervisor").json["items"][0]["id"] == asked
    clock.advance(minutes=5)
    word = {"decision": "excused", "reason": "已核实"}
    assert api.post(f"/spot-checks/{asked}/decision", "other_supervisor", word).status_code == 404
    assert api.post(f"/spot-checks/{asked}/decision", "chen", word).status_code == 403
    done = api.post(f"/spot-checks/{asked}/decision", "supervisor", word).json
    assert (done["decision_word"], done["decided_by"]) == ("情况属实", "supervisor")
    assert api.post(f"/spot-checks/{asked}/decision", "supervisor", word).status_code == 200
    other = api.post(f"/spot-checks/{asked}/decision", "bureau", {"decision": "failed", "reason": "不采信"})
    assert other.status_code == 409
    assert "情况属实" in api.get("/me/notices", "chen").json["items"][0]["text"]
    assert api.post(f"/spot-checks/{asked}/explanation", "chen", said | {"text": "x"}).status_code == 409
    (entry,) = [one for one in api.get("/me/file", "chen").json["events"] if one["kind"] == "spot"]
    assert (entry["title"], entry["text"]) == ("抽查未应答", "没有信号；地下车间没有信号；情况属实：已核实")


def test_without_a_word_it_can_be_decided_after_a_day(api: Api, asked: str, spot_course: Go) -> None:
    spot_course(minutes=31)
    spot_course(hours=25)
    done = api.post(f"/spot-checks/{asked}/decision", "supervisor", {"decision": "failed", "reason": "无说明"})
    assert done.status_code == 200


def test_what_never_reached_them_counts_against_nobody(api: Api, spot_course: Go, db: Database, rows: Rows) -> None:
    aimed(api)
    spot_course(seconds=4)
    spot_course(minutes=31)
    (check,) = mine(api)
    assert check["state_word"] == "没有送达"
    assert rows("SELECT count(*) FROM notices WHERE kind = 'spot_missed'") == [(0,)]
    assert api.get("/me/spot-checks", "chen").json["this_month"] == 0
    refused = api.post(f"/spot-checks/{check['id']}/decision", "bureau", {"decision": "failed", "reason": "x"})
    assert refused.status_code == 409
    assert api.get("/spot-results?month=2026-11", "bureau").json["squads"] == []


def test_who_read_it_in_the_app_was_reached(api: Api, spot_course: Go) -> None:
    aimed(api)
    spot_course(seconds=4)
    notice = api.get("/me/notices", "chen").json["items"][0]
    api.post("/me/notices/read", "chen", {"ids": [notice["id"]]})
    spot_course(minutes=31)
    assert mine(api)[0]["state"] == "unanswered"


def test_other_reasons_need_a_word(api: Api, asked: str, spot_course: Go) -> None:
    spot_course(minutes=31)
    assert api.post(f"/spot-checks/{asked}/explanation", "chen", {"excuse": "other"}).status_code == 422
    assert api.post(f"/spot-checks/{asked}/explanation", "colleague", {"excuse": "driving"}).status_code == 404


# The call


@pytest.fixture
def to_call(api: Api, spot_course: Go, station_phones: None) -> str:
    made = draw(api, "supervisor", kind="call").json["id"]
    spot_course(seconds=4)
    return str(api.get(f"/draws/{made}", "supervisor").json["checks"][0]["id"])


def call(api: Api, check: str, outcome: str, **more: Any) -> Any:
    said = {"id": str(uuid.uuid4()), "outcome": outcome, "called_at": api.clock().isoformat()}
    return api.post(f"/spot-checks/{check}/calls", "supervisor", said | more)


def test_the_call_sheet_has_the_number_and_an_answer_ends_it(api: Api, to_call: str) -> None:
    (row,) = api.get("/spot-calls", "supervisor").json["items"]
    assert (row["id"], row["squad"], row["phone"]) == (to_call, "east-1", "02188886666")
    assert mine(api, "chen") == [], "nobody waits beside the telephone"
    done = call(api, to_call, "answered", who="小陈", note="在驻点办公")
    assert (done.status_code, done.json["state_word"], done.json["calls"][0]["who"]) == (201, "按时应答", "小陈")
    assert api.get("/spot-calls", "supervisor").json["items"] == []
    assert call(api, to_call, "no_answer").status_code == 409
    assert mine(api, "chen")[0]["calls"][0]["outcome_word"] == "在驻点接听", "the squad sees what came of it"
    assert "驻点电话有人接听" in [one["title"] for one in api.get("/me/file", "chen").json["events"]]
    assert "驻点电话有人接听" not in [one["title"] for one in api.get("/me/file", "neighbour").json["events"]]


def test_no_answer_counts_with_the_second_attempt_ten_minutes_later(
    api: Api, to_call: str, clock: StoppedClock, rows: Rows
) -> None:
    assert call(api, to_call, "no_answer").json["state"] == "open"
    clock.advance(minutes=9)
    assert call(api, to_call, "no_answer").json["state"] == "open"
    clock.advance(minutes=1, seconds=1)
    assert call(api, to_call, "no_answer").json["state"] == "unanswered"
    said = api.post(f"/spot-checks/{to_call}/explanation", "colleague", {"excuse": "meeting", "text": "都去企业了"})
    assert (said.status_code, said.json["explained_by"]) == (200, "colleague")
    assert api.post(f"/spot-checks/{to_call}/explanation", "neighbour", {"excuse": "meeting"}).status_code == 404
    assert rows("SELECT count(DISTINCT member_id) FROM notices WHERE kind = 'spot_missed'")[0][0] >= 2


def test_a_wrong_number_is_nobodys_fault_and_the_same_call_again_is_a_retry(api: Api, to_call: str) -> None:
    said = {"id": str(uuid.uuid4()), "outcome": "wrong_number", "called_at": api.clock().isoformat()}
    path = f"/spot-checks/{to_call}/calls"
    assert [api.post(path, "supervisor", said).status_code for _ in range(2)] == [201, 200]
    assert api.get("/spot-results?month=2026-11", "supervisor").json["squads"] == []
    assert api.post(path, "other_supervisor", said).status_code == 404
    assert api.post(path, "chen", said).status_code == 403


def test_one_that_nobody_calls_is_given_up_after_three_days(api: Api, to_call: str, spot_course: Go) -> None:
    spot_course(days=2)
    assert len(api.get("/spot-calls", "supervisor").json["items"]) == 1
    spot_course(days=2)
    assert api.get("/spot-calls", "supervisor").json["items"] == []
    assert mine(api) == []
    assert api.get("/spot-results?month=2026-11", "supervisor").json["squads"] == []


def test_a_station_without_a_number_cannot_be_called(api: Api, spot_course: Go) -> None:
    made = draw(api, "supervisor", kind="call").json["id"]
    spot_course(seconds=4)
    seen = api.get(f"/draws/{made}", "supervisor").json
    assert seen["checks"] == []
    assert [row["why"] for row in seen["pool"]] == ["驻点没有登记固定电话"]


# Results


def test_a_months_results_by_unit_and_squad(api: Api, asked: str, spot_course: Go, clock: StoppedClock) -> None:
    clock.advance(minutes=6)
    checkin = answer(api, asked).json["id"]
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted", "reason": "手势正确"})
    found = api.get("/spot-results?month=2026-11", "bureau").json
    (line,) = found["squads"]
    expected = {"name": "east-1", "unit": "east", "drawn": 1, "in_time": 1, "late": 0, "accepted": 1, "unanswered": 0}
    assert {key: line[key] for key in expected} == expected
    assert 300 <= line["median_s"] <= 400
    assert [one["name"] for one in found["units"]] == ["east"]
    assert api.get("/spot-results?month=2026-11", "other_supervisor").json["squads"] == []
    assert api.get("/spot-results?month=2026-13", "bureau").status_code == 422


def test_unbound_people_cannot_be_drawn(api: Api, spot_course: Go, db: Database) -> None:
    with db.transaction() as session:
        session.execute(update(Member).where(Member.name == "chen").values(openid=None))
    made = aimed(api).json["id"]
    spot_course(seconds=4)
    (row,) = api.get(f"/draws/{made}", "bureau").json["pool"]
    assert row["why"] == "没有绑定微信，通知送不到"


def test_the_worker_looks_only_where_something_is_due(db: Database, clock: StoppedClock, api: Api) -> None:
    with db.reading() as session:
        assert not course.is_due(session, 1, clock())
    draw(api)
    with db.reading() as session:
        assert not course.is_due(session, 1, clock())
        assert course.is_due(session, 1, clock() + timedelta(seconds=4))
    with db.transaction() as session:
        course.look(session, 1, spot_terms(PolicyRules()), is_workday, clock() + timedelta(seconds=4))
        assert session.query(SpotCheck).count() == 1


# What a fresh reader found


def test_nobody_who_reads_the_chain_finds_whom_it_draws(api: Api, spot_course: Go, rows: Rows) -> None:
    """Head and list are no secret; the draw's own is, until all of it is out, and only then are digests opened."""
    made = draw(api, count=3, starts_at="2026-11-24T03:00:00Z", ends_at="2026-11-24T08:00:00Z").json["id"]
    spot_course(seconds=4)
    ((secret, seed),) = rows("SELECT secret, seed FROM draws")
    told = "".join(body for (body,) in rows("SELECT body FROM audit_payloads WHERE body LIKE '%sha256%'"))
    assert secret not in told
    assert seed not in told
    assert secret not in api.get(f"/draws/{made}", "bureau").text
    for who in ("chen", "colleague", "leader"):
        id_ = str(api.cast[who].id)
        guesses = [json.dumps([id_]), id_, json.dumps(["", [id_]])]
        assert not any(hashlib.sha256(guess.encode()).hexdigest() in told for guess in guesses)


def test_an_aimed_one_names_nobody_before_it_is_out_but_to_who_aimed(api: Api, spot_course: Go, rows: Rows) -> None:
    made = aimed(api, starts_at="2026-11-25T03:00:00Z", ends_at="2026-11-25T03:00:00Z").json
    assert made["aimed_at"] == str(api.cast["chen"].id)
    for who in ("bureau2", "supervisor"):
        (seen,) = api.get("/draws", who).json["items"]
        assert (seen["aimed"], seen["aimed_at"], seen["reason"]) == (True, None, "")
    assert not [body for (body,) in rows("SELECT body FROM audit_payloads") if "有人反映" in body]
    spot_course(days=1, hours=2)
    assert api.get("/draws", "supervisor").json["items"][0]["aimed_at"] == str(api.cast["chen"].id)


def test_who_was_not_reached_and_answers_later_stays_out_of_every_sum(api: Api, spot_course: Go) -> None:
    aimed(api)
    spot_course(seconds=4)
    spot_course(minutes=31)
    (check,) = mine(api)
    assert check["state"] == "undelivered"
    spot_course(minutes=10)
    assert answer(api, check["id"]).status_code == 201
    (check,) = mine(api)
    assert (check["state"], check["checkin"] is not None) == ("undelivered", True)
    refused = api.post(f"/spot-checks/{check['id']}/decision", "bureau", {"decision": "failed", "reason": "x"})
    assert refused.json["code"] == "spot_not_missed"


def test_who_hears_of_it_at_the_last_moment_was_not_reached(
    api: Api, spot_course: Go, sent: Callable[[], None]
) -> None:
    aimed(api)
    spot_course(seconds=4)
    spot_course(minutes=20)
    sent()
    spot_course(minutes=11)
    assert mine(api)[0]["state"] == "undelivered"


def test_a_photo_that_arrives_as_the_time_ends_is_not_lost(
    api: Api, asked: str, config: Config, clock: StoppedClock, rows: Rows
) -> None:
    ticket = api.post(f"/me/spot-checks/{asked}/camera", "chen").json["ticket"]
    clock.advance(minutes=30, seconds=1)
    taken = clock() - timedelta(minutes=5)
    worker = Worker(config, clock)
    threads = [
        threading.Thread(target=worker.spot_checks),
        threading.Thread(target=lambda: api.check_in("chen", kind="spot", ticket=ticket, at=taken)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.db.dispose()
    assert rows("SELECT state, checkin_id IS NOT NULL FROM spot_checks") == [("answered", True)]


def test_the_squad_has_a_day_to_explain_from_when_it_was_told(api: Api, to_call: str, clock: StoppedClock) -> None:
    clock.advance(days=1)
    for _ in range(2):
        call(api, to_call, "no_answer")
        clock.advance(minutes=11)
    failed = {"decision": "failed", "reason": "没有人"}
    early = api.post(f"/spot-checks/{to_call}/decision", "supervisor", failed)
    assert (early.status_code, early.json["code"]) == (409, "spot_not_heard")
    clock.advance(hours=25)
    assert api.post(f"/spot-checks/{to_call}/decision", "supervisor", failed).status_code == 200


def test_a_call_of_before_the_draw_or_after_work_does_not_count(api: Api, to_call: str, clock: StoppedClock) -> None:
    old = call(api, to_call, "no_answer", called_at="2026-10-24T02:00:00Z")
    assert (old.status_code, old.json["code"]) == (422, "call_too_early")
    clock.advance(hours=12)  # ten at night
    for _ in range(3):
        assert call(api, to_call, "no_answer").json["state"] == "open"
        clock.advance(minutes=11)
    clock.advance(hours=11)  # nine in the morning and more
    later = clock()
    clock.advance(minutes=11)
    assert call(api, to_call, "no_answer").json["state"] == "open"
    assert call(api, to_call, "no_answer", called_at=later.isoformat()).json["state"] == "unanswered", "in any order"


def test_nothing_is_sent_out_after_work(api: Api, clock: StoppedClock, spot_course: Go, rows: Rows) -> None:
    aimed(api, starts_at="2026-11-24T09:00:00Z", ends_at="2026-11-24T09:00:00Z")
    spot_course(seconds=4)
    spot_course(hours=13)  # the worker stood still till eleven at night
    assert rows("SELECT state FROM spot_checks") == [("void",)]


def test_a_photo_of_in_time_that_arrives_after_a_decision_reopens_it(
    api: Api, asked: str, spot_course: Go, clock: StoppedClock
) -> None:
    ticket = api.post(f"/me/spot-checks/{asked}/camera", "chen").json["ticket"]
    taken = clock() + timedelta(minutes=5)
    spot_course(minutes=31)
    api.post(f"/spot-checks/{asked}/explanation", "chen", {"excuse": "no_signal"})
    word = {"decision": "failed", "reason": "不采信"}
    assert api.post(f"/spot-checks/{asked}/decision", "supervisor", word).status_code == 200
    assert api.post(f"/me/spot-checks/{asked}/camera", "chen").json["code"] == "spot_decided"
    clock.advance(hours=2)
    assert api.check_in("chen", kind="spot", ticket=ticket, at=taken).status_code == 201
    (check,) = mine(api)
    assert (check["state"], check["decision"], check["checkin"] is not None) == ("answered", None, True)


def test_who_takes_their_consent_back_is_held_to_nothing(api: Api, asked: str, spot_course: Go, rows: Rows) -> None:
    version = api.get("/consents", "chen").json["version"]
    taken_back = api.post("/consents", "chen", {"version": version, "agreed": False})
    assert taken_back.status_code == 200, taken_back.text
    spot_course(minutes=31)
    assert rows("SELECT state FROM spot_checks") == [("void",)]


def test_to_open_the_camera_often_takes_one_ticket(api: Api, asked: str) -> None:
    opened = [api.post(f"/me/spot-checks/{asked}/camera", "chen") for _ in range(12)]
    assert {one.status_code for one in opened} == {201}
    assert len({one.json["ticket"] for one in opened}) == 1
    assert api.post("/checkins/tickets", "chen").status_code == 201


@pytest.mark.parametrize(
    ("tz", "starts", "ends", "span"),
    [
        ("Asia/Shanghai", "01:00", "09:30", ("01:00", "09:30")),
        ("Europe/Berlin", "01:00", "09:30", ("08:00", "09:30")),
        ("Asia/Shanghai", "09:00", "12:00", ("09:00", "09:30")),
        ("Europe/Berlin", "01:00", "07:00", None),
        ("Europe/Berlin", "03:00", "08:00", None),
        ("Europe/Berlin", "08:00", "08:00", ("08:00", "08:00")),
        ("Asia/Shanghai", "09:31", "12:00", None),
    ],
)
def test_of_a_window_what_lies_in_the_stations_hours(tz: str, starts: str, ends: str, span: Any) -> None:
    """A window of the county's day is not the whole of Frankfurt's; there it is the part that is."""

    def at(clock: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-24T{clock}:00+00:00")

    found = span_of(tz, at(starts), at(ends), spot_terms(PolicyRules()), is_workday)
    assert found == (tuple(map(at, span)) if span else None)


def test_a_late_photo_of_one_who_was_not_reached_or_took_consent_back_is_held_against_nobody(
    api: Api, clock: StoppedClock, spot_course: Go, rows: Rows
) -> None:
    aimed(api)
    spot_course(seconds=4)
    check = mine(api)[0]["id"]
    clock.advance(minutes=33)  # the worker stands still
    assert answer(api, check).status_code == 201
    assert rows("SELECT state FROM spot_checks") == [("undelivered",)]


def test_a_void_one_comes_to_life_by_no_late_photo(api: Api, asked: str, spot_course: Go, rows: Rows) -> None:
    ticket = api.post(f"/me/spot-checks/{asked}/camera", "chen").json["ticket"]
    version = api.get("/consents", "chen").json["version"]
    api.post("/consents", "chen", {"version": version, "agreed": False})
    spot_course(minutes=31)
    api.post("/consents", "chen", {"version": version, "agreed": True})
    spot_course(minutes=20)
    assert api.check_in("chen", kind="spot", ticket=ticket).status_code == 201
    assert rows("SELECT state FROM spot_checks") == [("void",)]


def test_a_doubter_has_all_that_the_seed_is_made_of(api: Api, asked: str) -> None:
    draw_id = mine(api)[0]["draw"]
    told = api.get(f"/draws/{draw_id}/verification", "chen").json
    said = "\n".join([told["link_hash"], draw_id, told["secret"]])
    assert hashlib.sha256(said.encode()).hexdigest() == told["seed"]


def test_a_squad_on_leave_is_not_called(api: Api, station_phones: None, spot_course: Go) -> None:
    for who in ("chen", "colleague", "leader"):
        leave = {"kind": "training", "starts_on": "2026-11-24", "reason": "培训"}
        made = api.post("/leaves", who, leave).json["id"]
        assert api.post(f"/leaves/{made}/decision", "bureau", {"approved": True}).status_code == 200
    drawn = draw(api, "supervisor", kind="call").json["id"]
    spot_course(seconds=4)
    assert [row["why"] for row in api.get(f"/draws/{drawn}", "supervisor").json["pool"]] == ["请假或公出"]
