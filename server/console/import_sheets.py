"""A workbook that is taken in: each row is tried, its error stands by it, and all is written or nothing."""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from flask import Response, request
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from server.api.problems import as_refusal
from server.api.services import now, services, transaction
from server.api.session import caller
from server.console.face import done, page
from server.console.sheets_in import MOST_BYTES, SheetIn, read
from server.errors import AppError, invalid
from server.org.scope import Caller
from server.progress import each
from server.rate_limits import spend
from server.sealing import Sealer

MOST_ROWS = 5_000
_KEPT = 1e15  # of longer numbers Excel keeps fifteen digits, and the rest is lost
_DATES = ("starts_on", "ends_on", "next_on")
_DATE = re.compile(r"(20\d\d)[年/.\-](\d{1,2})[月/.\-](\d{1,2})日?")
_SERIAL = range(36_526, 73_051)  # 2000 to 2099, as Excel counts days
_EXCELS_FIRST = date(1899, 12, 30)
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
        return page(
            "_import_result.html",
            sheets=[one for one in by_sheet if one[1]],
            tried=len(found),
            wrong=wrong,
            ignored=ignored(book, kinds),
        )
    return done(f"已导入 {len(found)} 行。", back)


def lines(to: Reading, book: Mapping[str, SheetIn], kinds: Sequence[Kind]) -> Iterator[Line]:
    """Try every row of the known sheets; the caller commits or takes all of it back. Raises 422 when there is none."""
    seen = 0
    for kind in kinds:
        if kind.sheet not in book:
            continue
        sheet = book[kind.sheet]
        headings = [str(cell).strip() for cell in sheet.rows[0]] if sheet.rows else []
        if missing := [word for word in kind.columns if word not in headings]:
            seen += 1
            yield Line(kind.sheet, 1, (), (f"缺少这些列：{'、'.join(missing)}。请用模板。",))
            continue
        at = {field: headings.index(word) for word, field in kind.columns.items()}
        filled = [
            number
            for number, cells in enumerate(sheet.rows[1:], start=1)
            if any(str(cell).strip() or (number, column) in sheet.broken for column, cell in enumerate(cells))
        ]
        seen += len(filled)
        if seen > MOST_ROWS:
            raise invalid("workbook_too_large", f"一次最多 {MOST_ROWS} 行，请分成几份。")
        unreadable = {number: faults for number in filled if (faults := _unreadable(sheet, at, number))}
        good = [number for number in filled if number not in unreadable]
        rows = [{field: sheet.rows[number][column] for field, column in at.items()} for number in good]
        tried = dict(zip(good, kind.write(to, [_row(row) for row in rows]), strict=True))
        for number in filled:
            cells = tuple(_shown(sheet.rows[number][column]) for column in at.values())
            why = tried.get(number)
            yield _line(kind, number + 1, cells, unreadable.get(number) or (_faults(why) if why else ()))
    if not seen:
        names = "、".join(kind.sheet for kind in kinds)
        raise invalid("workbook_empty", f"没有可导入的行。请用模板，工作表名称为：{names}。")


def _unreadable(sheet: SheetIn, at: Mapping[str, int], number: int) -> list[Fault]:
    """What looks written and is not: whoever sent it would believe it taken in."""
    cells = [(field, (number, column)) for field, column in at.items()]
    broken = [(field, "的公式出错了（如 #N/A），请改成文字") for field, cell in cells if cell in sheet.broken]
    merged = [(field, "在合并的单元格里，请取消合并，每行都填") for field, cell in cells if cell in sheet.merged]
    return broken + merged


def ignored(book: Mapping[str, SheetIn], kinds: Sequence[Kind]) -> list[str]:
    """What of the workbook is not read, in words."""
    known = {kind.sheet: kind for kind in kinds}
    said = [f"“{name}”不是模板里的工作表" for name, sheet in book.items() if name not in known and len(sheet.rows) > 1]
    for name, kind in known.items():
        headings = [str(cell).strip() for cell in book[name].rows[0]] if name in book and book[name].rows else []
        said += [f"“{name}”里的“{word}”不是模板里的列" for word in headings if word and word not in kind.columns]
    return said


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


def _row(given: Mapping[str, Any]) -> Row:
    return {field: _value(field, cell) for field, cell in given.items() if _shown(cell)}


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
    if field in _DATES and (on := _date(cell)):
        return on
    if isinstance(cell, float) and abs(cell) >= _KEPT:
        return f"{cell:.0f}（Excel 只保留 15 位，请按文本填写）"
    if isinstance(cell, float) and cell.is_integer():
        return int(cell) if field in _NUMBERS else str(int(cell))
    return cell.strip() if isinstance(cell, str) else cell


def _date(cell: Any) -> date | None:
    """2026年12月1日, 2026/12/1, 2026.12.1, or the number that Excel keeps, as text as well."""
    text = _shown(cell)
    if text.isdigit() and int(text) in _SERIAL:
        return _EXCELS_FIRST + timedelta(days=int(text))
    try:
        return date(*map(int, found.groups())) if (found := _DATE.fullmatch(text)) else None
    except ValueError:  # the 31st of November
        return None


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
