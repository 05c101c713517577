"""A month's results as an Excel workbook: real numbers and dates, text that is never a formula, ready for paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from server.watch.results import MemberRow

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_A4 = 9
_FONT = "宋体"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is written: table as server.tally.table makes it, the members behind it, what was added after the close."""

    county: str
    tz: str
    month: date
    table: Mapping[str, Any]
    closed_at: datetime | None
    people: Sequence[MemberRow]
    added: Sequence[Any]
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class _Column:
    """A heading, its width in letters, and how a value is written: text, days, count, date, moment."""

    heading: str
    width: float
    kind: str = "text"


_RESULTS = (
    _Column("单位", 18),
    _Column("小分队", 22),
    _Column("派驻人数", 10, "count"),
    _Column("在岗人数", 10, "count"),
    _Column("在岗天数", 10, "days"),
    _Column("其中半天（个）", 14, "count"),
    _Column("待核天数", 10, "days"),
    _Column("公出培训天数", 13, "days"),
    _Column("今年累计天数", 13, "days"),
    _Column("驻点城市", 24),
)
_PEOPLE = (
    _Column("姓名", 12),
    _Column("驻点城市", 18),
    _Column("确认天数", 10, "days"),
    _Column("待核天数", 10, "days"),
    _Column("公出培训天数", 13, "days"),
    _Column("驳回天数", 10, "days"),
    _Column("目标天数", 10, "days"),
    _Column("还差天数", 10, "days"),
    _Column("其中在本范围的确认天数", 22, "days"),
    _Column("目标怎么算的", 44),
)
_ADDED = (
    _Column("日期", 12, "date"),
    _Column("姓名", 12),
    _Column("原来确认天数", 13, "days"),
    _Column("现在确认天数", 13, "days"),
    _Column("说明", 60),
    _Column("记录时间", 18, "moment"),
)


def write(sheet: Sheet) -> bytes:
    """The workbook's bytes."""
    content = BytesIO()
    with Workbook(content, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"title": _title(sheet), "company": sheet.county, "author": sheet.made_by})
        formats = _formats(book)
        _fill(book.add_worksheet("结果"), sheet, formats, _RESULTS, _results(sheet.table), _note(sheet))
        _fill(book.add_worksheet("队员"), sheet, formats, _PEOPLE, _people(sheet.people), "")
        if sheet.added:
            rows = _additions(sheet.added, ZoneInfo(sheet.tz))
            _fill(book.add_worksheet("补充说明"), sheet, formats, _ADDED, rows, "结账以后查明的情况，不改动结果。")
    return content.getvalue()


def _title(sheet: Sheet) -> str:
    return f"{sheet.county} {sheet.month.year}年{sheet.month.month}月驻点招商结果"


def _note(sheet: Sheet) -> str:
    if sheet.closed_at is None:
        return "尚未结账，是到导出时为止的数字。"
    at = sheet.closed_at.astimezone(ZoneInfo(sheet.tz))
    return f"已于 {at:%Y-%m-%d} 结账。"


def _formats(book: Workbook) -> dict[str, Format]:
    cell = {"font_name": _FONT, "font_size": 11, "border": 1, "valign": "vcenter"}
    numbers = {"count": "0", "days": "0.0", "date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm"}
    made = {kind: book.add_format(cell | {"num_format": shown}) for kind, shown in numbers.items()}
    made["text"] = book.add_format(cell | {"text_wrap": True})
    made |= {
        f"sum {kind}": book.add_format(
            cell | {"num_format": numbers.get(kind, "@"), "bold": True, "bg_color": "#EEF2F7"}
        )
        for kind in ("text", "count", "days")
    }
    made["heading"] = book.add_format(
        cell | {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#DCE6F5"}
    )
    made["title"] = book.add_format({"font_name": _FONT, "font_size": 16, "bold": True})
    made["note"] = book.add_format({"font_name": _FONT, "font_size": 10, "font_color": "#555555"})
    return made


_Row = tuple[bool, Sequence[Any]]  # whether it is a sum, and the values by column


def _results(table: Mapping[str, Any]) -> list[_Row]:
    rows: list[_Row] = []
    for unit in table["units"]:
        rows += [(False, (unit["unit"], group["group"], *_figures(group))) for group in unit["groups"]]
        rows.append((True, (unit["unit"], "小计", *_figures(unit))))
    if table["totals"]:
        rows.append((True, ("合计", "", *_figures(table["totals"]))))
    return rows


def _figures(row: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("people", "people_out", "days", "half_days", "pending_days", "excused_days", "year_days")
    return (*(row[name] for name in names), "、".join(row["cities"]))


def _people(people: Sequence[MemberRow]) -> list[_Row]:
    return [
        (
            False,
            (
                *(one.name, one.city, one.month.confirmed, one.month.pending, one.month.excused, one.month.rejected),
                *(one.month.target, one.month.missing, one.here, one.month.target_explanation),
            ),
        )
        for one in people
    ]


def _additions(added: Sequence[Any], zone: ZoneInfo) -> list[_Row]:
    return [
        (
            False,
            (
                *(one.on_date, name, one.before["confirmed"] / 2, one.after["confirmed"] / 2, one.explanation),
                one.made_at.astimezone(zone).replace(tzinfo=None),  # Excel knows no zones
            ),
        )
        for one, name in added
    ]


def _fill(
    page: Worksheet,
    sheet: Sheet,
    formats: Mapping[str, Format],
    columns: Sequence[_Column],
    rows: Sequence[_Row],
    note: str,
) -> None:
    """Title, note, headings that stay in view and come again on each sheet of paper, and the rows."""
    page.write_string(0, 0, _title(sheet), formats["title"])
    page.write_string(1, 0, note, formats["note"])
    for at, column in enumerate(columns):
        page.set_column(at, at, column.width)
        page.write_string(2, at, column.heading, formats["heading"])
    for number, (is_sum, values) in enumerate(rows, start=3):
        for at, (column, value) in enumerate(zip(columns, values, strict=True)):
            shown = formats[f"sum {column.kind}" if is_sum else column.kind]
            if column.kind == "text":
                page.write_string(number, at, str(value), shown)  # never a formula, whatever it begins with
            elif column.kind in ("date", "moment"):
                page.write_datetime(number, at, value, shown)
            else:
                page.write_number(number, at, value, shown)
    page.freeze_panes(3, 2)
    page.autofilter(2, 0, max(2, 2 + len(rows)), len(columns) - 1)
    _for_paper(page, sheet, len(columns), len(rows))


def _for_paper(page: Worksheet, sheet: Sheet, columns: int, rows: int) -> None:
    """A4 across, one page wide, headings on each, who made it when at the foot."""
    at = sheet.made_at.astimezone(ZoneInfo(sheet.tz))
    page.set_paper(_A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, 2)
    page.print_area(0, 0, rows + 2, columns - 1)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    by = sheet.made_by.replace("&", "&&")  # & begins a code there
    page.set_footer(f"&L{by} 导出于 {at:%Y-%m-%d %H:%M}&R第 &P 页，共 &N 页")
