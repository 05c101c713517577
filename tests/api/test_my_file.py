"""GET /me/file: postings, training, and a month as it happened; one's own and nobody else's."""

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
