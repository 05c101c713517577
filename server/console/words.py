"""How pages speak of days, moments and states (design.md): the same words, colours and shapes as on the phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup

from server.org.models import ROLE_NAMES

_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class State:
    """What something is: its word, the colour token, and the shape beside it, which says it without the colour."""

    word: str
    colour: str
    shape: str


STATES = {
    "accepted": State("通过", "accepted", "check"),
    "review": State("待核", "review", "half"),
    "rejected": State("驳回", "rejected", "cross"),
    "excused": State("已请假", "excused", "diamond"),
    "none": State("未打卡", "none", "ring"),
    "half": State("半天", "accepted", "halfday"),
    "idle": State("不要求打卡", "none", "dash"),
    "uncovered": State("无人在外", "risk", "bars2"),
    "suspect": State("需核实", "review", "mark"),
    "unknown": State("未采集到", "none", "dash"),
    "clear": State("正常", "accepted", "check"),
    "behind": State("落后", "review", "bars1"),
    "at_risk": State("有风险", "risk", "bars2"),
    "unreachable": State("已无法达标", "rejected", "bars3"),
    "missed": State("未达标", "missed", "square"),
}
TONES = {code: state.colour for code, state in STATES.items()}


def day(on: date | str) -> str:
    """11月3日 周二, of a date or of how the API writes one."""
    on = date.fromisoformat(on) if isinstance(on, str) else on
    return f"{on.month}月{on.day}日 周{_WEEKDAYS[on.weekday()]}"


def full_day(on: date) -> str:
    """2026年11月3日, for what may lie years back."""
    return f"{on.year}年{on.month}月{on.day}日"


def moment(at: datetime | str, tz: str) -> str:
    """11月3日 周二 08:41, by the clock of a zone."""
    local = _instant(at).astimezone(ZoneInfo(tz))
    return f"{day(local.date())} {local:%H:%M}"


def span(first: date | str, last: date | str) -> str:
    """11月3日 周二, or 11月3日 周二 至 11月5日 周四."""
    return day(first) if first == last else f"{day(first)} 至 {day(last)}"


def length_of(first: date | str, last: date | str) -> str:
    """27 天, of the dates from the first to the last."""
    ends = [date.fromisoformat(on) if isinstance(on, str) else on for on in (first, last)]
    return f"{(ends[1] - ends[0]).days + 1} 天"


def month(first: date | str) -> str:
    """2026年11月, of a date or of 2026-11."""
    text = first if isinstance(first, str) else first.isoformat()
    return f"{text[:4]}年{int(text[5:7])}月"


def _instant(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def days(halves: float) -> str:
    """14 or 14.5: a number of days, without a zero that says nothing."""
    return f"{halves:g}"


_HALVES = {
    "confirmed": "确认",
    "pending": "待核",
    "excused": "公出培训",
    "lowers_target": "请假减少",
    "rejected": "驳回",
}


def changed(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """确认 0 → 1，待核 1 → 0: a day's half days before and after, in days; only what is another."""
    said = [
        f"{word} {days(before[name] / 2)} → {days(after[name] / 2)}"
        for name, word in _HALVES.items()
        if before[name] != after[name]
    ]
    return "，".join(said) or "天数不变"


def since(at: datetime | str, now: datetime) -> str:
    """How long ago, as one says it: 刚刚, 12 分钟前, 3 小时前, 5 天前."""
    minutes = int((now - _instant(at)).total_seconds() // 60)
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes} 分钟前"
    if minutes < 48 * 60:
        return f"{minutes // 60} 小时前"
    return f"{minutes // 1440} 天前"


def state(code: str, word: str | None = None) -> Markup:
    """A state's shape and word in its colour."""
    known = STATES[code]
    return Markup('<span class="state {0}">{1}{2}</span>').format(known.colour, shape(code), word or known.word)


def shape(code: str) -> Markup:
    """The shape alone, for where the word stands elsewhere."""
    return Markup(
        '<svg class="shape" aria-hidden="true"><use href="/console/static/shapes.svg#{0}"></use></svg>'
    ).format(STATES[code].shape)


def role(code: str) -> str:
    return ROLE_NAMES[code]


def install(app: Flask) -> None:
    for said in (day, full_day, moment, span, length_of, month, days, changed, since, state, shape, role):
        app.jinja_env.filters[said.__name__] = said
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
