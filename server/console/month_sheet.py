"""A month's results as a workbook: the table, the members behind it, and what became known after the close."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from server.console import workbook
from server.console.workbook import Column, Maker, Table
from server.watch.results import MemberRow


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is written: table as server.tally.table makes it, the members behind it, what was added after the close."""

    month: date
    table: Mapping[str, Any]
    goals: Mapping[str, float]  # what the month asks of its rows, by id; `all`
    closed_at: datetime | None
    people: Sequence[MemberRow]
    added: Sequence[Any]


_RESULTS = (
    Column("单位", 18),
    Column("小分队", 22),
    Column("派驻人数", 10, "count"),
    Column("在岗人数", 10, "count"),
    Column("目标天数", 10, "days"),
    Column("在岗天数", 10, "days"),
    Column("其中半天（个）", 14, "count"),
    Column("待核天数", 10, "days"),
    Column("公出培训天数", 13, "days"),
    Column("今年累计天数", 13, "days"),
    Column("驻点城市", 24),
)
_PEOPLE = (
    Column("姓名", 12),
    Column("驻点城市", 18),
    Column("确认天数", 10, "days"),
    Column("待核天数", 10, "days"),
    Column("公出培训天数", 13, "days"),
    Column("驳回天数", 10, "days"),
    Column("目标天数", 10, "days"),
    Column("还差天数", 10, "days"),
    Column("其中在本范围的确认天数", 22, "days"),
    Column("目标怎么算的", 44),
)
_ADDED = (
    Column("日期", 12, "date"),
    Column("姓名", 12),
    Column("原来确认天数", 13, "days"),
    Column("现在确认天数", 13, "days"),
    Column("说明", 60),
    Column("记录时间", 18, "moment"),
)


def write(sheet: Sheet, maker: Maker) -> bytes:
    """The workbook's bytes."""
    title = f"{maker.county} {sheet.month.year}年{sheet.month.month}月驻点招商结果"
    rows, sums = _results(sheet.table, sheet.goals)
    tables = [
        Table("结果", title, _note(sheet, ZoneInfo(maker.tz)), _RESULTS, rows, sums),
        Table("队员", title, "", _PEOPLE, _people(sheet.people)),
    ]
    if sheet.added:
        tables.append(Table("补充说明", title, "结账以后查明的情况，不改动结果。", _ADDED, _additions(sheet.added)))
    return workbook.write(tables, maker)


def _note(sheet: Sheet, zone: ZoneInfo) -> str:
    if sheet.closed_at is None:
        return "尚未结账，是到导出时为止的数字。"
    return f"已于 {sheet.closed_at.astimezone(zone):%Y-%m-%d} 结账。"


def _results(table: Mapping[str, Any], goals: Mapping[str, float]) -> tuple[list[Sequence[Any]], set[int]]:
    """The rows, and which of them are sums."""
    rows: list[Sequence[Any]] = []
    sums = set()
    for unit in table["units"]:
        rows += [
            (unit["unit"], group["group"], *_figures(group, goals.get(group["id"], 0.0))) for group in unit["groups"]
        ]
        sums.add(len(rows))
        rows.append((unit["unit"], "小计", *_figures(unit, goals[unit["id"]])))
    if table["totals"]:
        sums.add(len(rows))
        rows.append(("合计", "", *_figures(table["totals"], goals["all"])))
    return rows, sums


def _figures(row: Mapping[str, Any], goal: float) -> tuple[Any, ...]:
    names = ("days", "half_days", "pending_days", "excused_days", "year_days")
    return (row["people"], row["people_out"], goal, *(row[name] for name in names), "、".join(row["cities"]))


def _people(people: Sequence[MemberRow]) -> list[Sequence[Any]]:
    return [
        (
            *(one.name, one.city, one.month.confirmed, one.month.pending, one.month.excused, one.month.rejected),
            *(one.month.target, one.month.missing, one.here, one.month.target_explanation),
        )
        for one in people
    ]


def _additions(added: Sequence[Any]) -> list[Sequence[Any]]:
    return [
        (one.on_date, name, one.before["confirmed"] / 2, one.after["confirmed"] / 2, one.explanation, one.made_at)
        for one, name in added
    ]
