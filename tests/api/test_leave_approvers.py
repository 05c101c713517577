"""Who decides on leave: by the length of the whole absence, never one's own; who is told, and what each is offered."""

from datetime import date

import pytest

from server.db import Database
from server.org.models import RoleGrant
from tests.api.test_leaves import Rows, ask, decide, told, withdraw
from tests.client import Api


def test_up_to_three_days_the_unit_longer_the_bureau(api: Api, rows: Rows) -> None:
    long = ask(api, last="2026-11-28").json["id"]
    assert told(rows) == [("leave_asked", "bureau"), ("leave_asked", "bureau2")]
    refused = decide(api, long)
    assert (refused.status_code, refused.json["code"]) == (403, "approver_required")
    assert decide(api, long, "bureau").status_code == 200


def test_a_long_absence_is_not_asked_for_in_pieces(api: Api) -> None:
    first, second = ask(api, last="2026-11-27").json["id"], ask(api, first="2026-11-28", last="2026-11-30").json["id"]
    assert decide(api, first).json["code"] == "approver_required"
    assert decide(api, second, "bureau").status_code == 200


@pytest.mark.parametrize(
    ("who", "short", "long", "part"),
    [
        ("chen", [], [], []),
        ("leader", [], [], []),
        ("supervisor", ["approve", "refuse"], [], ["refuse"]),
        ("bureau", ["approve", "refuse"], ["approve", "refuse"], ["approve", "refuse"]),
        ("county_leader", ["approve", "refuse"], ["approve", "refuse"], ["approve", "refuse"]),
    ],
)
def test_each_is_told_what_they_may_do_about_it(
    api: Api, who: str, short: list[str], long: list[str], part: list[str]
) -> None:
    """And that is what the decision says then."""
    asked = {
        ask(api).json["id"]: short,
        ask(api, first="2026-12-01", last="2026-12-09").json["id"]: long,
        ask(api, first="2026-12-10").json["id"]: part,
    }
    rows = {one["id"]: one for one in api.get("/leaves", who).json["items"]}
    assert {leave: rows[leave]["may"] for leave in asked} == asked
    for leave, may in asked.items():
        assert bool(rows[leave]["why_not"]) == ("approve" not in may)
        assert (decide(api, leave, who).status_code == 200) == ("approve" in may)
        refused = decide(api, leave, who, approved=False, reason="人手不足")
        expected = 409 if "approve" in may else 200 if "refuse" in may else 403
        assert refused.status_code == expected


def test_an_absence_that_grew_is_told_to_whoever_approves_all_of_it_now(api: Api, rows: Rows) -> None:
    """The unit was asked for the first part; together they are the bureau's."""
    first, second = ask(api, last="2026-11-27").json["id"], ask(api, first="2026-11-28", last="2026-11-30").json["id"]
    asked = rows(
        "SELECT n.dedupe_key, m.name FROM notices n JOIN members m ON m.id = n.member_id WHERE n.kind = 'leave_asked'"
    )
    assert sorted((key.split(":")[1] == second, name) for key, name in asked) == [
        (False, "bureau"), (False, "bureau2"), (False, "supervisor"), (True, "bureau"), (True, "bureau2"),
    ]  # fmt: skip
    assert api.get("/leaves", "supervisor").json["items"][1]["why_not"] == (
        "连同相邻的请假共 6 天，须由招商局监督员审批。"
    )
    assert decide(api, first, "bureau").status_code == 200


@pytest.mark.parametrize("end", ["withdrawn", "refused", "revoked"])
def test_an_absence_that_shrank_is_told_to_whoever_approves_the_rest_now(api: Api, rows: Rows, end: str) -> None:
    """The bureau was asked for both parts; what is left is short enough for the unit, which is asked once."""
    long = ask(api, first="2026-11-28", last="2026-12-05").json["id"]
    if end == "revoked":
        decide(api, long, "bureau")
    short = ask(api, first="2026-11-26", last="2026-11-27").json["id"]
    asked = "SELECT m.name FROM notices n JOIN members m ON m.id = n.member_id WHERE n.dedupe_key LIKE :key ORDER BY 1"
    key = f"leave_asked:{short}:%"
    assert rows(asked, key=key) == [("bureau",), ("bureau2",)]
    if end == "withdrawn":
        withdraw(api, long)
    elif end == "refused":
        decide(api, long, "bureau", approved=False, reason="人手不足")
    else:
        api.post(f"/leaves/{long}/revocation", "bureau", {"reason": "没有去"})
    assert rows(asked, key=key) == [("bureau",), ("bureau2",), ("supervisor",)]
    assert decide(api, short).status_code == 200


def test_an_answer_says_what_may_be_done_next_as_the_list_does(api: Api) -> None:
    leave = ask(api).json
    assert (leave["may"], leave["why_not"]) == ([], "不能审批自己的申请，请由他人审批。")
    approved = decide(api, leave["id"], "bureau").json
    assert approved["may"] == api.get("/leaves", "bureau").json["items"][0]["may"] == ["revoke"]


def test_nobody_decides_on_their_own_whatever_the_role(api: Api, db: Database) -> None:
    with db.transaction() as session:
        for role in ("unit_supervisor", "bureau_supervisor"):
            unit = api.cast.units["east"] if role == "unit_supervisor" else None
            session.add(
                RoleGrant(
                    county_id=1,
                    member_id=api.cast["chen"].id,
                    role=role,
                    unit_id=unit,
                    valid_from=date(2026, 9, 1),
                )
            )
    leave = ask(api).json["id"]
    assert decide(api, leave, "chen").json["code"] == "own_leave"


@pytest.mark.parametrize(
    ("who", "status"),
    [("leader", 403), ("colleague", 404), ("other_supervisor", 404), ("far_bureau", 404), ("admin", 404)],
)
def test_only_within_reach(api: Api, who: str, status: int) -> None:
    assert decide(api, ask(api).json["id"], who).status_code == status


def test_a_unit_refuses_what_is_its_own_whatever_else_is_asked_for(api: Api) -> None:
    three = ask(api, kind="annual", first="2026-12-01", last="2026-12-03").json["id"]
    ask(api, kind="annual", first="2026-12-04")
    assert decide(api, three).json["code"] == "approver_required"
    assert decide(api, three, approved=False, reason="这几天有客商来").status_code == 200
