"""A workbook that is taken in: each row is tried, its error stands by it, and all is written or nothing."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from flask import Response, request
from pydantic import BaseModel, ValidationError
from python_calamine import CalamineError, CalamineWorkbook
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from server.api.problems import as_refusal
from server.api.services import now, services, transaction
from server.api.session import caller
from server.console.face import done, page
from server.errors import AppError, invalid
from server.org.scope import Caller
from server.progress import each
from server.rate_limits import spend
from server.sealing import Sealer

MOST_BYTES, MOST_UNPACKED_BYTES, MOST_ROWS = 5_000_000, 60_000_000, 5_000
MOST_LINES, MOST_COLUMNS = 20_000, 60  # of a sheet, empty ones included
_CELL = re.compile(rb'r="([A-Z]{1,3})([0-9]{1,7})"')
_KEPT = 1e15  # of longer numbers Excel keeps fifteen digits, and the rest is lost
_NUMBERS = ("radius_m", "lat", "lng")  # what stays a number; else a column of digits is a code or a telephone


Row = dict[str, Any]  # by field; what was left empty is not there
Typed = TypeVar("Typed", bound=BaseModel)
Fault = tuple[str, str]  # a field, or "" for the row as a whole, and what is wrong with it


class Wrong(Exception):
    """All that keeps a row out, where it is more than one thing."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


Refusal = ValidationError | AppError | Wrong


@dataclass(frozen=True, slots=True)
class Kind:
    """One sheet: its headings by field, an example, and what its rows do; of each why it cannot be taken, or None."""

    sheet: str
    columns: Mapping[str, str]
    example: tuple[Any, ...]
    write: Callable[["Reading", Sequence[Row]], Sequence[Refusal | None]]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one row: `said` is everything that keeps it out, `wrong` the cells that it is about."""

    sheet: str
    number: int
    cells: tuple[str, ...]
    said: tuple[str, ...] = ()
    wrong: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """One try of a workbook, in one transaction."""

    session: Session
    caller: Caller
    sealer: Sealer
    now: datetime


class _TakeBack(Exception):
    """A dry run: everything that was tried is rolled back."""


def taken(kinds: Sequence[Kind], back: str) -> Response:
    """Try the workbook that was sent: each row's error in place. With `commit` and no error all of it is written and
    the reader is led to `back`; else nothing is."""
    who = caller()
    sent = request.files.get("workbook")
    if sent is None or not sent.filename:
        raise invalid("workbook_missing", "请先选择一个 .xlsx 文件。")
    with transaction() as session:
        spend(session, f"import:{who.county_id}:{who.member_id}", limit=60, window_s=3600, now=now())
    book = read(sent.read(MOST_BYTES + 1))
    wanted = request.form.get("commit") == "true"
    found: list[Line] = []
    try:
        with transaction() as session:
            found = list(lines(Reading(session, who, services().sealer, now()), book, kinds))
            if not wanted or any(line.said for line in found):
                raise _TakeBack
    except _TakeBack:
        by_sheet = [(kind, [line for line in found if line.sheet == kind.sheet]) for kind in kinds]
        wrong = sum(bool(line.said) for line in found)
        return page("_import_result.html", sheets=[one for one in by_sheet if one[1]], tried=len(found), wrong=wrong)
    return done(f"已导入 {len(found)} 行。", back)


def read(data: bytes) -> CalamineWorkbook:
    """The workbook, of bounded size. Raises 422."""
    if len(data) > MOST_BYTES:
        raise invalid("workbook_too_large", "表格太大，最多 5 MB；请分成几份。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > MOST_UNPACKED_BYTES or any(map(_is_vast, _sheets(archive))):
                raise invalid(
                    "workbook_too_large", "表格展开后太大，请分成几份；也请删去最后一行以下和最后一列以外的内容。"
                )
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except (zipfile.BadZipFile, CalamineError, ValueError, OSError):
        raise invalid("workbook_unreadable", "打不开这个文件，须是 Excel 的 .xlsx 表格。") from None


def _sheets(archive: zipfile.ZipFile) -> Iterator[bytes]:
    return (archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/"))


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


def lines(to: Reading, book: CalamineWorkbook, kinds: Sequence[Kind]) -> Iterator[Line]:
    """Try every row of the known sheets; the caller commits or takes all of it back."""
    seen = 0
    for kind in kinds:
        if kind.sheet not in book.sheet_names:
            continue
        rows = book.get_sheet_by_name(kind.sheet).to_python(skip_empty_area=False)
        headings = [str(cell).strip() for cell in rows[0]] if rows else []
        if missing := [word for word in kind.columns if word not in headings]:
            yield Line(kind.sheet, 1, (), (f"缺少这些列：{'、'.join(missing)}。请用模板。",))
            continue
        filled = [
            (number, dict(zip(headings, cells, strict=False)))
            for number, cells in enumerate(rows[1:], start=2)
            if any(str(cell).strip() for cell in cells)
        ]
        seen += len(filled)
        if seen > MOST_ROWS:
            raise invalid("workbook_too_large", f"一次最多 {MOST_ROWS} 行，请分成几份。")
        tried = kind.write(to, [_row(kind, given) for _, given in filled])
        for (number, given), why in zip(filled, tried, strict=True):
            yield _line(kind, number, tuple(_shown(given[word]) for word in kind.columns), _faults(why) if why else ())
    if not seen:
        names = "、".join(kind.sheet for kind in kinds)
        raise invalid("workbook_empty", f"没有可导入的行。请用模板，工作表名称为：{names}。")


def one_by_one(write: Callable[[Reading, Row], object]) -> Callable[[Reading, Sequence[Row]], list[Refusal | None]]:
    """A Kind's `write` of one that writes a row: each within a savepoint."""

    def tried(to: Reading, row: Row) -> Refusal | None:
        try:
            with to.session.begin_nested():
                write(to, row)
        except (ValidationError, AppError, Wrong) as why:
            return why
        return None

    return lambda to, rows: [tried(to, row) for row in each(rows, "已检查", "行")]


def _row(kind: Kind, given: Mapping[str, Any]) -> Row:
    return {field: _value(field, given[word]) for word, field in kind.columns.items() if _shown(given[word])}


def checked(row: Row, model: type[Typed], **asked: Callable[[Any], object]) -> Typed:
    """The row, typed; `asked` are questions to single cells, put whatever became of the others, so that who mends the
    sheet learns of all of it at once. Raises `Wrong`."""
    faults: list[Fault] = []
    typed = None
    try:
        typed = model(**row)
    except ValidationError as why:
        faults.extend(_faults(why))
    unreadable = {field for field, _ in faults}
    for field, ask in asked.items():
        if field in row and field not in unreadable:
            try:
                ask(row[field])
            except AppError as refused:
                faults.append((field, refused.detail))
    if typed is None or faults:
        raise Wrong(faults)
    return typed


def _faults(why: Refusal) -> Sequence[Fault]:
    if isinstance(why, Wrong):
        return why.faults
    if isinstance(why, AppError):
        return [("", why.detail)]
    return [(one["field"], one["message"]) for one in as_refusal(why).facts["fields"]]


def _line(kind: Kind, number: int, cells: tuple[str, ...], faults: Sequence[Fault]) -> Line:
    """In the sheet's own words: a cell's fault that is no sentence by itself begins with its heading."""
    at = {field: (column, word) for column, (word, field) in enumerate(kind.columns.items())}
    said = [
        words if words.endswith("。") else f"{at[field][1] if field in at else ''}{words}。" for field, words in faults
    ]
    return Line(kind.sheet, number, cells, tuple(said), frozenset(at[field][0] for field, _ in faults if field in at))


def _value(field: str, cell: Any) -> Any:
    """A cell as its field wants it: Excel keeps every number as a float, and a telephone often as a number."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, float) and abs(cell) >= _KEPT:
        return f"{cell:.0f}（Excel 只保留 15 位，请按文本填写）"
    if isinstance(cell, float) and cell.is_integer():
        return int(cell) if field in _NUMBERS else str(int(cell))
    return cell.strip() if isinstance(cell, str) else cell


def _shown(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def template(kinds: Sequence[Kind]) -> bytes:
    """An empty workbook with every sheet, its headings and one example."""
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True})
    head, text = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for kind in kinds:
        sheet = book.add_worksheet(kind.sheet)
        sheet.freeze_panes(1, 0)
        for column, (word, value) in enumerate(zip(kind.columns, kind.example, strict=True)):
            sheet.set_column(column, column, 20, text if isinstance(value, str) else None)
            sheet.write_string(0, column, word, head)
            if isinstance(value, date):
                sheet.write_datetime(1, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
            elif isinstance(value, str):
                sheet.write_string(1, column, value, text)
            else:
                sheet.write_number(1, column, value)
    book.close()
    return out.getvalue()
