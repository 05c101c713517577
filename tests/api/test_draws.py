"""抽签: announced before anybody can know whom, the same again for whoever doubts it, told when all of it is out."""

import hashlib
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.db import Database
from server.org.models import Member, Posting
from server.spotchecks import course
from server.spotchecks.asking import by_schedule
from server.spotchecks.models import Draw, SpotCheck
from server.spotchecks.pool import WHY, span_of
from server.spotchecks.verify import verify
from server.tally.rules import PolicyRules
from server.tally.spot_terms import spot_terms
from server.tally.workdays import is_workday
from tests.client import Api
from tests.conftest import StoppedClock
from tests.spots import aimed, answer, draw, mine

Rows = Callable[..., list]
Go = Callable[..., None]


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
    assert {row["why"] for row in seen["pool"] if row["rank"] is None} <= {WHY["off_hours"]}
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
    assert WHY["off_hours"] in {row["why"] for row in seen["pool"]}


def test_nobody_is_asked_more_often_than_the_cap(api: Api, spot_course: Go, clock: StoppedClock) -> None:
    for by in ("supervisor", "supervisor", "bureau", "bureau"):
        draw(api, by, count=50)
        spot_course(seconds=4)
        for who in ("chen", "colleague", "leader"):
            for check in mine(api, who)[:1]:
                if check["state"] == "open":
                    answer(api, check["id"], who)
        clock.advance(minutes=5)
        assert len(mine(api)) == (1 if by == "supervisor" else 2), "a unit's draw leaves one for the county's"
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
        made = draw(api, "bureau", count=1).json["id"]
        spot_course(seconds=4)
        seen = api.get(f"/draws/{made}", "bureau").json
        weights.append(next(row["weight"] for row in seen["pool"] if row["name"] == "chen"))
        word = {"decision": "excused", "reason": "地铁里"}
        api.post(f"/spot-checks/{asked}/decision", "supervisor", word)
    assert weights == [2, 1]


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


def test_to_draw_all_of_a_squad_is_to_aim_and_says_why(api: Api, cast: Any, spot_course: Go) -> None:
    squad = str(cast.squads["east-1"])
    for wish in ({"count": 3, "squad": squad}, {"kind": "call", "squad": squad}):
        refused = draw(api, "supervisor", **wish)
        assert (refused.status_code, refused.json["code"]) == (422, "nothing_to_draw")
    assert draw(api, "supervisor", count=2, squad=squad).status_code == 201
    made = draw(api, "supervisor", count=50).json["id"]
    spot_course(seconds=4)
    told = api.get(f"/draws/{made}/verification", "supervisor").json
    assert told["all_drawn"]
    assert [set(one) for one in told["listed"]] == [{"number", "weight", "times"}] * len(told["listed"])


def test_whom_it_did_not_reach_is_not_drawn_for_ever(api: Api, spot_course: Go) -> None:
    seen = []
    for _ in range(3):
        made = draw(api, "supervisor", count=1).json["id"]
        spot_course(seconds=4)
        (check,) = api.get(f"/draws/{made}", "supervisor").json["checks"]
        seen.append(check["member"]["name"])
        spot_course(minutes=31)
    assert sorted(seen) == ["chen", "colleague", "leader"], "nobody had the message: WeChat was never asked"


def test_leave_that_is_approved_while_it_runs_ends_it(api: Api, asked: str, spot_course: Go, rows: Rows) -> None:
    leave = api.post("/leaves", "chen", {"kind": "sick", "starts_on": "2026-11-24", "reason": "发热"}).json["id"]
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True})
    spot_course(minutes=31)
    assert rows("SELECT state, why FROM spot_checks") == [("void", "on_leave")]
    assert rows("SELECT count(*) FROM notices WHERE kind = 'spot_missed'") == [(0,)]


def test_leave_that_is_approved_afterwards_forbids_the_worst(api: Api, asked: str, spot_course: Go) -> None:
    spot_course(minutes=31)
    leave = api.post("/leaves", "chen", {"kind": "sick", "starts_on": "2026-11-24", "reason": "发热"}).json["id"]
    assert api.post(f"/leaves/{leave}/decision", "bureau", {"approved": True}).status_code == 200
    spot_course(days=1, hours=1)
    word = {"decision": "failed", "reason": "没有应答"}
    refused = api.post(f"/spot-checks/{asked}/decision", "supervisor", word)
    assert (refused.status_code, refused.json["code"]) == (409, "spot_on_leave")
    word = {"decision": "excused", "reason": "当天病假"}
    aimer = api.post(f"/spot-checks/{asked}/decision", "bureau", word)
    assert (aimer.status_code, aimer.json["code"]) == (403, "aimed_by_oneself")
    assert api.post(f"/spot-checks/{asked}/decision", "supervisor", word).status_code == 200


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


def test_nothing_is_sent_out_after_work(api: Api, clock: StoppedClock, spot_course: Go, rows: Rows) -> None:
    aimed(api, starts_at="2026-11-24T09:00:00Z", ends_at="2026-11-24T09:00:00Z")
    spot_course(seconds=4)
    spot_course(hours=13)  # the worker stood still till eleven at night
    assert rows("SELECT state FROM spot_checks") == [("void",)]


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


def test_their_time_to_answer_ends_before_work_does(api: Api, clock: StoppedClock, spot_course: Go, rows: Rows) -> None:
    clock.advance(hours=7, minutes=10)  # 17:10 there, twenty minutes before the end; they would have thirty
    made = aimed(api).json["id"]
    spot_course(seconds=4)
    assert [row["why"] for row in api.get(f"/draws/{made}", "bureau").json["pool"]] == [WHY["off_hours"]]
    assert draw(api, aimed_at=str(api.cast["chen"].id), reason="有人反映", answer_min=10).status_code == 201
    spot_course(seconds=4)
    assert rows("SELECT state FROM spot_checks") == [("open",)]


def test_who_is_drawn_for_the_last_moment_is_asked(api: Api, clock: StoppedClock, spot_course: Go, rows: Rows) -> None:
    clock.advance(hours=6, minutes=59, seconds=55)  # 17:30 less the half hour to answer
    aimed(api)
    spot_course(seconds=10)
    assert rows("SELECT state FROM spot_checks") == [("open",)]


def test_of_two_postings_of_one_day_the_later_holds(api: Api, cast: Any, db: Database, spot_course: Go) -> None:
    """No page makes two; a script on the database may have."""
    with db.transaction() as session:
        one = session.scalars(select(Posting).where(Posting.member_id == cast["chen"].id)).one()
        values = {"squad_id": one.squad_id, "station_id": one.station_id, "starts_on": date(2026, 11, 20)}
        session.add(Posting(county_id=1, id=uuid.uuid4(), member_id=one.member_id, **values))
    made = draw(api, "supervisor", count=50).json["id"]
    spot_course(seconds=4)
    checks = api.get(f"/draws/{made}", "supervisor").json["checks"]
    assert [one["member"]["name"] for one in checks].count("chen") == 1


def test_a_doubter_has_all_that_the_seed_is_made_of(api: Api, asked: str) -> None:
    draw_id = mine(api)[0]["draw"]
    told = api.get(f"/draws/{draw_id}/verification", "chen").json
    said = "\n".join([told["link_hash"], draw_id, told["secret"]])
    assert hashlib.sha256(said.encode()).hexdigest() == told["seed"]
