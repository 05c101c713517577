"""Whether a date is a workday in China, as far as the State Council has published it; an unknown year is said so."""

from datetime import date
from functools import lru_cache

import chinese_calendar


@lru_cache(4096)
def is_workday(on: date) -> bool | None:
    """With shifted holidays; None for a year that is not published yet (or before 2004)."""
    try:
        return bool(chinese_calendar.is_workday(on))
    except NotImplementedError:
        return None


def known_through(year: int) -> int:
    """The last year whose workdays are published, `year` or later; the one before `year` when even that is not."""
    while is_workday(date(year, 12, 31)) is not None:
        year += 1
    return year - 1
