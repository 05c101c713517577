"""What a lead owes by when, across holidays and weekends."""

from datetime import date, timedelta

import pytest

from server.leads.clocks import Standing, Terms, expires_on, late_since, owed, workdays_after
from server.tally.workdays import is_workday

TERMS = Terms(respond=1, judge=3, answer=7, report=14, claim=30)


def standing(claimed: date, moved: date | None = None, responded=False, judged=False, answered=False) -> Standing:
    return Standing(claimed, moved or claimed, responded, judged, answered)


@pytest.mark.parametrize(
    ("claimed", "days", "over"),
    [
        (date(2026, 11, 24), 1, date(2026, 11, 25)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),  # Friday: Monday
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # the National Day holiday
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday that is worked for the Spring Festival
        (date(2031, 11, 28), 1, date(2031, 12, 1)),  # nothing published for 2031: Monday to Friday
    ],
)
def test_workdays(claimed: date, days: int, over: date) -> None:
    assert workdays_after(claimed, days, is_workday) == over


def test_a_fresh_lead_owes_three_things() -> None:
    found = owed(standing(date(2026, 11, 24)), TERMS, is_workday)
    assert [(one.what, one.due_on) for one in found] == [
        ("respond", date(2026, 11, 25)),
        ("judge", date(2026, 11, 27)),
        ("answer", date(2026, 12, 3)),
    ]
    assert [one.days_late(date(2026, 11, 27)) for one in found] == [2, 0, 0]


def test_one_that_is_taken_up_owes_a_word_every_so_often() -> None:
    of = standing(date(2026, 11, 2), date(2026, 11, 10), responded=True, judged=True, answered=True)
    assert [(one.what, one.due_on) for one in owed(of, TERMS, is_workday)] == [("report", date(2026, 11, 24))]
    assert expires_on(of, TERMS) == date(2026, 12, 11)


@pytest.mark.parametrize("days", [0, 1, 3, 7])
def test_whoever_had_it_by_that_date_is_late_and_nobody_after(days: int) -> None:
    """Over a year and more, with every shifted holiday in it, and into one that is not published."""
    for number in range(400):
        today = date(2026, 1, 1) + timedelta(days=number)
        on = late_since(today, days, is_workday)
        assert workdays_after(on, days, is_workday) < today <= workdays_after(on + timedelta(days=1), days, is_workday)
