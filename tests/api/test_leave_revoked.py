"""POST /leaves/{id}/revocation: an approved absence that was none is undone by whoever may decide on it."""

from collections.abc import Callable
from datetime import date

import pytest

from server.db import Database
from server.org.models import RoleGrant
from tests.api.test_leaves import ask, decide, told, withdraw
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def approved(api: Api, **more: str) -> str:
    leave = str(ask(api, kind="official_trip", **more).json["id"])
    assert decide(api, leave, "bureau" if more else "supervisor", reason="").status_code == 200
    return leave


def revoke(api: Api, leave: str, who: str = "supervisor", reason: str = "查实没有出差"):
    return api.post(f"/leaves/{leave}/revocation", who, {"reason": reason})


def test_the_days_no_longer_count_and_the_member_reads_why(api: Api, rows: Rows) -> None:
    leave = approved(api)
    assert api.get("/me/month", "chen").json["excused"] == 1.0
    response = revoke(api, leave)
    assert response.status_code == 200
    assert (response.json["state"], response.json["decided_by"], response.json["answer"]) == (
        *("revoked", "supervisor", "查实没有出差"),
    )
    assert api.get("/me/month", "chen").json["excused"] == 0.0
    assert api.get("/me/month", "chen").json["days"] == []
    assert told(rows).count(("leave_decided", "chen")) == 2
    texts = [one["text"] for one in api.get("/me/notices", "chen").json["items"]]
    assert "您11月25日的公出申请：已撤销。说明：查实没有出差。这几天不再按它计。" in texts
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'leave.revoked'") == [(1,)]
    (listed,) = api.get("/leaves", "chen", state="revoked").json["items"]
    assert listed["id"] == leave
    assert ask(api).status_code == 201  # the dates are free again


def test_again_is_a_retry_and_it_is_over_for_everybody(api: Api, rows: Rows) -> None:
    leave = approved(api)
    assert [revoke(api, leave).status_code for _ in range(2)] == [200, 200]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'leave.revoked'") == [(1,)]
    assert revoke(api, leave, "bureau").json["code"] == "leave_not_approved"
    assert withdraw(api, leave).json["code"] == "leave_decided"
    assert decide(api, leave, "bureau").json["code"] == "leave_decided"


def test_only_what_was_approved(api: Api) -> None:
    waits = ask(api).json["id"]
    refused = revoke(api, waits)
    assert (refused.status_code, refused.json["code"]) == (409, "leave_not_approved")
    assert withdraw(api, waits).status_code == 200
    assert revoke(api, waits).json["code"] == "leave_not_approved"


def test_it_says_why(api: Api) -> None:
    assert revoke(api, approved(api), reason=" ").status_code == 422


@pytest.mark.parametrize(
    ("who", "status"),
    [
        *(("chen", 403), ("leader", 403), ("colleague", 404), ("other_supervisor", 404), ("far_bureau", 404)),
        *(("admin", 404), ("bureau", 200), ("county_leader", 200)),
    ],
)
def test_by_whoever_may_decide_on_it(api: Api, who: str, status: int) -> None:
    assert revoke(api, approved(api), who).status_code == status


def test_a_long_one_by_the_bureau(api: Api) -> None:
    leave = approved(api, last="2026-11-30")
    assert revoke(api, leave).json["code"] == "approver_required"
    assert revoke(api, leave, "bureau").status_code == 200


def test_a_day_that_is_only_asked_for_beside_it_takes_it_out_of_nobodys_hands(api: Api) -> None:
    leave = approved(api)
    assert ask(api, kind="official_trip", first="2026-11-26", last="2026-11-30").status_code == 201
    assert revoke(api, leave).status_code == 200


def test_one_that_was_approved_beside_it_makes_it_long(api: Api) -> None:
    leave = approved(api)
    longer = ask(api, kind="official_trip", first="2026-11-26", last="2026-11-30").json["id"]
    assert decide(api, longer, "bureau", reason="").status_code == 200
    assert revoke(api, leave).json["code"] == "approver_required"


def test_not_when_it_is_long_over(api: Api, clock: StoppedClock) -> None:
    leave = approved(api)  # of 25 November
    clock.advance(days=64)
    late = revoke(api, leave)
    assert (late.status_code, late.json["code"]) == (409, "leave_long_over")
    clock.advance(days=-1)
    assert revoke(api, leave).status_code == 200


def test_never_ones_own_whatever_the_role(api: Api, db: Database) -> None:
    with db.transaction() as session:
        grant = {"role": "bureau_supervisor", "valid_from": date(2026, 9, 1)}
        session.add(RoleGrant(county_id=1, member_id=api.cast["chen"].id, **grant))
    assert revoke(api, approved(api), "chen").json["code"] == "own_leave"


def test_after_the_close_it_is_an_addendum(api: Api, clock: StoppedClock) -> None:
    leave = approved(api)
    clock.advance(days=12)
    api.close_month()
    clock.advance(seconds=1)
    assert revoke(api, leave).status_code == 200
    month = api.get("/me/month", "chen", month="2026-11").json
    assert month["excused"] == 1.0
    (added,) = month["addenda"]
    assert (added["cause"], added["before"]["excused"], added["after"]["excused"]) == ("withdrawal", 2, 0)
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True
