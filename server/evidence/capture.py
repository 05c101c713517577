"""When a photo was taken, as far as the server can stand behind it, and which local day that makes it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from server.evidence.types import Evidence, Window

# A zone lies at most a day away from UTC: between these two every instant has a local time.
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)


def corrected(captured_at: datetime, clock_offset_ms: int | None) -> datetime:
    """The phone's capture time moved by its measured clock offset, aware UTC; the bare claim if none was measured."""
    try:
        return _representable(captured_at + timedelta(milliseconds=clock_offset_ms or 0))
    except OverflowError:  # an offset of millennia corrects nothing
        return _representable(captured_at)


def bounded(
    captured_at: datetime, clock_offset_ms: int | None, ticket_issued_at: datetime | None, received_at: datetime
) -> datetime:
    """The corrected capture, clamped between the ticket's issue (if there is a ticket) and the receipt; aware UTC.

    Only the server's clock sets these bounds, so no phone can move itself to another day than they allow.
    """
    earliest = ticket_issued_at or _EARLIEST
    return _representable(min(max(corrected(captured_at, clock_offset_ms), earliest), received_at))


def corrected_capture(e: Evidence) -> datetime:
    """`corrected` of one check-in."""
    return corrected(e.captured_at, e.clock_offset_ms)


def bounded_capture(e: Evidence) -> datetime:
    """`bounded` of one check-in."""
    return bounded(e.captured_at, e.clock_offset_ms, e.ticket_issued_at, e.received_at)


def local_capture(e: Evidence) -> datetime:
    """The bounded capture as the station's wall clock showed it, aware in `e.tz`."""
    return in_station_time(e, bounded_capture(e))


def local_date(e: Evidence) -> date:
    """The station's local date this check-in is submitted for."""
    return local_capture(e).date()


def window_of(e: Evidence) -> Window | None:
    """The first of the policy's windows that holds the local capture; None outside all of them."""
    at = local_capture(e)
    minute = at.hour * 60 + at.minute
    return next((w for w in e.windows if w.start_min <= minute < w.end_min), None)


def is_anchored(e: Evidence) -> bool:
    """Whether anything but the phone's own clock speaks for the time: a measured offset, or the server's ticket."""
    return e.clock_offset_ms is not None or e.ticket_issued_at is not None


def in_station_time(e: Evidence, at: datetime) -> datetime:
    """An aware instant on the station's wall clock. `e.tz` must be a zone the machine knows; the door checks it."""
    return _representable(at).astimezone(ZoneInfo(e.tz))


def seconds_after(later: datetime, earlier: datetime) -> float:
    """Seconds from `earlier` to `later`; negative when the order is the other way. Never overflows."""
    return (later - earlier).total_seconds()


def _representable(at: datetime) -> datetime:
    return min(max(at, _EARLIEST), _LATEST).astimezone(UTC)
