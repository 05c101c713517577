"""Numbers and dates as people read them."""

from datetime import date, datetime

import pytest

from server.evidence.words import clock, day, first_sentence, metres, moment, span

TODAY = date(2026, 11, 3)


def test_days_and_moments() -> None:
    assert day(TODAY, TODAY) == "11月3日 周二"
    assert day(date(2025, 12, 31), TODAY) == "2025年12月31日 周三"
    assert moment(datetime.fromisoformat("2026-11-03 08:41"), TODAY) == "11月3日 周二 08:41"


@pytest.mark.parametrize(
    ("length_m", "text"),
    [
        (0, "0 米"),
        (38.4, "38 米"),
        (999.4, "999 米"),
        (999.6, "1.0 公里"),
        (3200, "3.2 公里"),
        (9949, "9.9 公里"),
        (9960, "10 公里"),
        (float("inf"), "未知距离"),
    ],
)
def test_metres(length_m: float, text: str) -> None:
    assert metres(length_m) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (40, "40 秒"),
        (-480, "8 分钟"),
        (5160, "86 分钟"),
        (7200, "2 小时"),
        (30 * 3600, "30 小时"),
        (12 * 86_400, "12 天"),
        (400 * 86_400, "400 天"),
        (11.6 * 365.25 * 86_400, "11 年多"),
    ],
)
def test_span(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_clock_and_first_sentence() -> None:
    assert (clock(0), clock(510), clock(1440)) == ("00:00", "08:30", "24:00")
    assert first_sentence("相同。若拍错了，可重新拍一张。") == "相同"
