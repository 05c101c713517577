"""When a job falls due: by the wall's clock of its zone, also where clocks are put forward and back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.periods import before_ends, daily, hourly


@pytest.mark.parametrize(
    ("rule", "tz", "clock", "after", "due", "on"),
    [
        ("later today", "Asia/Shanghai", "21:30", "2026-11-24T13:29", "2026-11-24T13:30", "2026-11-24"),
        ("that very instant is done", "Asia/Shanghai", "21:30", "2026-11-24T13:30", "2026-11-25T13:30", "2026-11-25"),
        ("by the local date", "Asia/Shanghai", "00:30", "2026-11-24T16:00", "2026-11-24T16:30", "2026-11-25"),
        ("summer time", "Europe/Berlin", "21:30", "2026-07-01T12:00", "2026-07-01T19:30", "2026-07-01"),
        ("winter time", "Europe/Berlin", "21:30", "2026-12-01T12:00", "2026-12-01T20:30", "2026-12-01"),
        ("an hour that is left out", "Europe/Berlin", "02:30", "2026-03-28T12:00", "2026-03-29T01:30", "2026-03-29"),
        ("an hour that comes twice", "Europe/Berlin", "02:30", "2026-10-24T12:00", "2026-10-25T00:30", "2026-10-25"),
    ],
)
def test_once_a_local_day(rule: str, tz: str, clock: str, after: str, due: str, on: str) -> None:
    found = daily(tz, clock, datetime.fromisoformat(after + "+00:00"))
    assert (found.at, found.on) == (datetime.fromisoformat(due + "+00:00"), date.fromisoformat(on))


@given(
    st.integers(0, 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"]),
    st.sampled_from(["00:00", "02:30", "21:30", "23:59"]),
)
def test_periods_follow_each_other_by_date_and_none_is_left_out(start: datetime, tz: str, clock: str) -> None:
    first = daily(tz, clock, start)
    second = daily(tz, clock, first.at)
    assert start < first.at <= start + timedelta(hours=25)
    assert second.on == first.on + timedelta(days=1)
    assert daily(tz, clock, second.at - timedelta(microseconds=1)) == second


def test_every_full_hour() -> None:
    assert hourly(datetime(2026, 11, 24, 13, 0, tzinfo=UTC)).at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def test_before_a_windows_end_until_it_ends() -> None:
    day = date(2026, 11, 24)
    ends = [(day, 12 * 60, 90), (day, 24 * 60, 30)]
    noon = before_ends("Europe/Berlin", ends, datetime(2026, 11, 24, 0, 0, tzinfo=UTC))
    assert (noon.at, noon.ends_at, noon.about) == (
        datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
        datetime(2026, 11, 24, 11, 0, tzinfo=UTC),
        720,
    )
    midnight = before_ends("Europe/Berlin", ends, noon.at)
    assert (midnight.at, midnight.on) == (datetime(2026, 11, 24, 22, 30, tzinfo=UTC), day)
    assert before_ends("Europe/Berlin", ends, midnight.at) is None
