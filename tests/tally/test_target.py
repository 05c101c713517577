"""What a month asks of one member: a table of proration rules, and properties that hold for any postings."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tally.month_fold import fold_month
from server.tally.rules import PolicyRules, Rulebook, in_force
from server.tally.types import DayHalves, Held, MonthCount, MonthInputs, Posted

NOV = date(2026, 11, 1)
EAST, WEST = uuid.UUID(int=1), uuid.UUID(int=2)
ALWAYS = [Posted(date(2026, 9, 1), None, EAST)]
HALF_DAY = {"start": "08:00", "end": "10:00", "halves": 1}
MEMBER, LEADER = Held("member", date(2026, 9, 1), None), Held("unit_supervisor", date(2026, 11, 16), None)


def nov(day: int) -> date:
    return NOV.replace(day=day)


def book(*versions: tuple[date, dict[str, Any]]) -> Rulebook:
    """Of a county that asks for check-ins every day, unless it says otherwise."""
    daily = {"burden_mode": "daily", "legal_basis": "测试"}
    return Rulebook((on, in_force(i, PolicyRules(**daily | rules))) for i, (on, rules) in enumerate(versions, start=1))


def month(
    rules: dict[str, Any] | Rulebook | None = None,
    postings: list[Posted] = ALWAYS,
    days: dict[date, DayHalves] | None = None,
    roles: tuple[Held, ...] = (MEMBER,),
    today: date = nov(16),
    first: date = NOV,
) -> MonthCount:
    found = rules if isinstance(rules, Rulebook) else book((date(2026, 1, 1), rules or {}))
    return fold_month(first, today, found, MonthInputs(days or {}, postings, roles))


def away(*days: int, halves: int = 2) -> dict[date, DayHalves]:
    return {nov(day): DayHalves(0, 0, 0, halves) for day in days}


MOVED = [Posted(date(2026, 9, 1), nov(14), EAST), Posted(nov(15), None, WEST)]


@pytest.mark.parametrize(
    ("rule", "rules", "postings", "days", "roles", "target", "why"),
    [
        ("a whole month asks all", {}, ALWAYS, {}, (), 20, "目标 20 天，应驻 20 天。"),
        ("who joins on the 14th is asked for the rest", {}, [Posted(nov(14), None, EAST)], {}, (), 11,
         "目标 20 天，本月派驻 17/30 天，折算 11 天，应驻 11 天。"),
        ("who leaves on the 10th for what was", {}, [Posted(nov(1), nov(10), EAST)], {}, (), 6.5,
         "目标 20 天，本月派驻 10/30 天，折算 6.5 天，应驻 6.5 天。"),
        ("up in the county's favour", {"proration": {"rounding": "up"}}, [Posted(nov(1), nov(10), EAST)], {}, (), 7,
         None),
        ("to the nearest half", {"proration": {"rounding": "nearest"}}, [Posted(nov(1), nov(10), EAST)], {}, (), 6.5,
         None),
        ("where check-ins are by spot checks no days are asked", {"burden_mode": "spot_check_only"}, ALWAYS, {}, (), 0,
         "本月不要求每日打卡，没有天数目标。"),
        ("nor where they are voluntary", {"burden_mode": "voluntary"}, ALWAYS, {}, (), 0, None),
        ("no more is asked than can be earned", {"target_days": 30, "windows": [HALF_DAY]}, ALWAYS, {}, (), 15,
         "目标 30 天，应驻 30 天。本月最多能计 15 天，按 15 天算。"),
        ("nor more than leave left open", {"countable_days": "workdays"}, ALWAYS, away(2, 3, 4, 5, 6, 9, 10), (), 13,
         "目标 20 天，请假减少 7 天，应驻 13 天。"),
        ("of what leave left, not of what there was", {"windows": [HALF_DAY]}, ALWAYS, away(2, 3, 4, 5), (), 13,
         "目标 20 天，请假减少 4 天，应驻 16 天。本月最多能计 13 天，按 13 天算。"),
        ("whoever is ill all month is asked for nothing", {"windows": [HALF_DAY]}, ALWAYS, away(*range(1, 31)), (), 0,
         None),
        ("of workdays no more than there are", {"countable_days": "workdays", "target_days": 25}, ALWAYS, {}, (), 21,
         "目标 25 天，应驻 25 天。本月最多能计 21 天，按 21 天算。"),
        ("a county may ask newcomers for all", {"proration": {"by_posting": False}}, [Posted(nov(8), None, EAST)], {},
         (), 20, None),
        ("a transfer neither loses nor doubles a day", {}, MOVED, {}, (), 20, "目标 20 天，应驻 20 天。"),
        ("a unit's own target holds where one is posted", {"unit_targets": {str(EAST): 15}}, ALWAYS, {}, (), 15,
         "按单位目标 15 天，应驻 15 天。"),
        ("a transfer between targets is counted date by date", {"unit_targets": {str(WEST): 15}}, MOVED, {}, (), 17,
         "目标 20 天×14/30（11月1日至14日）＋按单位目标 15 天×16/30（11月15日至30日），折算 17 天，应驻 17 天。"),
        ("a town's main leader has another target", {"role_targets": {"unit_supervisor": 5}}, ALWAYS, {},
         (MEMBER, Held("unit_supervisor", date(2026, 9, 1), None)), 5, "按角色目标 5 天，应驻 5 天。"),
        ("from the day the role is held", {"role_targets": {"unit_supervisor": 5}}, ALWAYS, {}, (MEMBER, LEADER), 12.5,
         "目标 20 天×15/30（11月1日至15日）＋按角色目标 5 天×15/30（11月16日至30日），折算 12.5 天，应驻 12.5 天。"),
        ("a role's target comes before a unit's",
         {"role_targets": {"unit_supervisor": 5}, "unit_targets": {str(EAST): 15}}, ALWAYS, {},
         (Held("unit_supervisor", date(2026, 9, 1), None),), 5, None),
        ("leave lowers it day for day", {}, ALWAYS, away(2, 3, 4), (), 17, "目标 20 天，请假减少 3 天，应驻 17 天。"),
        ("half a day of leave by half", {}, ALWAYS, away(2, halves=1), (), 19.5, None),
        ("or by its share", {"proration": {"absence": "share"}}, ALWAYS, away(2, 3, 4), (), 18,
         "目标 20 天，本月派驻 27/30 天（扣除请假），折算 18 天，应驻 18 天。"),
        ("leave before the posting lowers nothing twice", {}, [Posted(nov(16), None, EAST)], away(2, 3), (), 10, None),
        ("never below nothing", {"target_days": 2}, ALWAYS, away(2, 3, 4), (), 0, None),
        ("posted nowhere, asked nothing", {}, [], {}, (), 0, "本月没有派驻，应驻 0 天。"),
        ("workdays only share out over workdays", {"countable_days": "workdays"}, [Posted(nov(16), None, EAST)], {}, (),
         10, "目标 20 天，本月派驻 11/21 天，折算 10 天，应驻 10 天。"),
    ],
)  # fmt: skip
def test_the_target(rule, rules, postings, days, roles, target, why) -> None:
    found = month(rules, postings, days, roles)
    assert found.target == target
    if why:
        assert found.target_explanation == why


def test_a_change_within_the_month_holds_from_its_date() -> None:
    found = month(book((date(2026, 1, 1), {}), (nov(16), {"target_days": 22})))
    assert (found.target, found.policy_version) == (21, 2)
    assert found.target_explanation == (
        "目标 20 天×15/30（11月1日至15日）＋目标 22 天×15/30（11月16日至30日），折算 21 天，应驻 21 天。"
    )


def test_of_two_versions_of_one_date_the_newer_holds() -> None:
    assert month(book((NOV, {"target_days": 10}), (NOV, {"target_days": 18}))).target == 18


def test_what_is_left_leaves_out_days_that_cannot_count_and_those_that_are_full() -> None:
    assert month(today=nov(16)).remaining_days == 15
    assert (
        month(today=nov(16), days={nov(17): DayHalves(0, 2, 0, 0), nov(18): DayHalves(1, 0, 0, 0)}).remaining_days
        == 13.5
    )
    assert month({"countable_days": "workdays"}, today=nov(16)).remaining_days == 11
    assert month({"weekday_windows": {"sun": []}}, today=nov(16)).remaining_days == 13


@pytest.mark.parametrize(
    ("rule", "windows", "day", "left"),
    [
        ("a window of half a day gives half a day", [1], (0, 0, 0, 0), 7.5),
        ("it gives it once", [1], (1, 0, 0, 0), 7),
        ("also while it waits", [1], (0, 1, 0, 0), 7),
        ("half a day of leave takes all that there was", [1], (0, 0, 1, 0), 7),
        ("of two it leaves one", [1, 1], (0, 0, 1, 0), 14.5),
        ("two give a day", [1, 1], (0, 0, 0, 0), 15),
        ("of which half is left", [1, 1], (1, 0, 0, 0), 14.5),
        ("more than a day is not to be had", [2, 1], (0, 0, 0, 0), 15),
        ("nothing is to be had without windows", [], (0, 0, 0, 0), 0),
    ],
)
def test_what_is_left_is_what_can_still_be_earned(rule, windows, day, left) -> None:
    rules = {
        "windows": [
            {"start": f"{8 + 4 * n:02}:00", "end": f"{10 + 4 * n:02}:00", "halves": halves}
            for n, halves in enumerate(windows)
        ]
    }
    assert month(rules, today=nov(16), days={nov(16): DayHalves(*day)}).remaining_days == left


def test_days_are_asked_from_the_date_on_which_check_ins_are_daily() -> None:
    changed = book((date(2026, 1, 1), {"burden_mode": "spot_check_only"}), (nov(16), {}))
    count = month(changed)
    assert (count.target, count.posted_days) == (10, 15)
    assert count.target_explanation == "目标 20 天，本月派驻 15/30 天，折算 10 天，应驻 10 天。"


def test_a_year_that_is_not_published_is_said_not_guessed() -> None:
    january = date(2027, 1, 1)
    found = month({"countable_days": "workdays"}, today=january, first=january)
    assert (found.target, found.posted_days, found.remaining_days) == (20, 31, 31)  # no date is ruled out by a guess


def test_october_2026_knows_its_shifted_holidays() -> None:
    october = date(2026, 10, 1)
    found = month({"countable_days": "workdays"}, today=october, first=october)
    assert found.posted_days == 18  # 22 weekdays less five of the holiday, and the worked Saturday of the 10th


dates = st.integers(1, 30).map(nov)
halves = st.builds(DayHalves, st.integers(0, 2), st.just(0), st.just(0), st.just(0))


@given(st.integers(2, 30), st.dictionaries(dates, halves), st.sampled_from(["calendar", "workdays"]))
def test_transfers_neither_lose_nor_double_a_day(at, days, countable) -> None:
    moved = [Posted(date(2026, 9, 1), nov(at) - timedelta(days=1), EAST), Posted(nov(at), None, WEST)]
    rules = {"countable_days": countable}
    assert month(rules, moved, days) == month(rules, ALWAYS, days)


@given(st.lists(st.tuples(dates, st.none() | dates), max_size=4), st.dictionaries(dates, halves), st.randoms())
def test_the_order_of_postings_and_days_does_not_matter(spans, days, rng) -> None:
    postings = [Posted(first, last, EAST) for first, last in dict(spans).items() if last is None or last >= first]
    shuffled, again = postings[:], list(days.items())
    rng.shuffle(shuffled)
    rng.shuffle(again)
    assert month(postings=shuffled, days=dict(again)) == month(postings=postings, days=days)


@given(st.lists(st.tuples(dates, st.none() | dates), max_size=4), st.dictionaries(dates, halves), dates,
       st.sampled_from(["down", "nearest", "up"]), st.sampled_from(["calendar", "workdays"]))  # fmt: skip
def test_days_are_at_most_the_calendars(spans, days, today, rounding, countable) -> None:
    postings = [Posted(first, last, EAST) for first, last in spans if last is None or last >= first]
    found = month({"proration": {"rounding": rounding}, "countable_days": countable}, postings, days, today=today)
    assert 0 <= found.elapsed_days <= found.posted_days <= 30
    assert found.remaining_days + found.elapsed_days <= found.posted_days
    assert 0 <= found.confirmed + found.pending + found.excused <= 30
    assert 0 <= found.target <= 20


def test_nobody_is_expected_on_a_whole_day_of_leave_whatever_it_does() -> None:
    """Personal leave lowers nothing and excuses nothing, but its dates are not days that are left."""
    found = book((date(2026, 1, 1), {}))
    leave = [(nov(10), nov(17)), (nov(25), nov(25))]
    assert fold_month(NOV, nov(16), found, MonthInputs({}, ALWAYS, away=leave)).remaining_days == 12
