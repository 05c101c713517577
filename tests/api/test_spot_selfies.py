"""自拍抽查: shown at the open camera, answered in time or explained, and decided by people."""

import threading
from collections.abc import Callable
from datetime import timedelta

from server.config import Config
from server.db import Database
from server.worker import Worker
from tests.client import Api
from tests.conftest import StoppedClock
from tests.spots import aimed, answer, mine

Rows = Callable[..., list]
Go = Callable[..., None]


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


def test_to_open_the_camera_again_and_again_takes_one_ticket_and_none_that_check_ins_need(api: Api, asked: str) -> None:
    def opened() -> set[str]:
        answers = [api.post(f"/me/spot-checks/{asked}/camera", "chen") for _ in range(12)]
        assert {one.status_code for one in answers} == {201}
        return {one.json["ticket"] for one in answers}

    (first,) = opened()
    assert {api.post("/checkins/tickets", "chen").status_code for _ in range(12)} == {201}
    assert opened() == {first}
    assert api.check_in("chen", kind="spot", ticket=first).json["verdict"] == "review"
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


def test_whoever_reviews_it_is_told_what_it_has_to_show(api: Api, asked: str) -> None:
    ticket = api.post(f"/me/spot-checks/{asked}/camera", "chen").json
    made = api.check_in("chen", kind="spot", ticket=ticket["ticket"]).json["id"]
    for who in ("bureau", "leader", "chen"):
        assert api.get(f"/checkins/{made}", who).json["challenge"] == ticket["challenge"]
    plain = api.check_in("colleague").json["id"]
    assert api.get(f"/checkins/{plain}", "bureau").json["challenge"] is None
