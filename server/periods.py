"""PURE: the moments at which a job falls due, in the zone it is meant for; what is due is told from any instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """One time that a job is to run. It falls due `at`, is about the local date `on`, and is dropped from `ends_at`
    on: nobody is helped by a reminder at noon of what closed at night."""

    at: datetime
    on: date
    ends_at: datetime | None = None
    about: Any = None


def daily(tz: str, clock: str, after: datetime) -> Period:
    """The first local `clock` (HH:MM) after this instant."""
    zone = ZoneInfo(tz)
    on = after.astimezone(zone).date()
    while (at := _instant(on, _minutes(clock), zone)) <= after:
        on += timedelta(days=1)
    return Period(at, on)


def hourly(after: datetime) -> Period:
    """The first full hour after this instant."""
    at = after.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Period(at, at.date())


def before_ends(tz: str, ends: Iterable[tuple[date, int, int]], after: datetime) -> Period | None:
    """The first moment after this instant of those that lie some minutes before a window's end.

    ends: (local date, minute of that day at which the window ends, minutes before it). The end is in `about`.
    """
    zone = ZoneInfo(tz)
    found = (
        Period(_instant(on, end, zone) - timedelta(minutes=before), on, _instant(on, end, zone), end)
        for on, end, before in ends
    )
    return min((period for period in found if period.at > after), key=lambda period: period.at, default=None)


def _instant(on: date, minute: int, zone: ZoneInfo) -> datetime:
    """What the wall's clock shows `minute` minutes after that day's midnight; 24:00 is the next midnight."""
    wall = datetime.combine(on, time(), zone) + timedelta(minutes=minute)  # arithmetic on the wall, not on instants
    return wall.astimezone(UTC)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
