"""A camera's wall-clock time often names no zone: how far it is from an instant, under zones that could explain it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

# A receiver counts weeks in ten bits: an old one is wrong by 1024 of them, one without satellites shows the first day.
_GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
_GPS_ROUND = timedelta(weeks=1024)

CHINA_S = 8 * 3600.0
# Offsets in use (IANA 2026): whole hours from -12 to +14, and those with a half or three quarters.
IN_USE_S = tuple(
    h * 3600.0 for h in (*range(-12, 15), -9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75)
)


def gap_s(wall: datetime, at: datetime, offsets_s: Iterable[float]) -> float:
    """Seconds between a naive wall-clock time and an aware instant, under the offset from UTC that suits best."""
    ahead_s = (wall.replace(tzinfo=UTC) - at).total_seconds()
    return min(abs(ahead_s - offset_s) for offset_s in offsets_s)


def is_lost_gps(gps_at: datetime, at: datetime) -> bool:
    """Whether a satellite time (aware UTC) is a receiver's miscount rather than a time: within two days of the start
    of a count, or of `at` less one or two whole counts (GPS week number rollover, IS-GPS-200)."""
    slack = timedelta(days=2)
    since_start = (gps_at - _GPS_EPOCH) % _GPS_ROUND
    before = at - gps_at
    missed = before > _GPS_ROUND - slack and min(before % _GPS_ROUND, -before % _GPS_ROUND) <= slack
    return min(since_start, _GPS_ROUND - since_start) <= slack or missed
