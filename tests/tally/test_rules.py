"""What a county may adopt, and what it may not: each objection in one Chinese sentence."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from server.api.problems import FIELD_NAMES
from server.tally.objections import objections
from server.tally.rules import LADDER, NAMES, PolicyRules

TODAY = date(2026, 11, 24)
DAILY = {
    "burden_mode": "daily",
    "legal_basis": "县委办〔2026〕3号",
    "legal_basis_decided_by": "县招商领导小组",
    "legal_basis_decided_on": "2026-10-08",
}


def test_a_new_county_asks_for_spot_checks_only_and_nobody_objects() -> None:
    assert (PolicyRules().burden_mode, PolicyRules().ranking) == ("spot_check_only", False)
    assert objections(PolicyRules(), TODAY) == []


def test_daily_with_its_basis_on_record_may_be_adopted() -> None:
    assert objections(PolicyRules(**DAILY), TODAY) == []
    assert objections(PolicyRules(**DAILY | {"legal_basis_decided_on": TODAY}), TODAY) == []


@pytest.mark.parametrize(
    ("rule", "rules", "said"),
    [
        ("daily names the document", DAILY | {"legal_basis": ""}, "每日打卡须登记依据"),
        ("daily names who decided", DAILY | {"legal_basis_decided_by": ""}, "由谁决定"),
        ("daily names when", DAILY | {"legal_basis_decided_on": None}, "何时决定"),
        ("a window ends after it begins", {"windows": [{"start": "12:00", "end": "12:00"}]}, "须晚于开始时间"),
        ("windows do not overlap", {"windows": [{"start": "08:00", "end": "12:00", "halves": 1},
                                                {"start": "11:00", "end": "18:00", "halves": 1}]}, "不能互相重叠"),
        ("nor on one weekday", {"weekday_windows": {"sat": [{"start": "9:00".zfill(5), "end": "08:00"}]}}, "周六时段"),
        ("some day has a window", {"windows": []}, "至少要有一天设打卡时段"),
        ("also when weekdays are named", {"windows": [], "weekday_windows": {"mon": []}}, "至少要有一天设打卡时段"),
        ("a whole day can be met", {"windows": [{"start": "08:00", "end": "10:00"}],
                                    "full_day": {"checkins": 2, "min_gap_min": 120}}, "谁也计不满一天"),
        ("a basis is decided before it holds", DAILY | {"legal_basis_decided_on": "2099-01-01"}, "决定日期还没有到"),
        ("a month is over in every zone", {"month_close_day": 1}, "次月2日"),
        ("also at its deadline", {"month_close_day": 1, "month_close_deadline_day": 1}, "次月2日"),
        ("the last approver has no limit", {"approvers": [{"up_to_days": 3, "role": "unit_supervisor"}]}, "不限天数"),
        ("approvers go by length", {"approvers": [{"up_to_days": 9, "role": "unit_supervisor"},
                                                  {"up_to_days": 3, "role": "squad_leader"},
                                                  {"role": "bureau_supervisor"}]}, "从短到长"),
        ("a made-up day is presence", {"leave_effects": {"make_up": "excused"}}, "补卡只能"),
        ("leave is no presence", {"leave_effects": {"sick": "present"}}, "只有补卡"),
        ("the deadline is not before the close", {"month_close_deadline_day": 3}, "截止日"),
        ("the machine only reminds", {"escalation": [{"step": "talk"}]}, "须由人决定"),
        ("nobody is talked to unheard", {"escalation": [{"step": "talk", "decided_by": ["bureau_supervisor"],
                                                         "after_hearing": False}]}, "先听取本人说明"),
        ("the machine reminds on the day itself", {"escalation": [{"step": "remind", "after_days": 5}]}, "不能推迟"),
        ("the first step is not left out", {"escalation": []}, "不能去掉"),
        ("the ladder is climbed in order", {"escalation": [LADDER[1].model_dump(), LADDER[0].model_dump()]}, "顺序"),
    ],
)  # fmt: skip
def test_what_nobody_may_adopt(rule: str, rules: dict[str, Any], said: str) -> None:
    assert any(said in one for one in objections(PolicyRules(**rules), TODAY))


@pytest.mark.parametrize(
    ("rule", "rules"),
    [
        ("the gap just fits", {"windows": [{"start": "08:00", "end": "10:01"}],
                               "full_day": {"checkins": 2, "min_gap_min": 120}}),
        ("it fits over two windows", {"windows": [{"start": "08:00", "end": "09:00", "halves": 1},
                                                  {"start": "17:00", "end": "18:00", "halves": 1}],
                                      "full_day": {"checkins": 2, "min_gap_min": 480}}),
        ("without a gap any window will do", {"full_day": {"checkins": 6}}),
        ("windows on weekdays alone", {"windows": [],
                                       "weekday_windows": {"mon": [{"start": "08:00", "end": "18:00"}]}}),
        ("half days only", {"windows": [{"start": "08:00", "end": "12:00", "halves": 1}]}),
        ("on the second, at the earliest", {"month_close_day": 2, "month_close_deadline_day": 2}),
    ],
)  # fmt: skip
def test_what_may_be_adopted(rule: str, rules: dict[str, Any]) -> None:
    assert objections(PolicyRules(**rules), TODAY) == []


@pytest.mark.parametrize(
    "rules",
    [
        {"target_days": 32},
        {"target_days": 1.3},
        {"windows": [{"start": "8", "end": "9"}]},
        {"leave_effects": {"holiday": "excused"}},
        {"role_targets": {"mayor": 3}},
        {"weekday_windows": {"someday": []}},
        {"evidence_limits": {"no_such_limit": 1}},
        {"fence_radius_m": 1},
        {"unheard_of": 1},
        {"legal_basis": "a\x00b"},
    ],
    ids=str,
)
def test_what_has_no_meaning_is_no_rule(rules: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PolicyRules(**rules)


@pytest.mark.parametrize(
    ("days", "role"), [(0.5, "unit_supervisor"), (3, "unit_supervisor"), (3.5, "bureau_supervisor")]
)
def test_up_to_three_days_the_unit_decides_longer_the_bureau(days: float, role: str) -> None:
    assert PolicyRules().approver_of(days) == role


@pytest.mark.parametrize(
    ("kind", "effect"),
    [("training", "excused"), ("recall", "excused"), ("sick", "lowers_target"), ("maternity", "lowers_target"),
     ("annual", "lowers_target"), ("public_holiday", "lowers_target"), ("personal", "none"), ("make_up", "present")],
)  # fmt: skip
def test_what_leave_does_by_default(kind: Any, effect: str) -> None:
    assert PolicyRules().leave_effects[kind] == effect
    assert PolicyRules(leave_effects={"personal": "lowers_target"}).leave_effects[kind] == (
        "lowers_target" if kind == "personal" else effect
    )


def test_saturdays_have_their_own_windows() -> None:
    rules = PolicyRules(weekday_windows={"sat": [{"start": "09:00", "end": "12:00", "halves": 1}]})
    assert [w.halves for w in rules.windows_on(date(2026, 11, 28))] == [1]
    assert [w.halves for w in rules.windows_on(date(2026, 11, 27))] == [2]


def test_a_row_of_an_older_version_is_still_read() -> None:
    assert (
        PolicyRules.model_validate({"target_days": 20, "burden_mode": "daily", "legal_basis": "旧文件"}).target_days
        == 20
    )


def test_every_rule_has_a_chinese_name() -> None:
    assert set(NAMES) == set(PolicyRules.model_fields)
    assert FIELD_NAMES["rules"] == "规则"
