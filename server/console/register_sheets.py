"""登记表: what each sheet of the register's workbook writes."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from server.api.fields import Day, Name, word_for
from server.api.register import MemberBody, StationBody
from server.api.squads import SquadBody
from server.api.structure import UnitBody
from server.console.import_sheets import Kind, Reading, Row, checked, one_by_one
from server.errors import AppError, invalid
from server.org import reach, register, structure
from server.org.models import Member, Squad, Station, Unit
from server.org.register import Named
from server.org.scope import county as in_county
from server.tally import closed
from server.tally.recompute import recompute_stored

_DATUMS = {"WGS-84": "wgs84", "WGS84": "wgs84", "GPS": "wgs84", "GCJ-02": "gcj02", "GCJ02": "gcj02"}
_DATUMS |= {"高德": "gcj02", "腾讯": "gcj02"}


_Datum = Annotated[
    str, AfterValidator(str.upper), word_for(_DATUMS, " WGS-84 或 GCJ-02（高德、腾讯地图取的点是 GCJ-02）")
]


class StationLine(StationBody):
    datum: _Datum = Field("", validate_default=True)  # type: ignore[assignment]


class PostingLine(BaseModel):
    name: Name = Field(max_length=40)
    squad: Name = Field(max_length=60)
    station: Name = Field(max_length=60)
    starts_on: Day
    ends_on: Day | None = None


def _unit(to: Reading, row: Row) -> object:
    return structure.add_unit(to.session, to.caller, checked(row, UnitBody).name, to.now)


def _squad(to: Reading, row: Row) -> object:
    body = checked(row, SquadBody, unit=_known(to, Unit), name=_free(to, Squad))
    return structure.add_squad(to.session, to.caller, body.unit, body.name, to.now)


def _station(to: Reading, row: Row) -> object:
    body = checked(row, StationLine, name=_free(to, Station), tz=register.require_zone)
    return register.add_station(to.session, to.caller, register.NewStation(**body.model_dump()), to.now)


def _member(to: Reading, row: Row) -> object:
    by = {"phone": reach.normal_phone, "email": reach.normal_email}
    body = checked(row, MemberBody, unit=_known(to, Unit), squad=_known(to, Squad), **by)
    return register.add_member(to.session, to.caller, register.NewMember(**body.model_dump()), to.sealer, to.now)


def _posting(to: Reading, row: Row) -> object:
    known = {"squad": _known(to, Squad), "station": _known(to, Station)}
    line = checked(row, PostingLine, name=lambda name: _person(to, name), **known)
    who, where = _person(to, line.name), (line.squad, line.station, line.starts_on, line.ends_on)
    posting = register.add_posting(to.session, to.caller, who, *where, to.now)
    closed.require_after(to.session, to.caller.county_id, line.starts_on)  # once the member, and so the count, is held
    recompute_stored(to.session, to.caller.county_id, who, line.starts_on, to.now)
    return posting


def _known(to: Reading, table: type[Named]) -> Callable[[str], Named]:
    return lambda name: register.named(to.session, to.caller, table, name)


def _free(to: Reading, table: type[Named]) -> Callable[[str], None]:
    return lambda name: register.require_free(to.session, to.caller, table, name)


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
    Kind("单位", {"名称": "name"}, ("河湾镇",), one_by_one(_unit)),
    Kind("小分队", {"名称": "name", "单位": "unit"}, ("驻苏州招商小分队", "河湾镇"), one_by_one(_squad)),
    Kind(
        "驻点",
        {
            **{"名称": "name", "城市": "city", "纬度": "lat", "经度": "lng", "坐标系": "datum"},
            **{"围栏半径（米）": "radius_m", "时区": "tz", "固定电话": "phone"},
        },
        ("苏州驻点", "苏州", 31.2989, 120.5853, "GCJ-02", 300, "Asia/Shanghai", "0512-61234567"),
        one_by_one(_station),
    ),
    Kind(
        "人员",
        {"姓名": "name", "单位": "unit", "小分队": "squad", "手机号": "phone", "邮箱": "email"},
        ("张三", "河湾镇", "驻苏州招商小分队", "13800138000", ""),
        one_by_one(_member),
    ),
    Kind(
        "派驻",
        {"姓名": "name", "小分队": "squad", "驻点": "station", "开始日期": "starts_on", "结束日期": "ends_on"},
        ("张三", "驻苏州招商小分队", "苏州驻点", date(2026, 12, 1), ""),
        one_by_one(_posting),
    ),
)
