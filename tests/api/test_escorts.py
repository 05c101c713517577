"""提请县领导: asked along with some times, answered with one, done; each step told to whom it concerns."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from sqlalchemy import update

from server.db import Database
from server.org.models import Member, Posting
from tests.api.test_lead_requests import told
from tests.api.test_leads import body, lead
from tests.client import Api
from tests.conftest import StoppedClock

__all__ = ["lead"]
Rows = Callable[..., list]


def slot(api: Api, days: float = 3, hours: float = 2) -> dict[str, str]:
    starts = api.clock() + timedelta(days=days)
    return {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=hours)).isoformat()}


def wish(api: Api, **changes: Any) -> dict[str, Any]:
    said = {"id": str(uuid.uuid4()), "leader": str(api.cast["county_leader"].id), "slots": [slot(api), slot(api, 5)]}
    return said | {"purpose": "企业希望谈用地和电价", "place": "苏州工业园区企业总部"} | changes


def ask(api: Api, lead: str, who: str = "chen", **changes: Any) -> Any:
    return api.post(f"/leads/{lead}/escorts", who, wish(api, **changes))


def answer(api: Api, escort: str, who: str = "county_leader", **said: Any) -> Any:
    return api.post(f"/escorts/{escort}/answer", who, {"decision": "accepted", "slot": 1, "word": "请准备材料"} | said)


@pytest.fixture
def escort(api: Api, lead: str) -> str:
    made = ask(api, lead)
    assert made.status_code == 201, made.text
    return str(made.json["id"])


def history(api: Api, lead: str) -> list[str]:
    return [one["what"] for one in api.get(f"/leads/{lead}", "chen").json["events"]]


def events(api: Api, path: str, who: str) -> list[Any]:
    found = api.get(path, who)
    assert (found.status_code, found.mimetype) == (200, "text/calendar")
    return list(icalendar.Calendar.from_ical(found.data).walk("VEVENT"))


def test_a_leader_is_asked_chooses_a_time_and_what_came_of_it_is_known(
    api: Api, lead: str, rows: Rows, clock: StoppedClock
) -> None:
    clock.advance(minutes=5)
    asked = ask(api, lead, slots=[slot(api, 3 - 5 / 1440), slot(api, 5 - 5 / 1440)]).json
    assert (asked["state_word"], asked["squad"], asked["leader"]["name"], asked["may_answer"]) == (
        "待答复",
        "east-1",
        "county_leader",
        False,
    )
    assert [one["word"] for one in asked["slots"]] == ["11月27日 10:00–12:00", "11月29日 10:00–12:00"]
    assert [name for name, _ in told(rows, "escort_asked")] == ["county_leader"]
    clock.advance(minutes=5)
    agreed = answer(api, asked["id"]).json
    assert (agreed["state"], agreed["chosen"]["word"], agreed["answered_by"]) == (
        "accepted",
        "11月29日 10:00–12:00",
        "county_leader",
    )
    assert told(rows, "lead_news") == [("chen", "escort_accepted")]
    assert (
        "11月29日 10:00–12:00，苏州工业园区企业总部。请准备材料"
        in api.get("/me/notices", "chen").json["items"][0]["text"]
    )
    clock.advance(days=6)
    done = api.post(f"/escorts/{asked['id']}/outcome", "colleague", {"outcome": "同意来县里考察"}).json
    assert (done["state"], done["outcome"], done["outcome_by"]) == ("done", "同意来县里考察", "colleague")
    assert history(api, lead)[:3] == ["escort_done", "escort_accepted", "escort_asked"]
    assert api.get(f"/leads/{lead}", "chen").json["moved_at"] == clock().isoformat().replace("+00:00", "Z")


def test_the_leader_reads_the_lead_on_a_page(api: Api, lead: str, escort: str) -> None:
    api.post(f"/leads/{lead}/changes", "chen", {"intent": "扩建二期", "eia": "form", "energy_tce": 500})
    brief = api.get(f"/escorts/{escort}", "county_leader").json["brief"]
    assert (brief["intent"], brief["eia_word"], brief["lead"]["company"]["name"]) == (
        "扩建二期",
        "报告表",
        "苏州汇川技术有限公司",
    )
    assert {part["what"]: part["score"] for part in brief["fit"]["parts"]} == {
        "industry": None,
        "chain": None,
        "investment": None,
        "energy": 100,
        "environment": 70,
    }
    assert (brief["fit"]["score"], brief["fit"]["known_percent"]) == (82, 25)


def test_the_same_wish_and_the_same_answer_again_are_retries(api: Api, lead: str) -> None:
    said = wish(api)
    assert [api.post(f"/leads/{lead}/escorts", "chen", said).status_code for _ in range(2)] == [201, 200]
    other = api.post(f"/leads/{lead}/escorts", "chen", said | {"place": "别处"})
    assert (other.status_code, other.json["code"]) == (409, "escort_differs")
    assert [answer(api, said["id"]).status_code for _ in range(2)] == [200, 200]
    late = answer(api, said["id"], decision="declined", word="改期")
    assert (late.status_code, late.json["code"]) == (409, "escort_answered")


def test_one_of_a_lead_at_a_time_a_leader_and_again_after_a_no(api: Api, lead: str, escort: str) -> None:
    again = ask(api, lead, "colleague")
    assert (again.status_code, again.json["code"]) == (409, "escort_waits")
    no = answer(api, escort, decision="declined", slot=None, word="那周在省里开会")
    assert (no.json["state_word"], no.json["answer"]) == ("未能同往", "那周在省里开会")
    assert ask(api, lead).status_code == 201


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"slots": []}, "input_invalid"),
        ({"slots": [(1, 1)] * 4}, "input_invalid"),
        ({"slots": [(-1, 2)]}, "slot_invalid"),
        ({"slots": [(3, -2)]}, "slot_invalid"),
        ({"slots": [(3, 24 * 8)]}, "slot_invalid"),
        ({"slots": [(200, 2)]}, "slot_invalid"),
        ({"slots": [(3, 2), (3, 2)]}, "slot_invalid"),
        ({"purpose": " "}, "input_invalid"),
        ({"leader": "bureau"}, "leader_unknown"),
        ({"leader": "far_county_leader"}, "leader_unknown"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_said_in_words(api: Api, lead: str, rows: Rows, changes: Any, code: str) -> None:
    if "slots" in changes:
        changes = {"slots": [slot(api, *one) for one in changes["slots"]]}
    if "leader" in changes:
        changes = {"leader": str(api.cast[changes["leader"]].id)}
    refused = ask(api, lead, **changes)
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert rows("SELECT count(*) FROM escorts") == [(0,)]


@pytest.mark.parametrize("said", [{"slot": None}, {"decision": "declined", "word": ""}, {"slot": 2}], ids=str)
def test_an_answer_is_a_time_or_a_no_with_its_reason(api: Api, escort: str, said: Any) -> None:
    assert answer(api, escort, **said).status_code == 422


def test_a_time_that_has_begun_cannot_be_chosen(api: Api, escort: str, clock: StoppedClock) -> None:
    clock.advance(days=4)
    late = answer(api, escort, slot=0)
    assert (late.status_code, late.json["code"]) == (409, "slot_over")
    assert answer(api, escort, slot=1).status_code == 200


def test_a_leader_goes_to_one_place_at_a_time(api: Api, escort: str) -> None:
    other = api.post("/leads", "neighbour", body(api, "无锡先导智能装备股份有限公司")).json["id"]
    second = ask(api, other, "neighbour", slots=[slot(api, 3.05), slot(api, 4)]).json["id"]
    assert answer(api, escort, slot=0).status_code == 200
    busy = answer(api, second, slot=0)
    assert (busy.status_code, busy.json["code"]) == (409, "leader_busy")
    assert "11月27日 10:00–12:00" in busy.json["detail"]
    assert answer(api, second, slot=1).status_code == 200


def test_the_bureau_answers_in_the_leaders_name_and_it_is_said_who(api: Api, escort: str) -> None:
    assert answer(api, escort, "bureau").json["answered_by"] == "bureau"
    assert answer(api, escort, "supervisor").status_code == 403


def test_a_leader_without_wechat_is_asked_by_way_of_the_bureau(api: Api, lead: str, rows: Rows, db: Database) -> None:
    with db.transaction() as session:
        session.execute(update(Member).where(Member.name == "county_leader").values(openid=None))
    ask(api, lead)
    assert [name for name, _ in told(rows, "escort_asked")] == ["bureau", "bureau2", "county_leader"]


@pytest.mark.parametrize(("who", "is_told"), [("chen", "county_leader"), ("county_leader", "chen")])
def test_what_was_agreed_is_called_off_and_the_other_side_is_told(
    api: Api, escort: str, rows: Rows, who: str, is_told: str
) -> None:
    answer(api, escort)
    off = api.post(f"/escorts/{escort}/call-off", who, {"reason": "企业临时改期"})
    assert (off.status_code, off.json["state_word"], off.json["off_reason"]) == (200, "已取消", "企业临时改期")
    assert (off.json["off_by"], off.json["answer"]) == (who, "请准备材料")
    assert (is_told, "escort_called_off") in told(rows, "lead_news")
    assert api.post(f"/escorts/{escort}/call-off", who, {"reason": "企业临时改期"}).status_code == 200
    assert api.post(f"/escorts/{escort}/outcome", who, {"outcome": "没去"}).status_code == 409


def test_who_has_left_the_squad_hears_no_secret_of_it(
    api: Api, lead: str, escort: str, rows: Rows, cast: Any, db: Database
) -> None:
    with db.transaction() as session:
        moved = update(Posting).where(Posting.member_id == cast["chen"].id).values(squad_id=cast.squads["west-1"])
        session.execute(moved)
    answer(api, escort, word="底价六折")
    assert {who for who, what in told(rows, "lead_news") if what == "escort_accepted"} == {"colleague", "leader"}


def test_a_company_and_a_file_tell_of_its_escorts(api: Api, lead: str, escort: str, clock: StoppedClock) -> None:
    answer(api, escort)
    clock.advance(days=6)
    api.post(f"/escorts/{escort}/outcome", "chen", {"outcome": "同意来县里考察"})
    company = api.get(f"/leads/{lead}", "chen").json["company"]["id"]
    assert api.get(f"/companies/{company}", "bureau").status_code == 200
    assert api.get("/me/file", "chen").status_code == 200


def test_an_outcome_waits_until_it_has_begun(api: Api, escort: str) -> None:
    answer(api, escort)
    early = api.post(f"/escorts/{escort}/outcome", "chen", {"outcome": "很好"})
    assert (early.status_code, early.json["code"]) == (409, "escort_not_begun")


def test_it_stands_in_both_calendars_and_goes_out_of_them_when_called_off(api: Api, lead: str, escort: str) -> None:
    assert events(api, "/me/escorts.ics", "chen") == []
    answer(api, escort)
    for who in ("county_leader", "chen", "colleague"):
        (event,) = events(api, "/me/escorts.ics", who)
        assert event["uid"] == f"{escort}@zhudian"
        assert event["dtstart"].dt == datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
        assert (event["status"], str(event["location"])) == ("CONFIRMED", "苏州工业园区企业总部")
        assert "苏州汇川技术有限公司" in event["summary"]
    assert events(api, "/me/escorts.ics", "neighbour") == []
    before = events(api, f"/escorts/{escort}/calendar.ics", "chen")[0]["sequence"]
    api.post(f"/escorts/{escort}/call-off", "county_leader", {"reason": "出差"})
    (gone,) = events(api, "/me/escorts.ics", "chen")
    assert (gone["status"], gone["uid"]) == ("CANCELLED", f"{escort}@zhudian")
    assert gone["sequence"] > before, "or a calendar takes it for the older of the two"


def test_a_dead_end_calls_it_off_and_the_leader_is_told(api: Api, lead: str, escort: str, rows: Rows) -> None:
    answer(api, escort)
    said = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话三次", "evidence": "前台回复"}
    closing = api.post(f"/leads/{lead}/closing", "chen", said).json["id"]
    api.post(f"/lead-requests/{closing}/decision", "bureau", {"decision": "granted", "answer": "同意"})
    assert api.get(f"/escorts/{escort}", "county_leader").json["state"] == "called_off"
    assert ("county_leader", "escort_called_off") in told(rows, "lead_news")
    assert ask(api, lead).json["code"] == "lead_ended"


def test_who_signs_may_still_be_visited(api: Api, lead: str, escort: str) -> None:
    answer(api, escort)
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "signed"})
    assert api.get(f"/escorts/{escort}", "chen").json["state"] == "accepted"
