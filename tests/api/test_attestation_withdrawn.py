"""POST /attestations/{id}/withdrawal: whoever vouched takes it back; an uninvolved bureau supervisor sets it aside."""

import uuid
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import update

from server.db import Database
from server.org.models import Posting, RoleGrant
from tests.api.test_attestation import attest
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def take_back(api: Api, attestation: str, who: str = "colleague", reason: str = "整天写成了半天"):
    return api.post(f"/attestations/{attestation}/withdrawal", who, {"reason": reason})


def told(rows: Rows) -> list[tuple[str]]:
    query = "SELECT m.name FROM notices n JOIN members m ON m.id = n.member_id WHERE n.kind = 'attestation_ended'"
    return sorted(rows(query))


def test_whoever_vouched_takes_it_back_and_may_vouch_again(api: Api, rows: Rows) -> None:
    made = attest(api, "colleague", value=0.5).json["id"]
    response = take_back(api, made)
    assert (response.status_code, response.json["day"]["value"]) == (200, 0.0)
    assert response.json["withdrawn"]["by"] == "colleague"
    assert api.get("/me/month", "chen").json["days"] == []
    assert attest(api, "colleague").json["day"]["value"] == 1.0
    assert told(rows) == [("chen",)]
    (notice,) = [n for n in api.get("/me/notices", "chen").json["items"] if n["title"] == "证明撤回"]
    assert notice["text"] == (
        "colleague撤回了对您11月24日 周二在岗的证明。理由：整天写成了半天。当天的天数已重新计算；"
        "确实在岗的，可以另请同事或监督人员证明，或申请补卡。"
    )
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'presence.withdrawn'") == [(1,)]


def test_a_bureau_supervisor_sets_it_aside_and_both_read_why(api: Api, rows: Rows) -> None:
    made = attest(api, "colleague").json["id"]
    response = take_back(api, made, "bureau", "当天两人都不在驻点")
    assert (response.status_code, response.json["withdrawn"]["by"]) == (200, "bureau")
    assert api.get("/me/month", "chen").json["confirmed"] == 0.0
    assert told(rows) == [("chen",), ("colleague",)]
    for who in ("chen", "colleague"):
        (notice,) = [n for n in api.get("/me/notices", who).json["items"] if n["title"] == "证明撤回"]
        assert "当天两人都不在驻点" in notice["text"]
    refused = attest(api, "colleague")
    assert (refused.status_code, refused.json["code"]) == (409, "attestation_set_aside")
    assert attest(api, "leader").status_code == 201  # another one's word is another one's


def test_the_members_file_keeps_what_was_said_and_what_became_of_it(api: Api) -> None:
    take_back(api, attest(api, "colleague").json["id"], "bureau", "当天两人都不在驻点")
    (event,) = [e for e in api.get("/me/file", "chen").json["events"] if e["kind"] == "attestation"]
    assert event["title"] == "证明在岗一天，未采信"
    assert event["text"] == "同在展会；bureau：当天两人都不在驻点"


def test_again_changes_nothing_and_nobody_else_comes_after(api: Api, rows: Rows) -> None:
    made = attest(api, "colleague").json["id"]
    assert [take_back(api, made).status_code for _ in range(2)] == [200, 200]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'presence.withdrawn'") == [(1,)]
    for who, reason in (("bureau", "整天写成了半天"), ("colleague", "换一个理由")):
        refused = take_back(api, made, who, reason)
        assert (refused.status_code, refused.json["code"]) == (409, "attestation_withdrawn")


@pytest.mark.parametrize(
    ("who", "status"),
    [("chen", 403), ("leader", 403), ("supervisor", 403), ("county_leader", 403)]
    + [(who, 404) for who in ("neighbour", "other_supervisor", "admin", "outsider", "far_bureau")],
)
def test_of_others_only_the_bureau(api: Api, who: str, status: int) -> None:
    assert take_back(api, attest(api, "colleague").json["id"], who).status_code == status


def test_nobody_sets_aside_what_is_about_themselves(api: Api, db: Database) -> None:
    with db.transaction() as session:
        grant = {"role": "bureau_supervisor", "valid_from": date(2026, 9, 1)}
        session.add(RoleGrant(county_id=1, member_id=api.cast["chen"].id, **grant))
    refused = take_back(api, attest(api, "colleague").json["id"], "chen")
    assert (refused.status_code, refused.json["code"]) == (403, "own_attestation")


def test_it_says_why(api: Api) -> None:
    made = attest(api, "colleague").json["id"]
    assert take_back(api, made, reason=" ").status_code == 422
    assert take_back(api, str(uuid.uuid4())).status_code == 404


def test_after_the_close_it_is_an_addendum(api: Api, clock: StoppedClock) -> None:
    clock.advance(days=6)
    made = attest(api, "colleague", on="2026-11-30").json["id"]
    clock.advance(days=6)
    api.close_month()
    clock.advance(seconds=1)
    assert take_back(api, made, "bureau").json["day"]["value"] == 1.0
    month = api.get("/me/month", "chen", month="2026-11").json
    assert month["confirmed"] == 1.0
    (added,) = month["addenda"]
    assert (added["cause"], added["before"]["confirmed"], added["after"]["confirmed"]) == ("withdrawal", 2, 0)
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def test_ones_own_words_are_listed_the_latest_first(api: Api, clock: StoppedClock) -> None:
    first = attest(api, "colleague", on="2026-11-23").json["id"]
    clock.advance(seconds=1)
    second = attest(api, "colleague").json["id"]
    take_back(api, first)
    items = api.get("/me/attestations", "colleague").json["items"]
    assert [(i["id"], i["member"]["name"], bool(i["withdrawn"])) for i in items] == [
        (second, "chen", False),
        (first, "chen", True),
    ]
    assert api.get("/me/attestations", "chen").json["items"] == []
    page = api.get("/me/attestations", "colleague", limit=1).json
    after = api.get("/me/attestations", "colleague", limit=1, cursor=page["next_cursor"]).json
    assert [i["id"] for i in (*page["items"], *after["items"])] == [second, first]


@pytest.mark.parametrize("who", ["colleague", "leader"])
def test_who_was_not_there_yet_does_not_vouch(api: Api, db: Database, who: str) -> None:
    """Posted, and made leader, on the 24th: of the 23rd they know nothing."""
    with db.transaction() as session:
        since = {"county_id": 1, "member_id": api.cast[who].id}
        session.execute(update(Posting).filter_by(**since).values(starts_on=date(2026, 11, 24)))
        session.execute(update(RoleGrant).filter_by(**since).values(valid_from=date(2026, 11, 24)))
    refused = attest(api, who, on="2026-11-23")
    assert (refused.status_code, refused.json["code"]) == (403, "not_there_then")
    assert attest(api, who, on="2026-11-24").status_code == 201
    assert attest(api, "supervisor", on="2026-11-23").status_code == 201
