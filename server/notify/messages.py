"""The table of notice kinds: which template, fields and page; every value is fitted with sense before it leaves."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

_WEEKDAYS = "一二三四五六日"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # line breaks of every kind; WeChat takes none


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice. `fields` turns a notice's facts into template values by key (wechat-facts, section 3)."""

    title: str
    template: str  # the sandbox's template id; a live county maps it in WECHAT_TEMPLATES
    page: str
    fields: Callable[[Mapping[str, Any]], dict[str, str]]


def fit(key: str, value: str) -> str:
    """A value that the template type of `key` accepts: shortened with an ellipsis, never rejected for its length."""
    kind = re.sub(r"\d+$", "", key)
    value = _CONTROL.sub(" ", value).strip()
    most = {"thing": 20, "name": 10, "phrase": 5, "character_string": 32}.get(kind)
    if kind == "phrase":
        value = re.sub(r"[^\u4e00-\u9fff]", "", value)
    if not value and kind in ("thing", "phrase"):
        return "无"  # WeChat refuses an empty value, and the whole message with it
    if most is None or len(value) <= most:
        return value
    return value[:most] if kind == "phrase" else value[: most - 1] + "…"


def day_words(iso: str) -> str:
    """2026-11-03 → 11月3日 周二."""
    on = date.fromisoformat(iso)
    return f"{on.month}月{on.day}日 周{_WEEKDAYS[on.weekday()]}"


def _long_date(iso: str) -> str:
    on = date.fromisoformat(iso)
    return f"{on.year}年{on.month}月{on.day}日"


def _reminder(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": f["station"],
        "date2": _long_date(f["on"]),
        "thing3": f"今天的打卡{f['closes']}前有效",
    }


def _checkin_decided(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": f"{day_words(f['on'])}的打卡",
        "phrase2": f["result"],
        "thing3": f["reason"] or ("已计入在岗" if f["result"] == "通过" else "可以申诉"),
    }


def _checkin_pending(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": f"{day_words(f['on'])}的打卡",
        "phrase2": "待核",
        "thing3": "已转人工复核，结果会再通知",
    }


def _flag(word: str, advice: Callable[[Mapping[str, Any]], str]) -> Callable[[Mapping[str, Any]], dict[str, str]]:
    def fields(f: Mapping[str, Any]) -> dict[str, str]:
        have = f["confirmed"] + f["pending"] + f["excused"]
        return {
            "thing1": f"{int(f['month'][5:])}月驻点进度",
            "phrase2": word,
            "thing3": f"已有{have:g}天，目标{f['target']:g}天",
            "thing4": advice(f),
        }

    return fields


def _leave(f: Mapping[str, Any]) -> dict[str, str]:
    first, last = date.fromisoformat(f["starts_on"]), date.fromisoformat(f["ends_on"])
    when = f"{first.month}月{first.day}日" + (f"至{last.month}月{last.day}日" if last != first else "")
    return {
        "thing1": f"{f['member']}的{f['kind']}申请",
        "thing2": when + ("（半天）" if f["halves"] == 1 else ""),
        "phrase3": f["result"],
        "thing4": f["reason"],
    }


def _uncovered(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": f["unit"],
        "phrase2": "无人在外",
        "thing3": f"已有{f['days']}天无主要领导在外",
        "thing4": "请安排外出，或补登记公出",
    }


def _flag_step(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": f"{int(f['month'][5:])}月驻点：{f['name']}",
        "date2": _long_date(f["on"]),
        "thing3": f"{f['step']}：{f['reason']}",
    }


def _leave_waiting(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": f"{f['name']}的请假待审批",
        "date2": _long_date(f["from"]),
        "thing3": f"{_short(f['from'])}至{_short(f['to'])}，请尽快处理",
    }


def _leave_ending(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": "假期明天结束",
        "date2": _long_date(f["to"]),
        "thing3": "之后恢复打卡；需续假请先申请",
    }


def _month_reached(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": f"{int(f['month'][5:])}月月度结果",
        "phrase2": "已达标",
        "thing3": f"在岗{f['have']:g}天，目标{f['target']:g}天",
        "thing4": "可在日历中查看每天的依据",
    }


def _month_closed(f: Mapping[str, Any]) -> dict[str, str]:
    return {
        "thing1": f"{int(f['month'][5:])}月月度结果",
        "phrase2": "已结账",
        "thing3": "月度表已生成",
        "thing4": "请查看月度表并公布",
    }


def _short(iso: str) -> str:
    on = date.fromisoformat(iso)
    return f"{on.month}月{on.day}日"


_MONTH_PAGE = "pages/calendar/calendar"

KINDS: dict[str, Kind] = {
    "leave_asked": Kind("请假审批", "sandbox-leave", "pages/leaves/leaves", _leave),
    "leave_decided": Kind("请假审批结果", "sandbox-leave", "pages/leaves/leaves", _leave),
    "leave_withdrawn": Kind("请假撤回", "sandbox-leave", "pages/leaves/leaves", _leave),
    "reminder": Kind("打卡提醒", "sandbox-reminder", "pages/today/today", _reminder),
    "checkin_decided": Kind("复核结果", "sandbox-decided", _MONTH_PAGE, _checkin_decided),
    # Only what waits for a person is told: a message for each accepted one would eat the credits reminders need.
    "checkin_pending": Kind("打卡待核", "sandbox-decided", _MONTH_PAGE, _checkin_pending),
    "flag_behind": Kind(
        "进度提醒",
        "sandbox-flag",
        _MONTH_PAGE,
        _flag("进度落后", lambda f: f"再驻{f['missing']:g}天可达标，还有{f['remaining_days']:g}个可用日"),
    ),
    "flag_at_risk": Kind(
        "进度提醒",
        "sandbox-flag",
        _MONTH_PAGE,
        _flag("有风险", lambda f: f"还差{f['missing']:g}天，只剩{f['remaining_days']:g}个可用日"),
    ),
    "flag_unreachable": Kind(
        "进度提醒",
        "sandbox-flag",
        _MONTH_PAGE,
        _flag("无法达标", lambda f: f"还差{f['missing']:g}天，请与队长说明情况"),
    ),
    "flag_missed": Kind(
        "月度结果", "sandbox-flag", _MONTH_PAGE, _flag("未达标", lambda f: f"差{f['missing']:g}天，如有出入请核对")
    ),
    "flag_uncovered": Kind("在外情况提醒", "sandbox-flag", "pages/today/today", _uncovered),
    "flag_step": Kind("预警处置", "sandbox-task", _MONTH_PAGE, _flag_step),
    "leave_waiting": Kind("请假待审批", "sandbox-task", "pages/today/today", _leave_waiting),
    "month_reached": Kind("月度结果", "sandbox-flag", _MONTH_PAGE, _month_reached),
    "month_closed": Kind("月度结果", "sandbox-flag", "pages/today/today", _month_closed),
    "leave_ending": Kind("假期将结束", "sandbox-task", "pages/today/today", _leave_ending),
}


def compose(kind: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The template values of one notice, each fitted to its type."""
    return {key: fit(key, value) for key, value in KINDS[kind].fields(facts).items()}
