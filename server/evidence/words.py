"""How numbers and dates are spoken in a finding: Chinese, with units, as design.md writes them."""

from datetime import date, datetime
from math import isfinite

_WEEKDAYS = "一二三四五六日"


def day(on: date, read_on: date) -> str:
    """11月3日 周二; with the year in front when it is not the year of `read_on`, the reader's date."""
    year = "" if on.year == read_on.year else f"{on.year}年"
    return f"{year}{on.month}月{on.day}日 周{_WEEKDAYS[on.weekday()]}"


def moment(at: datetime, read_on: date) -> str:
    """11月3日 周二 08:41, on the wall clock `at` already carries."""
    return f"{day(at.date(), read_on)} {at:%H:%M}"


def metres(length_m: float) -> str:
    """38 米, 3.2 公里, 1068 公里."""
    if not isfinite(length_m):
        return "未知距离"
    if length_m < 999.5:
        return f"{length_m:.0f} 米"
    return f"{length_m / 1000:.1f} 公里" if length_m < 9_950 else f"{length_m / 1000:.0f} 公里"


def span(seconds: float) -> str:
    """40 秒, 86 分钟, 15 小时, 12 天, 3 年多; the sign is dropped."""
    s = abs(seconds)
    if s < 60:
        return f"{s:.0f} 秒"
    if s < 2 * 3600:
        return f"{s / 60:.0f} 分钟"
    if s < 48 * 3600:
        return f"{s / 3600:.0f} 小时"
    return f"{s / 86400:.0f} 天" if s < 730 * 86400 else f"{s // (86400 * 365.25):.0f} 年多"


def clock(minute: int) -> str:
    """08:30, from minutes after local midnight; 1440 is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def first_sentence(message: str) -> str:
    """The part before the first full stop: what happened, without what it means."""
    return message.split("。", 1)[0]
