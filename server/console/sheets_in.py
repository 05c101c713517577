"""A workbook that somebody sent, read in bounded room: its sheets' cells, and which of them say nothing of their own.

The reader (calamine) hands out a formula's error and the inside of merged cells as empty, which would drop what an
office takes for written; where these lie is asked of it, or of the file.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from server.errors import invalid

MOST_BYTES, MOST_UNPACKED_BYTES = 5_000_000, 60_000_000
MOST_LINES, MOST_COLUMNS = 20_000, 60  # of a sheet, empty ones included
_CELL = re.compile(rb'r="([A-Z]{1,3})([0-9]{1,7})"')
_BROKEN = re.compile(rb'<c [^>]*?r="([A-Z]{1,3})([0-9]{1,7})"[^>]*? t="e"')
_SHEET = re.compile(r"<sheet [^>]*>")
_RELATION = re.compile(r"<Relationship [^>]*>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')

Cell = tuple[int, int]  # row and column, from 0


@dataclass(frozen=True, slots=True)
class SheetIn:
    """One sheet: its rows from the first on; the cells with a formula's error, and those inside merged ones."""

    rows: Sequence[Sequence[Any]]
    broken: frozenset[Cell]
    merged: frozenset[Cell]


def read(data: bytes) -> Mapping[str, SheetIn]:
    """The sheets by their names, without space around these. Raises 422."""
    if len(data) > MOST_BYTES:
        raise invalid("workbook_too_large", "表格太大，最多 5 MB；请分成几份。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > MOST_UNPACKED_BYTES or any(map(_is_vast, _sheets(archive))):
                raise invalid(
                    "workbook_too_large", "表格展开后太大，请分成几份；也请删去最后一行以下和最后一列以外的内容。"
                )
            broken = _broken(archive)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return {name.strip(): _sheet(book, name, broken.get(name, frozenset())) for name in book.sheet_names}
    except (zipfile.BadZipFile, CalamineError, ValueError, OSError):
        raise invalid("workbook_unreadable", "打不开这个文件，须是 Excel 的 .xlsx 表格。") from None


def _sheet(book: CalamineWorkbook, name: str, broken: frozenset[Cell]) -> SheetIn:
    sheet = book.get_sheet_by_name(name)
    inside = {
        (row, column)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
        for row in range(top, min(bottom, MOST_LINES) + 1)
        for column in range(left, min(right, MOST_COLUMNS) + 1)
        if (row, column) != (top, left)
    }
    return SheetIn(sheet.to_python(skip_empty_area=False), broken, frozenset(inside))


def _sheets(archive: zipfile.ZipFile) -> Iterator[bytes]:
    return (archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/"))


def _broken(archive: zipfile.ZipFile) -> Mapping[str, frozenset[Cell]]:
    """By sheet the cells in which a formula ended in an error."""
    names = archive.namelist()
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(names):
        return {}
    relations = {one["Id"]: one["Target"] for one in _tags(archive, "xl/_rels/workbook.xml.rels", _RELATION)}
    found = {}
    for tag in _tags(archive, "xl/workbook.xml", _SHEET):
        target = relations.get(tag.get("r:id", ""), "").removeprefix("/xl/").removeprefix("xl/")
        if f"xl/{target}" in names:
            cells = _BROKEN.findall(archive.read(f"xl/{target}"))
            found[html.unescape(tag["name"])] = frozenset((int(row) - 1, _column(at) - 1) for at, row in cells)
    return found


def _tags(archive: zipfile.ZipFile, name: str, tag: re.Pattern[str]) -> list[dict[str, str]]:
    return [dict(_ATTRIBUTE.findall(one)) for one in tag.findall(archive.read(name).decode("utf-8", "replace"))]


def _is_vast(sheet: bytes) -> bool:
    """Whether a cell stands so far off that the rectangle up to it, which is what the reader makes room for, is too
    large: one stray cell in the last row would take the whole process with it."""
    cells = _CELL.findall(sheet)
    rows = max((int(row) for _, row in cells), default=0)
    columns = max((_column(letters) for letters, _ in cells), default=0)
    return rows > MOST_LINES or columns > MOST_COLUMNS or sheet.count(b"<row") > MOST_LINES


def _column(letters: bytes) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
