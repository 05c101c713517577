"""PURE: values that a WeChat template takes, fitted with sense and never cut blindly; dates as people say them."""

import re
from datetime import date

_WEEKDAYS = "一二三四五六日"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # line breaks of every kind; WeChat takes none


def fit(key: str, value: str) -> str:
    """A value that the template type of `key` accepts: shortened, never rejected for its length."""
    kind = re.sub(r"\d+$", "", key)
    value = one_line(value)
    most = {"thing": 20, "name": 10, "phrase": 5, "character_string": 32}.get(kind)
    if kind == "phrase":
        value = re.sub(r"[^\u4e00-\u9fff]", "", value)
    if not value and kind in ("thing", "phrase"):
        return "无"  # WeChat refuses an empty value, and the whole message with it
    if most is None or len(value) <= most:
        return value
    return value[:most] if kind == "phrase" else _whole_words(value, most)


def _whole_words(value: str, most: int) -> str:
    """As much of it as ends with a clause, if that is half of the room or more; else cut, and marked so."""
    ends = [at for at, letter in enumerate(value[: most + 1]) if letter in "，。；、！？" and at >= most // 2]
    return value[: ends[-1]] if ends else value[: most - 1] + "…"


def one_line(value: str) -> str:
    """The text without line breaks and other control characters."""
    return _CONTROL.sub(" ", value).strip()


def day_words(iso: str) -> str:
    """2026-11-03 → 11月3日 周二."""
    on = date.fromisoformat(iso)
    return f"{on.month}月{on.day}日 周{_WEEKDAYS[on.weekday()]}"


def long_date(iso: str) -> str:
    """2026-11-03 → 2026年11月3日, as a template's date wants it."""
    on = date.fromisoformat(iso)
    return f"{on.year}年{on.month}月{on.day}日"


def short_date(iso: str) -> str:
    """2026-11-03 → 11月3日."""
    on = date.fromisoformat(iso)
    return f"{on.month}月{on.day}日"


def span(first: str, last: str) -> str:
    """One day, or from the first to the last."""
    return short_date(first) if first == last else f"{short_date(first)}至{short_date(last)}"


def month_word(month: str) -> str:
    """2026-11 → 11月."""
    return f"{int(month[5:])}月"
