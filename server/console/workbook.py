"""Tables as an Excel workbook: real numbers and dates, text that is never a formula, ready for paper, and on each sheet
of it who made it when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Response
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_A4 = 9
_FONT = "宋体"
_ABOVE = 3  # title, note, headings


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, its width in letters, and how a value is written: text, days, count, degrees, date, moment. Dates
    and moments may also come as the API writes them; None leaves the cell empty."""

    heading: str
    width: float
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet: rows hold a value a column; `sums` are the indices of the rows that add others up."""

    name: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    sums: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Maker:
    """Who exports, when, and the zone whose clock the moments are told by."""

    county: str
    name: str
    at: datetime
    tz: str

    @property
    def words(self) -> str:
        return f"{self.name} 导出于 {self.at.astimezone(ZoneInfo(self.tz)):%Y-%m-%d %H:%M}"


def write(tables: Sequence[Table], maker: Maker) -> bytes:
    """The workbook's bytes."""
    content = BytesIO()
    with Workbook(content, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"title": tables[0].title, "company": maker.county, "author": maker.name})
        formats = _formats(book)
        for table in tables:
            page = book.add_worksheet(table.name)
            _fill(page, table, formats, ZoneInfo(maker.tz))
            _for_paper(page, table, maker)
    return content.getvalue()


def download(content: bytes, filename: str) -> Response:
    """The workbook as an answer that a browser keeps."""
    response = Response(content, mimetype=MIME)
    named = f"filename={filename}" if filename.isascii() else f"filename*=UTF-8''{quote(filename)}"  # RFC 6266
    response.headers["Content-Disposition"] = f"attachment; {named}"
    return response


def _formats(book: Workbook) -> dict[str, Format]:
    cell = {"font_name": _FONT, "font_size": 11, "border": 1, "valign": "vcenter"}
    numbers = {"count": "0", "days": "0.0", "degrees": "0.000000", "date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm"}
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


def _fill(page: Worksheet, table: Table, formats: Mapping[str, Format], zone: ZoneInfo) -> None:
    """Title, note, headings that stay in view and come again on each sheet of paper, and the rows."""
    page.write_string(0, 0, table.title, formats["title"])
    page.write_string(1, 0, table.note, formats["note"])
    for at, column in enumerate(table.columns):
        page.set_column(at, at, column.width)
        page.write_string(_ABOVE - 1, at, column.heading, formats["heading"])
    for index, values in enumerate(table.rows):
        for at, (column, value) in enumerate(zip(table.columns, values, strict=True)):
            shown = formats[f"sum {column.kind}" if index in table.sums else column.kind]
            _put(page, (index + _ABOVE, at), column.kind, value, shown, zone)
    page.freeze_panes(_ABOVE, 2)
    page.autofilter(_ABOVE - 1, 0, max(_ABOVE - 1, _ABOVE - 1 + len(table.rows)), len(table.columns) - 1)


def _put(page: Worksheet, place: tuple[int, int], kind: str, value: Any, shown: Format, zone: ZoneInfo) -> None:
    if value is None:
        page.write_blank(*place, None, shown)
    elif kind == "text":
        page.write_string(*place, str(value), shown)  # never a formula, whatever it begins with
    elif kind == "date":
        page.write_datetime(*place, date.fromisoformat(value) if isinstance(value, str) else value, shown)
    elif kind == "moment":
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        page.write_datetime(*place, at.astimezone(zone).replace(tzinfo=None), shown)  # Excel knows no zones
    else:
        page.write_number(*place, value, shown)


def _for_paper(page: Worksheet, table: Table, maker: Maker) -> None:
    """A4 across, one page wide, headings on each, who made it when at the foot."""
    page.set_paper(_A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, _ABOVE - 1)
    page.print_area(0, 0, len(table.rows) + _ABOVE - 1, len(table.columns) - 1)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    by = maker.words.replace("&", "&&")  # & begins a code there
    page.set_footer(f"&L{by}&R第 &P 页，共 &N 页")
