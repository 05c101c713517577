"""POST and GET /policies, POST /policies/preview: a county changes its rules, dated, without a deploy."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.__main__ import main
from server.db import Database
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
BASIS = {
    "burden_mode": "daily",
    "legal_basis": "县委办〔2026〕3号",
    "legal_basis_decided_by": "县招商领导小组",
    "legal_basis_decided_on": "2026-10-08",
}
TWO_HALVES = [{"start": "08:00", "end": "12:00", "halves": 1}, {"start": "13:00", "end": "18:00", "halves": 1}]


def adopt(api: Api, starts_on: str = "2026-11-01", who: str = "admin", **rules: Any):
    return api.post("/policies", who, {"starts_on": starts_on, "rules": BASIS | rules, "note": "常委会决定"})


def test_a_new_version_counts_the_open_days_by_its_rules_and_is_audited(api: Api, rows: Rows) -> None:
    api.check_in("chen")
    response = adopt(api, windows=TWO_HALVES, target_days=18)
    assert (response.status_code, response.json["version"], response.json["in_force"]) == (201, 2, True)
    month = api.get("/me/month", "chen").json
    assert (month["confirmed"], month["target"], month["policy_version"]) == (0.5, 18.0, 2)
    (day,) = month["days"]
    assert (day["explanation"], day["policy_version"]) == ("确认半天。13:00–18:00 时段没有通过的打卡。", 2)
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'policy.adopted'") == [(1,)]


def test_it_holds_from_its_date_on(api: Api, clock: StoppedClock) -> None:
    api.check_in("chen")
    adopt(api, "2026-11-25", windows=TWO_HALVES)
    clock.advance(days=1)
    api.check_in("chen", lat="31.2301", accuracy_m="17")
    assert [(d["on"], d["value"]) for d in api.get("/me/month", "chen").json["days"]] == [
        ("2026-11-24", 1.0),
        ("2026-11-25", 0.5),
    ]


def test_a_later_correction_of_the_same_date_takes_its_place(api: Api) -> None:
    adopt(api, "2026-12-01", target_days=10)
    adopt(api, "2026-12-01", target_days=12)
    assert api.get("/me/month", "chen", month="2026-12").json["target"] == 12.0
    assert [p["version"] for p in api.get("/policies", "bureau").json["items"]] == [3, 2, 1]


def test_a_closed_month_keeps_the_rules_it_was_closed_under(api: Api, clock: StoppedClock) -> None:
    api.check_in("chen")
    clock.advance(days=12)
    api.close_month()
    before = api.get("/me/month", "chen", month="2026-11").json
    refused = adopt(api, "2026-11-30", target_days=5)
    assert (refused.status_code, refused.json["code"]) == (409, "month_closed")
    assert "12月1日" in refused.json["detail"]
    assert adopt(api, "2026-12-01", target_days=5, windows=TWO_HALVES).status_code == 201
    assert api.get("/me/month", "chen", month="2026-11").json == before
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def test_the_earliest_date_is_the_day_after_the_latest_closed_month(api: Api, clock: StoppedClock) -> None:
    clock.advance(days=9)  # 3 December: November is open still
    api.close_month("2026-10")
    refused = adopt(api, "2026-10-15", target_days=18)
    assert (refused.status_code, refused.json["code"]) == (409, "month_closed")
    assert "最早可从11月1日起生效" in refused.json["detail"]
    assert adopt(api, "2026-11-01", target_days=18).status_code == 201


@pytest.mark.parametrize(
    ("rules", "code", "said"),
    [
        ({"legal_basis": ""}, "rules_refused", "登记依据"),
        ({"target_days": 40}, "input_invalid", "每月目标天数不能大于 31"),
        ({"unit_targets": {"没有的镇": 5}}, "unit_unknown", "没有的镇"),
        ({"evidence_limits": {"nothing": 1}}, "input_invalid", "核验阈值"),
        ({"no_such_rule": 1}, "input_invalid", "不认识"),
    ],
)
def test_rules_that_cannot_be_are_refused_in_words(api: Api, rows: Rows, rules: dict, code: str, said: str) -> None:
    response = adopt(api, **rules)
    assert (response.status_code, response.json["code"]) == (422, code)
    assert said in response.json["detail"]
    assert rows("SELECT count(*) FROM policies WHERE county_id = 1") == [(1,)]


def test_a_units_target_by_name_holds_for_its_squads_only(api: Api) -> None:
    adopt(api, unit_targets={"east": 15})
    assert api.get("/me/month", "chen").json["target_explanation"] == "按单位目标 15 天，应驻 15 天。"
    assert api.get("/me/month", "neighbour").json["target"] == 20.0


def test_the_fence_of_the_rules_holds_instead_of_the_stations_own(api: Api) -> None:
    far = {"lat": "31.2350", "lng": "121.4737"}  # some 510 m from the station, whose own fence is 300 m
    assert api.check_in("chen", **far).json["verdict"] == "review"
    adopt(api, fence_radius_m=800)
    assert api.check_in("chen", **far).json["verdict"] == "accepted"


def test_an_outsider_reads_and_changes_the_own_county_alone(api: Api) -> None:
    adopt(api, target_days=11)
    assert [p["version"] for p in api.get("/policies", "far_admin").json["items"]] == [1]
    assert api.get("/me/month", "outsider").json["target"] == 20.0


def test_a_preview_says_what_would_change_and_changes_nothing(api: Api, rows: Rows) -> None:
    api.check_in("chen")
    body = {"starts_on": "2026-11-01", "rules": BASIS | {"windows": TWO_HALVES, "countable_days": "workdays"}}
    seen = api.post("/policies/preview", "admin", body).json
    assert {change["rule"] for change in seen["rules"]} >= {"windows", "countable_days"}
    chen = next(change for change in seen["changes"] if change["name"] == "chen")
    assert (chen["before"]["confirmed"], chen["after"]["confirmed"]) == (1.0, 0.5)
    assert chen["after"]["remaining_days"] == 4.5
    assert any("2027年的放假安排还没有公布" in remark for remark in seen["remarks"])
    assert rows("SELECT count(*) FROM policies WHERE county_id = 1") == [(1,)]
    assert api.get("/me/month", "chen").json["confirmed"] == 1.0


def test_a_preview_shows_every_open_month_that_would_be_counted_anew(api: Api, clock: StoppedClock) -> None:
    clock.advance(days=9)  # 3 December: November is open still
    body = {"starts_on": "2026-11-01", "rules": BASIS | {"target_days": 10}}
    seen = api.post("/policies/preview", "admin", body).json
    assert (seen["months"], seen["members"]) == (["2026-11", "2026-12"], 5)
    assert [c["after"]["month"] for c in seen["changes"] if c["name"] == "chen"] == ["2026-11", "2026-12"]
    assert adopt(api, "2026-11-01", target_days=10).status_code == 201
    chen = next(change["after"] for change in seen["changes"] if change["name"] == "chen")
    assert api.get("/me/month", "chen", month="2026-11").json["target"] == chen["target"] == 10.0
    ahead = api.post("/policies/preview", "admin", body | {"starts_on": "2027-01-01"}).json
    assert ahead["months"] == ["2027-01"]


def test_leave_that_was_decided_on_ahead_is_counted_by_rules_that_start_ahead(api: Api, rows: Rows) -> None:
    asked = {"kind": "sick", "starts_on": "2026-12-07", "ends_on": "2026-12-08", "reason": "手术"}
    leave = api.post("/leaves", "chen", asked).json["id"]
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True, "reason": "同意"})
    body = {"starts_on": "2026-12-01", "rules": BASIS | {"leave_effects": {"sick": "excused"}}}
    seen = api.post("/policies/preview", "admin", body).json
    (chen,) = seen["changes"]
    assert (seen["months"], chen["before"]["target"], chen["after"]["excused"]) == (["2026-12"], 18.0, 2.0)
    assert adopt(api, "2026-12-01", leave_effects={"sick": "excused"}).status_code == 201
    assert rows("SELECT DISTINCT excused_halves, lowers_target_halves FROM site_days") == [(2, 0)]
    assert api.get("/me/month", "chen", month="2026-12").json["excused"] == 2.0


def test_a_preview_says_which_months_cannot_reach_the_target(api: Api) -> None:
    body = {"starts_on": "2026-10-01", "rules": BASIS | {"countable_days": "workdays"}}
    seen = api.post("/policies/preview", "admin", body | {"starts_on": "2026-11-01"}).json["remarks"]
    assert not any("2026年11月" in one for one in seen if "最多能计" in one)  # 21 workdays
    half = BASIS | {"windows": [{"start": "08:00", "end": "10:00", "halves": 1}]}
    (said,) = [
        r
        for r in api.post("/policies/preview", "admin", body | {"starts_on": "2026-11-01", "rules": half}).json[
            "remarks"
        ]
        if "最多能计" in r
    ]
    assert said.startswith("2026年11月最多能计 15 天、2026年12月最多能计 15.5 天、")
    assert said.endswith("少于目标 20 天，到时按最多能计的天数要求。")


def test_the_command_line_shows_and_previews(
    api: Api, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", db.url)
    monkeypatch.setattr("server.logs.configure", lambda _level: None)
    monkeypatch.setattr("server.clock.system_clock", api.clock)
    api.check_in("chen")
    assert main(["policy", "show"]) == 0
    assert json.loads(capsys.readouterr().out)["rules"]["target_days"] == 20
    draft = tmp_path / "draft.json"
    changes = {k: v for k, v in BASIS.items() if k != "burden_mode"} | {"target_days": 22}
    draft.write_text(json.dumps({"starts_on": "2026-11-01", "changes": changes}), encoding="utf-8")
    assert main(["policy", "preview", str(draft)]) == 0
    said = capsys.readouterr().out
    assert "每月目标天数：20 天 → 22 天" in said
    assert "chen：确认 1→1" in said
    assert "应驻 20→22" in said
    draft.write_text("{}", encoding="utf-8")
    assert main(["policy", "preview", str(draft)]) == 2
    assert "文件须是 JSON" in capsys.readouterr().err
