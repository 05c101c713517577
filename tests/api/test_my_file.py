"""GET /me/file: postings, training, leads, and a month as it happened; one's own and nobody else's."""

from tests.api.test_leads import body, update
from tests.client import Api


def test_the_file_holds_service_training_and_the_month(api: Api) -> None:
    body = {"kind": "training", "starts_on": "2026-11-19", "ends_on": "2026-11-20", "reason": "产业链培训"}
    leave = api.post("/leaves", "chen", body).json["id"]
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True})
    made = api.check_in("chen").json["id"]
    api.clock.advance(hours=1)
    api.post(f"/checkins/{made}/reviews", "bureau", {"decision": "rejected", "reason": "看不清站点", "code": "other"})
    api.check_in("colleague")
    file = api.get("/me/file", "chen").json
    (posting,) = file["postings"]
    assert (posting["squad"], posting["station"], posting["ends_on"]) == ("east-1", "上海驻点", None)
    assert [(t["starts_on"], t["ends_on"], t["days"], t["reason"]) for t in file["trainings"]] == [
        ("2026-11-19", "2026-11-20", 1, "产业链培训")
    ]
    assert (file["month"]["excused"], file["closed"]) == (2, False)
    assert [(e["kind"], e["state"], e["checkin_id"]) for e in file["events"]] == [
        ("review", "rejected", made),
        ("checkin", "rejected", made),
        ("leave", "excused", None),
    ]


def test_another_month_has_its_own_events(api: Api) -> None:
    api.check_in("chen")
    file = api.get("/me/file", "chen", month="2026-10").json
    assert (file["month"]["month"], file["events"], len(file["postings"])) == ("2026-10", [], 1)


def test_a_month_that_is_none_is_refused(api: Api) -> None:
    refused = api.get("/me/file", "chen", month="2026-13")
    assert (refused.status_code, refused.json["code"]) == (422, "input_invalid")


def test_the_others_file_is_empty_of_hers(api: Api) -> None:
    api.check_in("chen")
    for other in ("colleague", "outsider", "far_bureau"):
        assert api.get("/me/file", other).json["events"] == []
    assert api.get("/me/file", None).status_code == 401


def test_the_file_holds_the_leads_one_had_to_do_with(api: Api) -> None:
    lead = api.post("/leads", "chen", body(api)).json["id"]
    theirs = api.post("/leads", "colleague", body(api, "南京明阳电子有限公司")).json["id"]
    api.clock.advance(hours=1)
    for number, of in enumerate((lead, theirs, theirs)):
        said = update(api) | {"text": f"第{number}次"}
        assert api.post(f"/leads/{of}/updates", "chen", said).status_code == 201
    api.clock.advance(hours=1)
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "talks"})
    file = api.get("/me/file", "chen").json
    assert {name: file["leads"][name] for name in ("reported", "owned", "signed", "updates")} == {
        "reported": 1,
        "owned": 1,
        "signed": 0,
        "updates": 3,
    }
    assert [
        (one["company"], one["stage_word"], one["is_owner"], one["reported_at"] is None, one["updates"])
        for one in file["leads"]["items"]
    ] == [("苏州汇川技术有限公司", "洽谈", True, False, 1), ("南京明阳电子有限公司", "线索", False, True, 2)]
    told = [(e["title"], e["text"], e["lead_id"]) for e in file["events"] if e["kind"] == "lead"]
    assert told[0] == ("改阶段：苏州汇川技术有限公司", "线索 → 洽谈", lead)
    assert sorted(told[1:4]) == [
        ("跟进：南京明阳电子有限公司", "第1次", theirs),
        ("跟进：南京明阳电子有限公司", "第2次", theirs),
        ("跟进：苏州汇川技术有限公司", "第0次", lead),
    ]
    assert told[4:] == [("首报：苏州汇川技术有限公司", "", lead)]


def test_what_another_squad_has_now_is_counted_and_not_told(api: Api) -> None:
    api.post("/leads", "chen", body(api))
    moved = {"to": str(api.cast["neighbour"].id), "reason": "转给西边"}
    assert api.post(f"/members/{api.cast['chen'].id}/leads/handover", "bureau", moved).status_code == 200
    file = api.get("/me/file", "chen").json
    assert (file["leads"]["reported"], file["leads"]["owned"], file["leads"]["items"]) == (1, 0, [])
    assert [e for e in file["events"] if e["kind"] == "lead"] == []


def test_a_signature_stays_with_whoever_brought_it(api: Api) -> None:
    lead = api.post("/leads", "chen", body(api)).json["id"]
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "signed"})
    leads = api.get("/me/file", "chen").json["leads"]
    assert (leads["owned"], leads["signed"], leads["items"][0]["outcome"]) == (0, 1, "signed")
    assert api.get("/me/file", "colleague").json["leads"]["items"] == []
