"""登记表: the register as a workbook; each row is tried, its error stands by it, and all is written or nothing."""

import io
import re
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from python_calamine import CalamineError, CalamineWorkbook
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from server.api.fields import Day, Name
from server.api.problems import as_refusal
from server.api.register import MemberBody, StationBody
from server.api.squads import SquadBody
from server.api.structure import UnitBody
from server.errors import AppError, invalid
from server.org import register, structure
from server.org.models import Member
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.sealing import Sealer
from server.tally import closed
from server.tally.recompute import recompute_stored

MOST_BYTES, MOST_UNPACKED_BYTES, MOST_ROWS = 5_000_000, 60_000_000, 5_000
MOST_LINES, MOST_COLUMNS = 20_000, 60  # of a sheet, empty ones included
_CELL = re.compile(rb'r="([A-Z]{1,3})([0-9]{1,7})"')
_DATUMS = {"WGS-84": "wgs84", "WGS84": "wgs84", "GPS": "wgs84", "GCJ-02": "gcj02", "GCJ02": "gcj02"}
_DATUMS |= {"高德": "gcj02", "腾讯": "gcj02"}


class PostingLine(BaseModel):
    name: Name = Field(max_length=40)
    squad: Name = Field(max_length=60)
    station: Name = Field(max_length=60)
    starts_on: Day
    ends_on: Day | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One sheet: its headings by field, an example, and what a row does."""

    sheet: str
    columns: Mapping[str, str]
    example: tuple[Any, ...]
    write: Callable[["Reading", dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one row: `said` is why it cannot be taken, or nothing."""

    sheet: str
    number: int
    cells: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One try of a workbook, in one transaction."""

    session: Session
    caller: Caller
    sealer: Sealer
    now: datetime


def _unit(to: Reading, row: dict[str, Any]) -> object:
    return structure.add_unit(to.session, to.caller, UnitBody(**row).name, to.now)


def _squad(to: Reading, row: dict[str, Any]) -> object:
    body = SquadBody(**row)
    return structure.add_squad(to.session, to.caller, body.unit, body.name, to.now)


def _station(to: Reading, row: dict[str, Any]) -> object:
    given = str(row.get("datum", "")).strip()
    if given.upper() not in _DATUMS and given not in _DATUMS:
        raise invalid("datum_unknown", "坐标系须写 WGS-84 或 GCJ-02（高德、腾讯地图取的点是 GCJ-02）。")
    body = StationBody(**row | {"datum": _DATUMS.get(given.upper()) or _DATUMS[given]})
    return register.add_station(to.session, to.caller, register.NewStation(**body.model_dump()), to.now)


def _member(to: Reading, row: dict[str, Any]) -> object:
    new = register.NewMember(**MemberBody(**row).model_dump())
    return register.add_member(to.session, to.caller, new, to.sealer, to.now)


def _posting(to: Reading, row: dict[str, Any]) -> object:
    line = PostingLine(**row)
    who, where = _person(to, line.name), (line.squad, line.station, line.starts_on, line.ends_on)
    posting = register.add_posting(to.session, to.caller, who, *where, to.now)
    closed.require_after(to.session, to.caller.county_id, line.starts_on)  # once the member, and so the count, is held
    last = min(line.ends_on or to.caller.today, to.caller.today)
    recompute_stored(to.session, to.caller.county_id, who, line.starts_on, last, to.now)
    return posting


def _person(to: Reading, name: str) -> uuid.UUID:
    found = to.session.scalars(
        in_county(to.caller, Member)
        .with_only_columns(Member.id)
        .where(Member.name == name, Member.removed_at.is_(None))
        .limit(2)
    ).all()
    if len(found) == 1:
        return uuid.UUID(str(found[0]))
    if found:
        raise invalid("name_shared", f"有多人叫{name}，请在“人员”里为这个人单独登记派驻。")
    raise AppError(404, "member_unknown", f"没有叫{name}的人，请先登记人员。")


# In the order in which they are written: later sheets may name what earlier ones bring.
KINDS = (
    Kind("单位", {"名称": "name"}, ("河湾镇",), _unit),
    Kind("小分队", {"名称": "name", "单位": "unit"}, ("驻苏州招商小分队", "河湾镇"), _squad),
    Kind(
        "驻点",
        {
            **{"名称": "name", "城市": "city", "纬度": "lat", "经度": "lng", "坐标系": "datum"},
            **{"围栏半径（米）": "radius_m", "时区": "tz", "固定电话": "phone"},
        },
        ("苏州驻点", "苏州", 31.2989, 120.5853, "GCJ-02", 300, "Asia/Shanghai", "0512-61234567"),
        _station,
    ),
    Kind(
        "人员",
        {"姓名": "name", "单位": "unit", "小分队": "squad", "手机号": "phone", "邮箱": "email"},
        ("张三", "河湾镇", "驻苏州招商小分队", "13800138000", ""),
        _member,
    ),
    Kind(
        "派驻",
        {"姓名": "name", "小分队": "squad", "驻点": "station", "开始日期": "starts_on", "结束日期": "ends_on"},
        ("张三", "驻苏州招商小分队", "苏州驻点", date(2026, 12, 1), ""),
        _posting,
    ),
)


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


def lines(to: Reading, book: CalamineWorkbook) -> Iterator[Line]:
    """Try every row of the known sheets, each within a savepoint; the caller commits or takes all of it back."""
    seen = 0
    for kind in KINDS:
        if kind.sheet not in book.sheet_names:
            continue
        rows = book.get_sheet_by_name(kind.sheet).to_python(skip_empty_area=False)
        headings = [str(cell).strip() for cell in rows[0]] if rows else []
        if missing := [word for word in kind.columns if word not in headings]:
            yield Line(kind.sheet, 1, tuple(headings), f"缺少这些列：{'、'.join(missing)}。请用模板。")
            continue
        for number, cells in enumerate(rows[1:], start=2):
            if not any(str(cell).strip() for cell in cells):
                continue
            seen += 1
            if seen > MOST_ROWS:
                raise invalid("workbook_too_large", f"一次最多 {MOST_ROWS} 行，请分成几份。")
            given = dict(zip(headings, cells, strict=False))
            shown = tuple(_shown(given[word]) for word in kind.columns)
            yield Line(kind.sheet, number, shown, _tried(to, kind, given))
    if not seen:
        raise invalid("workbook_empty", "没有可导入的行。请用模板，工作表名称为：单位、小分队、驻点、人员、派驻。")


def _tried(to: Reading, kind: Kind, given: Mapping[str, Any]) -> str:
    """Write one row; why it cannot be, or nothing."""
    row = {field: _value(field, given[word]) for word, field in kind.columns.items() if _shown(given[word])}
    try:
        with to.session.begin_nested():
            kind.write(to, row)
    except ValidationError as error:
        said = as_refusal(error).detail
        for word, field in kind.columns.items():
            said = said.replace(field, word)
        return said
    except AppError as error:
        return error.detail
    return ""


def _value(field: str, cell: Any) -> Any:
    """A cell as its field wants it: Excel keeps every number as a float, and a telephone often as a number."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, float) and cell.is_integer():
        return int(cell) if field in ("radius_m", "lat", "lng") else str(int(cell))
    return cell.strip() if isinstance(cell, str) else cell


def _shown(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def template() -> bytes:
    """An empty workbook with every sheet, its headings and one example."""
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True})
    head, text = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for kind in KINDS:
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
