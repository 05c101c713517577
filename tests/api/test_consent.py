"""GET and POST /consents: versioned words; withdrawing is as easy as giving."""

from collections.abc import Callable

from tests.client import Api

Rows = Callable[..., list]


def test_the_words_are_plain_and_versioned(api: Api) -> None:
    body = api.get("/consents", "chen").json
    assert body["given"] is True
    assert len(body["text"]) == 5
    assert all(len(line) <= 60 for line in body["text"])


def test_withdrawing_and_giving_again_keeps_the_history(api: Api, rows: Rows) -> None:
    version = api.get("/consents", "chen").json["version"]
    assert api.post("/consents", "chen", {"version": version, "agreed": False}).json["given"] is False
    assert api.post("/consents", "chen", {"version": version, "agreed": True}).json["given"] is True
    kept = rows("SELECT withdrawn_at IS NULL FROM consents WHERE member_id = :m ORDER BY 1", m=_id(api, rows))
    assert [bool(k[0]) for k in kept] == [False, True]
    actions = [a for (a,) in rows("SELECT action FROM audit_events ORDER BY at, action")]
    assert actions == ["consent.given", "consent.withdrawn"]


def test_repeating_an_answer_changes_nothing(api: Api, rows: Rows) -> None:
    version = api.get("/consents", "chen").json["version"]
    for _ in range(2):
        assert api.post("/consents", "chen", {"version": version, "agreed": True}).status_code == 200
    assert rows("SELECT count(*) FROM audit_events") == [(0,)]


def test_an_old_version_is_not_what_was_read(api: Api) -> None:
    response = api.post("/consents", "chen", {"version": "2020-01", "agreed": True})
    assert (response.status_code, response.json["code"]) == (409, "consent_outdated")


def test_withdrawing_asks_for_no_version(api: Api) -> None:
    assert api.post("/consents", "chen", {"version": "2020-01", "agreed": False}).json["given"] is False


def _id(api: Api, rows: Rows) -> object:
    ((kind,),) = rows("SELECT count(*) FROM members WHERE CAST(id AS TEXT) LIKE '%-%'")
    return str(api.cast["chen"].id) if kind else api.cast["chen"].id.hex
