"""Which instant and which local day a check-in stands for."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.evidence.capture import (
    bounded,
    bounded_capture,
    corrected_capture,
    in_station_time,
    is_anchored,
    local_capture,
    local_date,
    window_of,
)
from server.evidence.types import Window
from tests.evidence.cases import CAPTURED, RECEIVED, at, evidence

LATE_NIGHT = {"received_at": at("2026-11-03 16:05"), "ticket_issued_at": at("2026-11-03 15:00")}  # 00:05 and 23:00


def test_corrected_capture_adds_the_offset() -> None:
    assert corrected_capture(evidence()) == CAPTURED
    assert corrected_capture(evidence(clock_offset_ms=None)) == CAPTURED - timedelta(seconds=2)
    assert corrected_capture(evidence(clock_offset_ms=-480_000)) == CAPTURED - timedelta(seconds=482)


def test_an_offset_of_millennia_corrects_nothing() -> None:
    assert corrected_capture(evidence(clock_offset_ms=10**17)) == CAPTURED - timedelta(seconds=2)


@pytest.mark.parametrize(
    ("name", "changes", "instant"),
    [
        ("between the bounds", {}, CAPTURED),
        ("later than the receipt", {"captured_at": at("2026-11-09 00:00")}, RECEIVED),
        ("before the ticket", {"captured_at": at("2026-11-01 00:00")}, CAPTURED - timedelta(minutes=1)),
        (
            "no ticket, no lower bound",
            {"captured_at": at("2026-11-01"), "ticket_issued_at": None},
            at("2026-11-01 00:00:02"),
        ),
    ],
)
def test_bounded_capture(name: str, changes: dict, instant: object) -> None:
    assert bounded_capture(evidence(**changes)) == instant


@pytest.mark.parametrize(
    ("name", "changes", "on"),
    [
        ("before midnight, received after", {**LATE_NIGHT, "captured_at": at("2026-11-03 15:58")}, "2026-11-03"),
        ("after midnight", {**LATE_NIGHT, "captured_at": at("2026-11-03 16:01")}, "2026-11-04"),
        (
            "a phone a day ahead cannot choose tomorrow",
            {"captured_at": at("2026-11-04 00:41"), "clock_offset_ms": 0},
            "2026-11-03",
        ),
        (
            "the offset decides, not the phone",
            {**LATE_NIGHT, "captured_at": at("2026-11-03 16:02"), "clock_offset_ms": -240_000},
            "2026-11-03",
        ),
        (
            "the station's zone decides",
            {**LATE_NIGHT, "captured_at": at("2026-11-03 15:58"), "tz": "Asia/Tokyo"},
            "2026-11-04",
        ),
    ],
)
def test_local_date(name: str, changes: dict, on: str) -> None:
    assert local_date(evidence(**changes)).isoformat() == on


def test_bounded_is_utc_whatever_zone_the_phone_wrote() -> None:
    east = timezone(timedelta(hours=8))
    instant = bounded(datetime(2026, 11, 3, 8, 41, tzinfo=east), None, None, RECEIVED)
    assert instant == CAPTURED
    assert instant.tzinfo is UTC
    assert bounded(datetime(1, 1, 1, tzinfo=east), None, CAPTURED, RECEIVED) == CAPTURED


def test_extremes_have_a_local_time() -> None:
    assert in_station_time(evidence(tz="Pacific/Kiritimati"), at("9999-12-31 23:59")).year == 9999
    assert in_station_time(evidence(tz="Etc/GMT+12"), at("0001-01-01")).year == 1


def test_local_capture_and_window() -> None:
    assert f"{local_capture(evidence()):%H:%M}" == "08:41"
    assert window_of(evidence()) == Window(480, 600, 1)
    assert window_of(evidence(windows=(Window(521, 522),))) == Window(521, 522)
    assert window_of(evidence(windows=(Window(522, 600), Window(480, 521)))) is None


def test_anchored_by_offset_or_ticket() -> None:
    assert is_anchored(evidence())
    assert is_anchored(evidence(clock_offset_ms=None))
    assert is_anchored(evidence(ticket_issued_at=None))
    assert not is_anchored(evidence(clock_offset_ms=None, ticket_issued_at=None))
