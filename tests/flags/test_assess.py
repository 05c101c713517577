"""Which one flag a month deserves: the rules by name, and what holds of any month."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.flags.assess import assess
from server.tally.types import MonthCount

NOV = date(2026, 11, 1)


def count(
    confirmed: float = 0, pending: float = 0, excused: float = 0, target: float = 20, remaining: int = 0
) -> MonthCount:
    return MonthCount(NOV, confirmed, pending, excused, target, remaining, 30, 0, "", 1)


@pytest.mark.parametrize(
    ("rule", "month", "day", "closed", "usual_left", "kind"),
    [
        # the even line, where no pattern is known
        ("on the line is fine", count(10, remaining=15), 16, False, None, None),
        ("two days below the line is ordinary life", count(8, remaining=15), 16, False, None, None),
        ("more is behind", count(7.5, remaining=15), 16, False, None, "behind"),
        ("pending speaks for the member", count(7.5, pending=2, remaining=15), 16, False, None, None),
        ("excused speaks for the member", count(7.5, excused=2, remaining=15), 16, False, None, None),
        ("the first day blames nobody", count(0, remaining=30), 1, False, None, None),
        # their own weekly pattern
        ("who comes on weekdays only is not behind on a Sunday", count(8, remaining=16), 16, False, 12.0, None),
        ("who will get there as usual is fine though below the even line", count(6, remaining=19), 12, False, 14, None),
        ("who will not, is behind though above the even line", count(11, remaining=15), 16, False, 6.5, "behind"),
        ("two days short of it is ordinary life", count(11, remaining=15), 16, False, 7.0, None),
        # few days to spare
        ("missing = remaining can still be reached, hardly", count(13.5, remaining=7), 24, False, None, "at_risk"),
        ("one day to spare is hardly", count(9, remaining=12), 19, False, None, "at_risk"),
        ("two days to spare are not", count(10, remaining=12), 19, False, None, None),
        (
            "on the line nobody is at risk, however much is asked",
            count(15, target=30, remaining=15),
            16,
            False,
            15,
            None,
        ),
        ("missing > remaining cannot", count(13.5, remaining=6), 25, False, None, "unreachable"),
        ("it cannot, whatever the pattern says", count(13.5, remaining=6), 25, False, 9.0, "unreachable"),
        # closed
        ("a month that was reached is fine closed", count(20), 35, True, None, None),
        ("a closed month below its target is missed", count(19.5), 35, True, None, "missed"),
        ("a closed month with pending days enough is not missed", count(18, pending=2), 35, True, None, None),
        ("a target of nothing is reached", count(0, target=0), 35, True, None, None),
    ],
)
def test_what_a_month_deserves(
    rule: str, month: MonthCount, day: int, closed: bool, usual_left: float | None, kind: str | None
) -> None:
    month = replace(month, elapsed_days=min(30, day - 1))
    found = assess(month, NOV + timedelta(days=day - 1), closed, usual_left)
    assert (found.kind if found else None) == kind


SAID = {
    "behind": "截至11月16日，11月在岗 7 天、待核 0.5 天，比能达标的进度少 2.5 天。"
    "再驻点 12.5 天即可达标，还有 15 个可用日。",
    "at_risk": "截至11月16日，11月在岗 7 天、待核 0.5 天，还差 12.5 天，只剩 13 个可用日。"
    "接下来几乎每天都要在岗，有困难请早与队长商量。",
    "unreachable": "截至11月16日，11月在岗 7 天、待核 0.5 天，还差 12.5 天，只剩 12 个可用日，已无法达标。"
    "请与队长说明情况，漏记的可以补证明。",
    "missed": "11月在岗 7 天、待核 0.5 天，目标 20 天，差 12.5 天。如有出入请核对或申诉。",
}


@pytest.mark.parametrize(
    ("kind", "remaining", "closed"),
    [("behind", 15, False), ("at_risk", 13, False), ("unreachable", 12, False), ("missed", 0, True)],
)
def test_a_flag_carries_its_numbers_and_the_next_step(kind: str, remaining: int, closed: bool) -> None:
    month = replace(count(7, 0.5, remaining=remaining), elapsed_days=15)
    found = assess(month, NOV + timedelta(days=15), closed)
    assert found is not None
    assert (found.kind, found.message) == (kind, SAID[kind])
    numbers = {name: found.facts[name] for name in ("confirmed", "pending", "missing", "remaining_days", "line")}
    assert numbers == {"confirmed": 7, "pending": 0.5, "missing": 12.5, "remaining_days": remaining, "line": 10.0}


HALVES = st.integers(0, 62).map(lambda halves: halves / 2)
MONTHS = st.builds(
    lambda confirmed, pending, excused, target, posted, elapsed, taken: MonthCount(
        NOV, confirmed, pending, excused, target, max(0, posted - elapsed - taken), posted, min(elapsed, posted), "", 1
    ),
    HALVES, HALVES, HALVES, HALVES, st.integers(0, 30), st.integers(0, 30), st.integers(0, 3),
)  # fmt: skip
PATTERNS = st.none() | st.floats(0, 31)
URGENCY = {None: 0, "behind": 1, "at_risk": 2, "unreachable": 3}


def urgency(month: MonthCount, usual_left: float | None) -> int:
    found = assess(month, NOV, False, usual_left)
    return URGENCY[found.kind if found else None]


@given(MONTHS, PATTERNS)
def test_who_reaches_the_target_with_what_is_there_is_never_flagged(month: MonthCount, usual: float | None) -> None:
    for closed in (False, True):
        assert (assess(month, NOV, closed, usual) is None) or month.missing > 0


@given(MONTHS, PATTERNS, HALVES)
def test_more_days_never_make_it_worse_and_pending_ones_count_as_much(
    month: MonthCount, usual: float | None, more: float
) -> None:
    better = replace(month, confirmed=month.confirmed + more)
    waiting = replace(month, pending=month.pending + more)
    assert urgency(better, usual) <= urgency(month, usual)
    assert urgency(waiting, usual) == urgency(better, usual)


@given(MONTHS, PATTERNS)
def test_unreachable_says_exactly_that_no_effort_would_do(month: MonthCount, usual: float | None) -> None:
    assert (urgency(month, usual) == 3) == (month.missing > month.remaining_days)
